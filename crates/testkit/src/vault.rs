//! Credentials in memory.

use crate::MemoryDirectory;
use crate::world::{About, World};
use dialect::access::{
    Agreed, Consent, Consented, Credential, CredentialKind, Exchange, ExchangeError, ExchangeRefusal, Exchanged, Found,
    Holder, Login, NewCredential, PasswordHash, Rights, Secret, SecretHash, Vault, VaultError, Viewer,
};
use membership::record::PersonRecord;
use membership::{By, CommandError, DirectoryError, Person, PersonKey};

/// A credential with the hash of its secret.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub credential: Credential,
    secret: SecretHash,
}

impl MemoryDirectory {
    /// Makes a credential with this secret for the dialect `audience`, valid from 0 on and for ever; gives its id. A
    /// client's secret needs a client id too: see [`MemoryDirectory::grant_client`].
    pub fn grant(
        &self,
        audience: &str,
        kind: CredentialKind,
        secret: &str,
        rights: Rights,
        person: Option<i64>,
    ) -> i64 {
        self.keep(&NewCredential {
            audience: audience.to_owned(),
            kind,
            rights,
            person,
            client_id: String::new(),
            parent: None,
            secret: Secret::presented(secret).hash(),
            created_at: 0,
            expires_at: None,
            agreed: Agreed::default(),
        })
        .id
    }

    /// Makes a client for the dialect `audience`, an application with full rights; gives its id.
    pub fn grant_client(&self, audience: &str, client_id: &str, secret: &str) -> i64 {
        self.client_with(audience, client_id, secret, Agreed::default())
    }

    /// Makes a client to which persons may consent, whose browsers may be sent to these addresses; gives its id.
    pub fn grant_web_client(&self, audience: &str, client_id: &str, secret: &str, redirect_uris: &[&str]) -> i64 {
        let redirect_uris = redirect_uris.iter().map(|uri| (*uri).to_owned()).collect();
        let agreed = Agreed { name: "An <App>".to_owned(), redirect_uris, ..Agreed::default() };
        self.client_with(audience, client_id, secret, agreed)
    }

    fn client_with(&self, audience: &str, client_id: &str, secret: &str, agreed: Agreed) -> i64 {
        self.keep(&NewCredential {
            audience: audience.to_owned(),
            kind: CredentialKind::Client,
            rights: Rights::FULL,
            person: None,
            client_id: client_id.to_owned(),
            parent: None,
            secret: Secret::presented(secret).hash(),
            created_at: 0,
            expires_at: None,
            agreed,
        })
        .id
    }

    /// Gives a person a password to sign in with.
    pub fn give_password(&self, person: i64, password: &str) {
        let hash = PasswordHash::of(password).expect("random bits");
        assert!(self.set_password(person, Some(&hash), 0).expect("in memory"), "there is such a person");
    }

    fn keep(&self, new: &NewCredential) -> Credential {
        let kept = self.command(|world| world.keep(new));
        kept.expect("its parent, if it has one, stands")
    }
}

impl World {
    /// Keeps a new credential. Refused when what it is exchanged for does not stand any more.
    fn keep(&mut self, new: &NewCredential) -> Result<Credential, VaultError> {
        let stands = |id| self.credentials.iter().any(|k| k.credential.id == id && k.credential.revoked_at.is_none());
        if new.parent.is_some_and(|parent| !stands(parent)) {
            return Err(VaultError::Gone);
        }
        let credential = new.kept(self.credentials.last().map_or(1, |last| last.credential.id + 1));
        self.credentials.push(Kept { credential: credential.clone(), secret: new.secret.clone() });
        let by = By { credential: Some(credential.id), ..By::system(new.created_at) };
        self.log(&by, "credential_create", About { person: new.person, ..About::default() });
        Ok(credential)
    }

    /// Revokes these credentials and all that were exchanged for them, as far as they stand.
    pub(crate) fn revoke(&mut self, by: &By, ids: &[i64]) {
        // A credential is always younger than what it was exchanged for, so one pass finds the whole family.
        let mut family = ids.to_vec();
        let mut revoked = Vec::new();
        for k in &mut self.credentials {
            let c = &mut k.credential;
            if c.parent.is_some_and(|parent| family.contains(&parent)) {
                family.push(c.id);
            }
            if family.contains(&c.id) && c.revoked_at.is_none() {
                c.revoked_at = Some(by.now);
                revoked.push((c.id, c.person));
            }
        }
        for (id, person) in revoked {
            let by = By { credential: Some(id), ..*by };
            self.log(&by, "credential_revoke", About { person, ..About::default() });
        }
    }
}

