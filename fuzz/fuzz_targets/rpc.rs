//! JSON-RPC and MCP: whatever a peer sends, reading it for a decision ends, and reads one message.
#![no_main]

use bailiwick_core::{Action, ServerId};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp;
use bailiwick_wire::rpc::{Message, batch};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

const LISTS: [Action; 4] =
    [Action::ListTools, Action::ListPrompts, Action::ListResources, Action::ListTemplates];

fuzz_target!(|bytes: &[u8]| {
    let body = Bytes::copy_from_slice(bytes);
    let Ok(document) = Document::parse(&body, Limits::default()) else { return };
    if let Ok(message) = Message::read(&document) {
        let server = ServerId::from("fuzzed");
        let _ = mcp::interpret(&server, &message);
        let _ = mcp::interpret_server(&server, &message);
        let _ = mcp::notice(&message);
        if let Some(id) = message.id() {
            check_reply(&mcp::reply::unknown_tool(id));
        }
    }
    for message in batch(&body, &document).into_iter().flatten() {
        check_reply(&message);
    }
    for action in LISTS {
        if let Ok(listed) = mcp::read_list(action, &document) {
            let none = vec![false; listed.names.len()];
            let emptied = listed.filter(&body, &document, &none);
            let again = Document::parse(&emptied, Limits::default()).expect("still JSON");
            let left = mcp::read_list(action, &again).expect("still a list");
            assert!(left.names.is_empty(), "hidden names are left: {:?}", left.names);
        }
    }
    check_reply(&mcp::without_instructions(&body, &document));
});

/// What we say ourselves, or edit, can be read again.
fn check_reply(bytes: &[u8]) {
    Document::parse(bytes, Limits::default()).expect("ours is JSON");
}
