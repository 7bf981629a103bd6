//! Every value of the corridor is used up by the step that takes it, and cannot be copied.

use bailiwick_core::{
    Call, Cleared, Decision, Disposition, Durability, Ledger, Pending, Permit, PermitOnRecord,
    Timestamp,
};

fn a_clearance(cleared: Cleared) {
    let _first = cleared.owe();
    let _second = cleared.owe();
}

fn a_permit(permit: PermitOnRecord, ledger: &dyn Ledger) {
    let _first = permit.clear(ledger, |_| true);
    let _second = permit.clear(ledger, |_| true);
}

fn a_decision(decision: Decision, ledger: &dyn Ledger) {
    let now = Timestamp::from_ns(0);
    let _first = decision.record(ledger, now, |_| Durability::Durable);
    let _second = decision.record(ledger, now, |_| Durability::Durable);
}

fn a_debt(owed: Pending) {
    let _first = owed.failed(Disposition::Accepted);
    let _second = owed.failed(Disposition::Accepted);
}

fn copies(cleared: &Cleared, permit: &Permit, call: &Call) {
    let _: Cleared = cleared.clone();
    let _: Permit = permit.clone();
    let _: Call = call.clone();
}

fn main() {}
