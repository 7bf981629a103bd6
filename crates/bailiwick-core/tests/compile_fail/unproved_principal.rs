//! A call is made by whoever was proven, not by whoever says so.

use bailiwick_core::{Call, ExchangeId, Interpreted, Principal, Timestamp};

fn a_call(id: ExchangeId, at: Timestamp, who: Principal, what: Interpreted) -> Call {
    Call::new(id, at, who, what)
}

fn main() {}
