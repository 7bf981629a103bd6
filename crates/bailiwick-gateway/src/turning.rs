//! Turning somebody away: on record before it is told.

use bailiwick_core::{RefusalReason, RefusalRecord, turn_away};

use crate::entropy;
use crate::gate::Gate;
use crate::tally::{Counted, Tally};

/// Where somebody is turned away. Each has a tally of its own: a flood at one hides nobody at the
/// other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Listener {
    Agents,
    Operators,
}

impl Listener {
    const fn name(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Operators => "operators",
        }
    }

    const fn tally(self, gate: &Gate) -> &Tally {
        match self {
            Self::Agents => &gate.parts.tally,
            Self::Operators => &gate.parts.operators_tally,
        }
    }
}

/// Put a refusal at a listener on record, or count it where there are too many. False when it
/// could not be recorded, and must be told as just that.
pub(crate) fn is_on_record(gate: &Gate, listener: Listener, reason: RefusalReason) -> bool {
    let now = gate.now();
    let Counted::Record { with } = listener.tally(gate).count(now) else { return true };
    let recorded = entropy::exchange_id(now).ok().and_then(|exchange| {
        let mut refusal = RefusalRecord::new(exchange, reason, listener.name());
        refusal.count += with;
        turn_away(gate.log(), now, exchange, refusal).ok()
    });
    recorded.is_some()
}

/// What is told when a refusal could not be recorded.
pub(crate) const UNRECORDED: &str = "the refusal could not be recorded\n";
