//! What each refusal of the life cycle is called, for each deed and doer.

use super::*;

const REFUSALS: [StepRefusal; 20] = [
    StepRefusal::AlreadyMember,
    StepRefusal::AlreadyAsked,
    StepRefusal::NotAsked,
    StepRefusal::NotMember,
    StepRefusal::Banned,
    StepRefusal::AlreadyBanned,
    StepRefusal::NotBanned,
    StepRefusal::SameScope,
    StepRefusal::JoinNotAllowed,
    StepRefusal::PasswordMissing,
    StepRefusal::PasswordWrong,
    StepRefusal::NotFreelancer,
    StepRefusal::OnlyOneself,
    StepRefusal::NotOneself,
    StepRefusal::OnlyOwner,
    StepRefusal::OnlyAdmin,
    StepRefusal::OnlyModerator,
    StepRefusal::ScopeTooHigh,
    StepRefusal::Owner,
    StepRefusal::LastAdmin,
];
const DEEDS: [Deed; 8] =
    [Deed::Join, Deed::Leave, Deed::Add, Deed::SetScope, Deed::Remove, Deed::PassOn, Deed::Edit, Deed::Delete];
const DOERS: [Doer; 6] = [
    Doer::Application,
    Doer::Outsider,
    Doer::Banned,
    Doer::Member(Scope::Participant),
    Doer::Member(Scope::Moderator),
    Doer::Member(Scope::Admin),
];

/// The codes of the contract with their statuses.
const CODES: [(&str, u16); 16] = [
    ("ERR_ALREADY_JOINED", 409),
    ("ERR_SAME_SCOPE", 409),
    ("ERR_ALREADY_BANNED", 409),
    ("ERR_NOT_A_BANNED_USER", 409),
    ("ERR_NOT_A_MEMBER", 404),
    ("ERR_GROUP_JOIN_NOT_ALLOWED", 403),
    ("ERR_EMPTY_GROUP_PASS", 403),
    ("ERR_WRONG_GROUP_PASS", 403),
    ("ERR_BANNED_GROUPMEMBER", 403),
    ("ERR_GROUP_NOT_JOINED", 403),
    ("ERR_GROUP_NO_CLEARANCE", 403),
    ("ERR_GROUP_NO_ADMIN_SCOPE", 403),
    ("ERR_GROUP_NO_MODERATOR_SCOPE", 403),
    ("ERR_GROUP_NO_SCOPE_CLEARANCE", 403),
    ("ERR_GROUP_NO_SELF_ACTION", 403),
    ("ERR_UID_NOT_FOUND", 404),
];

fn code(refused: StepRefusal, deed: Deed, doer: Doer) -> &'static str {
    refusal(refused, deed, doer).code
}

#[test]
fn every_code_is_the_contracts_and_has_its_status() {
    let mut seen = Vec::new();
    for refused in REFUSALS {
        for deed in DEEDS {
            for doer in DOERS {
                let problem = failure(&refused.into(), deed, doer);
                let status = CODES.iter().find(|(code, _)| *code == problem.code).map(|(_, status)| *status);
                assert_eq!(Some(problem.status), status, "{} of {refused:?}, {deed:?}, {doer:?}", problem.code);
                assert!(!problem.message.is_empty());
                seen.push(problem.code);
            }
        }
    }
    seen.push(failure(&StepFailure::NoSuchPerson, Deed::Add, Doer::Application).code);
    for (code, _) in CODES {
        assert!(seen.contains(&code), "{code} is never given");
    }
}

