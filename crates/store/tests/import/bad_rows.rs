//! What is refused, and where it is told.

use super::*;

#[test]
fn rows_that_contradict_the_store_or_each_other_are_bad() {
    let there = concat!(
        r#"{"kind":"person","number":1,"uid":"a","login":"A"}"#,
        "\n",
        r#"{"kind":"person","number":2,"uid":"b","login":"B"}"#,
        "\n",
        r#"{"kind":"group","number":1,"guid":"g"}"#,
        "\n",
        r#"{"kind":"membership","group":{"number":1},"person":{"number":2},"state":"pending"}"#,
        "\n",
    );
    let cases = [
        (r#"{"kind":"person","number":1,"uid":"b"}"#, "f0:1:29: uid names person 2, but number names person 1"),
        (
            r#"{"kind":"person","number":9,"uid":"b"}"#,
            "f0:1:18: number names nobody, but uid names person 2; an identifier never changes",
        ),
        (
            r#"{"kind":"person","uid":"a","login":"new"}"#,
            "f0:1:28: login names nobody, but uid names person 1; an identifier never changes",
        ),
        (
            r#"{"kind":"person","uid":"APP_SYSTEM"}"#,
            "f0:1:18: uid must not be app_system, which stands for the application itself",
        ),
        (r#"{"kind":"person","uid":"a","name":""}"#, "f0:1:28: name must not be empty"),
        (r#"{"kind":"group","guid":"g","name":""}"#, "f0:1:28: name must not be empty"),
        (r#"{"kind":"group","guid":"h","owner":{"uid":"nobody"}}"#, "f0:1:28: owner names nobody"),
        (r#"{"kind":"membership","group":{"guid":"none"},"person":{"number":1}}"#, "f0:1:22: group names no group"),
        (r#"{"kind":"membership","group":{"guid":"g"},"person":{"number":77}}"#, "f0:1:43: person names nobody"),
        (
            r#"{"kind":"membership","group":{"guid":"g"},"person":{"number":1,"uid":"b"}}"#,
            "f0:1:43: person: uid names person 2, but number names person 1",
        ),
        (
            r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"},"joined_by":{"uid":"x"}}"#,
            "f0:1:64: joined_by names nobody",
        ),
        (
            r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"b"},"joined_at":5}"#,
            "f0:1:64: joined_at is only for the state member, and this one is pending",
        ),
        (
            r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"},"banned_at":5}"#,
            "f0:1:64: banned_at is only for the state banned, and this one is member",
        ),
        (
            "group_guid,person_uid,joined_at\ng,b,5\n",
            "f0:2:3: joined_at is only for the state member, and this one is pending",
        ),
        (
            "number,uid,name\n1,a,x\n9,b,x\n",
            "f0:3:1: number names nobody, but uid names person 2; an identifier never changes",
        ),
    ];
    for store in stores() {
        assert!(import(&store, there).applied);
        let (head, before) = (store.head().expect("answers"), ndjson(&store));
        for (input, problem) in cases {
            let report = import(&store, input);
            assert_eq!((report.applied, report.bad_total), (false, 1), "{input}");
            assert_eq!(problems(&report), [problem], "{input}");
        }
        assert_eq!((store.head().expect("answers"), ndjson(&store)), (head, before));
    }
}

#[test]
fn bad_rows_stop_everything_or_are_skipped() {
    let input = concat!(
        r#"{"kind":"person","uid":"a"}"#,
        "\n",
        r#"{"kind":"person","uid":"no good"}"#,
        "\n",
        r#"{"kind":"group","guid":"g"}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"gone"}}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"}}"#,
        "\n",
    );
    for store in stores() {
        let stopped = import(&store, input);
        assert_eq!((stopped.applied, stopped.bad_total, counts(&stopped)), (false, 2, [[0; 3]; 3]));
        assert_eq!((store.head().expect("answers"), ndjson(&store)), (0, String::new()));
        for dry_run in [true, false] {
            let skipped = import_as(&store, &[input], ImportOptions { dry_run, skip_bad: true, now: NOW });
            assert_eq!((skipped.applied, skipped.bad_total), (!dry_run, 2));
            assert_eq!(counts(&skipped), [[1, 0, 0], [1, 0, 0], [1, 0, 0]]);
            assert_eq!(ndjson(&store).is_empty(), dry_run);
        }
        sound(&store);
    }
}

#[test]
fn when_the_numbers_are_used_up_it_is_told() {
    let last = |kind, uid| format!("{{\"kind\":\"{kind}\",\"{uid}\":\"last\",\"number\":9007199254740991}}\n");
    let there = last("person", "uid") + &last("group", "guid");
    let next = "{\"kind\":\"person\",\"uid\":\"next\"}\n{\"kind\":\"group\",\"guid\":\"next\"}\n";
    let told = |line| format!("f0:{line}:1: number is missing, and none is left: 9007199254740991 is taken");
    for store in stores() {
        let together = import(&store, &format!("{there}{next}"));
        assert_eq!(problems(&together), [told(3), told(4)]);
        assert!(import(&store, &there).applied);
        assert_eq!(problems(&import(&store, next)), [told(1), told(2)]);
        assert!(import(&store, r#"{"kind":"person","uid":"low","number":5}"#).applied);
        // What is exported can be imported.
        let whole = ndjson(&store);
        assert_eq!(whole.lines().count(), 3);
        assert_eq!(import(&store, &whole).bad_total, 0);
        sound(&store);
    }
}

#[test]
fn times_that_check_would_call_unsound_are_bad() {
    let there = concat!(
        r#"{"kind":"person","uid":"a"}"#,
        "\n",
        r#"{"kind":"person","uid":"b"}"#,
        "\n",
        r#"{"kind":"group","guid":"g"}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"}}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"b"},"state":"banned"}"#,
        "\n",
    );
    let membership = |person: &str, more: &str| {
        format!(r#"{{"kind":"membership","group":{{"guid":"g"}},"person":{{"uid":"{person}"}},{more}}}"#)
    };
    for store in stores() {
        // Even an import whose clock stands at 0 leaves a sound store.
        assert!(import_at(&store, there, 0).applied);
        for (line, problem) in [
            (membership("a", r#""joined_at":0"#), "f0:1:64: joined_at must be unix seconds from 1"),
            (membership("b", r#""banned_at":0"#), "f0:1:64: banned_at must be unix seconds from 1"),
            ("group_guid,person_uid,joined_at\ng,a,0\n".to_owned(), "f0:2:3: joined_at must be unix seconds from 1"),
        ] {
            let report = import(&store, &line);
            assert!(report.bad_total == 1 && problems(&report)[0].starts_with(problem), "{line}: {:?}", report.bad);
        }
        sound(&store);
    }
}

#[test]
fn rows_that_nobody_has_read_are_not_skipped_in_silence() {
    let options = ImportOptions { dry_run: false, skip_bad: true, now: NOW };
    let long = format!("uid,name\na,x\nb,{}\nc,z\n", "y".repeat(1 << 20));
    for store in stores() {
        let report = import_as(&store, &["uid,name\nd,x\ne,\"y\nf,z\n", "uid,name\ng,x\n"], options);
        assert_eq!((report.applied, report.bad_total, report.persons.created), (true, 1, 2));
        assert_eq!(report.unread, ["f0"]);
        let report = import_as(&store, &[&long], options);
        assert_eq!((report.applied, report.bad_total, report.persons.created), (true, 1, 2));
        assert!(report.unread.is_empty());
        sound(&store);
    }
}

#[test]
fn nobody_inherits_the_number_of_who_was_deleted() {
    for store in stores() {
        let there = r#"{"kind":"person","number":7,"uid":"a"}"#;
        assert!(import(&store, there).applied);
        store.delete_person(&By::system(NOW), &PersonKey::Number(7), None).expect("deleted");
        let report = import(&store, r#"{"kind":"person","number":7,"uid":"b"}"#);
        let told = "f0:1:18: number belonged to a person who was deleted, and is not given again";
        assert_eq!((report.applied, problems(&report)), (false, vec![told.to_owned()]));
        // Numbers below it that nobody had are free, and so is the next one.
        assert!(import(&store, "number,uid\n3,c\n,d\n").applied);
        assert_eq!(store.person(&PersonKey::Uid("d".into())).expect("answers").expect("there").number, 8);
        sound(&store);
    }
}
