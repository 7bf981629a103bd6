//! `keyless_loopback`: a caller on this machine without a key, when the configuration says who
//! that is. Otherwise it is refused.

use bailiwick_core::{Authenticator, Evidence, Link, Principal, Timestamp, Unproved};

use crate::config::Keyless;

pub(super) struct KeylessLoopback(pub(super) Option<Keyless>);

impl Authenticator for KeylessLoopback {
    fn name(&self) -> &'static str {
        "keyless_loopback"
    }

    fn authenticate(
        &self,
        evidence: &Evidence<'_>,
        _: Timestamp,
    ) -> Option<Result<Principal, Unproved>> {
        match (evidence, &self.0) {
            (Evidence::Nothing { loopback: true }, Some(keyless)) => Some(Ok(Principal {
                chain: vec![
                    Link::Person(keyless.person.clone()),
                    Link::Agent(keyless.agent.clone()),
                ],
                tenant: keyless.tenant.clone(),
                credential: None,
                task: None,
                session: None,
            })),
            (
                Evidence::Nothing { .. }
                | Evidence::Bearer(_)
                | Evidence::Gateway(_)
                | Evidence::Upstream { .. },
                _,
            ) => None,
        }
    }
}
