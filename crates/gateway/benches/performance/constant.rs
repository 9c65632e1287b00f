//! The handler to compare with: the same web server, the same bytes, from a constant.

use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};

/// Serves the bytes in the file `body` until killed; prints its address first.
pub fn serve(body: &str, content_type: &str) {
    let bytes = Bytes::from(std::fs::read(body).expect("the body"));
    let content_type = content_type.to_owned();
    let server = HttpServer::new(move || {
        let (bytes, content_type) = (bytes.clone(), content_type.clone());
        App::new().default_service(web::to(move || {
            let reply = HttpResponse::Ok().content_type(content_type.clone()).body(bytes.clone());
            async { reply }
        }))
    })
    .bind("127.0.0.1:0")
    .expect("binds");
    println!("listening on http://{}", server.addrs()[0]);
    actix_web::rt::System::new().block_on(server.run()).expect("serves");
}
