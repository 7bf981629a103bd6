//! AUTHENTICATORS: the ways to prove who calls. The first that knows the evidence answers.

mod api_key;
mod gateway;
mod keyless;
mod upstream;

use std::sync::Arc;

use bailiwick_core::{Authenticator, Evidence, Identified, Timestamp, Unproved, identify};

use crate::config::Keyless;
use crate::store::Store;

/// The ways that one gateway knows, in order.
pub(crate) struct Authenticators {
    table: Vec<Box<dyn Authenticator>>,
}

impl Authenticators {
    pub(crate) fn new(store: Arc<Store>, keyless: Option<Keyless>) -> Self {
        let table: Vec<Box<dyn Authenticator>> = vec![
            Box::new(api_key::ApiKey(store)),
            // After keys, so that whoever shows a key is judged by it.
            Box::new(keyless::KeylessLoopback(keyless)),
            Box::new(gateway::OwnTraffic),
            Box::new(upstream::ServerOfACall),
        ];
        Self { table }
    }

    pub(crate) fn identify(
        &self,
        evidence: &Evidence<'_>,
        now: Timestamp,
    ) -> Result<Identified, Unproved> {
        let ways: Vec<&dyn Authenticator> = self.table.iter().map(|it| &**it).collect();
        identify(&ways, evidence, now)
    }
}
