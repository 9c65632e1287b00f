//! What an entry of the change log means to a roster.

use membership::ChangeEntry;

/// Whether the change may concern a credential, or somebody whom one belongs to.
pub(crate) fn concerns_credentials(entry: &ChangeEntry) -> bool {
    matches!(
        entry.action.as_str(),
        "credential_create"
            | "credential_revoke"
            | "password_change"
            | "person_edit"
            | "person_delete"
            | "import"
            | "group_delete"
    )
}

/// Whether a group, or everything, does not stand as before behind this entry, though it names no person.
pub(crate) fn ends_groups(entry: &ChangeEntry) -> bool {
    matches!(entry.action.as_str(), "import" | "group_delete")
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::ACTIONS;

    #[test]
    fn what_concerns_credentials_is_in_the_vocabulary() {
        let entry = |action: &&str| ChangeEntry {
            number: 1,
            at: 0,
            action: (*action).to_owned(),
            group: None,
            person: None,
            actor: None,
            credential: None,
            subject: None,
            job: None,
        };
        assert_eq!(ACTIONS.iter().map(entry).filter(concerns_credentials).count(), 7);
    }
}
