//! How a streamed answer opens, where another model could be asked in its place: it is read until
//! it says something, before its client is sent anything.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use bailiwick_wire::llm::{Following, Step, Told};

use super::Visit;
use super::attempt::Streaming;

/// So much may come before an answer says anything: keep-alives, and that it begins. What takes
/// longer to begin has begun.
const EVENTS_MAX: usize = 64;
const BYTES_MAX: usize = 256 * 1024;

/// Whether it is an error from its start, or ends before it says anything. What was read is put
/// back, for whoever sends it on.
pub(super) async fn fails(visit: &Visit, streaming: &mut Streaming) -> bool {
    let Some(operation) = streaming.call.operation else { return false };
    let (mut following, mut read, mut bytes) = (Following::new(operation), VecDeque::new(), 0);
    let gate = &visit.gate;
    let patience = Duration::from_secs(gate.settings().limits.answer_seconds);
    let (who, what) = (streaming.owed.call().who(), streaming.owed.call().resource());
    // Whoever ends it meanwhile ends the stream itself, which then goes on.
    let mut interrupted = pin!(async {
        tokio::select! {
            () = visit.away.gone() => {}
            () = gate.parts.store.kills().keeping(who, what) => {}
            () = tokio::time::sleep(patience) => {}
        }
    });
    let mut fails = false;
    while read.len() < EVENTS_MAX && bytes < BYTES_MAX {
        let event = tokio::select! {
            biased;
            () = &mut interrupted => break,
            event = streaming.events.next_event() => event,
        };
        let Some(event) = event else {
            fails = true;
            break;
        };
        let step = following.event(&event);
        bytes += event.raw.len();
        read.push_back(event);
        fails = following.told().is_error;
        if fails || says_something(&step, following.told()) {
            break;
        }
    }
    streaming.events.put_back(read);
    fails
}

fn says_something(step: &Step, told: &Told) -> bool {
    let is_said = !step.deltas.is_empty() || !step.calls.is_empty() || step.is_unreadable;
    is_said || step.is_last || told.usage.is_some() || told.stop.is_some()
}
