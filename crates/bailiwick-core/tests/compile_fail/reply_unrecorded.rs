//! An inspected answer leaves only by its outcome's record.

use bailiwick_core::{Decision, Inspected, RefusalOnRecord, Released, Timestamp};

fn the_bytes(inspected: Inspected) {
    inspected.into_bytes();
}

fn the_field(inspected: Inspected) {
    inspected.last;
}

fn without_a_ledger(inspected: Inspected) {
    inspected.record(Timestamp::from_ns(0));
}

fn the_reply(inspected: Inspected) -> Released {
    inspected
}

fn a_refusal(decision: Decision) -> RefusalOnRecord {
    match decision {
        Decision::Permit(_) => unreachable!(),
        Decision::Denial(denial) => denial,
    }
}

fn main() {}
