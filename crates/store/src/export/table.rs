//! Rows as rows of CSV.

use super::RecordKind;
use crate::import::MembershipRow;
use crate::rows::{self, Corrupt, account_status};
use membership::record::{GroupRecord, MembershipRecord, PersonRecord};
use membership::{Money, State};

/// The fields that name another row; they are written by number.
const REFERENCES: [&str; 6] = ["owner", "group", "person", "joined_by", "scope_changed_by", "banned_by"];

/// The names of the columns.
pub(super) fn header(kind: RecordKind) -> Vec<String> {
    let fields = match kind {
        RecordKind::Persons => PersonRecord::FIELDS,
        RecordKind::Groups => GroupRecord::FIELDS,
        RecordKind::Memberships => MembershipRecord::FIELDS,
    };
    let column =
        |field: &&str| if REFERENCES.contains(field) { format!("{field}_number") } else { (*field).to_owned() };
    fields.iter().map(column).collect()
}

/// A number or time of which 0 means none.
fn some(value: i64) -> String {
    if value == 0 { String::new() } else { value.to_string() }
}

fn money(cents: i64) -> String {
    Money { cents }.to_string()
}

pub(super) fn person(row: rows::PersonRecord) -> Result<Vec<String>, Corrupt> {
    Ok(vec![
        row.number.to_string(),
        row.id,
        row.uid,
        row.login,
        row.name,
        row.business_name,
        row.tag_line,
        row.description,
        row.email,
        row.phone,
        row.additional_information,
        money(row.hourly_rate),
        row.city,
        row.state,
        row.country,
        row.category,
        money(row.earnings_6_months),
        row.feedback_6_months.to_string(),
        row.positive_feedback_6_months.to_string(),
        row.overview,
        row.avatar,
        row.link,
        row.metadata,
        row.tags,
        row.role,
        row.status_message,
        row.freelancer.to_string(),
        row.individual.to_string(),
        account_status(&row.account_status)?.to_string(),
        row.presence,
        some(row.last_active_at),
        row.created_at.to_string(),
        some(row.updated_at),
    ])
}

pub(super) fn group(row: rows::GroupRecord) -> Vec<String> {
    vec![
        row.number.to_string(),
        row.id,
        row.guid,
        row.name,
        row.description,
        row.kind,
        some(row.owner),
        row.sponsor,
        row.criteria,
        row.icon,
        row.page,
        row.email,
        row.additional_information,
        row.metadata,
        row.tags,
        row.created_at.to_string(),
        some(row.updated_at),
    ]
}

pub(super) fn membership(row: MembershipRow) -> Vec<String> {
    // The time of a step is always said while the state is that one: left out, it would become the import's time.
    let while_in = |state: State, time: i64| if row.state == state.as_str() { time.to_string() } else { String::new() };
    let (joined_at, banned_at) = (while_in(State::Member, row.joined_at), while_in(State::Banned, row.banned_at));
    vec![
        row.group_number.to_string(),
        row.person_number.to_string(),
        row.state,
        row.scope,
        some(row.asked_at),
        joined_at,
        some(row.joined_by),
        some(row.scope_changed_at),
        some(row.scope_changed_by),
        banned_at,
        some(row.banned_by),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_columns_of_numbers() {
        assert_eq!(header(RecordKind::Groups)[6], "owner_number");
        assert_eq!(header(RecordKind::Memberships)[..3], ["group_number", "person_number", "state"]);
        assert_eq!(header(RecordKind::Persons)[..3], ["number", "id", "uid"]);
    }
}
