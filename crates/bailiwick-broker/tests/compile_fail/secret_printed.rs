//! A secret is not printed, compared, copied or hashed.

use bailiwick_broker::{Credential, Revealed, Secret, Vault};

fn shown(secret: &Secret) {
    println!("{secret}");
}

fn debugged(secret: &Secret, credential: &Credential, revealed: &Revealed<'_>, vault: &Vault) {
    println!("{secret:?}");
    println!("{credential:?}");
    println!("{revealed:?}");
    println!("{vault:?}");
}

fn copied(secret: &Secret) -> Secret {
    secret.clone()
}

fn main() {}
