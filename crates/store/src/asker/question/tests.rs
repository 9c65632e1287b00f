//! Every answer that a server gives, in whatever pieces, and no other.

use super::*;
use proptest::prelude::*;

const FUNCTION: u32 = 5061;

fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
    [&[kind], length.as_slice(), body].concat()
}

fn counted(value: &[u8]) -> Vec<u8> {
    [&u32::try_from(value.len()).expect("short").to_be_bytes(), value].concat()
}

fn ready() -> Vec<u8> {
    frame(b'Z', b"I")
}

fn snapshot(text: &[u8]) -> Vec<u8> {
    [frame(b'V', &counted(text)), ready()].concat()
}

fn row(head: i64, text: Option<&[u8]>) -> Vec<u8> {
    let columns = 1 + u16::from(text.is_some());
    let text = text.map(counted).unwrap_or_default();
    frame(b'D', &[columns.to_be_bytes().to_vec(), counted(&head.to_be_bytes()), text].concat())
}

fn head(head: i64, text: Option<&[u8]>) -> Vec<u8> {
    [frame(b'2', b""), row(head, text), frame(b'C', b"SELECT 1\0"), ready()].concat()
}

/// What is asked next: of a function, or by the statement.
fn asks(asker: &mut Asker) -> u8 {
    asker.ask().expect("may ask")[0]
}

#[test]
fn messages_are_as_the_protocol_has_them() {
    let mut asker = Asker::new(Some(FUNCTION));
    let statement = b"B\0\0\0\x12\0head\0\0\0\0\0\0\x01\0\x01E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04";
    assert_eq!(asker.ask().expect("asks"), statement);
    assert_eq!(asker.hear(&head(7, Some(b"a"))), Ok(Some(Heard::Head(7))));
    assert_eq!(asker.ask().expect("asks"), b"F\0\0\0\x0e\0\0\x13\xc5\0\0\0\0\0\x01");
}

#[test]
fn the_head_is_asked_only_when_the_snapshot_is_another_one() {
    let mut asker = Asker::new(Some(FUNCTION));
    assert_eq!(asks(&mut asker), b'B', "nothing is known");
    assert_eq!(asker.hear(&head(7, Some(b"a"))), Ok(Some(Heard::Head(7))));
    for _ in 0..3 {
        assert_eq!(asks(&mut asker), b'F');
        assert_eq!(asker.hear(&snapshot(b"a")), Ok(Some(Heard::Head(7))));
    }
    assert_eq!(asks(&mut asker), b'F');
    assert_eq!(asker.hear(&snapshot(b"ab")), Ok(Some(Heard::Changed)));
    assert_eq!(asks(&mut asker), b'B');
    assert_eq!(asker.hear(&head(8, Some(b"b"))), Ok(Some(Heard::Head(8))));
    assert_eq!(asks(&mut asker), b'F');
    assert_eq!(asker.hear(&snapshot(b"a")), Ok(Some(Heard::Changed)), "the one before proves nothing");
    assert_eq!(asks(&mut asker), b'B');
    assert_eq!(asker.hear(&head(8, Some(b"c"))), Ok(Some(Heard::Head(8))), "somebody else's transaction");
    // It was another one each time.
    assert_eq!(asks(&mut asker), b'B');
    assert_eq!(asker.hear(&head(9, Some(b"d"))), Ok(Some(Heard::Head(9))));
    assert_eq!(asks(&mut asker), b'B');
    assert_eq!(asker.hear(&head(9, Some(b"d"))), Ok(Some(Heard::Head(9))));
    assert_eq!(asks(&mut asker), b'F', "it is quiet again");
    assert_eq!(asker.hear(&snapshot(b"d")), Ok(Some(Heard::Head(9))));
}

#[test]
fn without_snapshots_the_head_is_asked_each_time() {
    let mut asker = Asker::new(None);
    for number in 0..3 {
        assert_eq!(asks(&mut asker), b'B');
        assert_eq!(asker.hear(&head(number, None)), Ok(Some(Heard::Head(number.unsigned_abs()))));
    }
}

#[test]
fn what_a_server_says_by_itself_is_passed_over() {
    let mut asker = Asker::new(Some(FUNCTION));
    let notice = frame(b'N', b"SNOTICE\0\0");
    assert_eq!(asker.hear(&notice), Ok(None));
    assert_eq!(asker.hear(&notice[..3]), Ok(None));
    asks(&mut asker);
    let rest = [&notice[3..], &frame(b'S', b"a\0b\0"), &head(1, Some(b"a")), &notice[..6]].concat();
    assert_eq!(asker.hear(&rest), Ok(Some(Heard::Head(1))));
    assert_eq!(asks(&mut asker), b'F');
    assert_eq!(asker.hear(&[&notice[6..], &snapshot(b"a")].concat()), Ok(Some(Heard::Head(1))));
}

