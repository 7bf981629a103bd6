//! The words of the protocol: the same bytes for every variant.

use std::fmt::Write as _;

/// The header that names a session.
pub(super) const SESSION: &str = "mcp-session-id";

/// What the far side answers to a handshake.
pub(super) const INITIALIZED: &str = concat!(
    r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name""#,
    r#":"bench","version":"1"}}"#,
);

/// What the far side offers.
pub(super) const TOOLS: &str = concat!(
    r#"{"tools":[{"name":"search_documents","description":"Search documents.","inputSch"#,
    r#"ema":{"type":"object","properties":{"query":{"type":"string"},"limit":{"type":"i"#,
    r#"nteger"}},"required":["query"]}}]}"#,
);

/// What the far side answers to a call.
pub(super) const ANSWER: &str = concat!(
    r#"{"content":[{"type":"text","text":"3 documents: onboarding.md (score 0.91, chang"#,
    r#"ed 2026-10-02), expenses.md (score 0.84, changed 2026-09-17), travel.md (score 0"#,
    r#".79, changed 2026-11-01)"}],"isError":false}"#,
);

/// The handshake of a client.
pub(super) const INITIALIZE: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-"#,
    r#"11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#,
);

/// The call that is measured: about 360 bytes.
pub(super) const CALL: &str = concat!(
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search_documents"#,
    r#"","arguments":{"query":"how are travel expenses of contractors approved","limit""#,
    r#":10,"folders":["handbook","finance","legal"],"changed_after":"2026-01-01","inclu"#,
    r#"de_archived":false,"ranking":{"semantic":0.7,"keyword":0.3},"language":"en","own"#,
    r#"er":"people-operations"},"_meta":{"progressToken":7}}}"#,
);

/// A request's bytes.
pub(super) fn request(path: &str, token: &str, session: Option<&str>, body: &str) -> Vec<u8> {
    let mut text = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\naccept: application/json, text/event-stream\r\n\
         mcp-protocol-version: 2025-11-25\r\n"
    );
    if let Some(session) = session {
        let _ = write!(text, "{SESSION}: {session}\r\n");
    }
    let _ = write!(text, "content-length: {}\r\n\r\n{body}", body.len());
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_call_has_the_size_that_is_told() {
        assert!((340..=380).contains(&super::CALL.len()), "{}", super::CALL.len());
        for text in [super::CALL, super::INITIALIZE, super::TOOLS, super::ANSWER] {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        }
    }
}
