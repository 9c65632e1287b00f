use super::*;
use std::io::Read as _;

/// What a stream begins with, with so many more bytes.
fn begin(more: &[u8]) -> Vec<u8> {
    let length = i32::try_from(more.len()).expect("few").to_be_bytes();
    [&SIGNATURE[..], &[0; 4], &length, more].concat()
}

/// The fields of a row of this person.
fn fields(number: i64, uid: &str) -> Vec<Vec<u8>> {
    let mut fields: Vec<Vec<u8>> = vec![b"admin".into(), 7_i64.to_be_bytes().into(), number.to_be_bytes().into()];
    fields.push(uid.into());
    for (_, column, kind) in OPTIONAL {
        fields.push(match (column, kind) {
            (_, super::super::Kind::Int) => 9_i64.to_be_bytes().into(),
            ("p.id", _) => b"71fdcdb0-0367-45e3-b6da-3a20f3abb3ae".into(),
            ("p.account_status", _) => b"active".into(),
            ("p.presence", _) => b"offline".into(),
            (column, _) => column.into(),
        });
    }
    fields
}

fn tuple(fields: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = i16::try_from(fields.len()).expect("few").to_be_bytes().to_vec();
    for field in fields {
        bytes.extend(i32::try_from(field.len()).expect("few").to_be_bytes());
        bytes.extend(field);
    }
    bytes
}

const END: [u8; 2] = [0xff; 2];

/// What is read of a stream that comes in these pieces.
fn rows(pieces: [&[u8]; 3]) -> Result<Vec<String>, String> {
    let [first, second, third] = pieces;
    let mut found = Vec::new();
    let mut each = |row: &MemberRow<'_>| {
        assert_eq!((row.state, row.scope, row.joined_at), (State::Member, membership::Scope::Admin, Some(7)));
        let person = &row.person;
        found.push(format!("{} {} {} {}", person.number, person.uid, person.name, person.created_at));
    };
    match read(&mut first.chain(second).chain(third), State::Member, &mut each) {
        Ok(()) => Ok(found),
        Err(failure) => Err(format!("{failure:?}")),
    }
}

#[test]
fn rows_come_out_of_whatever_pieces_there_are() {
    let (one, two) = (tuple(&fields(1, "é")), tuple(&fields(-2, "")));
    let expected = || Ok(vec!["1 é p.name 9".to_owned(), "-2  p.name 9".to_owned()]);
    let (begin, longer) = (begin(b""), begin(b"more"));
    let together = [&begin[..], &one].concat();
    assert_eq!(rows([&together, &two, &END]), expected());
    assert_eq!(rows([&longer, &[&one[..], &two].concat(), &END]), expected());
    assert_eq!(rows([&[&together[..], &two, &END].concat(), b"", b""]), expected());
    assert_eq!(rows([&begin, &END, b""]), Ok(vec![]));
}

/// A stream that the server breaks off looks like one that ends.
#[test]
fn a_stream_that_is_not_whole_is_none() {
    let (begin, one) = (begin(b""), tuple(&fields(1, "one")));
    for early in [[&begin[..], &one, b""], [&begin, b"", b""], [b"", b"", b""]] {
        let told = rows(early).expect_err("no end");
        assert!(told.contains("before its end"), "{told}");
    }
    let mut others = fields(1, "one");
    let fewer = tuple(&others[1..]);
    others[4] = b"none".into();
    let no_id = tuple(&others);
    let mut no_text = fields(1, "one");
    no_text[6] = vec![0xff];
    let mut no_number = fields(1, "one");
    no_number[1] = vec![0; 4];
    let mut absent = one.clone();
    absent[2..6].copy_from_slice(&[0xff; 4]);
    for (bad, why) in [
        (&fewer[..], "stream"),
        (&no_id, "persons.id"),
        (&tuple(&no_text), "p.name"),
        (&tuple(&no_number), "stream"),
        (&absent, "stream"),
        (&one[..one.len() - 1], "stream"),
        (&[&END[..], &one].concat()[..1], "stream"),
    ] {
        let told = rows([&begin, bad, &END]).expect_err(why);
        assert!(told.contains(why), "{told}");
    }
    let told = rows([b"PGCOPY\n\xff\r\n\x01\0\0\0\0\0\0\0\0", &END, b""]).expect_err("another signature");
    assert!(told.contains("stream"), "{told}");
    let told = rows([&begin, &END, &one]).expect_err("more behind the end");
    assert!(told.contains("stream"), "{told}");
}

/// What is made of two streams of persons with these numbers.
fn merged(ones: &[i64], others: &[i64]) -> Result<Vec<i64>, String> {
    let stream = |numbers: &[i64]| {
        let rows = numbers.iter().flat_map(|number| tuple(&fields(*number, "u")));
        [begin(b""), rows.collect(), END.to_vec()].concat()
    };
    let mut found = Vec::new();
    let mut each = |row: &MemberRow<'_>| found.push(row.person.number);
    match merge(&stream(ones)[..], &stream(others)[..], State::Member, &mut each) {
        Ok(()) => Ok(found),
        Err(failure) => Err(format!("{failure:?}")),
    }
}

#[test]
fn two_streams_come_in_one_order() {
    assert_eq!(merged(&[], &[]), Ok(vec![]));
    assert_eq!(merged(&[1, 2], &[]), Ok(vec![1, 2]));
    assert_eq!(merged(&[], &[1, 2]), Ok(vec![1, 2]));
    assert_eq!(merged(&[2, 3, 9], &[1, 4, 5]), Ok(vec![1, 2, 3, 4, 5, 9]));
    assert_eq!(merged(&[1, 4, 5], &[2, 3, 9]), Ok(vec![1, 2, 3, 4, 5, 9]));
}

/// Neither of two streams may break off, the other one may have ended or not.
#[test]
fn one_of_two_streams_that_is_not_whole_is_told() {
    let (begin, one, two) = (begin(b""), tuple(&fields(1, "one")), tuple(&fields(2, "two")));
    let whole = [&begin[..], &one, &END].concat();
    let broken = [&begin[..], &two].concat();
    for [first, second] in [[&whole, &broken], [&broken, &whole], [&broken, &broken]] {
        let told = merge(&first[..], &second[..], State::Member, &mut |_| {}).expect_err("no end");
        assert!(format!("{told:?}").contains("before its end"), "{told:?}");
    }
}
