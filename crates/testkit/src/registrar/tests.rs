//! The rules of the commands, one by one, and what holds after any commands.

mod any;
mod groups;
mod jobs;
mod persons;
mod steps;

use crate::MemoryDirectory;
use membership::record::{GroupRecord, PersonRecord};
use membership::{
    By, CommandError, Directory, GroupKey, Membership, PersonKey, Registrar, Scope, State, Step, StepFailure,
};

const NOW: i64 = 5_000;
/// The group of `five`.
const G: GroupKey = GroupKey::Number(1);

/// Persons 1 to 6. Group 1 (public, owner 1) has the admins 1 and 2, the moderator 3, the participant 4; 5 has asked, 6
/// is banned. Group 2 (private) has nobody.
fn five() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    let lines = r#"
        {"kind":"person","number":1,"uid":"a","name":"Ann"}
        {"kind":"person","number":2,"uid":"b","name":"Bob"}
        {"kind":"person","number":3,"uid":"c","name":"Cleo"}
        {"kind":"person","number":4,"uid":"d","name":"Same"}
        {"kind":"person","number":5,"uid":"e","name":"SAME"}
        {"kind":"person","number":6,"uid":"f","name":"Fay","freelancer":false}
        {"kind":"group","number":1,"guid":"g","name":"G","owner":{"number":1}}
        {"kind":"group","number":2,"guid":"h","name":"H","type":"private"}
        {"kind":"membership","group":{"number":1},"person":{"number":1},"joined_at":10,"scope":"admin"}
        {"kind":"membership","group":{"number":1},"person":{"number":2},"joined_at":20,"scope":"admin"}
        {"kind":"membership","group":{"number":1},"person":{"number":3},"joined_at":30,"scope":"moderator"}
        {"kind":"membership","group":{"number":1},"person":{"number":4},"joined_at":40,"joined_by":{"number":2}}
        {"kind":"membership","group":{"number":1},"person":{"number":5},"state":"pending","asked_at":50}
        {"kind":"membership","group":{"number":1},"person":{"number":6},"state":"banned","banned_at":60}
    "#;
    directory.load_ndjson(lines, 100).expect("good lines");
    directory
}

fn person(number: i64) -> PersonKey {
    PersonKey::Number(number)
}

fn standing(directory: &MemoryDirectory, group: i64, number: i64) -> Option<Membership> {
    let found = directory.membership(&GroupKey::Number(group), &person(number)).expect("in memory");
    found.expect("group and person are there").membership
}

fn state(directory: &MemoryDirectory, group: i64, number: i64) -> Option<(State, Scope)> {
    standing(directory, group, number).map(|m| (m.state, m.scope))
}

/// The log behind the import: action, group, person, actor, job.
type Line = (String, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

fn logged(directory: &MemoryDirectory) -> Vec<Line> {
    let entries = directory.log().into_iter().filter(|e| e.action != "import");
    entries.map(|e| (e.action, e.group, e.person, e.actor, e.job)).collect()
}

fn line(action: &str, group: i64, person: i64, actor: i64, job: i64) -> Line {
    let some = |number| Some(number).filter(|n| *n != 0);
    (action.to_owned(), some(group), some(person), some(actor), some(job))
}

/// What a command is refused for, in one word.
fn refusal<T>(outcome: Result<T, CommandError>) -> String {
    match outcome {
        Ok(_) => "done".to_owned(),
        Err(CommandError::NotAllowed(refusal) | CommandError::Step { failure: StepFailure::Refused(refusal), .. }) => {
            format!("{refusal:?}")
        }
        Err(CommandError::Owner(refusal)) => format!("owner {refusal:?}"),
        Err(CommandError::Field(bad)) => format!("field {}", bad.field),
        Err(CommandError::InUse(field)) => format!("in use {field}"),
        Err(CommandError::Immutable(field)) => format!("immutable {field}"),
        Err(CommandError::StillOwner(guid)) => format!("still owner of {guid}"),
        Err(CommandError::Step { failure, .. }) => format!("{failure:?}"),
        Err(error) => format!("{error:?}"),
    }
}
