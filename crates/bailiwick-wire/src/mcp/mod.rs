//! The Model Context Protocol, revisions 2024-11-05 to 2026-07-28: what is asked, and our replies.

pub mod federation;
pub mod initialize;
pub mod interpret;
mod items;
pub mod list;
pub mod modern;
mod narrowed;
pub mod notice;
pub mod reply;
pub mod tasks;
pub mod template;

pub use initialize::{InitializeResult, REVISIONS, initialize_result, without_instructions};
pub use interpret::{Asked, interpret, interpret_server};
pub use items::items;
pub use list::{ListError, ListKind, Listed, completion_values, filter_completions, read_list};
pub use narrowed::{Instead, called_as, structured};
pub use notice::{Notice, notice};
