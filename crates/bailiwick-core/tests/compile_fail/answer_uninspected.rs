//! What an upstream said does not leave before the inspectors saw it.

use bailiwick_core::{Inspectors, Ledger, Pending, Released, Timestamp};

fn the_bytes(owed: Pending) {
    owed.into_bytes();
}

fn the_record(owed: Pending, ledger: &dyn Ledger) {
    owed.record(ledger, Timestamp::from_ns(0));
}

fn the_reply(owed: Pending) -> Released {
    owed
}

fn nobody_looks() -> Inspectors<'static> {
    Inspectors::new(&[])
}

fn main() {}
