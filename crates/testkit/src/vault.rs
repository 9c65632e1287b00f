//! Credentials in memory.

use crate::MemoryDirectory;
use crate::world::{About, World};
use dialect::access::{
    Credential, CredentialKind, Found, Holder, NewCredential, Rights, Secret, SecretHash, Vault, VaultError, Viewer,
};
use membership::By;

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
        })
        .id
    }

    /// Makes a client for the dialect `audience`, an application with full rights; gives its id.
    pub fn grant_client(&self, audience: &str, client_id: &str, secret: &str) -> i64 {
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
        })
        .id
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
        let credential = Credential {
            id: self.credentials.last().map_or(1, |last| last.credential.id + 1),
            audience: new.audience.clone(),
            kind: new.kind,
            rights: new.rights,
            person: new.person,
            client_id: new.client_id.clone(),
            parent: new.parent,
            created_at: new.created_at,
            expires_at: new.expires_at,
            revoked_at: None,
        };
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
            let holder = person.map(|person| Holder {
                viewer: Viewer { number: person.number, uid: person.uid.clone() },
                account_status: person.account_status,
            });
            Found { credential, holder }
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
        self.command(|world| world.keep(new))
    }

    fn revoke(&self, id: i64, now: i64) -> Result<bool, VaultError> {
        self.command(|world| {
            world.revoke(&By::system(now), &[id]);
            Ok(world.credentials.iter().any(|k| k.credential.id == id))
        })
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
        };
        let token = directory.create(&child).expect("the parent stands").id;
        assert!(directory.revoke(client, 7).expect("in memory"));
        let revoked: Vec<_> = directory.list().expect("in memory").into_iter().map(|c| (c.id, c.revoked_at)).collect();
        assert_eq!(revoked, [(client, Some(7)), (other, None), (token, Some(7))]);
        assert!(matches!(directory.create(&child), Err(VaultError::Gone)));
        assert!(!directory.revoke(99, 8).expect("in memory"));
    }
}
