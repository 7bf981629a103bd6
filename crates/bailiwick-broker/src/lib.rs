//! The broker: the only crate that holds secrets in the clear, and hands one out only against a
//! clearance for the server that it belongs to.

mod secret;
mod sigv4;
mod vault;

pub use secret::Secret;
pub use sigv4::{AwsKey, Signing};
pub use vault::{Credential, Revealed, Vault};