impl World {
    /// See [`Vault::exchange`].
    fn exchange(&mut self, exchange: &Exchange<'_>) -> Result<Exchanged, ExchangeError> {
        let (kind, secret) = exchange.presented();
        let all = || self.credentials.iter();
        let presented = all()
            .find(|k| {
                let c = &k.credential;
                c.kind == kind && c.audience == exchange.client.audience && k.secret == *secret
            })
            .map(|k| k.credential.clone())
            .ok_or(ExchangeRefusal::Unknown)?;
        let grant = all().find(|k| Some(k.credential.id) == presented.parent).map(|k| k.credential.clone());
        let grant = grant.ok_or(ExchangeRefusal::Unknown)?;
        let person = presented.person.and_then(|number| self.person(number)).map(holder);
        match exchange.judge(&presented, &grant, person.as_ref()) {
            Ok(()) => {}
            Err(refusal) => {
                if refusal == ExchangeRefusal::Reused {
                    self.revoke(&By::system(exchange.now), &[grant.id]);
                }
                return Err(refusal.into());
            }
        }
        for kept in self.credentials.iter_mut().filter(|k| k.credential.id == presented.id) {
            kept.credential.used_at = Some(exchange.now.max(1));
        }
        let access = self.keep(&exchange.access(&grant))?;
        let refresh = self.keep(&exchange.refresh(&grant))?;
        Ok(Exchanged { access, refresh, holder: person.ok_or(ExchangeRefusal::Unknown)? })
    }
}

/// The person, as far as it matters for access.
fn holder(person: &Person) -> Holder {
    Holder { viewer: Viewer { number: person.number, uid: person.uid.clone() }, account_status: person.account_status }
}

impl Vault for MemoryDirectory {
    fn find(&self, audience: &str, kind: CredentialKind, secret: &SecretHash) -> Result<Option<Found>, VaultError> {
        let world = self.world();
        let found = world
            .credentials
            .iter()
            .find(|k| k.credential.audience == audience && k.credential.kind == kind && k.secret == *secret)
            .map(|k| k.credential.clone());
        Ok(found.map(|credential| {
            let person = credential.person.and_then(|number| world.person(number));
            Found { credential, holder: person.map(holder) }
        }))
    }

    fn client(&self, audience: &str, client_id: &str) -> Result<Option<(Credential, SecretHash)>, VaultError> {
        let world = self.world();
        let found = world.credentials.iter().find(|k| {
            let c = &k.credential;
            c.audience == audience && c.kind == CredentialKind::Client && c.client_id == client_id
        });
        Ok(found.map(|k| (k.credential.clone(), k.secret.clone())))
    }

    fn create(&self, new: &NewCredential) -> Result<Credential, VaultError> {
        self.command(|world| {
            if new.person.is_some_and(|number| world.person(number).is_none()) {
                return Err(VaultError::Gone);
            }
            world.keep(new)
        })
    }

    fn create_person_with(
        &self,
        by: &By,
        person: &PersonRecord,
        new: &NewCredential,
    ) -> Result<(Person, Credential), CommandError> {
        self.command(|world| {
            let person = world.create_person(by, person)?;
            let new = NewCredential { person: Some(person.number), parent: None, ..new.clone() };
            let credential = world.keep(&new).map_err(|error| DirectoryError::Fault(Box::new(error)))?;
            Ok((person, credential))
        })
    }

    fn revoke(&self, id: i64, now: i64) -> Result<bool, VaultError> {
        self.command(|world| {
            world.revoke(&By::system(now), &[id]);
            Ok(world.credentials.iter().any(|k| k.credential.id == id))
        })
    }

    fn consent(&self, consent: &Consent<'_>) -> Result<Consented, VaultError> {
        self.command(|world| {
            world.person(consent.person).ok_or(VaultError::Gone)?;
            let grant = world.keep(&consent.grant())?;
            let code = world.keep(&consent.code(&grant))?;
            Ok(Consented { grant, code })
        })
    }

