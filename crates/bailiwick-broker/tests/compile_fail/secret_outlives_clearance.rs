//! What was revealed lives no longer than the clearance that it was revealed for.

use bailiwick_broker::{Revealed, Vault};
use bailiwick_core::Cleared;

fn kept<'a>(vault: &'a Vault, cleared: Cleared) -> Vec<Revealed<'a>> {
    let revealed = vault.headers(&cleared).collect();
    drop(cleared);
    revealed
}

fn main() {}
