//! Messages of MCP and calls of models, without I/O: the only crate that parses hostile bytes.
//!
//! ```text
//! bytes -> json::Document -> rpc::Message -> mcp::interpret::Asked          what is asked
//! bytes -> json::Document -> llm::Ask, llm::Told                           what a model is asked
//! bytes -> sse::Event -> llm::Following                                    one message of a stream
//! bytes -> eventstream::Frame -> llm::BedrockStream                        Amazon's frames of it
//! bytes + edits -> splice::Splice -> bytes                                 all else byte for byte
//! jsonc::plain                                                            settings with comments
//! mcp::reply                                                               what we say ourselves
//! ```
//!
//! What is forwarded is never written anew from a tree: it is the bytes that came, less what an
//! edit takes out. What a second parser could read in another way (repeated or look-alike member
//! names, invalid UTF-8, lone surrogates) is refused, because the decision was made on our reading.

pub mod eventstream;
pub mod json;
pub mod jsonc;
pub mod llm;
pub mod mcp;
pub mod multipart;
pub mod rpc;
pub mod splice;
pub mod sse;
pub mod texts;
pub mod trace;
mod unintelligible;

pub use unintelligible::Unintelligible;
