//! `api_key`: a bearer token that the operator made with `bailiwick keys new`.

use std::sync::Arc;

use bailiwick_core::{Authenticator, Evidence, Principal, Timestamp, Unproved};

use crate::store::Store;

pub(super) struct ApiKey(pub(super) Arc<Store>);

impl Authenticator for ApiKey {
    fn name(&self) -> &'static str {
        "api_key"
    }

    fn authenticate(
        &self,
        evidence: &Evidence<'_>,
        now: Timestamp,
    ) -> Option<Result<Principal, Unproved>> {
        match evidence {
            // A bearer of an unknown kind is a wrong key: no other way takes bearers yet.
            Evidence::Bearer(token) => {
                Some(self.0.prove_agent(token, now).unwrap_or(Err(Unproved::Invalid)))
            }
            Evidence::Nothing { .. } | Evidence::Gateway(_) | Evidence::Upstream { .. } => None,
        }
    }
}
