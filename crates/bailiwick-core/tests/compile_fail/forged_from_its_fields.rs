//! Nor can it be put together by whoever has the parts.

use bailiwick_core::{
    Appended, Call, Cleared, ExchangeId, Findings, PermitOnRecord, Position, Screened,
};

fn screened(call: Call) -> Screened {
    Screened { call, findings: Findings::default() }
}

fn appended(exchange: ExchangeId) -> Appended {
    Appended { exchange, position: Position::at(0) }
}

fn cleared(permitted: PermitOnRecord) -> Cleared {
    Cleared { permitted }
}

fn main() {}
