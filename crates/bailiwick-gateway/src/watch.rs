//! Who inspects: the guard, and the vault, which alone knows the gateway's own secrets.

use std::sync::Arc;

use bailiwick_broker::Vault;
use bailiwick_core::{Findings, Inspector, Inspectors, Seen};
use bailiwick_guard::Guard;

/// The inspectors of one gateway.
pub(crate) struct Watch {
    pub(crate) guard: Guard,
    pub(crate) vault: Arc<Vault>,
}

impl Watch {
    pub(crate) fn inspectors(&self) -> Inspectors<'_> {
        Inspectors::of(self, &[])
    }
}

impl Inspector for Watch {
    fn name(&self) -> &'static str {
        "watch"
    }

    fn purpose(&self) -> &'static str {
        "The guard's inspectors, and the vault's."
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        self.guard.scan(seen, findings);
        self.vault.scan(seen, findings);
    }
}
