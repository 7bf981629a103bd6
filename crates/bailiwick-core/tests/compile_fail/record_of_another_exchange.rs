//! No step takes the record of another exchange: there is nowhere to put it.

use bailiwick_core::{Appended, Inspected, Ledger, Pending, PermitOnRecord, Timestamp};

fn a_reply(inspected: Inspected, ledger: &dyn Ledger, other: Appended) {
    inspected.record(ledger, Timestamp::from_ns(0), other);
}

fn a_clearance(permit: PermitOnRecord, ledger: &dyn Ledger, other: Appended) {
    permit.clear(ledger, |_| true, other);
}

fn an_exchange(mut owed: Pending, other: Appended) {
    owed.appended = other;
}

fn kept(other: &Appended) -> Appended {
    other.clone()
}

fn main() {}
