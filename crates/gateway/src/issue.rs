//! Making credentials: for the command line, the demo and the admin API alike.

use crate::admin;
use crate::cli::{KeyScope, Scope};
use access::{
    Agreed, Credential, CredentialKind, Groups, NewCredential, NoRandomness, Rights, Secret, Vault, VaultError,
};
use membership::By;

/// What a credential is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// An Elance token of the person of this number, of the shape that Elance's clients know: 24 hexadecimal digits of
    /// an application, the person's number, 22 letters and digits.
    Elance(i64),
    /// An Elance client, to which persons consent: an id of 24 hexadecimal digits, a secret of 40.
    ElanceClient(Client),
    /// An RM client, which exchanges its secret for tokens: 40 hexadecimal digits. Persons may consent to it, where it
    /// has an address for that.
    Rm(Client),
    /// An RM token, as such a client would get it.
    RmToken,
    /// A CometChat key: 40 hexadecimal digits.
    Cometchat(KeyScope),
    /// A key of the admin API: 40 hexadecimal digits.
    Admin,
}

/// What is said of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Client {
    /// What persons are told who are asked to consent.
    pub name: String,
    /// Where browsers may be sent, each as [`access::check_redirect_uri`] takes it.
    pub redirect_uris: Vec<String>,
}

/// What else is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms<'a> {
    /// What is noted with it; without effect for a client, which has a public id of its own.
    pub note: &'a str,
    /// On whose authority it is made, and when.
    pub by: By,
    /// From when on it is no longer valid.
    pub expires_at: Option<i64>,
    /// What it may do; as usual for what is wanted, when not said. Without effect for a CometChat key, which says it
    /// in words of its own.
    pub scope: Option<Scope>,
    /// Which groups it reaches.
    pub groups: Groups,
}

impl<'a> Terms<'a> {
    /// Nothing unusual, with this note, on the authority of the system.
    pub const fn usual(note: &'a str, now: i64) -> Self {
        Self { note, by: By::system(now), expires_at: None, scope: None, groups: Groups::All }
    }
}

impl Scope {
    /// What it lets do.
    pub const fn rights(self) -> Rights {
        match self {
            Self::Read => Rights::READ,
            Self::Write => Rights::USER,
            Self::Admin => Rights::FULL,
        }
    }
}

impl KeyScope {
    /// What it lets do.
    pub const fn rights(self) -> Rights {
        match self {
            Self::FullAccess => Rights::FULL,
            Self::AuthOnly => Rights::MINT_ONLY,
            Self::Read => Rights::READ,
            Self::Write => Rights::USER,
        }
    }
}

