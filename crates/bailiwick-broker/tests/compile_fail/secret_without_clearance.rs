//! The vault gives nothing to whoever shows a call, a permit or a name.

use bailiwick_broker::{Secret, Vault};
use bailiwick_core::{Call, Permit, PermitOnRecord, ServerId};

fn a_call(vault: &Vault, call: &Call) {
    vault.headers(call);
}

fn a_permit(vault: &Vault, permit: &Permit) {
    vault.headers(permit);
}

fn a_permit_on_record(vault: &Vault, permit: &PermitOnRecord) {
    vault.environment(permit);
}

fn a_name(vault: &Vault, server: &ServerId) {
    vault.headers(server);
}

fn the_field(vault: &Vault, server: &ServerId) {
    let _ = &vault.credentials[server];
}

fn directly(secret: &Secret) -> &str {
    secret.expose()
}

fn main() {}
