//! Making credentials: for the command line, the demo and the admin API alike.

use crate::admin;
use crate::cli::{AdminScope, KeyScope};
use access::{
    Agreed, Credential, CredentialKind, NewCredential, NoRandomness, Right, Rights, Secret, Vault, VaultError,
};

/// What a credential is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// An Elance token of the person of this number, of the shape that Elance's clients know: 24 hexadecimal digits of
    /// an application, the person's number, 22 letters and digits.
    Elance(i64),
    /// An RM client, which exchanges its secret for tokens: 40 hexadecimal digits.
    Rm,
    /// An RM token, as such a client would get it.
    RmToken,
    /// A CometChat key: 40 hexadecimal digits.
    Cometchat(KeyScope),
    /// A key of the admin API: 40 hexadecimal digits.
    Admin(AdminScope),
}

/// What else is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms<'a> {
    /// What is noted with it; without effect for an RM client, which has a public id of its own.
    pub note: &'a str,
    /// The time, in unix seconds.
    pub now: i64,
    /// From when on it is no longer valid.
    pub expires_at: Option<i64>,
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
    let (audience, kind, rights, person) = match wanted {
        Wanted::Elance(person) => ("elance", CredentialKind::Token, Rights::USER, Some(person)),
        // An application of the whole organization: it acts as the system.
        Wanted::Rm => ("rm", CredentialKind::Client, Rights::FULL, None),
        Wanted::RmToken => ("rm", CredentialKind::Token, Rights::FULL, None),
        Wanted::Cometchat(KeyScope::FullAccess) => ("cometchat", CredentialKind::Key, Rights::FULL, None),
        Wanted::Cometchat(KeyScope::AuthOnly) => ("cometchat", CredentialKind::Key, Rights::MINT_ONLY, None),
        Wanted::Admin(AdminScope::Full) => (admin::AUDIENCE, CredentialKind::Key, Rights::FULL, None),
        Wanted::Admin(AdminScope::Read) => (admin::AUDIENCE, CredentialKind::Key, READ_ONLY, None),
    };
    let secret = match wanted {
        Wanted::Elance(person) => {
            let application = Secret::hexadecimal(16)?;
            let application = application.reveal().get(..24).unwrap_or_default();
            Secret::alphanumeric()?.prefixed(&format!("{application}|{person}|"))
        }
        _ => Secret::hexadecimal(20)?,
    };
    let client_id = match wanted {
        Wanted::Rm => Some(Secret::hexadecimal(16)?),
        _ => None,
    };
    let credential = vault.create(&NewCredential {
        audience: audience.to_owned(),
        kind,
        rights,
        person,
        client_id: client_id.as_ref().map_or(terms.note, Secret::reveal).to_owned(),
        parent: None,
        secret: secret.hash(),
        created_at: terms.now,
        expires_at: terms.expires_at,
        agreed: Agreed::default(),
    })?;
    let name = match wanted {
        Wanted::Elance(_) | Wanted::RmToken => "access_token",
        Wanted::Rm => "client_secret",
        Wanted::Cometchat(_) => "apikey",
        Wanted::Admin(_) => "admin_key",
    };
    let shown = client_id.map(|id| ("client_id", id)).into_iter().chain([(name, secret)]).collect();
    Ok(Issued { credential, shown })
}

/// A key of the admin API that may only read.
const READ_ONLY: Rights = Rights::NONE.with(Right::Read);

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::sample;

    #[test]
    fn each_has_its_shape() {
        let directory = sample::directory();
        let terms = Terms { note: "noted", now: 1_000, expires_at: Some(2_000) };
        for (wanted, names, audience, client_id) in [
            (Wanted::Elance(300_723), &["access_token"][..], "elance", "noted"),
            (Wanted::Rm, &["client_id", "client_secret"], "rm", ""),
            (Wanted::RmToken, &["access_token"], "rm", "noted"),
            (Wanted::Cometchat(KeyScope::AuthOnly), &["apikey"], "cometchat", "noted"),
            (Wanted::Admin(AdminScope::Read), &["admin_key"], "admin", "noted"),
        ] {
            let made = issue(&directory, wanted, terms).expect("made");
            assert_eq!(made.shown.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
            assert_eq!((made.credential.audience.as_str(), made.credential.expires_at), (audience, Some(2_000)));
            let noted = if client_id.is_empty() { made.shown[0].1.reveal() } else { client_id };
            assert_eq!(made.credential.client_id, noted);
            assert!(made.secret().len() >= 40, "{}", made.secret());
            let found = directory.find(audience, made.credential.kind, &Secret::presented(made.secret()).hash());
            assert_eq!(found.expect("asked").map(|found| found.credential), Some(made.credential));
        }
        let token = issue(&directory, Wanted::Elance(300_723), terms).expect("made");
        let parts: Vec<&str> = token.secret().split('|').collect();
        assert_eq!((parts[0].len(), parts[1], parts[2].len()), (24, "300723", 22));
    }
}
