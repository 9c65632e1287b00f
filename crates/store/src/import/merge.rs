//! What a row becomes when a record is taken into it. No database here.

use super::rows::{GroupRow, MembershipRow, PersonRow};
use membership::life_cycle::{Action, Actor, Next, Password, Situation};
use membership::record::{GroupRecord, MembershipRecord, PersonRecord};
use membership::text::fold;
use membership::{AccountStatus, GroupKind, Presence, Scope, State};

macro_rules! say {
    ($record:ident => $row:ident: $($field:ident),+) => {
        $(if let Some(said) = $record.$field { $row.$field = said.into(); })+
    };
}

/// Takes over a text that is also kept folded; folding it again when it is the same would be wasted.
macro_rules! say_folded {
    ($record:ident => $row:ident: $($field:ident $folded:ident),+) => {
        $(if let Some(said) = $record.$field && said != $row.$field {
            $row.$folded = fold(&said);
            $row.$field = said;
        })+
    };
}

fn list(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { serde_json::Value::from(tags).to_string() }
}

impl PersonRow {
    /// A person as it is made: with these identifiers and nothing else.
    pub fn new(number: i64, id: String, uid: String, login: String, now: i64) -> Self {
        Self {
            number,
            id,
            uid,
            login_folded: fold(&login),
            name: login.clone(),
            name_folded: fold(&login),
            login,
            role: "default".to_owned(),
            account_status: AccountStatus::Active.folded().to_owned(),
            presence: Presence::Offline.as_str().to_owned(),
            freelancer: true,
            individual: true,
            created_at: now,
            ..Self::default()
        }
    }

    /// Takes over what is said, but for the identifiers.
    pub fn take(&mut self, said: PersonRecord) {
        say_folded!(said => self: name name_folded, description description_folded, email email_folded);
        say_folded!(said => self: phone phone_folded, additional_information additional_information_folded);
        say!(said => self: business_name, tag_line, city, state, country, category, overview, avatar, link, role);
        say!(said => self: status_message, feedback_6_months, positive_feedback_6_months, freelancer, individual);
        say!(said => self: last_active_at, created_at, updated_at);
        self.hourly_rate = said.hourly_rate.map_or(self.hourly_rate, |money| money.cents);
        self.earnings_6_months = said.earnings_6_months.map_or(self.earnings_6_months, |money| money.cents);
        if let Some(metadata) = said.metadata {
            metadata.as_str().clone_into(&mut self.metadata);
        }
        if let Some(tags) = said.tags {
            self.tags = list(&tags);
        }
        if let Some(status) = said.account_status {
            status.folded().clone_into(&mut self.account_status);
        }
        if let Some(presence) = said.presence {
            presence.as_str().clone_into(&mut self.presence);
        }
    }

    /// The row after `said`; `None` when nothing changes.
    pub fn changed(&self, said: PersonRecord, now: i64) -> Option<Self> {
        let mut row = self.clone();
        let dated = said.updated_at.is_some();
        row.take(said);
        if row == *self {
            return None;
        }
        if !dated {
            row.updated_at = now;
        }
        Some(row)
    }
}

impl GroupRow {
    /// A group as it is made: with these identifiers and nothing else.
    pub fn new(number: i64, id: String, guid: String, now: i64) -> Self {
        Self {
            number,
            id,
            name: guid.clone(),
            name_folded: fold(&guid),
            guid,
            kind: GroupKind::Public.as_str().to_owned(),
            created_at: now,
            ..Self::default()
        }
    }

    /// Takes over what is said, but for the identifiers; `owner` is the number of the owner that is said.
    pub fn take(&mut self, said: GroupRecord, owner: Option<i64>) {
        say_folded!(said => self: name name_folded, description description_folded, email email_folded);
        say_folded!(said => self: additional_information additional_information_folded);
        say!(said => self: sponsor, criteria, icon, page, created_at, updated_at);
        if let Some(metadata) = said.metadata {
            metadata.as_str().clone_into(&mut self.metadata);
        }
        if let Some(tags) = said.tags {
            self.tags = list(&tags);
        }
        if let Some(kind) = said.r#type {
            kind.as_str().clone_into(&mut self.kind);
        }
        self.owner = owner.unwrap_or(self.owner);
    }

    /// The row after `said`; `None` when nothing changes.
    pub fn changed(&self, said: GroupRecord, owner: Option<i64>, now: i64) -> Option<Self> {
        let mut row = self.clone();
        let dated = said.updated_at.is_some();
        row.take(said, owner);
        if row == *self {
            return None;
        }
        if !dated {
            row.updated_at = now;
        }
        Some(row)
    }
}

