//! Every kind of thing that somebody may present, and **the one table** of what comes of it: `docs/security.md` is
//! compared with it, and every route is tried by it.

use super::routes::{Area, Reach, Route};
use super::world::{BLOCKED, OWNER, World};
use access::{Agreed, Credential, CredentialKind, Groups, NewCredential, Right, Rights, Secret, Vault};

/// What is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nothing,
    Garbage,
    AnotherAudience,
    ClientSecret,
    Code,
    Refresh,
    Session,
    Expired,
    Revoked,
    ParentRevoked,
    PersonGone,
    PersonBlocked,
    Mint,
    Read,
    Write,
    Person,
    Everything,
    Inside,
    Outside,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// 401: nothing was presented.
    Missing,
    /// 401: what was presented is unknown, revoked or expired, which of these is not told.
    Unknown,
    /// 403: the account is closed.
    Closed,
    /// 403: the credential does not reach so far.
    Denied,
    /// It is let in; what it may do to whom is judged behind.
    In,
}

impl Seen {
    /// The status; `None` for who is let in.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Missing | Self::Unknown => Some(401),
            Self::Closed | Self::Denied => Some(403),
            Self::In => None,
        }
    }
}

impl Kind {
    pub const ALL: [Self; 19] = [
        Self::Nothing,
        Self::Garbage,
        Self::AnotherAudience,
        Self::ClientSecret,
        Self::Code,
        Self::Refresh,
        Self::Session,
        Self::Expired,
        Self::Revoked,
        Self::ParentRevoked,
        Self::PersonGone,
        Self::PersonBlocked,
        Self::Mint,
        Self::Read,
        Self::Write,
        Self::Person,
        Self::Everything,
        Self::Inside,
        Self::Outside,
    ];

