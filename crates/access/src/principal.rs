//! Principals and what they may do.

use crate::Groups;
use membership::By;

/// One thing that a credential may let its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// Read groups and their members.
    Read,
    /// Change them.
    Write,
    /// Administer.
    Admin,
    /// Create users and mint their tokens (CometChat's `authOnly`).
    Mint,
}

/// A set of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rights(u8);

impl Rights {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// Reading, and nothing else.
    pub const READ: Self = Self::NONE.with(Right::Read);
    /// Reading and changing what a user of a dialect may (the token of a person).
    pub const USER: Self = Self::NONE.with(Right::Read).with(Right::Write);
    /// Everything (CometChat's `fullAccess`, an RM client, which is an application of the whole organization).
    pub const FULL: Self = Self::USER.with(Right::Admin).with(Right::Mint);
    /// CometChat's `authOnly`.
    pub const MINT_ONLY: Self = Self::NONE.with(Right::Mint);

    const WORDS: [(Right, &'static str); 4] =
        [(Right::Read, "read"), (Right::Write, "write"), (Right::Admin, "admin"), (Right::Mint, "mint")];

    const fn bit(right: Right) -> u8 {
        match right {
            Right::Read => 1,
            Right::Write => 2,
            Right::Admin => 4,
            Right::Mint => 8,
        }
    }

    /// This set and `right`.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | Self::bit(right))
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether `right` is in the set.
    pub const fn contains(self, right: Right) -> bool {
        self.0 & Self::bit(right) != 0
    }

    /// The words in the store, separated by blanks.
    pub fn to_words(self) -> String {
        let words: Vec<_> = Self::WORDS.iter().filter(|(r, _)| self.contains(*r)).map(|(_, w)| *w).collect();
        words.join(" ")
    }

    /// Reads the words in the store; `None` when one is unknown.
    pub fn from_words(words: &str) -> Option<Self> {
        words
            .split_whitespace()
            .try_fold(Self::NONE, |set, word| Self::WORDS.iter().find(|(_, w)| *w == word).map(|(r, _)| set.with(*r)))
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident needs $right:expr),+ $(,)?) => {
        /// What is done, as far as access goes. Every action of a dialect names one, so none can be forgotten.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[$doc])* $name),+
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The right that it takes; `None` when it needs no principal.
            pub const fn needs(self) -> Option<Right> {
                match self {
                    $(Self::$name => $right),+
                }
            }

            /// Whether it may change something: whatever takes more than the right to read.
            pub const fn changes(self) -> bool {
                !matches!(self.needs(), Some(Right::Read))
            }
        }
    };
}

operations! {
    /// List or count the members of a group in any state, or look at one.
    ListMembers needs Some(Right::Read),
    /// List or look at groups and the jobs posted to them.
    ReadGroups needs Some(Right::Read),
    /// List or look at persons.
    ReadPersons needs Some(Right::Read),
    /// Look at oneself.
    ReadSelf needs Some(Right::Read),
    /// Say that one is there or not, end one's own session.
    ChangeSelf needs Some(Right::Write),
    /// Take steps in the lives of memberships. What the actor may do in the group is judged by the life cycle.
    ChangeMemberships needs Some(Right::Write),
    /// Make, change or delete a group. What the actor may do to the group is judged by the core.
    ChangeGroups needs Some(Right::Write),
    /// Post or close a job.
    ChangeJobs needs Some(Right::Write),
    /// Make a person.
    CreatePerson needs Some(Right::Mint),
    /// Change or delete persons.
    ChangePersons needs Some(Right::Admin),
    /// Make a token of a person.
    MintTokens needs Some(Right::Mint),
    /// List, look at or revoke the tokens of persons. Who may only make them sees and ends nobody's.
    ManageTokens needs Some(Right::Admin),
    /// Exchange a client's id and secret for a token, or with these a code or a refresh token. The secret itself is the
    /// proof.
    ExchangeClientSecret needs None,
    /// Sign in and out at the pages where persons consent to clients, consent, or look at these pages. The password is
    /// the proof, and behind it the cookie.
    SignIn needs None,
    /// Give back a token. The client's secret is the proof, and it must be the client's token.
    GiveBackToken needs None,
}

/// A person through whose eyes something is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Number of the person.
    pub number: i64,
    /// Uid of the person.
    pub uid: String,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The credential that was presented; `None` for one who needs none.
    pub credential: Option<i64>,
    /// What it lets its holder do.
    pub rights: Rights,
    /// The person who asks, or on whose behalf a key asks.
    pub viewer: Option<Viewer>,
    /// The application, if the credential is one's.
    pub client_id: String,
    /// Which groups the credential lets its holder see and change.
    pub groups: Groups,
}

impl Principal {
    /// Somebody who has presented nothing and may do only what needs no principal.
    pub const fn nobody() -> Self {
        Self { credential: None, rights: Rights::NONE, viewer: None, client_id: String::new(), groups: Groups::All }
    }

    /// On whose authority the principal changes something at the time `now`: the person's, where there is one.
    pub fn by(&self, now: i64) -> By {
        By { person: self.viewer.as_ref().map(|viewer| viewer.number), credential: self.credential, now }
    }

    /// Whether the principal may do it.
    pub fn may(&self, operation: Operation) -> Result<(), Denial> {
        match operation.needs() {
            Some(right) if !self.rights.contains(right) => Err(Denial::NotAllowed),
            _ => Ok(()),
        }
    }
}

/// Why access is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// Nothing was presented.
    #[error("no credential was presented")]
    Missing,
    /// What was presented is unknown, revoked or expired. Which of these is not told.
    #[error("the credential is unknown, revoked or expired")]
    Unknown,
    /// The account of the person is blocked or without access.
    #[error("the account is closed or blocked")]
    AccountClosed,
    /// The credential does not let its holder do this.
    #[error("the credential does not allow this")]
    NotAllowed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for rights in [Rights::NONE, Rights::USER, Rights::FULL, Rights::MINT_ONLY] {
            assert_eq!(Rights::from_words(&rights.to_words()), Some(rights));
        }
        assert_eq!(Rights::from_words("read fly"), None);
    }

    #[test]
    fn only_who_has_the_right_may() {
        let with = |rights| Principal { rights, ..Principal::nobody() };
        assert_eq!(with(Rights::USER).may(Operation::ListMembers), Ok(()));
        let minting: Vec<_> = Operation::ALL.iter().filter(|o| with(Rights::MINT_ONLY).may(**o).is_ok()).collect();
        let open = [Operation::ExchangeClientSecret, Operation::SignIn, Operation::GiveBackToken];
        let expected: Vec<_> = [Operation::CreatePerson, Operation::MintTokens].into_iter().chain(open).collect();
        assert!(minting.iter().copied().eq(&expected), "{minting:?}");
        assert_eq!(Principal::nobody().may(Operation::ExchangeClientSecret), Ok(()));
    }
}
