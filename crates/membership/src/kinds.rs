//! The small closed vocabularies of the domain, with the words under which they are stored, imported and exported.

use std::fmt;
use std::str::FromStr;

/// A word that is none of a closed vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {expected}")]
pub struct UnknownWord {
    /// The words that would have been right, separated by commas.
    pub expected: &'static str,
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident ($expected:literal) { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word under which the value is stored, imported and exported.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord { expected: $expected }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(d)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

vocabulary! {
    /// Where a membership stands. "No membership" is the absence of one.
    State ("pending, member, banned") {
        /// Asked to join and not yet answered.
        Pending = "pending",
        /// A member: listed and counted.
        Member = "member",
        /// Banned: neither listed nor counted, and may not join until the ban is lifted.
        Banned = "banned",
    }
}

vocabulary! {
    /// What a member may do in the group.
    Scope ("participant, moderator, admin") {
        /// An ordinary member.
        Participant = "participant",
        /// May remove and ban participants.
        Moderator = "moderator",
        /// May do everything but what is the owner's.
        Admin = "admin",
    }
}

vocabulary! {
    /// How one joins a group.
    GroupKind ("public, private, password") {
        /// Anybody joins at once.
        Public = "public",
        /// Only by being added or approved.
        Private = "private",
        /// At once, with the group's password.
        Password = "password",
    }
}

vocabulary! {
    /// Whether a person's own credentials work. It never changes who is listed.
    AccountStatus ("active, no_access, blocked") {
        /// In good standing.
        Active = "active",
        /// Known, but without access (RM's `NoAccess`).
        NoAccess = "no_access",
        /// Blocked.
        Blocked = "blocked",
    }
}

impl AccountStatus {
    /// The text that filters and orders see: the RM dialect's words, folded (`active`, `noaccess`, `blocked`).
    pub const fn folded(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NoAccess => "noaccess",
            Self::Blocked => "blocked",
        }
    }
}

vocabulary! {
    /// Whether a person is there right now (CometChat's `status`).
    Presence ("available, offline") {
        /// There.
        Available = "available",
        /// Not there.
        Offline = "offline",
    }
}

vocabulary! {
    /// Whether a job still looks for somebody.
    JobState ("open, closed") {
        /// It does.
        Open = "open",
        /// It does not any more.
        Closed = "closed",
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeSet(u8);

impl ScopeSet {
    /// No scope at all: matches nobody.
    pub const NONE: Self = Self(0);
    /// Every scope: restricts nothing.
    pub const ALL: Self = Self(0b111);

    const fn bit(scope: Scope) -> u8 {
        match scope {
            Scope::Participant => 1,
            Scope::Moderator => 2,
            Scope::Admin => 4,
        }
    }

    /// This set and `scope`.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | Self::bit(scope))
    }

    /// Whether `scope` is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// The scopes of the set, in order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |s| self.contains(*s))
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}
