use super::*;
use membership::Directory;
use membership::{Scope, State};

fn load(directory: &mut MemoryDirectory, now: i64, lines: &str) -> Result<usize, String> {
    directory.load_ndjson(lines, now)
}

fn fresh(lines: &str) -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    load(&mut directory, 50, lines).expect("good lines");
    directory
}

#[test]
fn what_is_left_out_is_generated() {
    let directory = fresh(
        r#"{"kind":"person","number":7,"login":"Max.Müller"}
           {"kind":"person","login":"max müller"}
           {"kind":"person","login":"max/müller"}
           {"kind":"person","uid":"MAX"}
           {"kind":"person","login":"日本"}
           {"kind":"person","login":"App_System"}
           {"kind":"group","number":3,"name":"Chess & Go"}
           {"kind":"group","number":4,"name":"chess + go"}
           {"kind":"group","number":9}"#,
    );
    let all = directory.persons();
    let persons: Vec<_> = all.iter().map(|p| (p.number, p.uid.as_str(), p.login.as_str(), p.name.as_str())).collect();
    let expected = [
        (7, "max-m-ller", "Max.Müller", "Max.Müller"),
        (8, "max-m-ller-2", "max müller", "max müller"),
        (9, "max-m-ller-3", "max/müller", "max/müller"),
        (10, "max", "max", "max"),
        (11, "person-11", "日本", "日本"),
        (12, "app_system-2", "App_System", "App_System"),
    ];
    assert_eq!(persons, expected);
    let first = &directory.persons()[0];
    assert_eq!(
        (first.role.as_str(), first.created_at, first.updated_at, first.freelancer),
        ("default", 50, None, true)
    );
    assert_eq!(first.id.get_version_num(), 4);
    let all = directory.groups();
    let groups: Vec<_> = all.iter().map(|g| (g.number, g.guid.as_str(), g.name.as_str())).collect();
    assert_eq!(groups, [(3, "chess---go", "Chess & Go"), (4, "chess---go-2", "chess + go"), (9, "group-9", "group-9")]);
}