/// What is said about a membership, with numbers for the actors.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Step {
    pub state: Option<State>,
    pub scope: Option<Scope>,
    pub asked_at: Option<i64>,
    pub joined_at: Option<i64>,
    pub joined_by: Option<i64>,
    pub scope_changed_at: Option<i64>,
    pub scope_changed_by: Option<i64>,
    pub banned_at: Option<i64>,
    pub banned_by: Option<i64>,
}

impl Step {
    /// With the numbers of those who approved, changed the scope and banned.
    pub fn new(said: &MembershipRecord, [joined_by, scope_changed_by, banned_by]: [Option<i64>; 3]) -> Self {
        Self {
            state: said.state,
            scope: said.scope,
            asked_at: said.asked_at,
            joined_at: said.joined_at,
            joined_by,
            scope_changed_at: said.scope_changed_at,
            scope_changed_by,
            banned_at: said.banned_at,
            banned_by,
        }
    }

    /// Where the membership stands afterwards, or what is wrong: the field and the problem.
    /// `owns` tells whether the person owns the group when everything is imported.
    pub fn judge(&self, stored: Option<State>, owns: bool) -> Result<State, (&'static str, String)> {
        let state = self.state.or(stored).unwrap_or(State::Member);
        let situation = Situation {
            state: stored,
            scope: self.scope.unwrap_or(Scope::Participant),
            owns,
            last_admin: false,
            kind: GroupKind::Public,
            freelancer: true,
            password: Password::Missing,
            actor: Actor::System,
            oneself: false,
        };
        let state = match situation.step(Action::Restore(state)) {
            Ok(Next::Stands(state, _)) => state,
            Ok(Next::Gone | Next::Owns) => state,
            Err(refusal) => return Err(("state", format!("cannot be restored: the person {refusal}"))),
        };
        let only = |field, of: &str| Err((field, format!("is only for the state {of}, and this one is {state}")));
        match state {
            State::Pending | State::Banned if self.joined_at.is_some() => only("joined_at", "member"),
            State::Pending | State::Banned if self.joined_by.is_some() => only("joined_by", "member"),
            State::Pending | State::Member if self.banned_at.is_some() => only("banned_at", "banned"),
            State::Pending | State::Member if self.banned_by.is_some() => only("banned_by", "banned"),
            State::Pending | State::Member | State::Banned => Ok(state),
        }
    }
}

impl MembershipRow {
    /// The key of the table.
    pub(super) fn key(&self) -> (i64, &str, i64, i64) {
        (self.group_number, &self.state, self.joined_at, self.person_number)
    }

    /// The membership as it is made, or as it becomes when there is one.
    pub(crate) fn after(row: Option<&Self>, group: i64, person: i64, said: &Step, now: i64) -> Self {
        let before = row.and_then(|row| row.state.parse::<State>().ok());
        let state = said.state.or(before).unwrap_or(State::Member);
        let stored = |column: fn(&Self) -> i64| row.map(column).unwrap_or_default();
        // What belongs to one state is kept only while the state is kept.
        let kept = |of: State, column: fn(&Self) -> i64| if before == Some(of) { Some(stored(column)) } else { None };
        let only = |of: State, value: i64| if state == of { value } else { 0 };
        let scope = said.scope.map(|scope| scope.as_str().to_owned());
        let scope = scope.or_else(|| row.map(|r| r.scope.clone())).unwrap_or_else(|| Scope::Participant.to_string());
        Self {
            group_number: group,
            state: state.as_str().to_owned(),
            joined_at: only(
                State::Member,
                said.joined_at.or_else(|| kept(State::Member, |r| r.joined_at)).unwrap_or(now),
            ),
            person_number: person,
            scope,
            asked_at: said.asked_at.unwrap_or_else(|| stored(|r| r.asked_at)),
            joined_by: only(
                State::Member,
                said.joined_by.or_else(|| kept(State::Member, |r| r.joined_by)).unwrap_or_default(),
            ),
            scope_changed_at: said.scope_changed_at.unwrap_or_else(|| stored(|r| r.scope_changed_at)),
            scope_changed_by: said.scope_changed_by.unwrap_or_else(|| stored(|r| r.scope_changed_by)),
            banned_at: only(
                State::Banned,
                said.banned_at.or_else(|| kept(State::Banned, |r| r.banned_at)).unwrap_or(now),
            ),
            banned_by: only(
                State::Banned,
                said.banned_by.or_else(|| kept(State::Banned, |r| r.banned_by)).unwrap_or_default(),
            ),
        }
    }
}

/// Brings two records about the same row together: what `later` says holds.
pub(super) trait Merge {
    fn merge(&mut self, later: Self);
}