/// A credential just made, with what is shown of it this once.
#[derive(Debug)]
pub(crate) struct Issued {
    /// The credential.
    pub credential: Credential,
    /// Names and values, in the order in which they are shown. The last is the secret.
    pub shown: Vec<(&'static str, Secret)>,
}

impl Issued {
    /// The secret.
    pub fn secret(&self) -> &str {
        self.shown.last().map(|(_, secret)| secret.reveal()).unwrap_or_default()
    }
}

/// Why a credential was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssueError {
    /// There are no random bits.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The vault. [`VaultError::Gone`] when the person is not there.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Makes a credential.
pub(crate) fn issue(vault: &dyn Vault, wanted: Wanted, terms: Terms<'_>) -> Result<Issued, IssueError> {
    let scope = |usual: Scope| terms.scope.unwrap_or(usual).rights();
    let (audience, kind, rights, person) = match &wanted {
        Wanted::Elance(person) => ("elance", CredentialKind::Token, scope(Scope::Write), Some(*person)),
        Wanted::ElanceClient(_) => ("elance", CredentialKind::Client, scope(Scope::Write), None),
        // An application of the whole organization: it acts as the system.
        Wanted::Rm(_) => ("rm", CredentialKind::Client, scope(Scope::Admin), None),
        Wanted::RmToken => ("rm", CredentialKind::Token, scope(Scope::Admin), None),
        Wanted::Cometchat(scope) => ("cometchat", CredentialKind::Key, scope.rights(), None),
        Wanted::Admin => (admin::AUDIENCE, CredentialKind::Key, scope(Scope::Admin), None),
    };
    let secret = match &wanted {
        Wanted::Elance(person) => {
            let application = application()?;
            Secret::alphanumeric()?.prefixed(&format!("{}|{person}|", application.reveal()))
        }
        _ => Secret::hexadecimal(20)?,
    };
    let (name, client_id) = match &wanted {
        Wanted::Elance(_) | Wanted::RmToken => ("access_token", None),
        Wanted::ElanceClient(_) => ("client_secret", Some(application()?)),
        Wanted::Rm(_) => ("client_secret", Some(Secret::hexadecimal(16)?)),
        Wanted::Cometchat(_) => ("apikey", None),
        Wanted::Admin => ("admin_key", None),
    };
    let about = match wanted {
        Wanted::ElanceClient(client) | Wanted::Rm(client) => client,
        _ => Client::default(),
    };
    let credential = vault.create(
        &terms.by,
        &NewCredential {
            audience: audience.to_owned(),
            kind,
            rights,
            person,
            client_id: client_id.as_ref().map_or(terms.note, Secret::reveal).to_owned(),
            parent: None,
            secret: secret.hash(),
            created_at: terms.by.now,
            expires_at: terms.expires_at,
            agreed: Agreed { name: about.name, redirect_uris: about.redirect_uris, ..Agreed::limited(terms.groups) },
        },
    )?;
    let shown = client_id.map(|id| ("client_id", id)).into_iter().chain([(name, secret)]).collect();
    Ok(Issued { credential, shown })
}

/// The public id of an Elance application: 24 hexadecimal digits.
fn application() -> Result<Secret, NoRandomness> {
    let random = Secret::hexadecimal(16)?;
    Ok(Secret::presented(random.reveal().get(..24).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::Right;
    use testkit::sample;

    fn client() -> Client {
        Client { name: "App".into(), redirect_uris: vec!["https://app.example/cb".into()] }
    }

    #[test]
    fn each_has_its_shape() {
        let directory = sample::directory();
        for (wanted, names, audience, client_id) in [
            (Wanted::Elance(300_723), &["access_token"][..], "elance", "noted"),
            (Wanted::ElanceClient(client()), &["client_id", "client_secret"], "elance", ""),
            (Wanted::Rm(Client::default()), &["client_id", "client_secret"], "rm", ""),
            (Wanted::RmToken, &["access_token"], "rm", "noted"),
            (Wanted::Cometchat(KeyScope::AuthOnly), &["apikey"], "cometchat", "noted"),
            (Wanted::Admin, &["admin_key"], "admin", "noted"),
        ] {
            let terms = Terms { expires_at: Some(2_000), groups: Groups::only([1116]), ..Terms::usual("noted", 1_000) };
            let made = issue(&directory, wanted, terms).expect("made");
            assert_eq!(made.shown.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
            assert_eq!((made.credential.audience.as_str(), made.credential.expires_at), (audience, Some(2_000)));
            assert_eq!(made.credential.agreed.groups, Groups::only([1116]));
            let noted = if client_id.is_empty() { made.shown[0].1.reveal() } else { client_id };
            assert_eq!(made.credential.client_id, noted);
            assert!(made.secret().len() >= 40, "{}", made.secret());
            let found = directory.find(audience, made.credential.kind, &Secret::presented(made.secret()).hash());
            assert_eq!(found.expect("asked").map(|found| found.credential), Some(made.credential));
        }
        let token = issue(&directory, Wanted::Elance(300_723), Terms::usual("", 1_000)).expect("made");
        let parts: Vec<&str> = token.secret().split('|').collect();
        assert_eq!((parts[0].len(), parts[1], parts[2].len()), (24, "300723", 22));
        let made = issue(&directory, Wanted::ElanceClient(client()), Terms::usual("", 1_000)).expect("made");
        let id = &made.credential.client_id;
        assert!(id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        assert_eq!((made.credential.agreed.name.as_str(), made.credential.agreed.redirect_uris.len()), ("App", 1));
    }

    #[test]
    fn each_has_the_rights_that_are_said_or_usual() {
        let directory = sample::directory();
        for (wanted, usual) in [
            (Wanted::Elance(300_723), Rights::USER),
            (Wanted::ElanceClient(client()), Rights::USER),
            (Wanted::Rm(client()), Rights::FULL),
            (Wanted::Admin, Rights::FULL),
        ] {
            for (scope, rights) in [
                (None, usual),
                (Some(Scope::Read), Rights::NONE.with(Right::Read)),
                (Some(Scope::Write), Rights::USER),
                (Some(Scope::Admin), Rights::FULL),
            ] {
                let terms = Terms { scope, ..Terms::usual("", 1_000) };
                let made = issue(&directory, wanted.clone(), terms).expect("made");
                assert_eq!(made.credential.rights, rights, "{wanted:?} {scope:?}");
            }
        }
    }
}
