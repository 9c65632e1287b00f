//! Those whose requests are there already are waited for, and nobody waits for those who never end.

use super::*;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

/// What came of gathering.
#[derive(Debug, PartialEq)]
struct Gathered {
    /// How many had come then.
    come: u64,
    looks: usize,
}

/// Gathers while `come` more come, one after the other: what the next one sends is in its socket each time that the sockets
/// are looked at.
async fn gathered_of(come: u64) -> Gathered {
    let line = Rc::new(Line::default());
    let here = Rc::clone(&line);
    let (mut server, client) = UnixStream::pair().expect("a pair");
    client.writable().await.expect("writable");
    let comes = actix_web::rt::spawn(async move {
        for _ in 0..come {
            client.try_write(b"?").expect("sent");
            // Less than there is room for, so that the next one is found by looking only.
            let read = server.read(&mut [0; 16]).await;
            assert_eq!(read.expect("read"), 1);
            line.0.borrow_mut().come += 1;
        }
    });
    let gathers = actix_web::rt::spawn(async move {
        let looks = gather(&here).await;
        Gathered { come: here.0.borrow().come, looks }
    });
    let gathered = gathers.await.expect("no panic");
    comes.await.expect("no panic");
    gathered
}

#[actix_web::test]
async fn all_who_are_there_are_waited_for() {
    assert_eq!(gathered_of(0).await, Gathered { come: 0, looks: 1 });
    for come in 1..LOOKS as u64 - 1 {
        let Gathered { come: all, looks } = gathered_of(come).await;
        assert_eq!(all, come);
        // The first one comes before, or is found by the first look.
        assert!((come as usize..=come as usize + 1).contains(&looks), "{looks} looks for {come}");
    }
}

#[actix_web::test]
async fn others_may_come_for_ever() {
    let Gathered { come, looks } = gathered_of(1_000).await;
    assert_eq!(looks, LOOKS);
    assert!((LOOKS as u64..=LOOKS as u64 + 1).contains(&come), "{come}");
}
