//! The sample data in memory.

use crate::MemoryDirectory;
use membership::sample::NDJSON;

/// A directory that holds the sample data of `membership::sample`. Everything in it is said in the file, so it is the
/// same at any time.
///
/// # Panics
/// When the sample data cannot be taken in.
pub fn directory() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    if let Err(error) = directory.load_ndjson(NDJSON, 0) {
        panic!("the sample data: {error}");
    }
    directory
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::record::Record;
    use membership::sample::{GROUP_GUID, GROUP_ID, GROUP_NUMBER};
    use membership::{AccountStatus, GroupKey, MemberQuery, PersonKey, Presence, Scope, State, Window};

    #[test]
    fn lines_are_written_as_an_export_writes_them() {
        for line in NDJSON.lines() {
            let record = Record::parse(line).expect(line);
            assert_eq!(serde_json::to_string(&record).expect("writes"), line);
        }
    }

    #[test]
    fn everything_is_said_in_the_file() {
        let early = directory();
        let mut late = MemoryDirectory::new();
        late.load_ndjson(NDJSON, 2_000_000_000).expect("the sample data");
        assert_eq!(
            (early.persons(), early.groups(), early.memberships()),
            (late.persons(), late.groups(), late.memberships())
        );
        assert_eq!(late.load_ndjson(NDJSON, 2_100_000_000), Ok(0), "twice changes nothing");
    }

    #[test]
    fn the_documents_members_stand_where_they_should() {
        let directory = directory();
        let groups = directory.groups();
        let [group] = &groups[..] else { panic!("one group") };
        assert_eq!((group.number, group.guid.as_str(), group.page.as_str()), (GROUP_NUMBER, GROUP_GUID, ""));
        assert_eq!(group.id.to_string(), GROUP_ID);

        let all = MemberQuery::new(GroupKey::Number(GROUP_NUMBER), Window { offset: 0, limit: u32::MAX });
        let (numbers, total) = directory.numbers(&all).expect("the group is there");
        assert_eq!(total, numbers.len() as u64);
        assert!(total > 300, "there are pages to turn");
        let persons = directory.persons();
        let uid = |number: &i64| persons.iter().find(|p| p.number == *number).map(|p| p.uid.as_str());
        assert_eq!((numbers[0], numbers[7]), (300_723, 2_112_878));
        let then: Vec<_> = numbers[8..15].iter().filter_map(uid).collect();
        let expected = ["jsmith", "jhoffman", "janedoe", "superhero4", "superhero2", "superhero3", "superhero5"];
        assert_eq!(then, expected);

        for state in [State::Pending, State::Banned] {
            let mut others = all.clone();
            others.state = state;
            assert!(directory.numbers(&others).expect("the group is there").1 > 5, "{state}");
        }
        for scope in Scope::ALL {
            assert!(directory.total(GROUP_NUMBER, State::Member, *scope) > 2, "{scope}");
        }
    }

    #[test]
    fn the_documents_rows_are_as_printed() {
        let world = directory().world();
        let person = |uid: &str| world.find_person(&PersonKey::Uid(uid.to_owned())).expect(uid);
        let media = person("insidemediacommunication").view();
        assert_eq!(media.login, "InsideMediaCommunication");
        assert_eq!(media.tag_line, "WordPress | Joomla | Drupal | Magento | Mobile App");
        assert_eq!(
            (media.hourly_rate.to_string(), media.earnings_6_months.to_string()),
            ("20.0".into(), "196868.0".into())
        );
        assert_eq!((media.feedback_6_months, media.positive_feedback_6_months), (36, 100));
        assert_eq!((media.avatar, media.link), ("", ""));

        let jane = person("janedoe");
        assert_eq!(
            (jane.description.as_str(), jane.phone.as_str()),
            ("Employee – Marketing department", "+1 (646) 555-0000")
        );
        assert_eq!((jane.email.as_str(), jane.account_status), ("jdoe@example.com", AccountStatus::Blocked));
        assert_eq!(person("jsmith").id.to_string(), GROUP_ID, "the document gives the group and John the same id");

        let three = person("superhero3").view();
        assert_eq!((three.name, three.metadata), ("Captain America", r#"{"contactNumber":"0123456789"}"#));
        assert_eq!((three.presence, three.role, three.updated_at), (Presence::Offline, "default", Some(1_638_351_060)));
        assert_eq!((three.last_active_at, three.tags, three.status_message), (None, "", ""));
        assert_eq!(person("superhero5").updated_at, None);
    }
}
