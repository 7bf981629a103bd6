//! Only the vault reveals a secret.

use bailiwick_broker::{Revealed, Secret};

fn revealed<'a>(value: &'a Secret) -> Revealed<'a> {
    Revealed { name: "x", value }
}

fn main() {}
