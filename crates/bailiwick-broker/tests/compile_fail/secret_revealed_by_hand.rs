//! Only the vault reveals a secret.

use bailiwick_broker::Revealed;

fn revealed<'a>(value: &'a str) -> Revealed<'a> {
    Revealed { name: "x", value }
}

fn main() {}
