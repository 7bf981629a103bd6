//! Requests.

use proptest::prelude::*;

use super::*;
use crate::json::quote;
use crate::llm::{Item, ItemKind};

const CHAT: &str = include_str!("../../../../corpus/llm_ask/translate_chat.json");
const MESSAGE: &str = include_str!("../../../../corpus/llm_ask/translate_message.json");

/// Translate, and hold the result to what must be true of any.
fn turn(asked: Operation, body: &str) -> Result<String, Untranslatable> {
    let turned = request(asked, body.as_bytes())?;
    let other = counterpart(asked).expect("it has one");
    let (before, after) = (ask(asked, body.as_bytes()), ask(other, &turned));
    assert_eq!((before.model, before.stream), (after.model, after.stream));
    assert_eq!(before.output_max, after.output_max);
    assert_eq!((before.tools, before.chosen), (after.tools, after.chosen));
    assert_eq!(said(&before.items), said(&after.items), "{body}");
    assert!(after.tells_usage || !after.stream);
    Ok(text(&turned))
}

/// What must be the same in both: all but images and files, whose data is spelled otherwise, and
/// texts of nothing.
fn said(items: &[Item]) -> Vec<Item> {
    let nothing = bailiwick_core::Digest::of(b"");
    let kept = items.iter().filter(|it| match it.kind {
        ItemKind::Text => it.digest != nothing,
        ItemKind::ToolResult => true,
        // No arguments are said to be an empty object.
        ItemKind::Call | ItemKind::Image | ItemKind::File => false,
    });
    kept.copied().collect()
}

