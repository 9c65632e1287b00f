//! Random commands to a registrar.

mod make;
mod records;
mod steps;

use super::{chance, pick};
use crate::MemoryDirectory;
use make::Maker;
use membership::record::PersonRecord;
use membership::{
    By, CommandError, Failing, GroupEdit, GroupKey, NewGroup, NewJob, PersonKey, Presence, Registrar, Step,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::fmt::Debug;

/// One command, with all that it is given.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "each is documented at the function of `Registrar` of the same name")]
pub enum RandomCommand {
    Steps { by: By, group: GroupKey, steps: Vec<Step>, failing: Failing },
    CreateGroup { by: By, new: NewGroup },
    EditGroup { by: By, group: GroupKey, edit: GroupEdit, expected: Option<bool> },
    DeleteGroup { by: By, group: GroupKey, expected: Option<bool> },
    CreatePerson { by: By, record: Box<PersonRecord> },
    EditPerson { by: By, person: PersonKey, record: Box<PersonRecord>, expected: Option<bool> },
    DeletePerson { by: By, person: PersonKey, expected: Option<bool> },
    SetPresence { by: By, person: PersonKey, presence: Presence },
    PostJob { by: By, new: NewJob },
    CloseJob { by: By, number: i64 },
}

impl RandomCommand {
    /// Runs the command and tells in one line what came of it, the same for every registrar that does the same: of a
    /// field that is refused only the name, since what is wrong with it may be said in other words.
    pub fn run(&self, registrar: &dyn Registrar) -> String {
        match self {
            Self::Steps { by, group, steps, failing } => told(registrar.steps(by, group, steps, *failing)),
            Self::CreateGroup { by, new } => told(registrar.create_group(by, new)),
            Self::EditGroup { by, group, edit, expected } => match expected {
                Some(is) => told(registrar.edit_group(by, group, edit, Some(&|_| *is))),
                None => told(registrar.edit_group(by, group, edit, None)),
            },
            Self::DeleteGroup { by, group, expected } => match expected {
                Some(is) => told(registrar.delete_group(by, group, Some(&|_| *is))),
                None => told(registrar.delete_group(by, group, None)),
            },
            Self::CreatePerson { by, record } => told(registrar.create_person(by, record)),
            Self::EditPerson { by, person, record, expected } => match expected {
                Some(is) => told(registrar.edit_person(by, person, record, Some(&|_| *is))),
                None => told(registrar.edit_person(by, person, record, None)),
            },
            Self::DeletePerson { by, person, expected } => match expected {
                Some(is) => told(registrar.delete_person(by, person, Some(&|_| *is))),
                None => told(registrar.delete_person(by, person, None)),
            },
            Self::SetPresence { by, person, presence } => told(registrar.set_presence(by, person, *presence)),
            Self::PostJob { by, new } => told(registrar.post_job(by, new)),
            Self::CloseJob { by, number } => told(registrar.close_job(by, *number)),
        }
    }
}

fn told<T: Debug>(outcome: Result<T, CommandError>) -> String {
    match outcome {
        Ok(done) => format!("{done:?}"),
        Err(CommandError::Field(bad)) => format!("Field({})", bad.field),
        Err(CommandError::Directory(_)) => "Directory".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// A command to one who holds what `directory` holds: as a rule one that makes sense there, now and then one that must be
/// refused. Its time is never before that of an earlier one, and often the same.
///
/// The ids of what is to be made are always said, so that two registrars that are given the same commands hold the same.
pub fn command(rng: &mut ChaCha8Rng, directory: &MemoryDirectory) -> RandomCommand {
    let world = directory.world();
    let now = 1_700_000_000 + i64::try_from(world.head() / 3).expect("a short log");
    let mut make = Maker { rng, world: &world, now };
    match make.rng.random_range(0..100) {
        0..6 => RandomCommand::CreateGroup { by: make.anybody(), new: make.new_group() },
        6..12 => {
            let (by, record) = (make.anybody(), Box::new(make.new_person()));
            RandomCommand::CreatePerson { by, record }
        }
        12..14 => {
            let group = make.group();
            let by = make.over_group(group);
            RandomCommand::DeleteGroup { by, group: make.group_key(group), expected: make.expected() }
        }
        14..18 => {
            let by = if chance(make.rng, 85) { make.system() } else { make.anybody() };
            RandomCommand::DeletePerson { by, person: make.person_key(None), expected: make.expected() }
        }
        18..28 => {
            let group = make.group();
            let (by, edit) = (make.over_group(group), make.group_edit(group));
            RandomCommand::EditGroup { by, group: make.group_key(group), edit, expected: make.expected() }
        }
        28..38 => {
            let person = make.person();
            let (by, record) = (make.over_person(person), Box::new(make.person_edit(person)));
            RandomCommand::EditPerson { by, person: make.person_key(person), record, expected: make.expected() }
        }
        38..44 => {
            let person = make.person();
            let by = make.over_person(person);
            RandomCommand::SetPresence { by, person: make.person_key(person), presence: *pick(make.rng, Presence::ALL) }
        }
        44..48 => RandomCommand::PostJob { by: make.anybody(), new: make.new_job() },
        48..51 => {
            let (by, number) = make.end_of_job();
            RandomCommand::CloseJob { by, number }
        }
        _ => make.steps(),
    }
}
