//! Rows of the tables, and what they become in the domain.

use crate::error::StoreError;
use crate::import::MembershipRow;
use crate::schema;
use diesel::prelude::*;
use membership::{AccountStatus, Membership, Money, Person};
use uuid::Uuid;

/// A column holds what it cannot; its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt(pub &'static str);

impl From<Corrupt> for StoreError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Fault(format!("the column {} holds a value that it cannot", corrupt.0))
    }
}

impl From<Corrupt> for crate::store::Failure {
    fn from(corrupt: Corrupt) -> Self {
        Self::Store(corrupt.into())
    }
}

/// A time or number, of which 0 means none.
pub fn some(value: i64) -> Option<i64> {
    if value == 0 { None } else { Some(value) }
}

/// Reads the stored word of an account status.
pub fn account_status(word: &str) -> Result<AccountStatus, Corrupt> {
    let known = AccountStatus::ALL.iter().copied().find(|status| status.folded() == word);
    known.ok_or(Corrupt("persons.account_status"))
}

/// A person's row, but for the folded columns.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = schema::persons)]
#[allow(missing_docs, reason = "the columns are those of membership::Person")]
pub struct PersonRecord {
    pub number: i64,
    pub id: String,
    pub uid: String,
    pub login: String,
    pub name: String,
    pub business_name: String,
    pub tag_line: String,
    pub description: String,
    pub email: String,
    pub phone: String,
    pub additional_information: String,
    pub hourly_rate: i64,
    pub city: String,
    pub state: String,
    pub country: String,
    pub category: String,
    pub earnings_6_months: i64,
    pub feedback_6_months: i64,
    pub positive_feedback_6_months: i64,
    pub overview: String,
    pub avatar: String,
    pub link: String,
    pub metadata: String,
    pub tags: String,
    pub role: String,
    pub status_message: String,
    pub freelancer: bool,
    pub individual: bool,
    pub account_status: String,
    pub presence: String,
    pub last_active_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl TryFrom<PersonRecord> for Person {
    type Error = Corrupt;

    fn try_from(row: PersonRecord) -> Result<Self, Corrupt> {
        Ok(Self {
            number: row.number,
            id: Uuid::parse_str(&row.id).map_err(|_| Corrupt("persons.id"))?,
            uid: row.uid,
            login: row.login,
            name: row.name,
            business_name: row.business_name,
            tag_line: row.tag_line,
            description: row.description,
            email: row.email,
            phone: row.phone,
            additional_information: row.additional_information,
            hourly_rate: Money { cents: row.hourly_rate },
            city: row.city,
            state: row.state,
            country: row.country,
            category: row.category,
            earnings_6_months: Money { cents: row.earnings_6_months },
            feedback_6_months: row.feedback_6_months,
            positive_feedback_6_months: row.positive_feedback_6_months,
            overview: row.overview,
            avatar: row.avatar,
            link: row.link,
            metadata: row.metadata,
            tags: row.tags,
            role: row.role,
            status_message: row.status_message,
            freelancer: row.freelancer,
            individual: row.individual,
            account_status: account_status(&row.account_status)?,
            presence: row.presence.parse().map_err(|_| Corrupt("persons.presence"))?,
            last_active_at: some(row.last_active_at),
            created_at: row.created_at,
            updated_at: some(row.updated_at),
        })
    }
}

/// A group's row, but for the folded columns and the hash of its password.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = schema::groups)]
#[allow(missing_docs, reason = "the columns are those of membership::Group")]
pub struct GroupRecord {
    pub number: i64,
    pub id: String,
    pub guid: String,
    pub name: String,
    pub description: String,
    pub kind: String,
    pub owner: i64,
    pub sponsor: String,
    pub criteria: String,
    pub icon: String,
    pub page: String,
    pub email: String,
    pub additional_information: String,
    pub metadata: String,
    pub tags: String,
    pub created_at: i64,
    pub updated_at: i64,
}

impl TryFrom<&MembershipRow> for Membership {
    type Error = Corrupt;

    fn try_from(row: &MembershipRow) -> Result<Self, Corrupt> {
        let (state, scope) = row.stands()?;
        Ok(Self {
            group: row.group_number,
            person: row.person_number,
            state,
            scope,
            asked_at: some(row.asked_at),
            joined_at: some(row.joined_at),
            joined_by: some(row.joined_by),
            scope_changed_at: some(row.scope_changed_at),
            scope_changed_by: some(row.scope_changed_by),
            banned_at: some(row.banned_at),
            banned_by: some(row.banned_by),
        })
    }
}
