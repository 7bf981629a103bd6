//! One exchange, from call to reply. This is the whole product on one screen.
//!
//! Whoever calls (an agent, the gateway itself, a server that asks something of a person's client)
//! and whatever answers (a server, a client), the call goes this way and no other.

use std::sync::Arc;

use bailiwick_core::{Call, Disposition, Pending, Released, Ruling, Unrecorded, decide, screen};

use crate::gate::Gate;
use crate::obligations;
use crate::upstream::{Answer, Envelope, Messages, Upstream};
use crate::view;

/// What the caller gets.
pub(crate) enum Reply {
    /// A whole answer, or a refusal.
    Whole(Released),
    /// Messages one by one; the last one is owed its outcome's record.
    Stream(Pending, Messages),
}

/// Decide a call, carry it out, inspect what comes back, write it down, and reply.
///
/// # Errors
/// [`Unrecorded`]: something could not be written down, so nothing more is done and nothing told.
pub(crate) async fn exchange(
    gate: &Arc<Gate>,
    upstream: &Upstream,
    call: Call,
    envelope: &Envelope,
) -> Result<Reply, Unrecorded> {
    let rules = gate.rules();
    let screened = screen(gate.inspectors(), call);
    let decision = decide(&rules.policies, screened, gate.now(), gate.stance());
    let ruling = decision.record(gate.log(), gate.now(), |call| gate.durability(call))?;
    let permitted = match ruling {
        Ruling::Permitted(permitted) => permitted,
        Ruling::Refused(refusal) => return Ok(Reply::Whole(refusal.release())),
    };
    let cleared = match obligations::meet(gate, permitted).await? {
        Ok(cleared) => cleared,
        Err(owed) => return end(gate, *owed, Disposition::Unmet),
    };
    match upstream.forward(gate.means(), cleared, envelope).await {
        Answer::Whole(owed, message, disposition) => {
            match view::cut(gate, &rules, owed.call(), message, disposition).await {
                Some(message) => {
                    let inspected = owed.last(gate.inspectors(), message, disposition);
                    inspected.record(gate.log(), gate.now()).map(Reply::Whole)
                }
                None => end(gate, owed, Disposition::Unreachable),
            }
        }
        Answer::Stream(owed, messages) => Ok(Reply::Stream(owed, messages)),
        Answer::Ended(owed, disposition) => end(gate, owed, disposition),
    }
}

/// There is no answer to inspect; what came of the call is on record all the same.
fn end(gate: &Gate, owed: Pending, disposition: Disposition) -> Result<Reply, Unrecorded> {
    owed.failed(disposition).record(gate.log(), gate.now()).map(Reply::Whole)
}
