//! What a read model is made of and kept current from.

use super::MemoryDirectory;
use membership::{
    CatchUp, Changed, DirectoryError, GroupKey, Loaded, MemberRow, Membership, PersonFields, Source, State,
};
use std::collections::BTreeSet;

impl Source for MemoryDirectory {
    fn load(&self, group: i64, each: &mut dyn FnMut(&MemberRow<'_>)) -> Result<Option<Loaded>, DirectoryError> {
        let world = self.world();
        let Some(group) = world.find_group(&GroupKey::Number(group)) else { return Ok(None) };
        for state in State::ALL {
            let mut found: Vec<&Membership> =
                world.memberships.iter().filter(|m| m.group == group.number && m.state == *state).collect();
            found.sort_by_key(|m| (m.joined_at, m.person));
            for Membership { person, state, scope, joined_at, .. } in found {
                let person = world.person(*person).expect("a membership is one of a person").view();
                each(
                    &MemberRow { person, state: *state, scope: *scope, joined_at: *joined_at }.only(PersonFields::ALL),
                );
            }
        }
        Ok(Some(Loaded { group: group.clone(), head: world.head() }))
    }

    fn catch_up(&self, after: u64, limit: u32) -> Result<CatchUp, DirectoryError> {
        let world = self.world();
        let head = world.head();
        let entries: Vec<_> = world.log.iter().filter(|entry| entry.number > after).cloned().collect();
        if head < after || entries.len() > limit as usize {
            return Ok(CatchUp::Behind { head });
        }
        let groups: BTreeSet<i64> = entries.iter().filter_map(|entry| entry.group).collect();
        let groups: Vec<_> =
            groups.into_iter().map(|number| (number, world.find_group(&GroupKey::Number(number)).cloned())).collect();
        let owners = groups.iter().filter_map(|(_, group)| group.as_ref()?.owner);
        let persons: BTreeSet<i64> = entries.iter().filter_map(|entry| entry.person).chain(owners).collect();
        let of_them = |m: &&Membership| persons.contains(&m.person);
        let memberships = world.memberships.iter().filter(of_them).cloned().collect();
        let persons = persons.into_iter().map(|number| (number, world.person(number).cloned())).collect();
        Ok(CatchUp::Changed(Box::new(Changed { entries, head, persons, memberships, groups })))
    }
}
