//! Calls of models: what a body asks, what an answer tells, and each with changes made to it.
//!
//! ```text
//! bytes -> json::Document -> read       -> Ask                what is asked
//! bytes + Changes         -> changed    -> bytes              all else byte for byte
//! bytes                   -> told       -> Told               a whole answer
//!                         -> texts      -> Delta              its texts and where they stand
//! sse::Event              -> Following  -> Step, Told         a streamed one, and how to end it
//! bytes                   -> bedrock_body, BedrockStream     the same at Amazon Bedrock
//! bytes, sse::Event       -> translate  -> bytes              the same in the other dialect
//! ```
//!
//! Both dialects are read into one shape. What goes on stays in the dialect in which it came unless
//! it is translated.

mod answer;
mod ask;
mod batch;
mod bedrock;
mod beside;
mod calls;
mod change;
mod choice;
mod content;
mod delta;
mod fields;
mod following;
mod found;
mod free;
mod item;
mod kept;
mod likelihoods;
mod operation;
mod parameters;
mod prompt;
mod reply;
mod service;
mod spoken;
mod state;
mod thought;
mod tools;
pub mod translate;
mod usage;

pub use answer::{Told, texts, told};
pub use ask::{Ask, read};
pub use batch::{BadBatch, LINES_MAX, Line, body_lines, file_lines};
pub use bedrock::{BedrockStream, bedrock_body, bedrock_error};
pub use calls::called;
pub use change::{Changes, changed};
pub use delta::{Delta, with_text};
pub use following::{Ending, Following, Mark, Step};
pub use free::is_free;
pub use item::{ITEMS_MAX, Item, ItemKind, Role};
pub use kept::{
    Collection, Creation, Kept, creation, goes_on_behind, kept, list_kept, no_such, no_such_state,
    page_of,
};
pub use likelihoods::{likelihoods, without_likelihoods};
pub use operation::{Dialect, Operation};
pub use reply::{error_body, list_models, models, one_model};
pub use service::Class;
pub use spoken::spoken;
pub use state::STATE_MAX;
pub use thought::thinks;
pub use tools::{OfferedTool, ToolKind};
pub use usage::Usage;

#[cfg(test)]
mod tests;