    fn exchange(&self, exchange: &Exchange<'_>) -> Result<Exchanged, ExchangeError> {
        // What a refusal revokes is kept.
        let outcome: Result<_, VaultError> = self.command(|world| Ok(world.exchange(exchange)));
        outcome?
    }

    fn note_use(&self, id: i64, now: i64) {
        let minute = Some(now - now.rem_euclid(60)).filter(|minute| *minute > 0);
        let is_known = |k: &Kept| k.credential.id == id && k.credential.last_used_at >= minute;
        // Changing anything copies everything.
        if self.world().credentials.iter().any(is_known) {
            return;
        }
        let noted: Result<(), VaultError> = self.command(|world| {
            for kept in world.credentials.iter_mut().filter(|k| k.credential.id == id) {
                kept.credential.last_used_at = minute;
            }
            Ok(())
        });
        noted.expect("nothing can fail");
    }

    fn set_password(&self, person: i64, password: Option<&PasswordHash>, now: i64) -> Result<bool, VaultError> {
        self.command(|world| {
            if world.person(person).is_none() {
                return Ok(false);
            }
            world.login_passwords.remove(&person);
            world.login_passwords.extend(password.map(|hash| (person, hash.clone())));
            world.log(&By::system(now), "password_change", About { person: Some(person), ..About::default() });
            let is_session = |c: &Credential| c.kind == CredentialKind::Session && c.person == Some(person);
            let sessions = world.credentials.iter().map(|k| &k.credential).filter(|c| is_session(c));
            let sessions: Vec<i64> = sessions.map(|c| c.id).collect();
            world.revoke(&By::system(now), &sessions);
            Ok(true)
        })
    }

    fn password_of(&self, login: &str) -> Result<Option<Login>, VaultError> {
        let world = self.world();
        let person = world.find_person(&PersonKey::Login(login.to_owned()));
        Ok(person.map(|person| Login {
            holder: holder(person),
            password: world.login_passwords.get(&person.number).cloned(),
        }))
    }

    fn of_person(&self, audience: &str, person: i64) -> Result<Vec<Credential>, VaultError> {
        let of = |c: &&Credential| c.audience == audience && c.person == Some(person);
        Ok(self.world().credentials.iter().map(|k| &k.credential).filter(of).cloned().collect())
    }

    fn list(&self) -> Result<Vec<Credential>, VaultError> {
        Ok(self.world().credentials.iter().map(|k| k.credential.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_its_own_audience_and_kind_only() {
        let directory = MemoryDirectory::new();
        let id = directory.grant("rm", CredentialKind::Token, "s", Rights::USER, None);
        let find = |audience, kind, secret: &str| {
            let found = directory.find(audience, kind, &Secret::presented(secret).hash());
            found.expect("in memory").map(|f| f.credential.id)
        };
        assert_eq!(find("rm", CredentialKind::Token, "s"), Some(id));
        assert_eq!(find("elance", CredentialKind::Token, "s"), None);
        assert_eq!(find("rm", CredentialKind::Key, "s"), None);
        assert_eq!(find("rm", CredentialKind::Token, "S"), None);
    }

    #[test]
    fn revoking_takes_the_exchanged_ones_along() {
        let directory = MemoryDirectory::new();
        let client = directory.grant_client("rm", "app", "secret");
        let other = directory.grant_client("rm", "other", "secret");
        let (found, _) = directory.client("rm", "app").expect("in memory").expect("there");
        let child = NewCredential {
            audience: "rm".into(),
            kind: CredentialKind::Token,
            rights: found.rights,
            person: None,
            client_id: found.client_id,
            parent: Some(client),
            secret: Secret::presented("t").hash(),
            created_at: 5,
            expires_at: Some(10),
            agreed: Agreed::default(),
        };
        let token = directory.create(&child).expect("the parent stands").id;
        assert!(directory.revoke(client, 7).expect("in memory"));
        let revoked: Vec<_> = directory.list().expect("in memory").into_iter().map(|c| (c.id, c.revoked_at)).collect();
        assert_eq!(revoked, [(client, Some(7)), (other, None), (token, Some(7))]);
        assert!(matches!(directory.create(&child), Err(VaultError::Gone)));
        assert!(!directory.revoke(99, 8).expect("in memory"));
    }
}
