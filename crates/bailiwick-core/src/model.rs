//! Interpret and record: what is special about calls of a model.

use crate::names::Digest;

/// What is special about a call of a model: it has a price before it has an answer, and it carries
/// what others have said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ModelAsk {
    /// The most that it can cost, in micro-dollars. Absent: it costs nothing, or nobody can say.
    pub bound: Option<u64>,
    /// The digest of the tools that it shows to the model, less what the caller may not know of.
    pub view: Option<Digest>,
    /// The digests of the pieces of content in it, in their order.
    pub items: Vec<Digest>,
    /// How many more pieces there were.
    pub items_dropped: u64,
    /// Whether it is asked by a name under which what is asked and answered is kept.
    pub is_kept: bool,
}
