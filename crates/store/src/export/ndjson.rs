//! Rows as records of NDJSON.

use crate::import::MembershipRow;
use crate::rows::{self, Corrupt, account_status, some};
use membership::record::{GroupRecord, GroupRef, MembershipRecord, Metadata, PersonRecord, PersonRef, Record};
use membership::{AccountStatus, Money, Presence, State};

/// A text that is left out when it is empty.
fn text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn money(cents: i64) -> Option<Money> {
    some(cents).map(|cents| Money { cents })
}

fn metadata(json: &str, column: &'static str) -> Result<Option<Metadata>, Corrupt> {
    if json.is_empty() { Ok(None) } else { Metadata::parse(json).map(Some).map_err(|_| Corrupt(column)) }
}

fn tags(json: &str, column: &'static str) -> Result<Option<Vec<String>>, Corrupt> {
    if json.is_empty() { Ok(None) } else { serde_json::from_str(json).map(Some).map_err(|_| Corrupt(column)) }
}

fn by_number(number: i64) -> Option<PersonRef> {
    some(number).map(|number| PersonRef { number: Some(number), ..PersonRef::default() })
}

pub(super) fn person(row: rows::PersonRecord) -> Result<Record, Corrupt> {
    let presence: Presence = row.presence.parse().map_err(|_| Corrupt("persons.presence"))?;
    Ok(Record::Person(Box::new(PersonRecord {
        number: Some(row.number),
        id: Some(row.id.parse().map_err(|_| Corrupt("persons.id"))?),
        uid: Some(row.uid),
        login: Some(row.login),
        name: text(row.name),
        business_name: text(row.business_name),
        tag_line: text(row.tag_line),
        description: text(row.description),
        email: text(row.email),
        phone: text(row.phone),
        additional_information: text(row.additional_information),
        hourly_rate: money(row.hourly_rate),
        city: text(row.city),
        state: text(row.state),
        country: text(row.country),
        category: text(row.category),
        earnings_6_months: money(row.earnings_6_months),
        feedback_6_months: some(row.feedback_6_months),
        positive_feedback_6_months: some(row.positive_feedback_6_months),
        overview: text(row.overview),
        avatar: text(row.avatar),
        link: text(row.link),
        metadata: metadata(&row.metadata, "persons.metadata")?,
        tags: tags(&row.tags, "persons.tags")?,
        role: Some(row.role).filter(|role| role != "default"),
        status_message: text(row.status_message),
        freelancer: Some(row.freelancer).filter(|yes| !yes),
        individual: Some(row.individual).filter(|yes| !yes),
        account_status: Some(account_status(&row.account_status)?).filter(|status| *status != AccountStatus::Active),
        presence: Some(presence).filter(|presence| *presence != Presence::Offline),
        last_active_at: some(row.last_active_at),
        created_at: Some(row.created_at),
        updated_at: some(row.updated_at),
        ..PersonRecord::default()
    })))
}

pub(super) fn group(row: rows::GroupRecord) -> Result<Record, Corrupt> {
    Ok(Record::Group(Box::new(GroupRecord {
        number: Some(row.number),
        id: Some(row.id.parse().map_err(|_| Corrupt("groups.id"))?),
        guid: Some(row.guid),
        name: text(row.name),
        description: text(row.description),
        r#type: Some(row.kind.parse().map_err(|_| Corrupt("groups.kind"))?),
        owner: by_number(row.owner),
        sponsor: text(row.sponsor),
        criteria: text(row.criteria),
        icon: text(row.icon),
        page: text(row.page),
        email: text(row.email),
        additional_information: text(row.additional_information),
        metadata: metadata(&row.metadata, "groups.metadata")?,
        tags: tags(&row.tags, "groups.tags")?,
        created_at: Some(row.created_at),
        updated_at: some(row.updated_at),
        ..GroupRecord::default()
    })))
}

pub(super) fn membership(row: &MembershipRow) -> Result<Record, Corrupt> {
    let state: State = row.state.parse().map_err(|_| Corrupt("memberships.state"))?;
    Ok(Record::Membership(Box::new(MembershipRecord {
        group: Some(GroupRef { number: Some(row.group_number), ..GroupRef::default() }),
        person: by_number(row.person_number),
        state: Some(state),
        scope: Some(row.scope.parse().map_err(|_| Corrupt("memberships.scope"))?),
        asked_at: some(row.asked_at),
        joined_at: Some(row.joined_at).filter(|_| state == State::Member),
        joined_by: by_number(row.joined_by),
        scope_changed_at: some(row.scope_changed_at),
        scope_changed_by: by_number(row.scope_changed_by),
        banned_at: Some(row.banned_at).filter(|_| state == State::Banned),
        banned_by: by_number(row.banned_by),
        ..MembershipRecord::default()
    })))
}
