//! The broker: the only crate that holds secrets in the clear, and hands one out only against a
//! clearance for the server that it belongs to.

mod secret;
mod vault;

pub use secret::Secret;
pub use vault::{Credential, Revealed, Vault};
