//! A clearance that was used up reveals nothing more.

use bailiwick_broker::Vault;
use bailiwick_core::Cleared;

fn used_up(vault: &Vault, cleared: Cleared) {
    let _owed = cleared.owe();
    let _secrets = vault.environment(&cleared).count();
}

fn main() {}
