//! The words of the protocol: the same bytes for every variant.

use std::fmt::Write as _;

use serde::Deserialize;

/// The header that names a session.
pub(crate) const SESSION: &str = "mcp-session-id";

/// What the far side answers to a handshake.
pub(crate) const INITIALIZED: &str = concat!(
    r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name""#,
    r#":"bench","version":"1"}}"#,
);

/// What the far side offers: all that [`CALL`] says is in its schema.
pub(crate) const TOOLS: &str = concat!(
    r#"{"tools":[{"name":"search_documents","description":"Search documents.","inputSch"#,
    r#"ema":{"type":"object","properties":{"query":{"type":"string"},"limit":{"type":"i"#,
    r#"nteger"},"folders":{"type":"array","items":{"type":"string"}},"changed_after":{""#,
    r#"type":"string"},"include_archived":{"type":"boolean"},"ranking":{"type":"object""#,
    r#","properties":{"semantic":{"type":"number"},"keyword":{"type":"number"}}},"langu"#,
    r#"age":{"type":"string"},"owner":{"type":"string"}},"required":["query"]}}]}"#,
);

/// So many tools, of the size that tools have.
pub(crate) fn many_tools(count: usize) -> String {
    let schema = concat!(
        r#"{"type":"object","properties":{"query":{"type":"string","description":"The words to lo"#,
        r#"ok for"},"limit":{"type":"integer","minimum":1,"maximum":100}},"required":["query"]}"#,
    );
    let about = "Search the documents of one department for words, and show where they stand.";
    let tool = |number: usize| {
        let name = tool_name(number);
        format!("{{\"name\":\"{name}\",\"description\":\"{about}\",\"inputSchema\":{schema}}}")
    };
    let tools: Vec<_> = (0..count).map(tool).collect();
    format!("{{\"tools\":[{}]}}", tools.join(","))
}

/// One tool that says nothing of its arguments.
pub(crate) const BARE_TOOLS: &str =
    r#"{"tools":[{"name":"search_documents","inputSchema":{"type":"object"}}]}"#;

/// So many tools that say of each argument what it may be.
pub(crate) fn strict_tools(count: usize) -> String {
    let schema = concat!(
        r#"{"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":200}"#,
        r#","limit":{"type":"integer","minimum":1,"maximum":100},"folders":{"type":"array","items"#,
        r#"":{"enum":["handbook","finance","legal"]},"maxItems":8},"site":{"type":"string","maxLe"#,
        r#"ngth":200},"file":{"type":"string","maxLength":200},"reply_to":{"type":"string"},"budg"#,
        r#"et":{"type":"number","minimum":0},"ranking":{"type":"object","properties":{"semantic":"#,
        r#"{"type":"number"},"keyword":{"type":"number"}},"additionalProperties":false}},"require"#,
        r#"d":["query","site"],"additionalProperties":false}"#,
    );
    let tools: Vec<_> = (0..count)
        .map(|it| format!("{{\"name\":\"{}\",\"inputSchema\":{schema}}}", tool_name(it)))
        .collect();
    format!("{{\"tools\":[{}]}}", tools.join(","))
}

/// The name of a tool among many.
pub(crate) fn tool_name(number: usize) -> String {
    match number {
        0 => "search_documents".to_owned(),
        more => format!("search_documents_{more}"),
    }
}

/// A call whose arguments mean something: about 360 bytes, too.
pub(crate) const MEANT_CALL: &str = concat!(
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search_documents"#,
    r#"","arguments":{"query":"how are expenses approved","limit":10,"folders":["#,
    r#""handbook","finance"],"site":"https://docs.example.com/handbook/travel","file":"/"#,
    r#"srv/documents/travel.md","reply_to":"ada@example.com","budget":120.50,"ranking":"#,
    r#"{"semantic":0.7,"keyword":0.3}},"_meta":{"progressToken":7}}}"#,
);

/// The question for the list of tools.
pub(crate) const LIST: &str =
    r#"{"jsonrpc":"2.0","id":8,"method":"tools/list","params":{"_meta":{"progressToken":8}}}"#;

/// What a client says when it has taken in the handshake.
pub(crate) const READY: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// What the far side answers to a call.
pub(crate) const ANSWER: &str = concat!(
    r#"{"content":[{"type":"text","text":"3 documents: onboarding.md (score 0.91, chang"#,
    r#"ed 2026-10-02), expenses.md (score 0.84, changed 2026-09-17), travel.md (score 0"#,
    r#".79, changed 2026-11-01)"}],"isError":false}"#,
);

/// What is asked of a server.
#[derive(Deserialize)]
pub(crate) struct Asked {
    pub(crate) id: Option<u64>,
    pub(crate) method: String,
}

/// What a small server answers; `None` to what needs no answer.
pub(crate) fn result(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" => Some(ANSWER),
        "tools/list" => Some(TOOLS),
        "initialize" => Some(INITIALIZED),
        _ => None,
    }
}

/// The handshake of a client.
pub(crate) const INITIALIZE: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-"#,
    r#"11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#,
);

/// The call that is measured: about 360 bytes.
pub(crate) const CALL: &str = concat!(
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search_documents"#,
    r#"","arguments":{"query":"how are travel expenses of contractors approved","limit""#,
    r#":10,"folders":["handbook","finance","legal"],"changed_after":"2026-01-01","inclu"#,
    r#"de_archived":false,"ranking":{"semantic":0.7,"keyword":0.3},"language":"en","own"#,
    r#"er":"people-operations"},"_meta":{"progressToken":7}}}"#,
);

/// A request's bytes.
pub(crate) fn request(path: &str, token: &str, session: Option<&str>, body: &str) -> Vec<u8> {
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
        assert!((340..=380).contains(&super::MEANT_CALL.len()), "{}", super::MEANT_CALL.len());
        let (many, strict) = (super::many_tools(3), super::strict_tools(3));
        let calls = [super::CALL, super::MEANT_CALL, super::INITIALIZE, super::ANSWER];
        for text in calls.into_iter().chain([super::TOOLS, super::BARE_TOOLS, &many, &strict]) {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        }
    }
}
