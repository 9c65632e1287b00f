//! A credential that has been found and is good, so that it need not be looked up again as long as nothing has changed.

use crate::answer::vault_refusal;
use crate::{Core, Refusal};
use access::{CredentialKind, Denial, Operation, Principal, SecretHash};
use std::sync::Arc;

/// A credential that was found and judged to be good. Holds nothing by which it could be presented.
#[derive(Clone, Debug)]
pub struct Known {
    principal: Arc<Principal>,
    expires_at: Option<i64>,
}

impl Known {
    /// Finds the credential of this audience and kind with this secret, and judges it at the core's time.
    pub fn find(core: Core<'_>, audience: &str, kind: CredentialKind, secret: &SecretHash) -> Result<Self, Refusal> {
        let found = core.vault.find(audience, kind, secret).map_err(vault_refusal)?.ok_or(Denial::Unknown)?;
        let expires_at = found.credential.expires_at;
        Ok(Self { principal: Arc::new(found.judge(core.now)?), expires_at })
    }

    /// Whose it is and what it allows.
    pub const fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    /// Whether it has not expired at the time `now` (unix seconds). Everything else of it stays true until a change is
    /// committed.
    pub fn lasts(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }

    /// Whether it lets its holder do this; if so, its use is noted.
    pub fn may(&self, core: Core<'_>, operation: Operation) -> Result<(), Refusal> {
        self.principal.may(operation)?;
        if let Some(id) = self.principal.credential {
            core.vault.note_use(id, core.now);
        }
        Ok(())
    }
}
