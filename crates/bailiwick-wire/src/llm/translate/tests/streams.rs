//! Streams.

use super::*;
use crate::llm::{Following, Item, ItemKind, Told};
use crate::sse::Decoder;

const CHAT: &str = include_str!("../../../../corpus/llm_answer/translate_chat.sse");
const MESSAGE: &str = include_str!("../../../../corpus/llm_answer/translate_message.sse");

fn events(stream: &str) -> Vec<Event> {
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(stream.as_bytes()).unwrap();
    std::iter::from_fn(|| decoder.next_event()).collect()
}

/// Translate a stream; what comes out is what would be read from its bytes.
fn turn(asked: Operation, tells_usage: bool, stream: &str) -> Result<String, Untranslatable> {
    let mut translating = Translating::new(asked, tells_usage, 7).expect("it is translated");
    let mut turned = Vec::new();
    for event in events(stream) {
        turned.extend(translating.event(&event)?);
    }
    let bytes: Vec<u8> = turned.iter().flat_map(|it| it.raw.to_vec()).collect();
    assert_eq!(events(&text(&bytes)), turned);
    Ok(text(&bytes))
}

fn followed(operation: Operation, stream: &str) -> Told {
    let mut following = Following::new(operation);
    for event in events(stream) {
        assert!(!following.event(&event).is_unreadable, "{event:?}");
    }
    assert!(following.has_ended(), "{stream}");
    following.into_told()
}

fn said(items: &[Item]) -> Vec<Item> {
    items.iter().filter(|it| it.kind != ItemKind::ToolResult).copied().collect()
}

#[test]
fn a_chat_streams_as_a_message() {
    let turned = turn(Operation::Messages, true, CHAT).unwrap();
    let (before, after) = (followed(Operation::Chat, CHAT), followed(Operation::Messages, &turned));
    assert_eq!((said(&before.items), before.usage), (said(&after.items), after.usage));
    assert_eq!((before.model, after.stop.as_deref()), (after.model, Some("tool_use")));
    let kinds: Vec<String> = events(&turned).into_iter().filter_map(|it| it.event).collect();
    assert_eq!(
        kinds,
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    assert!(
        turned.contains(r#""content_block":{"type":"tool_use","id":"t1","name":"w","input":{}}"#)
    );
}

#[test]
fn a_message_streams_as_a_chat() {
    for tells_usage in [true, false] {
        let turned = turn(Operation::Chat, tells_usage, MESSAGE).unwrap();
        let before = followed(Operation::Messages, MESSAGE);
        let after = followed(Operation::Chat, &turned);
        assert_eq!(after.usage.is_some(), tells_usage);
        assert!(!tells_usage || before.usage == after.usage);
        assert_eq!((before.model, after.stop.as_deref()), (after.model, Some("tool_calls")));
        // Thinking stays behind, and a call without arguments has an empty object.
        assert_eq!(after.items.len(), 3);
        assert!(turned.contains(r#""delta":{"content":" warm"}"#));
        assert!(turned.contains(r#"{"index":1,"function":{"arguments":"{}"}}"#));
        assert!(turned.contains(": ping\n\n"));
    }
    let message = turn(Operation::Messages, true, &turn(Operation::Chat, true, MESSAGE).unwrap());
    let again = followed(Operation::Messages, &message.unwrap());
    assert_eq!(again.usage, followed(Operation::Messages, MESSAGE).usage);
}

#[test]
fn a_stream_without_its_last_event_can_be_ended() {
    for (asked, stream, last, end) in [
        (Operation::Messages, CHAT, "data: [DONE]", "message_stop"),
        (Operation::Chat, MESSAGE, "event: message_stop", "[DONE]"),
    ] {
        let mut translating = Translating::new(asked, false, 7).expect("it is translated");
        let (cut, _) = stream.split_once(last).expect("it has an end");
        for event in events(cut) {
            translating.event(&event).unwrap();
        }
        let said = |events: Vec<Event>| events.iter().map(|it| text(&it.raw)).collect::<String>();
        assert!(said(translating.end()).contains(end), "{asked:?}");
        // Once.
        assert_eq!(translating.end(), []);
    }
}

#[test]
fn an_error_in_a_stream_goes_over() {
    let chat = "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\",\"code\":null}}\n\n";
    let turned = turn(Operation::Messages, true, chat).unwrap();
    assert!(
        turned.starts_with("event: error\ndata: {\"type\":\"error\",")
            && turned.contains("api_error")
    );
    let message = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n";
    let turned = turn(Operation::Chat, true, message).unwrap();
    assert!(turned.starts_with("data: {\"error\":{") && turned.contains("overloaded_error"));
}

#[test]
fn what_a_stream_cannot_say_is_named() {
    for (asked, data, path) in [
        (Operation::Messages, r#"{"choices":[{"index":1,"delta":{}}]}"#, "choices[1]"),
        (Operation::Messages, r#"{"choices":[{"index":0,"delta":{"audio":{}}}]}"#, "audio"),
        (
            Operation::Messages,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b"},{"index":0}]}}]}"#,
            "tool_calls",
        ),
        (
            Operation::Chat,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use"}}"#,
            "content_block.server_tool_use",
        ),
        (
            Operation::Chat,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta"}}"#,
            "delta.compaction_delta",
        ),
    ] {
        let turned = turn(asked, true, &format!("data: {data}\n\n"));
        assert_eq!(turned, Err(Untranslatable::Member(path.into())), "{data}");
    }
    assert!(Translating::new(Operation::Responses, true, 0).is_none());
}
