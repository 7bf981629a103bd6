//! Revision 2026-07-28: every request says by itself what older revisions agreed on once.
//!
//! There is no session. The version and the client's capabilities come in `params._meta`, and some
//! of the body is repeated in headers, which must agree with it.

mod framing;
mod header;
mod metadata;
mod result;

pub use framing::{Frame, belongs_to, is_heard_by, restored};
pub use header::{Marked, agrees, decoded, marked, repeated};
pub use metadata::{
    AboutTask, Fault, Metadata, is_gone, is_modern, is_modern_version, name_of, state_of, task_of,
};
pub use result::{
    Outcome, discovered, kept_private, may_go_on, may_scope_caches, only_versions, outcome,
};

/// The revision.
pub const VERSION: &str = "2026-07-28";

/// The member of `params._meta` that names the version.
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
/// The member of `params._meta` that says what the client can do.
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
/// The member of `_meta` that says to which listener a message belongs.
pub(super) const SUBSCRIPTION_KEY: &str = "io.modelcontextprotocol/subscriptionId";
/// The extension that tasks are.
pub(super) const TASKS: &str = "io.modelcontextprotocol/tasks";

#[cfg(test)]
mod tests;
