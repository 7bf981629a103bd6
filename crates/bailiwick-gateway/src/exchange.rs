//! One exchange, from call to reply. This is the whole product on one screen.
//!
//! Whoever calls (an agent, the gateway itself, a server that asks something of a person's client)
//! and whatever answers (a server, a client), the call goes this way and no other.

use std::pin::Pin;
use std::sync::Arc;

use bailiwick_core::{
    Call, Disposition, Inspected, Pending, Released, Ruling, Unrecorded, decide, screen,
};
use bytes::Bytes;

use crate::gate::Gate;
use crate::legs;
use crate::lineage;
use crate::mask;
use crate::meaning;
use crate::news;
use crate::obligations;
use crate::rules::Rules;
use crate::upstream::{Answer, Envelope, Leg, Messages, Upstream};
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
    let hidden = envelope.hidden.as_deref();
    let watching = gate.watching(hidden);
    let screened = screen(watching.inspectors(), gate.keeping(call));
    let decision = decide(&gate.ordered(&rules), screened, gate.now(), gate.stance());
    let ruling = decision.record(gate.log(), gate.now(), |call| gate.durability(call))?;
    let permitted = match ruling {
        Ruling::Permitted(permitted) => permitted,
        Ruling::Refused(refusal) => return Ok(Reply::Whole(refusal.release())),
    };
    let cleared = match obligations::meet(gate, permitted, envelope).await? {
        Ok(cleared) => cleared,
        Err(owed) => {
            let budget = envelope.reserving.as_ref().and_then(|it| it.short());
            let unmet = unmet(gate, upstream, *owed, budget.map(|it| &*it.budget)).await;
            return unmet.map(Reply::Whole);
        }
    };
    if let Some(it) = gate.parts.reached.look(&rules, cleared.call()) {
        news::notice(gate, it);
    }
    match upstream.forward(gate.means(), cleared, envelope).await {
        Answer::Whole(mut owed, message, disposition) => {
            match answered(gate, &rules, owed.call(), message, disposition).await {
                Ok(message) => {
                    let came = message.clone();
                    let passes = hidden.is_none_or(|it| {
                        view::calls_pass(gate, it, &mut owed, &upstream.called(&message))
                    });
                    let masks = owed.masks();
                    let message =
                        if masks { upstream.without_likelihoods(&message) } else { message };
                    let duly = || mask::duly(gate, hidden, &mut owed, message);
                    let Some(message) = passes.then(duly).flatten() else {
                        let withheld = Disposition::Withheld;
                        return end(gate, upstream, (owed, &came), withheld)
                            .await
                            .map(Reply::Whole);
                    };
                    let items = lineage::items(gate, owed.call(), &message, disposition);
                    let named =
                        meaning::named_in(&rules.contracts, owed.call(), &came, disposition);
                    let owed_at = owed.call().at();
                    let inspected = owed.last(watching.inspectors(), message, disposition);
                    let classes = gate.classes(&rules, &named, owed_at);
                    let inspected = inspected.holding(items).naming(named, classes);
                    record(gate, upstream, (inspected, &came), disposition).await.map(Reply::Whole)
                }
                Err(disposition) => {
                    end(gate, upstream, (owed, &[]), disposition).await.map(Reply::Whole)
                }
            }
        }
        Answer::Stream(owed, messages) => Ok(Reply::Stream(owed, messages)),
        Answer::Ended(owed, disposition) => {
            end(gate, upstream, (owed, &[]), disposition).await.map(Reply::Whole)
        }
    }
}

/// The same where nobody asked for an answer in pieces. One that comes all the same is nonsense:
/// nothing of it is read, and that is on record.
///
/// # Errors
/// As [`exchange`].
pub(crate) async fn exchange_whole(
    gate: &Arc<Gate>,
    upstream: &Upstream,
    call: Call,
    envelope: &Envelope,
) -> Result<Released, Unrecorded> {
    match exchange(gate, upstream, call, envelope).await? {
        Reply::Whole(released) => Ok(released),
        Reply::Stream(owed, messages) => {
            drop(messages);
            end(gate, upstream, (owed, &[]), Disposition::Unreachable).await
        }
    }
}

/// An answer as the caller may have it: cut to its view, and what it leaves open seen to.
///
/// # Errors
/// What becomes of the call when the answer may not pass.
pub(crate) async fn answered(
    gate: &Arc<Gate>,
    rules: &Rules,
    call: &Call,
    message: Bytes,
    disposition: Disposition,
) -> Result<Bytes, Disposition> {
    // A model's answer is no message of a server's: it lists nothing and asks nothing.
    if call.action().asks_model() || call.action().uses_state() {
        return Ok(message);
    }
    if !view::fits(gate, call, &message, disposition) {
        return Err(Disposition::Withheld);
    }
    let cut = view::cut(gate, rules, call, message, disposition).await;
    let (message, questions) = legs::settle(gate, call, cut.ok_or(Disposition::Unreachable)?)?;
    for question in questions {
        if !may_ask(gate, call, question).await {
            return Err(Disposition::Withheld);
        }
    }
    Ok(message)
}

/// Whether the server may ask the person's client this: an exchange of its own, whose answer comes
/// with the client's next leg. Boxed, because it stands inside the exchange that it belongs to.
fn may_ask<'a>(
    gate: &'a Arc<Gate>,
    call: &'a Call,
    question: Bytes,
) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
    Box::pin(async move {
        let Some(asked) = legs::question(gate, call, question) else { return false };
        let envelope = Envelope::new(Leg::Message, None);
        let asked = exchange_whole(gate, &Upstream::Later, asked, &envelope).await;
        asked.is_ok_and(|it| it.disposition() == Some(Disposition::Accepted))
    })
}

/// There is no answer that may leave; what came of the call is on record all the same.
async fn end(
    gate: &Gate,
    upstream: &Upstream,
    (owed, came): (Pending, &[u8]),
    disposition: Disposition,
) -> Result<Released, Unrecorded> {
    record(gate, upstream, (owed.failed(disposition), came), disposition).await
}

/// A duty was not met, so nothing was sent; where that was the duty to pay, the record says why.
async fn unmet(
    gate: &Gate,
    upstream: &Upstream,
    owed: Pending,
    budget: Option<&str>,
) -> Result<Released, Unrecorded> {
    let disposition = Disposition::Unmet;
    let inspected = owed.failed(disposition);
    let (metered, _) = gate.metered(upstream, inspected, &[], disposition).await;
    let metered = if let Some(budget) = budget { metered.unpaid(budget) } else { metered };
    metered.record(gate.log(), gate.now())
}

/// Put on record what came of the call. Only what an answer made that was released as it came is
/// its caller's: what was kept back here cannot be fetched from where its provider keeps it.
async fn record(
    gate: &Gate,
    upstream: &Upstream,
    (inspected, came): (Inspected, &[u8]),
    disposition: Disposition,
) -> Result<Released, Unrecorded> {
    let (metered, made) = gate.metered(upstream, inspected, came, disposition).await;
    let released = metered.record(gate.log(), gate.now())?;
    gate.parts.models.owe(made, &released);
    Ok(released)
}