#[test]
fn what_is_left_out_later_is_kept() {
    let mut directory = fresh(r#"{"kind":"person","uid":"a","name":"A","phone":"1","tags":["x"],"metadata":{"k":1}}"#);
    assert_eq!(load(&mut directory, 60, r#"{"kind":"person","uid":"A","phone":"1"}"#), Ok(0));
    assert_eq!(directory.head().expect("in memory"), 1);
    assert_eq!(load(&mut directory, 60, r#"{"kind":"person","uid":"a","phone":"","tags":[]}"#), Ok(1));
    let a = &directory.persons()[0];
    assert_eq!((a.name.as_str(), a.phone.as_str(), a.tags.as_str(), a.metadata.as_str()), ("A", "", "", r#"{"k":1}"#));
    assert_eq!((a.created_at, a.updated_at), (50, Some(60)));
    assert_eq!(load(&mut directory, 70, r#"{"kind":"person","uid":"a","phone":"2","updated_at":65}"#), Ok(1));
    assert_eq!(directory.persons()[0].updated_at, Some(65));
    assert_eq!(directory.head().expect("in memory"), 3);
}

#[test]
fn memberships_stand_as_recorded() {
    let mut directory = fresh(
        r#"{"kind":"membership","group":{"number":1},"person":{"uid":"a"}}
           {"kind":"membership","group":{"number":1},"person":{"uid":"b"},"state":"banned","banned_by":{"number":99}}
           {"kind":"membership","group":{"number":1},"person":{"uid":"c"},"state":"pending","asked_at":5}
           {"kind":"group","number":1,"guid":"g","owner":{"uid":"a"}}
           {"kind":"person","uid":"a"}
           {"kind":"person","uid":"b"}
           {"kind":"person","uid":"c"}"#,
    );
    let line = |directory: &MemoryDirectory, at: usize| {
        let m = &directory.memberships()[at];
        (m.state, m.asked_at, m.joined_at, m.banned_at, m.banned_by)
    };
    assert_eq!(line(&directory, 0), (State::Member, None, Some(50), None, None));
    assert_eq!(line(&directory, 1), (State::Banned, None, None, Some(50), Some(99)));
    assert_eq!(line(&directory, 2), (State::Pending, Some(5), None, None, None));
    assert_eq!(directory.groups()[0].owner, Some(1));

    let later = r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"b"},"state":"member"}
                   {"kind":"membership","group":{"guid":"g"},"person":{"uid":"c"},"state":"member","joined_at":70}
                   {"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"},"scope":"admin"}"#;
    assert_eq!(load(&mut directory, 60, later), Ok(3));
    assert_eq!(load(&mut directory, 90, later), Ok(0), "twice changes nothing");
    assert_eq!(line(&directory, 0), (State::Member, None, Some(50), None, None));
    assert_eq!(line(&directory, 1), (State::Member, None, Some(60), None, None));
    assert_eq!(line(&directory, 2), (State::Member, Some(5), Some(70), None, None));
    assert_eq!(directory.total(1, State::Member, Scope::Admin), 1);
}

#[test]
fn bad_lines_change_nothing() {
    let mut directory = fresh(
        r#"{"kind":"person","number":1,"uid":"a","login":"Anna"}
           {"kind":"person","number":2,"uid":"b","login":"Bert"}
           {"kind":"group","number":1,"guid":"g"}"#,
    );
    for (line, part) in [
        (r#"{"kind":"person","name":"nobody"}"#, "no identifier"),
        (r#"{"kind":"person","number":1,"uid":"b"}"#, "same row"),
        (r#"{"kind":"person","number":1,"uid":"new"}"#, "same row"),
        (r#"{"kind":"person","uid":"c","login":"ANNA"}"#, "same row"),
        (r#"{"kind":"person","number":0}"#, "from 1 to"),
        (r#"{"kind":"person","uid":"has blank"}"#, "uid must be"),
        (r#"{"kind":"person","uid":""}"#, "uid must be"),
        (r#"{"kind":"person","number":1,"login":""}"#, "login must not be empty"),
        (r#"{"kind":"person","uid":"a","name":"\u0000"}"#, "U+0000"),
        (r#"{"kind":"person","uid":"a","metadata":{"k":["\u0000"]}}"#, "metadata must not hold"),
        (r#"{"kind":"group","guid":"g","metadata":{"\u0000":1}}"#, "metadata must not hold"),
        (r#"{"kind":"person","uid":"a","created_at":-1}"#, "created_at"),
        (r#"{"kind":"person","uid":"a","feedback_6_months":-1}"#, "feedback_6_months"),
        (r#"{"kind":"group","guid":"g","owner":{"number":3}}"#, "owner names nobody"),
        (r#"{"kind":"membership","group":{"guid":"x"},"person":{"uid":"a"}}"#, "no group"),
        (r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"x"}}"#, "nobody"),
        (r#"{"kind":"membership","group":{"guid":"g"},"person":{"number":1,"uid":"b"}}"#, "same row"),
        (r#"{"kind":"membership","group":{"guid":"g"}}"#, "person is missing"),
        (
            r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"},"state":"pending","joined_at":1}"#,
            "for members",
        ),
        (r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"},"banned_at":1}"#, "for the banned"),
        (r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"},"joined_at":0}"#, "greater than 0"),
        (
            r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"},"state":"banned","banned_at":0}"#,
            "greater than 0",
        ),
    ] {
        let before = (directory.persons().to_vec(), directory.groups().to_vec(), directory.head().expect("in memory"));
        let error = load(&mut directory, 60, line).expect_err(line);
        assert!(error.contains(part), "{line}: {error}");
        let after = (directory.persons().to_vec(), directory.groups().to_vec(), directory.head().expect("in memory"));
        assert_eq!(before, after, "{line}");
        assert!(directory.memberships().is_empty());
    }
    let innocent = r#"{"kind":"person","uid":"a","metadata":{"k":"\\u0000"}}"#;
    assert_eq!(load(&mut directory, 60, innocent), Ok(1), "a backslash and some letters");
    let long = format!(r#"{{"kind":"person","uid":"a","phone":"{}"}}"#, "1".repeat(101));
    assert!(load(&mut directory, 60, &long).expect_err("too long").contains("phone"));
}
