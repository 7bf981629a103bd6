//! Streams in the shapes that the vendors document.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::Digest;

use super::*;
use crate::json::Node;
use crate::llm::{ItemKind, Role, Usage, with_text};
use crate::sse::Decoder;

fn events(stream: &str) -> Vec<Event> {
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(stream.as_bytes()).unwrap();
    std::iter::from_fn(|| decoder.next_event()).collect()
}

/// A stream of unnamed events.
fn chunks(lines: &[&str]) -> String {
    lines.iter().map(|it| format!("data: {it}\n\n")).collect()
}

/// A stream of events that are named as their data says.
fn typed(lines: &[&str]) -> String {
    let name = |line: &str| {
        let document = Document::parse(line.as_bytes(), Limits::default()).expect("JSON");
        document.root().member("type").and_then(Node::text).expect("a type").into_owned()
    };
    lines.iter().map(|it| named(&name(it), it)).collect()
}

/// The first events of a stream.
fn first(count: usize, stream: &str) -> &str {
    let end = stream.match_indices("\n\n").nth(count - 1).expect("as many events").0;
    &stream[..end + 2]
}

/// Follow a stream, and hold every event to what must be true of any.
fn follow(operation: Operation, stream: &str) -> (Following, Vec<Step>) {
    let mut following = Following::new(operation);
    let mut steps = Vec::new();
    for event in events(stream) {
        let step = following.event(&event);
        for delta in &step.deltas {
            let same = with_text(&event, delta.span.clone(), &delta.text);
            let again = events(std::str::from_utf8(&same).unwrap()).remove(0);
            let other = with_text(&event, delta.span.clone(), "\"\n");
            assert!(Document::parse(&again.data, Limits::default()).is_ok());
            assert_eq!(events(std::str::from_utf8(&other).unwrap()).len(), 1);
            assert_eq!(again.event, event.event);
        }
        for why in [Ending::Length, Ending::Filter] {
            well_ended(operation, &following, why);
        }
        steps.push(step);
    }
    (following, steps)
}

/// What ends a stream is whole events of JSON, and is understood as an end.
fn well_ended(operation: Operation, following: &Following, why: Ending) -> String {
    let ending = String::from_utf8(following.ending(why).to_vec()).unwrap();
    let closing = events(&ending);
    assert_eq!(closing.iter().map(|it| it.raw.len()).sum::<usize>(), ending.len(), "whole events");
    let mut after = Following::new(operation);
    for event in &closing {
        assert!(!after.event(event).is_unreadable, "{ending}");
    }
    assert!(after.has_ended() || following.has_ended());
    ending
}

fn texts(steps: &[Step]) -> Vec<&str> {
    let pieces = steps.iter().flat_map(|it| &it.deltas).filter(|it| !it.is_whole);
    pieces.map(|it| &*it.text).collect()
}

fn whole(steps: &[Step]) -> Vec<&str> {
    let repeated = steps.iter().flat_map(|it| &it.deltas).filter(|it| it.is_whole);
    repeated.map(|it| &*it.text).collect()
}

fn told(following: &Following, kind: ItemKind, text: &str) -> bool {
    let digest = Digest::of(text.as_bytes());
    following
        .told()
        .items
        .iter()
        .any(|it| (it.role, it.kind, it.digest) == (Role::Assistant, kind, digest))
}

const CHAT: &str = include_str!("../../../corpus/llm_answer/chat.sse");