#[test]
fn some_refusals_are_always_called_the_same() {
    for (refused, expected) in [
        (StepRefusal::AlreadyMember, "ERR_ALREADY_JOINED"),
        (StepRefusal::SameScope, "ERR_SAME_SCOPE"),
        (StepRefusal::AlreadyBanned, "ERR_ALREADY_BANNED"),
        (StepRefusal::NotBanned, "ERR_NOT_A_BANNED_USER"),
        (StepRefusal::Banned, "ERR_BANNED_GROUPMEMBER"),
        (StepRefusal::JoinNotAllowed, "ERR_GROUP_JOIN_NOT_ALLOWED"),
        (StepRefusal::PasswordMissing, "ERR_EMPTY_GROUP_PASS"),
        (StepRefusal::PasswordWrong, "ERR_WRONG_GROUP_PASS"),
        (StepRefusal::NotOneself, "ERR_GROUP_NO_SELF_ACTION"),
        (StepRefusal::ScopeTooHigh, "ERR_GROUP_NO_CLEARANCE"),
    ] {
        for deed in DEEDS {
            for doer in DOERS {
                assert_eq!(code(refused, deed, doer), expected, "{refused:?}, {deed:?}, {doer:?}");
            }
        }
    }
}

#[test]
fn who_is_too_little_hears_what_for() {
    use Deed::{Add, Delete, Edit, PassOn, Remove, SetScope};
    use Scope::{Admin, Moderator, Participant};
    for (refused, deed, scope, expected) in [
        (StepRefusal::OnlyAdmin, SetScope, Participant, "ERR_GROUP_NO_SCOPE_CLEARANCE"),
        (StepRefusal::OnlyAdmin, SetScope, Moderator, "ERR_GROUP_NO_SCOPE_CLEARANCE"),
        (StepRefusal::OnlyAdmin, Edit, Participant, "ERR_GROUP_NO_MODERATOR_SCOPE"),
        (StepRefusal::OnlyAdmin, Edit, Moderator, "ERR_GROUP_NO_ADMIN_SCOPE"),
        (StepRefusal::OnlyAdmin, Add, Participant, "ERR_GROUP_NO_MODERATOR_SCOPE"),
        (StepRefusal::OnlyAdmin, Add, Moderator, "ERR_GROUP_NO_ADMIN_SCOPE"),
        (StepRefusal::OnlyModerator, Remove, Participant, "ERR_GROUP_NO_CLEARANCE"),
        (StepRefusal::OnlyOwner, Delete, Admin, "ERR_GROUP_NO_CLEARANCE"),
        (StepRefusal::OnlyOwner, PassOn, Moderator, "ERR_GROUP_NO_CLEARANCE"),
    ] {
        assert_eq!(code(refused, deed, Doer::Member(scope)), expected, "{deed:?} by {scope:?}");
        assert_eq!(code(refused, deed, Doer::Outsider), "ERR_GROUP_NOT_JOINED", "{deed:?}");
        assert_eq!(code(refused, deed, Doer::Banned), "ERR_BANNED_GROUPMEMBER", "{deed:?}");
    }
}

#[test]
fn the_owner_and_the_last_admin_stay() {
    for refused in [StepRefusal::Owner, StepRefusal::LastAdmin] {
        for doer in DOERS {
            assert_eq!(code(refused, Deed::Leave, doer), "ERR_GROUP_NO_SELF_ACTION");
            assert_eq!(code(refused, Deed::SetScope, doer), "ERR_GROUP_NO_SCOPE_CLEARANCE");
            assert_eq!(code(refused, Deed::Remove, doer), "ERR_GROUP_NO_CLEARANCE");
        }
    }
}

#[test]
fn who_is_not_in_the_group_is_somebody_else_or_oneself() {
    for doer in DOERS {
        assert_eq!(code(StepRefusal::NotMember, Deed::SetScope, doer), "ERR_NOT_A_MEMBER");
        assert_eq!(code(StepRefusal::NotMember, Deed::Remove, doer), "ERR_NOT_A_MEMBER");
        assert_eq!(code(StepRefusal::NotMember, Deed::PassOn, doer), "ERR_NOT_A_MEMBER");
    }
    assert_eq!(code(StepRefusal::NotMember, Deed::Leave, Doer::Outsider), "ERR_GROUP_NOT_JOINED");
    assert_eq!(code(StepRefusal::NotMember, Deed::Leave, Doer::Banned), "ERR_BANNED_GROUPMEMBER");
}
