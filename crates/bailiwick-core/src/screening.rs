//! Inspect the ask: every inspector sees it before the decision, and what they see is part of what
//! policy may read.

use crate::call::Call;
use crate::finding::{Findings, Inspectors, Seen, Surface};

/// A call whose ask every inspector has seen. Only [`screen`] makes one.
#[derive(Debug)]
pub struct Screened {
    pub(crate) call: Call,
    pub(crate) findings: Findings,
}

impl Screened {
    /// The call.
    pub const fn call(&self) -> &Call {
        &self.call
    }

    /// What the inspectors saw in the ask.
    pub const fn findings(&self) -> &Findings {
        &self.findings
    }
}

/// Show a call's ask to every inspector. What they see is part of what policy may read.
pub fn screen(inspectors: Inspectors<'_>, call: Call) -> Screened {
    let mut findings = Findings::default();
    let seen = Seen { surface: Surface::Ask, bytes: call.ask(), offset: 0 };
    inspectors.scan(&seen, &mut findings);
    Screened { call, findings }
}