impl Merge for Step {
    fn merge(&mut self, later: Self) {
        if later.state.is_some_and(|state| state != State::Member) {
            (self.joined_at, self.joined_by) = (None, None);
        }
        if later.state.is_some_and(|state| state != State::Banned) {
            (self.banned_at, self.banned_by) = (None, None);
        }
        macro_rules! later {
            ($($field:ident),+) => { $(self.$field = later.$field.or(self.$field);)+ };
        }
        later!(state, scope, asked_at, joined_at, joined_by, scope_changed_at, scope_changed_by, banned_at, banned_by);
    }
}

macro_rules! merge {
    ($record:ident: $($field:ident),+ $(,)?) => {
        impl Merge for $record {
            fn merge(&mut self, later: Self) {
                $(if later.$field.is_some() { self.$field = later.$field; })+
            }
        }
    };
}

// The identifiers of the first line stay: it made the row, and the later ones name the same.
merge!(
    PersonRecord: name, business_name, tag_line, description, email, phone, additional_information, hourly_rate, city,
    state, country, category, earnings_6_months, feedback_6_months, positive_feedback_6_months, overview, avatar, link,
    metadata, tags, role, status_message, freelancer, individual, account_status, presence, last_active_at, created_at,
    updated_at,
);
merge!(
    GroupRecord: name, description, r#type, owner, sponsor, criteria, icon, page, email, additional_information,
    metadata, tags, created_at, updated_at,
);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000;

    fn row(step: &Step, stored: Option<&MembershipRow>) -> MembershipRow {
        MembershipRow::after(stored, 1, 2, step, NOW)
    }

    #[test]
    fn a_change_is_dated_unless_its_time_is_said() {
        let person = PersonRow::new(1, String::new(), "a".into(), "A".into(), 5);
        let said = |name: &str, updated_at| PersonRecord { name: Some(name.into()), updated_at, ..Default::default() };
        assert_eq!(person.changed(said("A", None), NOW), None);
        assert_eq!(
            person.changed(said("B", None), NOW).map(|p| (p.name_folded, p.updated_at)),
            Some(("b".into(), NOW))
        );
        assert_eq!(person.changed(said("B", Some(7)), NOW).map(|p| p.updated_at), Some(7));
        assert_eq!(person.changed(said("A", Some(7)), NOW).map(|p| p.updated_at), Some(7));
        assert_eq!(person.changed(said("A", Some(0)), NOW), None);
    }

    #[test]
    fn a_membership_is_dated_by_its_state() {
        let member = row(&Step::default(), None);
        assert_eq!((member.state.as_str(), member.joined_at, member.banned_at), ("member", NOW, 0));
        assert_eq!(MembershipRow::after(Some(&member), 1, 2, &Step::default(), 9), member, "the time of joining stays");
        let banned = Step { state: Some(State::Banned), banned_by: Some(7), ..Step::default() };
        let banned = row(&banned, Some(&member));
        assert_eq!((banned.joined_at, banned.banned_at, banned.banned_by), (0, NOW, 7));
        let pending = Step { state: Some(State::Pending), asked_at: Some(3), ..Step::default() };
        let pending = row(&pending, Some(&banned));
        assert_eq!((pending.joined_at, pending.banned_at, pending.banned_by, pending.asked_at), (0, 0, 0, 3));
    }

    #[test]
    fn contradictions_are_told() {
        let judge = |step: Step, stored| step.judge(stored, false).map_err(|(field, _)| field);
        let joined = Step { joined_at: Some(5), ..Step::default() };
        assert_eq!(judge(joined.clone(), None), Ok(State::Member));
        assert_eq!(judge(joined.clone(), Some(State::Pending)), Err("joined_at"));
        assert_eq!(judge(Step { state: Some(State::Banned), ..joined }, None), Err("joined_at"));
        let banned_by = Step { banned_by: Some(5), ..Step::default() };
        assert_eq!(judge(banned_by.clone(), None), Err("banned_by"));
        assert_eq!(judge(banned_by.clone(), Some(State::Banned)), Ok(State::Banned));
        let owner = banned_by.judge(Some(State::Banned), true).map_err(|(_, problem)| problem);
        let told = "cannot be restored: the person owns the group and must pass it on first";
        assert_eq!(owner, Err(told.to_owned()));
    }

    #[test]
    fn a_later_line_about_a_membership_holds() {
        let mut step = Step { state: Some(State::Member), joined_at: Some(5), asked_at: Some(1), ..Step::default() };
        step.merge(Step { state: Some(State::Banned), banned_at: Some(9), ..Step::default() });
        assert_eq!(step.judge(None, false), Ok(State::Banned));
        assert_eq!((step.asked_at, step.joined_at, step.banned_at), (Some(1), None, Some(9)));
    }
}
