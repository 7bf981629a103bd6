//! OBLIGATIONS: the duties of a permit, met before the call goes out.
//!
//! The decision's record must survive a loss of power, which is the duty of every write; and what a
//! call of a model can cost must be out of the purse. Masking and blocking are met on the answer,
//! and are not met where nobody here sees it.

use bailiwick_core::{Cleared, Obligation, Pending, PermitOnRecord, Unclear, Unrecorded};

use crate::gate::Gate;
use crate::upstream::Envelope;

/// Meet every duty of a permit and trade it for a clearance, or for the debt of recording that a
/// duty was not met.
///
/// # Errors
/// [`Unrecorded`] when the record cannot be made to stand firmly enough.
pub(crate) async fn meet(
    gate: &Gate,
    permitted: PermitOnRecord,
    envelope: &Envelope,
) -> Result<Result<Cleared, Box<Pending>>, Unrecorded> {
    let (call, decided) = (permitted.call().id(), permitted.decided());
    let purse = &gate.parts.models.money.purse;
    let meet = |duty: &Obligation| match duty {
        Obligation::Durable => true,
        Obligation::Mask | Obligation::Block => !envelope.is_unseen,
        // What is not to be paid for by anybody is not sent.
        Obligation::Reserve => {
            envelope.reserving.as_ref().is_some_and(|it| it.take(purse, call, decided))
        }
        // The kernel denies what asks for an unknown duty, so none is met here.
        Obligation::Unknown(_) => false,
    };
    let owed = match permitted.clear(gate.log(), meet) {
        Ok(cleared) => return Ok(Ok(cleared)),
        Err(Unclear::Unmet(owed)) => return Ok(Err(owed)),
        Err(Unclear::NotDurable(permitted)) => permitted,
    };
    gate.durable(owed.appended().position()).await?;
    match owed.clear(gate.log(), meet) {
        Ok(cleared) => Ok(Ok(cleared)),
        Err(Unclear::Unmet(owed)) => Ok(Err(owed)),
        // The log said that the record is durable and does not hold to it: trust nothing more.
        Err(Unclear::NotDurable(_)) => Err(Unrecorded::Stopped),
    }
}