#[test]
fn whatever_is_not_the_answer_is_refused() {
    let stray = Err(BadReply::Stray);
    let known = |bytes: &[u8]| {
        let mut asker = Asker::new(Some(FUNCTION));
        asks(&mut asker);
        asker.hear(&head(1, Some(b"a"))).expect("an answer");
        asks(&mut asker);
        asker.hear(bytes)
    };
    let first = |bytes: &[u8]| {
        let mut asker = Asker::new(Some(FUNCTION));
        asks(&mut asker);
        asker.hear(bytes)
    };
    let refused = frame(b'E', b"SFATAL\0C57P01\0Mterminating\0\0");
    assert_eq!(known(&refused), Err(BadReply::Refused("57P01".to_owned())));
    assert_eq!(known(&ready()), stray, "nothing was said");
    assert_eq!(known(&[snapshot(b"a"), ready()].concat()), stray, "twice");
    assert_eq!(known(&[snapshot(b"a"), snapshot(b"a")].concat()), stray, "twice");
    assert_eq!(known(&head(1, Some(b"a"))), stray, "that was not asked");
    assert_eq!(known(&[frame(b'V', &counted(b"a")), frame(b'Z', b"T")].concat()), stray, "in a transaction");
    assert_eq!(known(&frame(b'V', &u32::MAX.to_be_bytes())), stray, "null");
    assert_eq!(known(&frame(b'V', &[0, 0, 0, 9, 1])), stray, "longer than it is");
    assert_eq!(known(b"Z\0\0\0\x03"), stray, "shorter than a length");
    assert_eq!(known(b"V\x7f\xff\xff\xff"), stray, "too long");
    assert_eq!(first(&snapshot(b"a")), stray, "that was not asked");
    assert_eq!(first(&[frame(b'2', b""), frame(b'C', b"SELECT 0\0"), ready()].concat()), stray, "no row");
    assert_eq!(first(&[row(1, Some(b"a")), row(1, Some(b"a"))].concat()), stray, "two rows");
    assert_eq!(first(&row(1, None)), stray, "no snapshot");
    assert_eq!(first(&row(-1, Some(b"a"))), stray, "no number");
    assert_eq!(first(&row(1, Some(b""))), stray, "no snapshot");
    let mut asker = Asker::new(Some(FUNCTION));
    assert_eq!(asker.hear(&snapshot(b"a")), stray, "nothing was asked");
    let mut asker = Asker::new(Some(FUNCTION));
    assert_eq!(asker.hear(b"V\0"), Ok(None));
    assert_eq!(asker.ask(), Err(BadReply::Stray), "what has begun before is no answer");
}

proptest! {
    /// In whatever pieces an answer comes, it says the same, and only with its last byte.
    #[test]
    fn pieces_make_no_difference(cuts in prop::collection::vec(1..9_usize, 60), number in 0..i64::MAX) {
        let mut asker = Asker::new(Some(FUNCTION));
        for (answer, expected) in [
            (head(number, Some(b"abc")), Heard::Head(number.unsigned_abs())),
            (snapshot(b"abc"), Heard::Head(number.unsigned_abs())),
            (snapshot(b"abd"), Heard::Changed),
        ] {
            asks(&mut asker);
            let (mut rest, mut cuts) = (answer.as_slice(), cuts.iter().copied());
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(cuts.next().unwrap_or(9).min(rest.len()));
                rest = behind;
                let heard = asker.hear(piece).expect("sound");
                prop_assert_eq!(heard, rest.is_empty().then_some(expected));
            }
        }
    }

    /// Whatever is said, nothing fails but in words, and no more is kept than a message may be long.
    #[test]
    fn rubbish_does_no_harm(pieces in prop::collection::vec(
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            (prop::sample::select(b"VDZCES2NA".to_vec()), prop::collection::vec(any::<u8>(), 0..20))
                .prop_map(|(kind, body)| frame(kind, &body)),
            Just(snapshot(b"a")), Just(head(3, Some(b"a"))), Just(ready()),
        ], 0..30), function in prop::option::of(Just(FUNCTION)),
    ) {
        let mut asker = Asker::new(function);
        let mut may_ask = true;
        for piece in pieces {
            if may_ask && asker.ask().is_err() {
                break;
            }
            match asker.hear(&piece) {
                Ok(heard) => may_ask = heard.is_some(),
                Err(_) => break,
            }
            prop_assert!(asker.arrived.len() <= LONGEST + 5);
        }
    }
}

/// What is kept of a message that never ends is bounded by what one may be long.
#[test]
fn a_message_that_is_too_long_is_not_waited_for() {
    let mut asker = Asker::new(Some(FUNCTION));
    asks(&mut asker);
    let length = u32::try_from(LONGEST + 5).expect("fits").to_be_bytes();
    assert_eq!(asker.hear(&[b"D", length.as_slice()].concat()), Err(BadReply::Stray));
}