#[test]
fn a_chat_is_followed() {
    let (following, steps) = follow(Operation::Chat, CHAT);
    assert_eq!(texts(&steps), ["It is", " warm", "{", "{\"in\": \"Rome\"}", " }", "Cold", "Hm"]);
    assert!(whole(&steps).is_empty());
    assert_eq!(following.output_bytes(), 33);
    assert!(told(&following, ItemKind::Text, "It is warm"));
    assert!(told(&following, ItemKind::Call, r#"{"in":"Rome"}"#));
    assert!(told(&following, ItemKind::Call, "{}"));
    assert!(told(&following, ItemKind::Text, "Cold") && told(&following, ItemKind::Text, "Hm"));
    let usage = Usage { input: 9, output: 12, ..Usage::default() };
    assert_eq!(following.told().usage, Some(usage));
    assert_eq!(following.told().model.as_deref(), Some("gpt-5.1"));
    let only: Vec<bool> = steps.iter().map(|it| it.is_usage_only).collect();
    assert_eq!(only.iter().position(|it| *it), Some(8));
    assert_eq!(steps[6].ended.len(), 3, "the first choice has a text and two calls");
    assert!(steps[9].is_last && following.has_ended());
    assert!(following.ending(Ending::Length).is_empty());
}

/// A broker repeats reasoning under a name of its own, and the text so far beside the piece.
#[test]
fn texts_under_names_that_no_api_has_are_followed_in_pieces() {
    let chunk = |a: &str, so_far: &str| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":"x","reasoning_details":[{{"type":"reasoning.text","text":"{a}","index":3}}]}},"message":{{"content":"{so_far}"}},"text":"t{a}"}}]}}"#
        )
    };
    let last = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let (one, two) = (chunk("sk-", "1"), chunk("abc", "2"));
    let (following, steps) = follow(Operation::Chat, &chunks(&[&one, &two, last]));
    let mut joined: BTreeMap<u64, String> = BTreeMap::new();
    for delta in steps.iter().flat_map(|it| &it.deltas) {
        joined.entry(delta.channel).or_default().push_str(&delta.text);
    }
    let joined: BTreeSet<&str> = joined.values().map(String::as_str).collect();
    assert_eq!(joined, BTreeSet::from(["xx", "sk-abc", "12", "tsk-tabc"]));
    assert_eq!(steps[2].ended.len(), 4, "{:?}", steps[2].ended);
    assert_eq!(following.output_bytes(), 2, "what is repeated is not counted again");
}

#[test]
fn a_chat_is_ended_where_it_stands() {
    let none = Following::new(Operation::Chat);
    assert!(well_ended(Operation::Chat, &none, Ending::Length).contains(r#""index":0"#));
    let (following, _) = follow(Operation::Chat, first(7, CHAT));
    let ending = well_ended(Operation::Chat, &following, Ending::Filter);
    assert_eq!(
        ending,
        "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"gpt-5.1\",\
         \"choices\":[{\"index\":1,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"content_filter\"}]}\n\n\
         data: [DONE]\n\n"
    );
    let (cut, _) = follow(Operation::Chat, first(3, CHAT));
    assert!(cut.told().items.is_empty());
    let left = cut.into_told();
    assert_eq!(left.items.len(), 1);
    assert_eq!(left.items[0].digest, Digest::of(b"It is warm"));
}

const RESPONSE: &str = include_str!("../../../corpus/llm_answer/response.sse");

#[test]
fn a_response_is_followed() {
    let (following, steps) = follow(Operation::Responses, RESPONSE);
    assert_eq!(texts(&steps), ["Hm.", "It is", " warm", "{ }", "print(1)"]);
    let repeated = whole(&steps);
    assert_eq!(repeated.iter().filter(|it| **it == "It is warm").count(), 4, "{repeated:?}");
    assert!(repeated.contains(&"{ }") && repeated.contains(&"Hm."));
    assert!(told(&following, ItemKind::Text, "Hm."));
    assert!(told(&following, ItemKind::Text, "It is warm"));
    assert!(told(&following, ItemKind::Call, "{}"));
    assert!(told(&following, ItemKind::Call, "print(1)"));
    assert_eq!(following.told().items.len(), 4, "what is said twice is one item");
    assert_eq!(following.output_bytes(), 24);
    assert_eq!(following.told().model.as_deref(), Some("gpt-5.1-2026"));
    assert_eq!(following.told().stop.as_deref(), Some("completed"));
    let usage = Usage { input: 3, output: 4, reasoning: 1, ..Usage::default() };
    assert_eq!(following.told().usage, Some(usage));
    for id in ["resp_1", "msg_1", "ci_1", "cntr_1"] {
        assert!(following.told().state.iter().any(|it| **it == *id), "{id}");
    }
    assert!(following.has_ended());
}

#[test]
fn what_is_only_told_whole_counts_once() {
    let item = r#"{"id":"mcp_1","type":"mcp_call","name":"n","server_label":"l","arguments":"{ }","output":"warm"}"#;
    let text = r#"{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"Yes"}]}"#;
    let stream = typed(&[
        &format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{item}}}"#),
        &format!(
            r#"{{"type":"response.completed","response":{{"id":"resp_1","output":[{item},{text}]}}}}"#
        ),
    ]);
    let (following, steps) = follow(Operation::Responses, &stream);
    assert_eq!(whole(&steps), ["{ }", "warm", "Yes", "{ }", "warm"]);
    assert_eq!(following.output_bytes(), 6, "what a tool gave is not the model's own");
    let kinds: Vec<ItemKind> = following.told().items.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [ItemKind::Call, ItemKind::ToolResult, ItemKind::Text]);
}

