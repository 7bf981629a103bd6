//! Whole answers and errors.

use super::*;
use crate::llm::{ItemKind, Usage, told};

const CHAT: &str = include_str!("../../../../corpus/llm_ask/told_chat.json");

const MESSAGE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude",
"content":[{"type":"thinking","thinking":"Hm.","signature":"s"},{"type":"text","text":"It is "},
{"type":"text","text":"warm."},{"type":"tool_use","id":"c","name":"w","input":{"in": "Rome"}}],
"stop_reason":"tool_use","usage":{"input_tokens":12,"cache_creation_input_tokens":3,
"cache_read_input_tokens":4,"output_tokens":10,"output_tokens_details":{"thinking_tokens":6}}}"#;

const USAGE: Usage = Usage {
    input: 19,
    cached: 4,
    cache_write: 3,
    cache_write_long: 0,
    audio_input: 0,
    output: 10,
    reasoning: 6,
    audio_output: 0,
};

#[test]
fn a_chat_answers_as_a_message() {
    let turned = answer(Operation::Messages, CHAT.as_bytes(), 7).unwrap();
    assert_eq!(
        text(&turned),
        r#"{"id":"chatcmpl-1","type":"message","role":"assistant","model":"gpt-5.1-2026-01-01","content":[{"type":"text","text":"It is warm."},{"type":"tool_use","id":"c","name":"w","input":{"in": "Rome"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":10,"output_tokens_details":{"thinking_tokens":6}}}"#
    );
    let (before, after) =
        (told(Operation::Chat, CHAT.as_bytes()), told(Operation::Messages, &turned));
    assert_eq!((before.items, before.usage), (after.items, after.usage));
    assert_eq!(after.usage, Some(USAGE));
}

#[test]
fn a_message_answers_as_a_chat() {
    let turned = answer(Operation::Chat, MESSAGE.as_bytes(), 7).unwrap();
    assert_eq!(
        text(&turned),
        r#"{"id":"msg_1","object":"chat.completion","created":7,"model":"claude","choices":[{"index":0,"message":{"role":"assistant","content":"It is warm.","refusal":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"w","arguments":"{\"in\": \"Rome\"}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"completion_tokens_details":{"reasoning_tokens":6}}}"#
    );
    let told = told(Operation::Chat, &turned);
    assert_eq!(told.usage, Some(USAGE));
    assert!(told.items.iter().any(|it| it.kind == ItemKind::Call));
}

#[test]
fn ends_and_refusals_go_over() {
    for (chat, message) in [
        (r#""message":{"content":"a"},"finish_reason":"stop""#, "end_turn"),
        (r#""message":{"content":"a"},"finish_reason":"length""#, "max_tokens"),
        (r#""message":{"content":"a"},"finish_reason":"content_filter""#, "refusal"),
        (r#""message":{"content":null,"refusal":"No."},"finish_reason":"stop""#, "refusal"),
    ] {
        let body = format!(r#"{{"choices":[{{{chat}}}]}}"#);
        let turned = answer(Operation::Messages, body.as_bytes(), 0).unwrap();
        assert_eq!(told(Operation::Messages, &turned).stop.as_deref(), Some(message));
    }
    for (message, chat) in [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
    ] {
        let body = format!(r#"{{"content":[],"stop_reason":"{message}"}}"#);
        let turned = answer(Operation::Chat, body.as_bytes(), 0).unwrap();
        assert_eq!(told(Operation::Chat, &turned).stop.as_deref(), Some(chat));
    }
}

#[test]
fn errors_go_over() {
    for (theirs, ours) in [
        (
            r#"{"error":{"message":"Slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow down","code":"rate_limit_exceeded"}}"#,
        ),
        (
            r#"{"error":{"message":"m","type":"server_error","param":null,"code":null}}"#,
            r#"{"type":"error","error":{"type":"api_error","message":"m","code":"server_error"}}"#,
        ),
    ] {
        assert_eq!(answer(Operation::Messages, theirs.as_bytes(), 0).unwrap(), ours);
    }
    let theirs = br#"{"type":"error","error":{"type":"not_found_error","message":"m"}}"#;
    let ours = r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"not_found_error"}}"#;
    assert_eq!(answer(Operation::Chat, theirs, 0).unwrap(), ours);
}

#[test]
fn what_an_answer_cannot_say_is_named() {
    for (asked, body, path) in [
        (Operation::Messages, r#"{"choices":[{"message":{}},{"message":{}}]}"#, "choices[1]"),
        (Operation::Messages, r#"{"choices":[{"message":{"audio":{}}}]}"#, "audio"),
        (
            Operation::Messages,
            r#"{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"a","arguments":"{"}}]}}]}"#,
            "tool_calls.function.arguments",
        ),
        (
            Operation::Chat,
            r#"{"content":[{"type":"server_tool_use","id":"s"}]}"#,
            "content.server_tool_use",
        ),
    ] {
        let expected = Err(Untranslatable::Member(path.into()));
        assert_eq!(answer(asked, body.as_bytes(), 0), expected, "{body}");
    }
    assert!(answer(Operation::Chat, b"<html>", 0).is_err());
    assert!(answer(Operation::Responses, b"{}", 0).is_err());
}

#[test]
fn an_error_is_told_by_its_status_whatever_its_words_are() {
    let requests = br#"{"error":{"message":"slow down","type":"requests"}}"#;
    assert_eq!(
        text(&error(Operation::Messages, 429, requests)),
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down","code":"requests"}}"#
    );
    let busy = br#"{"type":"error","error":{"type":"overloaded_error","message":"later"}}"#;
    assert_eq!(
        text(&error(Operation::Chat, 503, busy)),
        r#"{"error":{"message":"later","type":"server_error","param":null,"code":"overloaded_error"}}"#
    );
    assert!(text(&error(Operation::Chat, 502, b"<html>")).contains("no readable error"));
}
