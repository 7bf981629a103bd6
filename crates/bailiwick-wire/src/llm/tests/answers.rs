//! What whole answers tell.

use super::*;
use crate::splice::Splice;

const CHAT: &str = include_str!("../../../corpus/llm_ask/told_chat.json");

const RESPONSE: &str = include_str!("../../../corpus/llm_ask/told_response.json");

const MESSAGE: &str = include_str!("../../../corpus/llm_ask/told_message.json");

fn state(told: &Told) -> Vec<&str> {
    told.state.iter().map(|it| &**it).collect()
}

#[test]
fn a_chat_tells() {
    let told = told(Operation::Chat, CHAT.as_bytes());
    assert_eq!(told.model.as_deref(), Some("gpt-5.1-2026-01-01"));
    let usage = Usage {
        input: 19,
        cached: 4,
        cache_write: 3,
        output: 10,
        reasoning: 6,
        ..Usage::default()
    };
    assert_eq!((told.usage, told.stop.as_deref()), (Some(usage), Some("tool_calls")));
    assert!(said(&told.items, Role::Assistant, ItemKind::Text, "It is warm."));
    assert!(said(&told.items, Role::Assistant, ItemKind::Call, r#"{"in":"Rome"}"#));
    assert_eq!((told.items.len(), state(&told), told.is_error), (2, vec![], false));
}

#[test]
fn a_response_tells() {
    let told = told(Operation::Responses, RESPONSE.as_bytes());
    let usage = Usage {
        input: 36,
        cached: 1,
        cache_write: 2,
        output: 87,
        reasoning: 9,
        ..Usage::default()
    };
    assert_eq!((told.usage, told.stop.as_deref()), (Some(usage), Some("max_output_tokens")));
    for text in ["Hm.", "Warm.", "No."] {
        assert!(said(&told.items, Role::Assistant, ItemKind::Text, text), "{text}");
    }
    assert_eq!(state(&told), ["resp_1", "rs_1", "ci_1", "msg_1", "fc_1", "cntr_1", "cfile_1"]);
}

#[test]
fn a_message_tells() {
    let told = told(Operation::Messages, MESSAGE.as_bytes());
    let usage = Usage {
        input: 67,
        cached: 30,
        cache_write: 20,
        output: 6,
        reasoning: 2,
        ..Usage::default()
    };
    assert_eq!((told.usage, told.stop.as_deref()), (Some(usage), Some("tool_use")));
    assert!(said(&told.items, Role::Assistant, ItemKind::Text, "Warm."));
    assert!(said(&told.items, Role::Assistant, ItemKind::Call, r#"{"in":"Rome"}"#));
    assert!(told.items.iter().any(|it| it.kind == ItemKind::ToolResult));
    assert_eq!(state(&told), ["msg_1", "container_1"]);
}

#[test]
fn only_what_was_made_is_the_callers() {
    for (operation, body, made) in [
        (
            Operation::Responses,
            r#"{"id":"resp_1","previous_response_id":"resp_0","conversation":{"id":"conv_1"},"output":[{"id":"fs_1","type":"file_search_call","results":[{"file_id":"file-1"}]},{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"a","annotations":[{"type":"file_citation","file_id":"file-2"},{"type":"file_path","file_id":"file-3"}]}]}]}"#,
            &["resp_1", "fs_1", "msg_1", "file-3"][..],
        ),
        (
            Operation::Messages,
            r#"{"id":"msg_1","content":[{"type":"text","text":"a","citations":[{"type":"page_location","file_id":"file_1"}]},{"type":"bash_code_execution_tool_result","content":{"type":"bash_code_execution_result","content":[{"type":"bash_code_execution_output","file_id":"file_2"}]}},{"type":"tool_use","input":{"type":"file_path","file_id":"file_3"}}]}"#,
            &["msg_1", "file_2"],
        ),
        (
            Operation::Chat,
            r#"{"id":"chatcmpl-1","choices":[{"message":{"audio":{"id":"audio_1","transcript":"a"}}}]}"#,
            &["audio_1"],
        ),
    ] {
        assert_eq!(state(&told(operation, body.as_bytes())), made);
    }
}

#[test]
fn other_answers_tell() {
    let embedded = br#"{"object":"list","data":[{"embedding":[0.5],"index":0}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
    let told_of = told(Operation::Embeddings, embedded);
    assert_eq!(told_of.usage, Some(Usage { input: 8, ..Usage::default() }));
    assert_eq!(told_of.model.as_deref(), Some("text-embedding-3-small"));
    let counted = told(Operation::CountTokens, br#"{"input_tokens":2095}"#);
    assert_eq!(counted.usage, Some(Usage::default()), "counting is free");
    for (operation, error) in [
        (Operation::Chat, r#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#),
        (
            Operation::Responses,
            r#"{"id":"resp_1","status":"failed","error":{"code":"server_error"}}"#,
        ),
        (
            Operation::Messages,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
        ),
    ] {
        assert!(told(operation, error.as_bytes()).is_error, "{error}");
    }
    assert_eq!(told(Operation::Chat, b"<html>"), Told::default());
}

#[test]
fn every_text_of_an_answer_has_its_place() {
    for (operation, body, expected) in [
        (Operation::Chat, CHAT, &["It is warm.", "{\"in\": \"Rome\"}"][..]),
        (
            Operation::Responses,
            RESPONSE,
            &["Hm.", "print(1)", "Warm.", "cfile_1", "cntr_1", "No.", "{}"],
        ),
        (
            Operation::Messages,
            MESSAGE,
            &["Hm.", "Warm.", "warm", "query", "rome", "Rome", "https://x.example", "in", "Rome"],
        ),
        (Operation::Embeddings, "{}", &[]),
        (
            Operation::Embeddings,
            r#"{"error":{"message":"Incorrect key: sk-1","type":"t","code":"invalid_api_key"}}"#,
            &["Incorrect key: sk-1", "invalid_api_key"],
        ),
    ] {
        let texts = texts(operation, body.as_bytes());
        let said: Vec<&str> = texts.iter().map(|it| &*it.text).collect();
        assert_eq!(said, expected);
        let mut channels: Vec<u64> = texts.iter().map(|it| it.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        assert_eq!(channels.len(), texts.len(), "each is a text of its own");
        let body = Bytes::copy_from_slice(body.as_bytes());
        let mut splice = Splice::new(&body);
        for text in &texts {
            splice.replace(text.span.clone(), b"\"masked\"".as_slice());
        }
        let masked = splice.finish();
        let again = super::texts(operation, &masked);
        assert!(again.iter().all(|it| &*it.text == "masked") && again.len() == texts.len());
    }
}

#[test]
fn what_has_a_price_beside_tokens_is_told() {
    let told_of = |operation, json: &str| told(operation, json.as_bytes());
    let uses = |told: &Told| -> Vec<String> {
        told.uses.iter().map(|(kind, count)| format!("{kind} {count}")).collect()
    };
    let message = told_of(
        Operation::Messages,
        r#"{"service_tier":"no","usage":{"input_tokens":1,"output_tokens":2,
        "cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":2,
        "ephemeral_1h_input_tokens":7},"service_tier":"standard","speed":"fast",
        "inference_geo":"us","server_tool_use":{"web_search_requests":3,"web_fetch_requests":0}}}"#,
    );
    assert_eq!(message.usage.unwrap().cache_write_long, 7);
    assert_eq!(message.class.word().as_deref(), Some("fast+us"));
    assert_eq!(uses(&message), ["web_search 3"]);
    let chat = told_of(
        Operation::Chat,
        r#"{"service_tier":"priority","usage":{"prompt_tokens":9,"completion_tokens":8,
        "prompt_tokens_details":{"audio_tokens":4},"completion_tokens_details":{"audio_tokens":5}}}"#,
    );
    let usage = chat.usage.unwrap();
    assert_eq!((usage.audio_input, usage.audio_output), (4, 5));
    assert_eq!(chat.class.word().as_deref(), Some("priority"));
    let response = told_of(
        Operation::Responses,
        r#"{"service_tier":"default","output":[{"type":"web_search_call","action":{"type":"search"}},
        {"type":"web_search_call","action":{"type":"open_page"}},{"type":"function_call"},
        {"type":"code_interpreter_call","container_id":"c"},{"type":"mcp_call"},
        {"type":"code_interpreter_call","container_id":"c"},{"type":"web_search_call"}]}"#,
    );
    assert_eq!(response.class.word(), None);
    assert_eq!(uses(&response), ["code_interpreter 1", "mcp 1", "web_search 2"]);
}