#[test]
fn a_chat_becomes_a_message() {
    let turned = compact(&turn(Operation::Chat, CHAT).unwrap());
    let expected = r#"{"model":"m","max_tokens":60,"system":[
        {"type":"text","text":"Be brief."},
        {"type":"text","text":"And kind.","cache_control":{"type":"ephemeral"}}],
      "messages":[
        {"role":"user","content":[{"type":"text","text":"What is \"this\"?"},
          {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
          {"type":"image","source":{"type":"url","url":"https://x.example/a.png"}},
          {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"},
           "title":"a.pdf"}]},
        {"role":"assistant","content":[
          {"type":"tool_use","id":"c1","name":"look","input":{"at":"Rome"}},
          {"type":"tool_use","id":"c2","name":"look","input":{}}]},
        {"role":"user","content":[
          {"type":"tool_result","tool_use_id":"c1","content":"warm"},
          {"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"cold"}]}]},
        {"role":"user","content":[{"type":"text","text":"So?"}]}],
      "stream":true,"temperature":0.5,"top_p":0.9,"stop_sequences":["END"],
      "tools":[
        {"name":"look","description":"Looks.","input_schema":{"type":"object"},"strict":true},
        {"name":"stop","input_schema":{"type":"object","properties":{}}}],
      "tool_choice":{"type":"tool","name":"look","disable_parallel_tool_use":true},
      "output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},
      "metadata":{"user_id":"u-1"},"service_tier":"standard_only"}"#;
    assert_eq!(turned, compact(expected));
}

#[test]
fn a_message_becomes_a_chat() {
    let turned = compact(&turn(Operation::Messages, MESSAGE).unwrap());
    let expected = r#"{"model":"m","max_completion_tokens":60,"messages":[
        {"role":"system","content":[{"type":"text","text":"Be brief.",
          "prompt_cache_breakpoint":{"mode":"explicit"}}]},
        {"role":"user","content":[{"type":"text","text":"What is \"this\"?"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
          {"type":"image_url","image_url":{"url":"https://x.example/a.png"}},
          {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}}]},
        {"role":"assistant","content":[{"type":"text","text":"Let me look."}],"tool_calls":[
          {"id":"c1","type":"function","function":{"name":"look","arguments":"{\"at\": \"Rome\"}"}},
          {"id":"c2","type":"function","function":{"name":"look","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"warm"},
        {"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"cold"}]},
        {"role":"user","content":[{"type":"text","text":"So?"}]}],
      "stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"top_p":0.9,
      "stop":["END"],
      "tools":[
        {"type":"function","function":{"name":"look","description":"Looks.",
          "parameters":{"type":"object"},"strict":true}},
        {"type":"function","function":{"name":"stop","parameters":{"type":"object","properties":{}}}}],
      "tool_choice":{"type":"function","function":{"name":"look"}},"parallel_tool_calls":false,
      "reasoning_effort":"high",
      "response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,
        "schema":{"type":"object"}}},
      "user":"u-1","service_tier":"default"}"#;
    assert_eq!(turned, compact(expected));
}

#[test]
fn there_and_back_it_is_the_same() {
    let there = turn(Operation::Messages, MESSAGE).unwrap();
    let again = compact(&turn(Operation::Chat, &there).unwrap());
    let first = turn(Operation::Chat, CHAT).unwrap();
    let back = turn(Operation::Messages, &first).unwrap();
    assert_eq!(compact(&turn(Operation::Chat, &back).unwrap()), compact(&first));
    for member in ["cache_control", r#""disable_parallel_tool_use":true"#, "Let me look."] {
        assert!(again.contains(member), "{member}");
    }
}

#[test]
fn choices_of_tools_go_over() {
    let chat = |choice: &str| {
        let tools = r#"[{"type":"function","function":{"name":"a"}}]"#;
        let body =
            format!(r#"{{"model":"m","max_tokens":1,"messages":[],"tools":{tools}{choice}}}"#);
        let turned = turn(Operation::Chat, &body).unwrap();
        let document = Document::parse(turned.as_bytes(), Limits::default()).unwrap();
        document.root().member("tool_choice").map(|it| it.raw().to_owned())
    };
    for (choice, expected) in [
        ("", None),
        (r#","tool_choice":"auto""#, Some(r#"{"type":"auto"}"#)),
        (r#","tool_choice":"none","parallel_tool_calls":false"#, Some(r#"{"type":"none"}"#)),
        (r#","tool_choice":"required""#, Some(r#"{"type":"any"}"#)),
        (r#","parallel_tool_calls":true"#, None),
        (
            r#","parallel_tool_calls":false"#,
            Some(r#"{"type":"auto","disable_parallel_tool_use":true}"#),
        ),
    ] {
        assert_eq!(chat(choice).as_deref(), expected, "{choice}");
    }
}

fn refused(asked: Operation, head: &str, rest: &str) -> String {
    let body = format!("{{{head},{rest}}}");
    match request(asked, body.as_bytes()) {
        Err(Untranslatable::Member(path)) => path.into(),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn what_a_message_has_no_word_for_is_named() {
    let head = r#""model":"m","max_tokens":1,"messages":[]"#;
    for (rest, path) in [
        (r#""n":2"#, "n"),
        (r#""seed":1"#, "seed"),
        (r#""temperature":1.5"#, "temperature"),
        (r#""store":true"#, "store"),
        (r#""logprobs":true"#, "logprobs"),
        (r#""frequency_penalty":0.5"#, "frequency_penalty"),
        (r#""modalities":["text","audio"]"#, "modalities"),
        (r#""reasoning_effort":"minimal""#, "reasoning_effort"),
        (r#""service_tier":"flex""#, "service_tier"),
        (r#""response_format":{"type":"json_object"}"#, "response_format"),
        (
            r#""response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{}}}"#,
            "response_format.json_schema.strict",
        ),
        (r#""stream_options":{"include_obfuscation":true}"#, "stream_options.include_obfuscation"),
        (r#""functions":[]"#, "functions"),
        (r#""web_search_options":{}"#, "web_search_options"),
        (r#""tools":[{"type":"custom","custom":{"name":"a"}}]"#, "tools[0].custom"),
        (r#""tool_choice":{"type":"allowed_tools"}"#, "tool_choice"),
        (r#""Seed":1"#, "Seed"),
    ] {
        assert_eq!(refused(Operation::Chat, head, rest), path, "{rest}");
    }
    let head = r#""model":"m","max_tokens":1"#;
    for (message, path) in [
        (r#"{"role":"user","content":"a"},{"role":"system","content":"b"}"#, "messages[1].role"),
        (r#"{"role":"user","name":"n","content":"a"}"#, "messages[0].name"),
        (r#"{"role":"assistant","refusal":"no"}"#, "messages[0].refusal"),
        (
            r#"{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}"#,
            "messages[0].content[0].type",
        ),
        (
            r#"{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}"#,
            "messages[0].content[0].file.file_id",
        ),
        (
            r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"u","detail":"low"}}]}"#,
            "messages[0].content[0].image_url.detail",
        ),
        (
            r#"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":"[1]"}}]}"#,
            "messages[0].tool_calls[0].function.arguments",
        ),
    ] {
        let rest = format!(r#""messages":[{message}]"#);
        assert_eq!(refused(Operation::Chat, head, &rest), path, "{message}");
    }
    let unbound = request(Operation::Chat, br#"{"model":"m","messages":[]}"#);
    let missing = Unintelligible::Missing("max_completion_tokens");
    assert_eq!(unbound, Err(Untranslatable::Unreadable(missing)));
    assert_eq!(request(Operation::Embeddings, b"{}"), Err(Untranslatable::Operation));
}

#[test]
fn what_a_chat_has_no_word_for_is_named() {
    let head = r#""model":"m","max_tokens":1,"messages":[]"#;
    for (rest, path) in [
        (r#""top_k":1"#, "top_k"),
        (r#""thinking":{"type":"enabled","budget_tokens":9}"#, "thinking"),
        (r#""container":"c""#, "container"),
        (r#""mcp_servers":[]"#, "mcp_servers"),
        (r#""stop_sequences":["1","2","3","4","5"]"#, "stop_sequences"),
        (r#""metadata":{"user_id":"u","x":1}"#, "metadata.x"),
        (r#""output_config":{"effort":"huge"}"#, "output_config.effort"),
        (r#""tools":[{"type":"web_search_20250305","name":"web_search"}]"#, "tools[0].type"),
        (
            r#""tools":[{"name":"a","input_schema":{},"defer_loading":true}]"#,
            "tools[0].defer_loading",
        ),
        (r#""system":[{"type":"text","text":"a","citations":[1]}]"#, "system[0].citations"),
    ] {
        assert_eq!(refused(Operation::Messages, head, rest), path, "{rest}");
    }
    let head = r#""model":"m","max_tokens":1"#;
    for (message, path) in [
        (r#"{"role":"system","content":"a"}"#, "messages[0].role"),
        (
            r#"{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"s"}]}"#,
            "messages[0].content[0].type",
        ),
        (
            r#"{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"a","input":{}},{"type":"text","text":"b"}]}"#,
            "messages[0].content[1].type",
        ),
        (
            r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","is_error":true}]}"#,
            "messages[0].content[0].is_error",
        ),
        (
            r#"{"role":"user","content":[{"type":"text","text":"a"},{"type":"tool_result","tool_use_id":"c"}]}"#,
            "messages[0].content[1].type",
        ),
        (
            r#"{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]}"#,
            "messages[0].content[0].cache_control.ttl",
        ),
        (
            r#"{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}"#,
            "messages[0].content[0].source.type",
        ),
    ] {
        let rest = format!(r#""messages":[{message}]"#);
        assert_eq!(refused(Operation::Messages, head, &rest), path, "{message}");
    }
}

/// A message of a chat that can be translated.
fn message() -> impl Strategy<Value = String> {
    let text = any::<String>().prop_map(|it| quote(&it));
    let parts = prop::collection::vec(any::<String>(), 1..3).prop_map(|texts| {
        let part = |it: &String| format!(r#"{{"type":"text","text":{}}}"#, quote(it));
        write::array(&texts.iter().map(part).collect::<Vec<_>>())
    });
    let content = prop_oneof![text.clone(), parts];
    prop_oneof![
        content.clone().prop_map(|it| format!(r#"{{"role":"user","content":{it}}}"#)),
        content.clone().prop_map(|it| format!(r#"{{"role":"assistant","content":{it}}}"#)),
        text.clone().prop_map(|it| {
            let arguments = quote(&format!("{{\"a\": {it}}}"));
            let function = format!(r#"{{"name":"f","arguments":{arguments}}}"#);
            let call = format!(r#"{{"id":"c","type":"function","function":{function}}}"#);
            format!(r#"{{"role":"assistant","content":null,"tool_calls":[{call}]}}"#)
        }),
        text.prop_map(|it| format!(r#"{{"role":"tool","tool_call_id":"c","content":{it}}}"#)),
    ]
}

proptest! {
    #[test]
    fn what_is_decided_on_is_the_same_in_both(
        system in prop::option::of(any::<String>()),
        messages in prop::collection::vec(message(), 0..6),
        tools in prop::collection::vec("[a-z]{1,8}", 0..4),
        most in 1u64..100_000,
        stream in any::<bool>(),
    ) {
        let system = system.map(|it| format!(r#"{{"role":"system","content":{}}}"#, quote(&it)));
        let messages: Vec<String> = system.into_iter().chain(messages).collect();
        let tool = |it: &String| format!(r#"{{"type":"function","function":{{"name":"{it}"}}}}"#);
        let tools: Vec<String> = tools.iter().map(tool).collect();
        let chat = format!(
            r#"{{"model":"m","max_tokens":{most},"stream":{stream},"messages":{},"tools":{}}}"#,
            write::array(&messages),
            write::array(&tools),
        );
        let there = turn(Operation::Chat, &chat).unwrap();
        let back = turn(Operation::Messages, &there);
        prop_assert!(back.is_ok(), "{back:?}: {there}");
    }
}
