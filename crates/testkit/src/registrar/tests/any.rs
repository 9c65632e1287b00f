//! What holds after any commands, and that random commands try everything.

use super::*;
use crate::random::{self, RandomCommand, Size};
use crate::world::World;
use membership::GroupKind;
use std::collections::BTreeSet;

/// Everything that must be true of any directory.
fn sound(world: &World) {
    let numbers: Vec<u64> = world.log.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=world.head()).collect::<Vec<_>>());
    assert!(world.log.iter().all(|entry| membership::ACTIONS.contains(&entry.action.as_str())));
    assert!(world.log.windows(2).all(|pair| pair[0].action == "import" || pair[0].at <= pair[1].at));
    assert!(world.persons.is_sorted_by_key(|p| p.number) && world.groups.is_sorted_by_key(|g| g.number));
    assert!(world.memberships.is_sorted_by_key(|m| (m.group, m.person)));
    for m in &world.memberships {
        assert!(world.person(m.person).is_some() && world.groups.iter().any(|g| g.number == m.group), "{m:?}");
        assert_eq!(m.joined_at.is_some(), m.state == State::Member, "{m:?}");
        assert_eq!(m.banned_at.is_some(), m.state == State::Banned, "{m:?}");
        assert!(m.joined_by.is_none() || m.state == State::Member, "{m:?}");
        assert!(m.banned_by.is_none() || m.state == State::Banned, "{m:?}");
    }
    for group in &world.groups {
        assert!(group.owner.is_none_or(|owner| world.person(owner).is_some()), "{group:?}");
        let owner = group.owner.and_then(|owner| world.membership(group.number, owner));
        assert!(owner.is_none_or(|owner| owner.state != State::Banned), "{group:?}");
        assert!(group.kind == GroupKind::Password || !world.passwords.contains_key(&group.number), "{group:?}");
    }
    assert_eq!(world.logins.len(), world.persons.len());
    for job in &world.jobs {
        assert!(job.groups.is_sorted() && job.groups.iter().all(|n| world.groups.iter().any(|g| g.number == *n)));
        assert_eq!(job.closed_at.is_some(), job.state == membership::JobState::Closed);
    }
}

fn populated(rng: &mut random::ChaCha8Rng) -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    for record in random::population(rng, Size { groups: 4, persons: 40, memberships: 20 }) {
        directory.restore(&record, 1_000_000).expect("every record is good");
    }
    directory
}

#[test]
fn random_commands_try_everything_and_break_nothing() {
    let mut seen = BTreeSet::new();
    for seed in 0..6 {
        let mut rng = random::rng(seed);
        let directory = populated(&mut rng);
        for _ in 0..1_500 {
            let command = random::command(&mut rng, &directory);
            let before = directory.world();
            let told = command.run(&directory);
            let after = directory.world();
            sound(&after);
            let refused = !told.starts_with("Stepped")
                && !told.starts_with("Group")
                && !told.starts_with("Person")
                && !told.starts_with("Job");
            if refused {
                assert_eq!(before.log, after.log, "{command:?}");
                assert_eq!(before.memberships, after.memberships, "{command:?}");
                assert_eq!((&before.persons, &before.groups), (&after.persons, &after.groups), "{command:?}");
                seen.insert(told.clone());
            }
            if let RandomCommand::Steps { .. } = command {
                for refusal in told.split("Err(").skip(1).filter_map(|rest| rest.split_once(')')) {
                    seen.insert(refusal.0.to_owned());
                }
            }
            seen.extend(after.log[before.log.len()..].iter().map(|entry| entry.action.clone()));
            if !refused && before.log.len() == after.log.len() {
                seen.insert("done without a change".to_owned());
            }
        }
    }
    let without = ["import", "credential_create", "credential_revoke", "password_change"];
    for action in membership::ACTIONS.iter().filter(|action| !without.contains(action)) {
        assert!(seen.contains(*action), "no {action}");
    }
    for refusal in [
        "AlreadyMember",
        "AlreadyAsked",
        "NotAsked",
        "NotMember",
        "Banned",
        "AlreadyBanned",
        "NotBanned",
        "SameScope",
        "JoinNotAllowed",
        "PasswordMissing",
        "PasswordWrong",
        "NotFreelancer",
        "OnlyOneself",
        "NotOneself",
        "OnlyOwner",
        "OnlyAdmin",
        "OnlyModerator",
        "ScopeTooHigh",
        "Owner",
        "LastAdmin",
        "NoSuchPerson",
        "Ambiguous",
        "NoSuchGroup",
        "NoSuchJob",
        "Unexpected",
        "Field(password)",
        "Field(owner)",
        "Field(name)",
        "Field(title)",
        "Field(groups)",
        "Field(action)",
        "Field(city)",
        "Field(number)",
        "InUse(\"guid\")",
        "InUse(\"uid\")",
        "InUse(\"number\")",
        "InUse(\"id\")",
        "InUse(\"login\")",
        "Immutable(\"guid\")",
        "Immutable(\"uid\")",
        "Immutable(\"number\")",
        "Immutable(\"login\")",
        "Immutable(\"id\")",
        "StillOwner",
        "done without a change",
    ] {
        assert!(seen.iter().any(|told| told.contains(refusal)), "no {refusal}");
    }
}

#[test]
fn the_same_seed_gives_the_same_commands() {
    let run = || {
        let mut rng = random::rng(11);
        let directory = populated(&mut rng);
        let told: Vec<String> = (0..200).map(|_| random::command(&mut rng, &directory).run(&directory)).collect();
        (told, directory.log())
    };
    assert_eq!(run(), run());
}
