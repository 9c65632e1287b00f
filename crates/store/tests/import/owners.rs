//! An owner is never banned from the group, whatever an import says in whatever order.

use super::*;

/// Anna owns the first group and is no member of it, Bob owns the second. Cleo is banned from both.
const THERE: [&str; 8] = [
    r#"{"kind":"person","number":1,"uid":"anna"}"#,
    r#"{"kind":"person","number":2,"uid":"bob"}"#,
    r#"{"kind":"person","number":3,"uid":"cleo"}"#,
    r#"{"kind":"group","number":1,"guid":"one","owner":{"number":1}}"#,
    r#"{"kind":"group","number":2,"guid":"two","owner":{"number":2}}"#,
    r#"{"kind":"membership","group":{"number":2},"person":{"number":2},"scope":"admin"}"#,
    r#"{"kind":"membership","group":{"number":1},"person":{"number":3},"state":"banned"}"#,
    r#"{"kind":"membership","group":{"number":2},"person":{"number":3},"state":"banned"}"#,
];

const OWNS: &str = "state cannot be restored: the person owns the group and must pass it on first";
const BANNED: &str = "owner is banned from the group";

fn owned(group: &str, owner: &str) -> String {
    format!(r#"{{"kind":"group","guid":"{group}","owner":{{"uid":"{owner}"}}}}"#)
}

fn stands(group: &str, person: &str, state: &str) -> String {
    format!(r#"{{"kind":"membership","group":{{"guid":"{group}"}},"person":{{"uid":"{person}"}},"state":"{state}"}}"#)
}

fn skipping(store: &Store, lines: &[String]) -> Vec<(u64, String)> {
    let options = ImportOptions { dry_run: false, skip_bad: true, by: membership::By::system(NOW) };
    let report = import_as(store, &[&lines.join("\n")], options);
    sound(store);
    report.bad.into_iter().map(|bad| (bad.line, bad.problem)).collect()
}

#[test]
fn what_would_leave_a_banned_owner_is_bad() {
    let bad = |line, problem: &str| vec![(line, problem.to_owned())];
    let cases = [
        (vec![stands("one", "anna", "banned")], bad(1, OWNS)),
        (vec![stands("two", "bob", "banned")], bad(1, OWNS)),
        (vec![owned("one", "cleo")], bad(1, BANNED)),
        (vec![owned("new", "anna"), stands("new", "anna", "banned")], bad(2, OWNS)),
        (vec![stands("new", "anna", "banned"), owned("new", "anna")], bad(1, OWNS)),
        // Who comes to own the group cannot be banned, who owns it no more can.
        (vec![owned("two", "anna"), stands("two", "anna", "banned")], bad(2, OWNS)),
        (vec![stands("two", "bob", "banned"), owned("two", "anna")], vec![]),
        (vec![owned("two", "anna"), owned("two", "bob"), stands("two", "bob", "banned")], bad(3, OWNS)),
        (vec![owned("two", "bob"), owned("two", "anna"), stands("two", "bob", "banned")], vec![]),
        // The ban of the new owner is lifted by the same input, or else not.
        (vec![owned("one", "cleo"), stands("one", "cleo", "member")], vec![]),
        (vec![stands("one", "cleo", "pending"), owned("one", "cleo")], vec![]),
        (vec![owned("one", "cleo"), stands("two", "cleo", "member")], bad(1, BANNED)),
        // While that is open, nobody is banned who owns the group otherwise.
        (
            vec![owned("two", "cleo"), stands("two", "bob", "banned")],
            vec![(1, BANNED.to_owned()), (2, OWNS.to_owned())],
        ),
        (
            vec![owned("two", "anna"), owned("two", "cleo"), stands("two", "anna", "banned")],
            vec![(2, BANNED.to_owned()), (3, OWNS.to_owned())],
        ),
    ];
    for (lines, problems) in cases {
        for store in stores() {
            assert!(import(&store, &THERE.join("\n")).applied);
            let told = skipping(&store, &lines);

            assert_eq!(told, problems, "{lines:?}");
        }
    }
}

#[test]
fn owners_who_are_no_members_go_out_and_come_back() {
    for store in stores() {
        assert!(import(&store, &THERE.join("\n")).applied);
        let out = ndjson(&store);
        let [other, _] = stores();
        assert!(import(&other, &out).applied);
        assert_eq!(ndjson(&other), out);
        // Whom the store has banned meanwhile is brought back as it was: as the owner, and not banned.
        assert_eq!(skipping(&other, &[owned("two", "anna"), stands("two", "bob", "banned")]), []);
        assert!(import(&other, &out).applied, "the owner of then is a member again");
        let bob = ndjson(&other).lines().filter(|line| line.contains("banned")).count();
        assert_eq!(bob, 2, "Cleo only");
        sound(&other);
    }
}

#[test]
fn one_import_after_the_other_passes_a_group_on() {
    for store in stores() {
        assert!(import(&store, &THERE.join("\n")).applied);
        for line in [stands("one", "cleo", "member"), owned("one", "cleo"), stands("one", "anna", "banned")] {
            assert_eq!(skipping(&store, &[line]), []);
        }
        assert_eq!(skipping(&store, &[owned("one", "anna")]), [(1, BANNED.to_owned())]);
    }
}
