//! Whose requests are there already share the next question, and nobody waits for those who never end.

use super::*;
use std::cell::Cell;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::task::yield_now;

/// Gathers while `come` more come, one after the other: what the next one sends is in its socket each time that the sockets
/// are looked at. Gives how many had come when all were gathered.
async fn gathered_of(come: u64) -> u64 {
    let line = Rc::new(Line::default());
    let (here, all) = (Rc::clone(&line), Rc::new(Cell::new(0)));
    let told = Rc::clone(&all);
    let (mut server, client) = UnixStream::pair().expect("a pair");
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
        gather(&here).await;
        told.set(here.0.borrow().come);
    });
    gathers.await.expect("no panic");
    comes.await.expect("no panic");
    all.get()
}

#[actix_web::test]
async fn all_who_are_there_are_waited_for() {
    for come in 0..LOOKS as u64 {
        assert_eq!(gathered_of(come).await, come);
    }
}

#[actix_web::test]
async fn others_may_come_for_ever() {
    let gathered = gathered_of(1_000).await;
    assert!((1..=2 * LOOKS as u64).contains(&gathered), "{gathered}");
}

/// Who reads its request while the sockets are looked at is told by the same turn.
#[actix_web::test]
async fn what_is_put_then_is_for_all_of_them() {
    let line = Rc::new(Line::default());
    let wait = |line: &Rc<Line>| {
        let (teller, told) = oneshot::channel();
        let mut waiting = line.0.borrow_mut();
        let place = waiting.come;
        waiting.come += 1;
        waiting.line.push_back(Waiter { place, begun: 0, until: Instant::now() + Duration::from_secs(60), teller });
        told
    };
    let first = wait(&line);
    let here = Rc::clone(&line);
    let second = actix_web::rt::spawn(async move {
        yield_now().await;
        wait(&here).await
    });
    yield_now().await;
    gather(&line).await;
    let before = line.0.borrow().come;
    line.tell(Some(7), |waiter| waiter.place < before);
    assert_eq!((first.await, second.await.expect("no panic")), (Ok(Some(7)), Ok(Some(7))));
}
