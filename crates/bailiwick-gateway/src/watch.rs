//! Who inspects: the guard, and the vault, which alone knows the gateway's own secrets.

use std::sync::Arc;

use bailiwick_broker::Vault;
use bailiwick_core::{Finding, Findings, Inspector, Inspectors, Seen, Severity};
use bailiwick_guard::Guard;

/// The inspectors of one gateway.
pub(crate) struct Watch {
    pub(crate) guard: Guard,
    pub(crate) vault: Arc<Vault>,
    /// Whether a secret of ours holds an answer back, or is only noted in it.
    pub(crate) holds_back: bool,
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
        if self.holds_back {
            return self.vault.scan(seen, findings);
        }
        let mut secrets = Findings::default();
        self.vault.scan(seen, &mut secrets);
        for secret in secrets.kept() {
            findings.push(Finding { severity: Severity::Alert, ..secret.clone() });
        }
    }
}
