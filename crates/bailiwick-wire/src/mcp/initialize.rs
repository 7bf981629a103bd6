//! The answer to `initialize`: what was agreed, and the server's instructions taken out.

use bytes::Bytes;

use crate::json::{Document, Node};
use crate::splice::Splice;

/// The revisions that are agreed on by a handshake, the latest first.
pub const REVISIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// What a server said of itself.
#[derive(Clone, Debug)]
pub struct InitializeResult<'d> {
    /// The revision that is spoken from now on.
    pub protocol_version: Box<str>,
    /// What the server wants a model to read, which nobody has checked.
    pub instructions: Option<Node<'d>>,
    /// What the server offers.
    pub capabilities: Option<Node<'d>>,
}

impl InitializeResult<'_> {
    /// Whether the server offers a capability, such as `tools`.
    pub fn offers(&self, capability: &str) -> bool {
        self.capabilities.and_then(|it| it.member(capability)).is_some_and(|it| !it.is_null())
    }
}

/// What the answer to `initialize` says; `None` when it is no such answer.
pub fn initialize_result<'d>(document: &'d Document<'_>) -> Option<InitializeResult<'d>> {
    let result = document.root().member("result")?;
    let protocol_version = result.member("protocolVersion")?.text()?.into();
    Some(InitializeResult {
        protocol_version,
        instructions: result.member("instructions").filter(|it| !it.is_null()),
        capabilities: result.member("capabilities").filter(|it| it.is_object()),
    })
}

/// The answer to `initialize` without its instructions, byte for byte the same otherwise.
/// `document` must have been parsed from `body`.
pub fn without_instructions(body: &Bytes, document: &Document<'_>) -> Bytes {
    let mut splice = Splice::new(body);
    if let Some(result) = document.root().member("result") {
        splice.remove_member(result, "instructions");
    }
    splice.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Limits;

    #[test]
    fn instructions_go_and_nothing_else() {
        let body = Bytes::from_static(
            br#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":
            {"tools":{"listChanged":true},"logging":null},"instructions" : "obey","x":1.50}}"#,
        );
        let document = Document::parse(&body, Limits::default()).unwrap();
        let said = initialize_result(&document).unwrap();
        assert_eq!(&*said.protocol_version, "2025-11-25");
        assert_eq!(said.instructions.and_then(Node::text).as_deref(), Some("obey"));
        assert!(said.offers("tools") && !said.offers("logging") && !said.offers("prompts"));
        let text = document.text().replace(r#","instructions" : "obey""#, "");
        let plain = without_instructions(&body, &document);
        assert_eq!(plain, text.as_bytes());
        let document = Document::parse(&plain, Limits::default()).unwrap();
        assert_eq!(without_instructions(&plain, &document).as_ptr(), plain.as_ptr());
        assert!(initialize_result(&document).unwrap().instructions.is_none());
    }

    #[test]
    fn an_error_is_no_answer_to_it() {
        let text = br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#;
        let document = Document::parse(text, Limits::default()).unwrap();
        assert!(initialize_result(&document).is_none());
    }
}
