//! Turning somebody away: on record before it is told.

use bailiwick_core::{Identified, RefusalReason, RefusalRecord, turn_away};

use crate::entropy;
use crate::gate::Gate;
use crate::listener::Listener;
use crate::tally::{Counted, Tally};

/// Put a refusal at a listener on record, or count it where there are too many. False when it
/// could not be recorded, and must be told as just that.
pub(crate) fn is_on_record(gate: &Gate, listener: Listener, reason: RefusalReason) -> bool {
    is_on_record_of(gate, listener, reason, None)
}

/// The same, of a caller that was proven.
pub(crate) fn is_on_record_of(
    gate: &Gate,
    listener: Listener,
    reason: RefusalReason,
    who: Option<&Identified>,
) -> bool {
    let now = gate.now();
    let Counted::Record { with } = tally(gate, listener).count(now) else { return true };
    let recorded = entropy::exchange_id(now).ok().and_then(|exchange| {
        let mut refusal = RefusalRecord::new(exchange, reason, listener.name());
        refusal.count += with;
        refusal.who = who.and_then(Identified::agent).cloned();
        turn_away(gate.log(), now, exchange, refusal).ok()
    });
    recorded.is_some()
}

/// What is told when a refusal could not be recorded.
pub(crate) const UNRECORDED: &str = "the refusal could not be recorded\n";

/// Agents and operators are counted apart: a flood at one listener hides nobody at the other.
const fn tally(gate: &Gate, listener: Listener) -> &Tally {
    match listener {
        Listener::Agents | Listener::Stdio => &gate.parts.tally,
        Listener::Operators => &gate.parts.operators_tally,
    }
}
