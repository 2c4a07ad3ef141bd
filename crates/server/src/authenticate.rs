//! From a signature to a caller.

use authz::{Caller, CredentialRefused};
use http::HeaderMap;
use jiff::Timestamp;
use service::{Core, Proof};
use sigv4::{AuthFailure, Form, Presented, SigningKeyCache};
use store::Snapshot;
use types::{AccessKeyId, AccessKeyKind, AccountId, Owner, Region};
use wire::Fault;

/// Checks signatures against the directory.
pub(crate) struct Authenticator {
    keys: SigningKeyCache,
    /// In development mode, the account whose root user an unknown key is.
    assumed: Option<AccountId>,
}

/// Who calls, and what proved it.
pub(crate) struct Authenticated {
    pub(crate) proof: Proof,
    pub(crate) caller: Caller,
    pub(crate) region: Region,
}

/// Why a call is not authenticated.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The client's doing.
    Failure(AuthFailure),
    /// Ours.
    Fault(Fault),
}

impl From<AuthFailure> for Refusal {
    fn from(failure: AuthFailure) -> Self {
        Self::Failure(failure)
    }
}

impl Authenticator {
    pub(crate) fn new(assumed: Option<AccountId>) -> Self {
        Self { keys: SigningKeyCache::new(KEYS), assumed }
    }

    /// Checks what a request presents. `service` is the signing name that its scope must have.
    pub(crate) async fn check(
        &self,
        core: &Core,
        snapshot: &Snapshot,
        presented: &Presented<'_, HeaderMap>,
        service: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Authenticated, Refusal> {
        let scope = presented.scope();
        scope.require_service(service)?;
        let region = Region::parse(scope.region()).map_err(|_| sigv4::Scope::wrong_region())?;
        let token = presented.session_token();
        let id = AccessKeyId::parse(presented.access_key_id()).ok();
        let found = match &id {
            Some(id) => core
                .authorizer
                .candidate(snapshot, id, token, now)
                .await
                .map_err(|cause| Refusal::Fault(Fault::internal(cause)))?,
            None => Err(CredentialRefused::Unknown),
        };
        let (candidate, id) = match (found, id) {
            (Ok(candidate), Some(id)) => (candidate, id),
            (Err(CredentialRefused::Expired), _) => return Err(AuthFailure::ExpiredToken.into()),
            (Err(CredentialRefused::Inactive | CredentialRefused::Revoked), _) => {
                return Err(AuthFailure::InvalidToken.into());
            }
            (Ok(_) | Err(CredentialRefused::Unknown), id) => {
                return self.assume(id, presented.form(), region).ok_or(AuthFailure::InvalidToken.into());
            }
        };
        if !candidate.caller.owner.is_in(&region) {
            return Err(sigv4::Scope::wrong_region().into());
        }
        let key = self.keys.key(id.as_str(), scope, &candidate.secret);
        presented.verify(&key, body, now)?;
        let proof = Proof::Key { id, token: token.map(str::to_owned) };
        Ok(Authenticated { proof, caller: candidate.caller, region })
    }

    /// In development mode: whoever signs with an unknown key is root. In the header only, since a page in a
    /// browser can make a browser fetch an address, but not add this header to a request to a foreign site.
    fn assume(&self, id: Option<AccessKeyId>, form: Form, region: Region) -> Option<Authenticated> {
        let account = self.assumed?;
        if form != Form::Header {
            return None;
        }
        // Test suites like keys such as `test`, which no identifier of ours can be.
        let id = id.unwrap_or_else(|| AccessKeyId::from_random(AccessKeyKind::LongTerm, account, 0));
        let owner = Owner::new(region.partition(), account);
        let proof = Proof::AssumedRoot { id, owner };
        let caller = proof.assumed_caller()?;
        Some(Authenticated { proof, caller, region })
    }
}

/// Signing keys kept ready.
const KEYS: usize = 8192;
