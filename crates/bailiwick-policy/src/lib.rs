//! Cedar policies as votes for the kernel, indexed by scope so that the cost of a decision does
//! not grow with the number of policies.
//!
//! Pure: policies and entities come in as text, time comes with the question, and nothing here
//! reads a file or a clock. How questions are put to Cedar is fixed in
//! `docs/decisions/0003-tools-in-cedar.md`; `docs/policy-guide.md` is for those who write
//! policies.
//!
//! ```
//! use bailiwick_policy::{PolicySet, Source};
//!
//! let text = r#"
//!     @id("support-reads")
//!     permit(principal in Team::"support", action in Action::"read", resource);
//! "#;
//! let set = PolicySet::load(&[Source { name: "support.cedar", text }], None)?;
//! assert_eq!(set.len(), 1);
//! # Ok::<(), bailiwick_policy::LoadErrors>(())
//! ```

mod cedar;
mod classing;
mod explain;
#[cfg(any(test, feature = "generate"))]
pub mod generate;
mod lint;
mod load;
mod mentioned;
mod near;
mod problem;
#[cfg(any(test, feature = "generate"))]
pub mod reference;
mod set;

pub use cedar::{Facts, NotAThing, is_thing};
pub use classing::Classing;
pub use explain::{Candidate, Explanation, LinkExplanation, Standing};
pub use load::{Known, Source};
pub use mentioned::Surroundings;
pub use problem::{LoadError, LoadErrors, Place, Warning};
pub use set::{PolicyEffect, PolicyInfo, PolicySet, ToolFact};
