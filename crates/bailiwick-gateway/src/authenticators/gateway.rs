//! `gateway`: the gateway's own traffic, a chain of one link. It has no side door: policy must
//! permit it like any other.

use bailiwick_core::{Authenticator, Evidence, Link, Principal, Timestamp, Unproved};

/// The tenant of what belongs to no tenant.
const TENANT: &str = "system";

pub(super) struct OwnTraffic;

impl Authenticator for OwnTraffic {
    fn name(&self) -> &'static str {
        "gateway"
    }

    fn authenticate(
        &self,
        evidence: &Evidence<'_>,
        _: Timestamp,
    ) -> Option<Result<Principal, Unproved>> {
        match evidence {
            Evidence::Gateway(purpose) => Some(Ok(Principal {
                chain: vec![Link::System(*purpose)],
                tenant: TENANT.into(),
                credential: None,
                task: None,
                session: None,
            })),
            Evidence::Nothing { .. } | Evidence::Bearer(_) | Evidence::Upstream { .. } => None,
        }
    }
}
