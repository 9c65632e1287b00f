//! Whole rows, as they are written.

use crate::connection::Connection;
use crate::query::Sql;
use crate::rows::Corrupt;
use crate::schema::{groups, memberships, persons};
use crate::store::Failure;
use diesel::prelude::*;
use membership::{Scope, State};

/// A row of `persons`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Identifiable, Clone, Debug, Default, PartialEq)]
#[diesel(table_name = persons, primary_key(number), treat_none_as_default_value = false)]
pub(crate) struct PersonRow {
    pub number: i64,
    pub id: String,
    pub uid: String,
    pub login: String,
    pub login_folded: String,
    pub name: String,
    pub name_folded: String,
    pub description: String,
    pub description_folded: String,
    pub email: String,
    pub email_folded: String,
    pub phone: String,
    pub phone_folded: String,
    pub additional_information: String,
    pub additional_information_folded: String,
    pub business_name: String,
    pub tag_line: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub category: String,
    pub overview: String,
    pub avatar: String,
    pub link: String,
    pub metadata: String,
    pub tags: String,
    pub role: String,
    pub status_message: String,
    pub account_status: String,
    pub presence: String,
    pub hourly_rate: i64,
    pub earnings_6_months: i64,
    pub feedback_6_months: i64,
    pub positive_feedback_6_months: i64,
    pub freelancer: bool,
    pub individual: bool,
    pub last_active_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// A row of `groups`. No import knows the hash of the password, so a changed group keeps it.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Identifiable, Clone, Debug, Default, PartialEq)]
#[diesel(table_name = groups, primary_key(number), treat_none_as_default_value = false)]
pub(crate) struct GroupRow {
    pub number: i64,
    pub id: String,
    pub guid: String,
    pub name: String,
    pub name_folded: String,
    pub description: String,
    pub description_folded: String,
    pub sponsor: String,
    pub criteria: String,
    pub icon: String,
    pub page: String,
    pub email: String,
    pub additional_information: String,
    pub metadata: String,
    pub tags: String,
    pub kind: String,
    pub password_hash: String,
    pub owner: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub email_folded: String,
    pub additional_information_folded: String,
}

/// A row of `memberships`.
#[derive(Queryable, QueryableByName, Selectable, Insertable, Clone, Debug, PartialEq)]
#[diesel(table_name = memberships, treat_none_as_default_value = false)]
pub(crate) struct MembershipRow {
    pub group_number: i64,
    pub state: String,
    pub joined_at: i64,
    pub person_number: i64,
    pub scope: String,
    pub asked_at: i64,
    pub joined_by: i64,
    pub scope_changed_at: i64,
    pub scope_changed_by: i64,
    pub banned_at: i64,
    pub banned_by: i64,
}

impl MembershipRow {
    /// Where it stands, and with which scope.
    pub(crate) fn stands(&self) -> Result<(State, Scope), Corrupt> {
        let state = self.state.parse().map_err(|_| Corrupt("memberships.state"))?;
        Ok((state, self.scope.parse().map_err(|_| Corrupt("memberships.scope"))?))
    }

    /// Writes all of it over the membership of the same person in the same group.
    pub(crate) fn update(&self, connection: &mut Connection) -> Result<(), Failure> {
        let mut sql = Sql::new(connection);
        sql.push("UPDATE memberships SET state = ").text(&self.state).push(", scope = ").text(&self.scope);
        for (column, value) in [
            (", joined_at = ", self.joined_at),
            (", asked_at = ", self.asked_at),
            (", joined_by = ", self.joined_by),
            (", scope_changed_at = ", self.scope_changed_at),
            (", scope_changed_by = ", self.scope_changed_by),
            (", banned_at = ", self.banned_at),
            (", banned_by = ", self.banned_by),
            (" WHERE group_number = ", self.group_number),
            (" AND person_number = ", self.person_number),
        ] {
            sql.push(column).int(value);
        }
        sql.execute(connection)?;
        Ok(())
    }
}