#[test]
fn every_kind_of_text_has_a_channel_of_its_own() {
    let (kinds, arguments) = (
        ["output_text", "refusal", "reasoning_text", "reasoning_summary_text", "audio.transcript"],
        ["function_call_arguments", "custom_tool_call_input", "mcp_call_arguments"],
    );
    let event =
        |kind: &str| format!(r#"{{"type":"response.{kind}.delta","output_index":1,"delta":"a"}}"#);
    let lines: Vec<String> = kinds.iter().chain(&arguments).map(|it| event(it)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (following, steps) = follow(Operation::Responses, &typed(&lines));
    let mut channels: Vec<u64> = steps.iter().map(|it| it.deltas[0].channel).collect();
    channels.dedup();
    assert_eq!(channels.len(), kinds.len() + 1);
    let told = following.into_told();
    assert_eq!(told.items.iter().filter(|it| it.kind == ItemKind::Call).count(), 1);
    let shell = r#"{"type":"response.shell_call_output_content.delta","output_index":0,"command_index":1,"delta":{"stdout":"a","stderr":"b"}}"#;
    let sound = r#"{"type":"response.audio.delta","delta":"AAAA"}"#;
    let (_, steps) = follow(Operation::Responses, &typed(&[shell, sound]));
    assert_eq!(texts(&steps), ["a", "b"]);
    let chat = r#"{"choices":[{"index":0,"delta":{"refusal":"No","function_call":{"arguments":"{}"},"audio":{"transcript":"Hi","data":"AA"}}}]}"#;
    let (_, steps) = follow(Operation::Chat, &chunks(&[chat]));
    assert_eq!(texts(&steps), ["No", "Hi", "{}"]);
}

#[test]
fn a_response_is_ended_where_it_stands() {
    let (following, _) = follow(Operation::Responses, first(9, RESPONSE));
    let ending = well_ended(Operation::Responses, &following, Ending::Length);
    assert_eq!(
        ending,
        "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"sequence_number\":9,\
         \"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":5,\
         \"status\":\"incomplete\",\"error\":null,\
         \"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"instructions\":null,\
         \"model\":\"gpt-5.1\",\"output\":[],\"parallel_tool_calls\":true,\"temperature\":1.0,\
         \"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"usage\":null}}\n\n"
    );
    let none = Following::new(Operation::Responses);
    let whole = well_ended(Operation::Responses, &none, Ending::Filter);
    assert!(whole.starts_with("event: response.created\n"), "{whole}");
    assert!(whole.contains(r#""reason":"content_filter""#));
}

const MESSAGE: &str = include_str!("../../../corpus/llm_answer/message.sse");

#[test]
fn a_message_is_followed() {
    let (following, steps) = follow(Operation::Messages, MESSAGE);
    assert_eq!(texts(&steps), ["Hm.", "It is", " warm", "{\"in\": \"Ro", "me\"}"]);
    assert_eq!(whole(&steps), ["warm", "Rome", "https://x.example"]);
    assert!(told(&following, ItemKind::Text, "Hm."));
    assert!(told(&following, ItemKind::Text, "It is warm"));
    assert!(told(&following, ItemKind::Call, r#"{"in":"Rome"}"#));
    assert!(following.told().items.iter().any(|it| it.kind == ItemKind::ToolResult));
    let usage = Usage { input: 30, cached: 5, output: 15, ..Usage::default() };
    assert_eq!(following.told().usage, Some(usage));
    assert_eq!(following.told().stop.as_deref(), Some("tool_use"));
    assert!(following.told().state.iter().any(|it| **it == *"container_1"));
    assert!(following.has_ended() && steps[19].is_last && !steps[18].is_last);
}

#[test]
fn a_message_is_ended_where_it_stands() {
    let (following, _) = follow(Operation::Messages, first(9, MESSAGE));
    assert_eq!(
        well_ended(Operation::Messages, &following, Ending::Length),
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n\
         event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\",\
         \"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}\n\n\
         event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
    );
    let (stopped, _) = follow(Operation::Messages, first(19, MESSAGE));
    assert_eq!(
        well_ended(Operation::Messages, &stopped, Ending::Filter),
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
    );
    let none = Following::new(Operation::Messages);
    let whole = well_ended(Operation::Messages, &none, Ending::Filter);
    assert!(whole.starts_with("event: message_start\n") && whole.contains("refusal"), "{whole}");
}

#[test]
fn a_stream_is_ended_where_it_was_marked() {
    for (operation, stream) in
        [(Operation::Chat, CHAT), (Operation::Responses, RESPONSE), (Operation::Messages, MESSAGE)]
    {
        let mut following = Following::new(operation);
        let mut marks = Vec::new();
        for event in events(stream) {
            marks.push((following.mark(), following.ending(Ending::Filter)));
            following.event(&event);
        }
        assert!(following.ending(Ending::Filter).is_empty());
        for (mark, ending) in marks {
            assert_eq!(mark.ending(Ending::Filter), ending);
            assert!(!ending.is_empty());
        }
    }
}

#[test]
fn errors_end_a_stream() {
    for (operation, stream, word) in [
        (
            Operation::Chat,
            chunks(&[r#"{"error":{"message":"m","type":"server_error","code":null}}"#]),
            "server_error",
        ),
        (
            Operation::Responses,
            typed(&[
                r#"{"type":"error","code":"rate_limit_exceeded","message":"m","param":null,"sequence_number":1}"#,
            ]),
            "rate_limit_exceeded",
        ),
        (
            Operation::Responses,
            typed(&[
                r#"{"type":"response.failed","sequence_number":1,"response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"m"},"output":[]}}"#,
            ]),
            "server_error",
        ),
        (
            Operation::Messages,
            typed(&[
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            ]),
            "overloaded_error",
        ),
    ] {
        let (following, steps) = follow(operation, &stream);
        assert!(following.told().is_error && following.has_ended() && steps[0].is_last);
        let said = whole(&steps);
        assert!(said.contains(&"m") || said.contains(&"Overloaded"), "{said:?}");
        assert_eq!(following.output_bytes(), 0);
        assert_eq!(following.told().stop.as_deref(), Some(word), "{stream}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let (following, steps) = follow(Operation::Chat, ": ping\n\ndata: {\n\ndata:[DONE]\n\n");
    assert_eq!(steps.iter().map(|it| it.is_unreadable).collect::<Vec<_>>(), [false, true, false]);
    assert!(following.has_ended());
}

#[test]
fn a_text_is_replaced_where_it_stands() {
    for (stream, expected) in [
        (
            "data:  {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\nid: 3\r\n\r\n",
            "data:  {\"choices\":[{\"delta\":{\"content\":\"b\\n\"}}]}\r\nid: 3\r\n\r\n",
        ),
        (
            "\u{feff}: x\ndata: {\"choices\":\ndata:[{\"delta\":\ndata\ndata:{\"content\":\"a\"}}]}\n\n",
            "\u{feff}: x\ndata: {\"choices\":\ndata:[{\"delta\":\ndata\ndata:{\"content\":\"b\\n\"}}]}\n\n",
        ),
    ] {
        let event = events(stream).remove(0);
        let step = Following::new(Operation::Chat).event(&event);
        assert_eq!(with_text(&event, step.deltas[0].span.clone(), "b\n"), expected);
    }
    let raw = Bytes::from_static(b"data: other\n\n");
    let data = Bytes::from_static(b"{\"a\":\"b\"}");
    let event = Event { raw, event: Some("e".into()), id: None, retry: None, data };
    assert_eq!(with_text(&event, 5..8, "c"), "event: e\ndata: {\"a\":\"c\"}\n\n");
}