    /// In words, as the documentation has it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Garbage => "what nobody gave out",
            Self::AnotherAudience => "one of another dialect, or of the admin API",
            Self::ClientSecret => "the secret of a client, as a token",
            Self::Code => "a code, as a token",
            Self::Refresh => "a refresh token, as a token",
            Self::Session => "a session of the sign-in page, as a token",
            Self::Expired => "an expired one",
            Self::Revoked => "a revoked one",
            Self::ParentRevoked => "one whose client or grant was revoked",
            Self::PersonGone => "one of a person who was deleted",
            Self::PersonBlocked => "one of a person who is blocked",
            Self::Mint => "scope `authOnly`",
            Self::Read => "scope `read`",
            Self::Write => "scope `write`",
            Self::Person => "a person's token",
            Self::Everything => "scope `admin` or `fullAccess`",
            Self::Inside => "`admin`, limited to the group asked for",
            Self::Outside => "`admin`, limited to another group",
        }
    }

    const fn rights(self) -> Rights {
        match self {
            Self::Mint => Rights::MINT_ONLY,
            Self::Read => Rights::READ,
            Self::Write | Self::Person => Rights::USER,
            _ => Rights::FULL,
        }
    }

    /// **The table**: what comes of it where this right is needed and a route reaches so far.
    pub fn expected(self, area: Area, needs: Right, reach: Reach) -> Seen {
        match self {
            Self::Nothing => Seen::Missing,
            // The admin API does not tell that an account is closed.
            Self::PersonBlocked if area != Area::Admin => Seen::Closed,
            Self::Garbage
            | Self::AnotherAudience
            | Self::ClientSecret
            | Self::Code
            | Self::Refresh
            | Self::Session
            | Self::Expired
            | Self::Revoked
            | Self::ParentRevoked
            | Self::PersonGone
            | Self::PersonBlocked => Seen::Unknown,
            Self::Mint | Self::Read | Self::Write | Self::Person | Self::Everything => {
                if self.rights().contains(needs) { Seen::In } else { Seen::Denied }
            }
            Self::Inside => {
                if reach == Reach::Beyond {
                    Seen::Denied
                } else {
                    Seen::In
                }
            }
            Self::Outside => {
                if reach == Reach::Within {
                    Seen::In
                } else {
                    Seen::Denied
                }
            }
        }
    }

    /// The fields of the header of a request to this route, with a credential made for it, to which `group` matters if it
    /// is limited.
    pub fn headers(self, world: &World, route: &Route, group: i64) -> Vec<(&'static str, String)> {
        let native = match route.area {
            Area::Elance | Area::Rm => CredentialKind::Token,
            Area::CometChat if self == Self::Person || self == Self::PersonBlocked || self == Self::PersonGone => {
                CredentialKind::Token
            }
            Area::CometChat if route.is_oneself() => CredentialKind::Token,
            Area::CometChat | Area::Admin => CredentialKind::Key,
        };
        let secret =
            Secret::alphanumeric().expect("random bits").prefixed(if self == Self::Garbage { "no|1|" } else { "" });
        let person = match self {
            Self::PersonBlocked => Some(BLOCKED),
            Self::PersonGone => Some(world.gone),
            Self::Person => Some(OWNER),
            // A token of Elance is always a person's, and so is a user's of CometChat.
            _ if route.area == Area::Elance || (route.area == Area::CometChat && native == CredentialKind::Token) => {
                Some(OWNER)
            }
            _ => None,
        };
        let new = NewCredential {
            audience: route.area.audience().to_owned(),
            kind: native,
            rights: self.rights(),
            person,
            client_id: String::new(),
            parent: None,
            secret: secret.hash(),
            created_at: world.now - 100,
            expires_at: None,
            agreed: Agreed::default(),
        };
        self.keep(world, new, group);
        let presented = secret.reveal().to_owned();
        if self == Self::Nothing {
            return Vec::new();
        }
        vec![match (route.area, native) {
            (Area::CometChat, CredentialKind::Token) => ("authToken", presented),
            (Area::CometChat, _) => ("apikey", presented),
            (Area::Rm, _) => ("Authorization", format!("OAuth2 {presented}")),
            (Area::Elance | Area::Admin, _) => ("Authorization", format!("Bearer {presented}")),
        }]
    }

    /// Keeps what is presented, as it must stand in the store.
    fn keep(self, world: &World, new: NewCredential, group: i64) {
        let create = |new: NewCredential| world.store.create(&membership::By::system(1_000), &new).expect("kept");
        let other = |area: Area| if area == Area::Elance { "rm" } else { "elance" };
        match self {
            Self::Nothing | Self::Garbage => {}
            // One who is gone takes the credentials along; what is presented was the person's.
            Self::PersonGone => {
                assert!(world.store.create(&membership::By::system(1_000), &new).is_err(), "nobody is there to have it")
            }
            Self::AnotherAudience => {
                for area in Area::ALL.iter().filter(|area| area.audience() != new.audience) {
                    let mut there = new.clone();
                    there.audience = other(*area).to_owned();
                    if there.audience != new.audience {
                        create(there);
                        break;
                    }
                }
            }
            Self::ClientSecret => {
                let client_id = Secret::alphanumeric().expect("random bits").reveal().to_owned();
                create(NewCredential { kind: CredentialKind::Client, client_id, person: None, ..new });
            }
            Self::Code => drop(create(NewCredential { kind: CredentialKind::Code, ..new })),
            Self::Refresh => drop(create(NewCredential { kind: CredentialKind::Refresh, ..new })),
            Self::Session => {
                let audience = access::SIGN_IN.to_owned();
                create(NewCredential { kind: CredentialKind::Session, audience, person: Some(OWNER), ..new });
            }
            Self::Expired => drop(create(NewCredential { expires_at: Some(world.now - 1), ..new })),
            Self::Revoked => world.revoke(&create(new)),
            Self::ParentRevoked => {
                let parent = NewCredential {
                    kind: CredentialKind::Grant,
                    secret: Secret::alphanumeric().expect("random bits").hash(),
                    ..new.clone()
                };
                let parent: Credential = create(parent);
                create(NewCredential { parent: Some(parent.id), ..new });
                world.revoke(&parent);
            }
            Self::Inside => drop(create(NewCredential { agreed: Agreed::limited(Groups::only([group])), ..new })),
            Self::Outside => {
                create(NewCredential { agreed: Agreed::limited(Groups::only([world.elsewhere])), ..new });
            }
            Self::PersonBlocked | Self::Mint | Self::Read | Self::Write | Self::Person | Self::Everything => {
                create(new);
            }
        }
    }
}
