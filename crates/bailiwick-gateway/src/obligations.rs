//! OBLIGATIONS: the duties of a permit, met before the call goes out.
//!
//! One so far, and every write has it: the decision's record must survive a loss of power.

use bailiwick_core::{Cleared, Obligation, Pending, PermitOnRecord, Unclear, Unrecorded};

use crate::gate::Gate;

/// Meet every duty of a permit and trade it for a clearance, or for the debt of recording that a
/// duty was not met.
///
/// # Errors
/// [`Unrecorded`] when the record cannot be made to stand firmly enough.
pub(crate) async fn meet(
    gate: &Gate,
    permitted: PermitOnRecord,
) -> Result<Result<Cleared, Box<Pending>>, Unrecorded> {
    // The kernel denies what asks for an unknown duty, so none is met here.
    let unknown = |duty: &Obligation| match duty {
        Obligation::Durable => true,
        Obligation::Unknown(_) => false,
    };
    let owed = match permitted.clear(gate.log(), unknown) {
        Ok(cleared) => return Ok(Ok(cleared)),
        Err(Unclear::Unmet(owed)) => return Ok(Err(owed)),
        Err(Unclear::NotDurable(permitted)) => permitted,
    };
    gate.durable(owed.appended().position()).await?;
    match owed.clear(gate.log(), unknown) {
        Ok(cleared) => Ok(Ok(cleared)),
        Err(Unclear::Unmet(owed)) => Ok(Err(owed)),
        // The log said that the record is durable and does not hold to it: trust nothing more.
        Err(Unclear::NotDurable(_)) => Err(Unrecorded::Stopped),
    }
}
