//! What bodies ask.

use bailiwick_core::{Number, Value};

use super::*;

const CHAT: &str = include_str!("../../../corpus/llm_ask/chat.json");

#[test]
fn a_chat_is_read() {
    let ask = ask(Operation::Chat, CHAT);
    assert_eq!((&*ask.model, ask.stream, ask.tells_usage), ("gpt-5.1", true, true));
    assert_eq!((ask.output_max, ask.choices), (Some(400), 2));
    assert_eq!(names(&ask), ["weather", "sql", "old", "web_search"]);
    assert_eq!(hosted(&ask), ["web_search"]);
    assert_eq!(ask.chosen.as_deref(), Some("weather"));
    assert_eq!(ask.state, ["audio_1".into(), "file-1".into()]);
    let said = |role, kind, text| assert!(said(&ask.items, role, kind, text), "{text}");
    said(Role::System, ItemKind::Text, "Be brief.");
    said(Role::User, ItemKind::Text, "Look: é");
    said(Role::User, ItemKind::Image, "https://x.example/a.png");
    said(Role::User, ItemKind::File, "AAAA");
    said(Role::User, ItemKind::File, "file-1");
    said(Role::Assistant, ItemKind::Call, r#"{"in":"Rome"}"#);
    said(Role::Assistant, ItemKind::Call, "select1");
    said(Role::Tool, ItemKind::ToolResult, "18 degrees");
    assert_eq!((ask.items.len(), ask.items_dropped), (8, 0));
    let told = |name: &str| ask.parameters.member(name).cloned();
    let number = |it: &str| Some(Value::Number(Number::from_lexeme(it)));
    let text = |it: &str| Some(Value::Text(it.into()));
    assert_eq!(told("stream"), Some(Value::Bool(true)));
    assert_eq!((told("output_max"), told("choices")), (number("400"), number("2")));
    assert_eq!(
        (told("messages"), told("images"), told("files")),
        (number("4"), number("1"), number("2"))
    );
    assert_eq!((told("temperature"), told("top_p")), (number("0.20"), None));
    assert_eq!((told("store"), told("reasoning_effort")), (Some(Value::Bool(true)), text("low")));
    assert_eq!(
        (told("service_tier"), told("response_format")),
        (text("flex"), text("json_schema"))
    );
    assert_eq!(told("tool_choice"), text("weather"));
    assert_eq!(told("hosted_tools"), Some(Value::List(vec![Value::Text("web_search".into())])));
}

const RESPONSES: &str = include_str!("../../../corpus/llm_ask/response.json");

#[test]
fn a_response_is_read() {
    let ask = ask(Operation::Responses, RESPONSES);
    assert_eq!((ask.stream, ask.tells_usage, ask.output_max), (false, true, Some(64)));
    assert_eq!(
        names(&ask),
        [
            "weather",
            "web_search",
            "file_search",
            "deepwiki",
            "code_interpreter",
            "code_interpreter",
            "shell",
            "crm.find",
            "crm.note",
            "programmatic_tool_calling",
            "late"
        ]
    );
    assert_eq!(
        hosted(&ask),
        [
            "web_search",
            "file_search",
            "mcp",
            "code_interpreter",
            "code_interpreter",
            "shell",
            "programmatic_tool_calling"
        ]
    );
    assert_eq!(ask.chosen.as_deref(), Some("deepwiki"));
    let state: Vec<&str> = ask.state.iter().map(|it| &**it).collect();
    assert_eq!(
        state,
        [
            "cntr_1", "cntr_2", "conv_1", "file-1", "file-2", "file-3", "file-4", "msg_1", "msg_2",
            "pmpt_1", "resp_1", "rs_1", "vs_1"
        ]
    );
    let said = |role, kind, text| assert!(said(&ask.items, role, kind, text), "{text}");
    said(Role::System, ItemKind::Text, "Be kind.");
    said(Role::User, ItemKind::Image, "data:image/png;base64,AA");
    said(Role::Assistant, ItemKind::Text, "Hm.");
    said(Role::Assistant, ItemKind::Call, "{}");
    said(Role::Tool, ItemKind::ToolResult, "warm");
    assert_eq!(ask.parameters.member("background"), Some(&Value::Bool(true)));
    assert_eq!(ask.parameters.member("reasoning_effort").and_then(Value::as_text), Some("high"));
    assert_eq!(
        ask.parameters.member("response_format").and_then(Value::as_text),
        Some("json_object")
    );
}

const MESSAGES: &str = include_str!("../../../corpus/llm_ask/message.json");

#[test]
fn a_message_is_read() {
    for operation in [Operation::Messages, Operation::CountTokens] {
        let ask = ask(operation, MESSAGES);
        assert_eq!(ask.stream, operation == Operation::Messages);
        assert_eq!(ask.output_max.is_some(), operation == Operation::Messages);
        assert_eq!(
            names(&ask),
            [
                "weather",
                "sql",
                "bash",
                "computer_toolset",
                "str_replace_based_edit_tool",
                "web_search",
                "code_execution",
                "tool_search_tool_bm25",
                "wiki",
                "brand_new",
                "wiki"
            ]
        );
        assert_eq!(
            hosted(&ask),
            ["web_search", "code_execution", "tool_search_tool_bm25", "mcp", "brand_new", "mcp"]
        );
        let state: Vec<&str> = ask.state.iter().map(|it| &**it).collect();
        assert_eq!(state, ["container_1", "file_1", "file_2", "skill_1"]);
        let said = |role, kind, text| assert!(said(&ask.items, role, kind, text), "{text}");
        said(Role::System, ItemKind::Text, "Be brief.");
        said(Role::User, ItemKind::Image, "AA");
        said(Role::User, ItemKind::File, "file_1");
        said(Role::User, ItemKind::Text, "In.");
        said(Role::Assistant, ItemKind::Text, "Hm.");
        said(Role::Assistant, ItemKind::Call, r#"{"in":"Rome","file_id":"no"}"#);
        said(Role::Tool, ItemKind::ToolResult, "18");
        assert_eq!(ask.chosen.as_deref(), Some("weather"));
    }
}

#[test]
fn embeddings_are_read() {
    for (input, messages, items) in
        [(r#""a""#, "1", 1), (r#"["a","b"]"#, "2", 2), ("[1,2,3]", "1", 1), ("[[1],[2]]", "2", 2)]
    {
        let body = format!(r#"{{"model":"text-embedding-3-small","input":{input}}}"#);
        let ask = ask(Operation::Embeddings, &body);
        assert_eq!((ask.choices, ask.output_max, ask.items.len()), (0, None, items));
        let count = Value::Number(Number::from_lexeme(messages));
        assert_eq!(ask.parameters.member("messages"), Some(&count));
    }
}

#[test]
fn what_cannot_be_decided_on_is_refused() {
    use Unintelligible as E;
    let chat = |rest: &str| format!(r#"{{"model":"m","messages":[]{rest}}}"#);
    for (operation, body, why) in [
        (Operation::Chat, "[]".to_owned(), E::IllTyped("body")),
        (Operation::Chat, r#"{"messages":[]}"#.to_owned(), E::Missing("model")),
        (Operation::Chat, r#"{"model":"m"}"#.to_owned(), E::Missing("messages")),
        (Operation::Chat, r#"{"model":1,"messages":[]}"#.to_owned(), E::IllTyped("model")),
        (Operation::Chat, chat(r#","Model":"x""#), E::LookAlike("model")),
        (Operation::Chat, chat(r#","MAX_TOKENS":9"#), E::LookAlike("max_tokens")),
        (Operation::Chat, chat(r#","max_tokens":-1"#), E::IllTyped("max_tokens")),
        (Operation::Chat, chat(r#","max_tokens":1.5"#), E::IllTyped("max_tokens")),
        (Operation::Chat, chat(r#","n":0"#), E::IllTyped("n")),
        (Operation::Chat, chat(r#","stream":"yes""#), E::IllTyped("stream")),
        (Operation::Chat, chat(r#","tools":{}"#), E::IllTyped("tools")),
        (Operation::Chat, chat(r#","tools":[1]"#), E::IllTyped("tools")),
        (Operation::Chat, chat(r#","tools":[{"type":"function"}]"#), E::Missing("function")),
        (
            Operation::Chat,
            chat(r#","tools":[{"type":"function","function":{"name":"a","Name":"b"}}]"#),
            E::LookAlike("name"),
        ),
        // A second choice is read, too: it stays when the first one is cut.
        (
            Operation::Messages,
            chat(r#","tool_choice":{"type":"tool","name":"a"},"function_call":{"effort":"x"}"#),
            E::Missing("name"),
        ),
        (
            Operation::Chat,
            r#"{"model":"m","messages":[{"role":"user","content":[{"text":"a"}]}]}"#.to_owned(),
            E::Missing("type"),
        ),
        (
            Operation::Chat,
            r#"{"model":"m","messages":[{"role":"root","content":"a"}]}"#.to_owned(),
            E::IllTyped("role"),
        ),
        (Operation::Messages, chat(r#","fallbacks":[{"model":"x"}]"#), E::Unsupported("fallbacks")),
        (Operation::Chat, chat(r#","models":["a","b"]"#), E::Unsupported("models")),
        (
            Operation::Messages,
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"tool_addition"}]}]}"#
                .to_owned(),
            E::Unsupported("tool_addition"),
        ),
        (
            Operation::Responses,
            r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_file","File_ID":"f"}]}]}"#
                .to_owned(),
            E::LookAlike("file_id"),
        ),
        (
            Operation::Responses,
            r#"{"model":"m","conversation":{"ID":"c"}}"#.to_owned(),
            E::LookAlike("id"),
        ),
        (Operation::Responses, r#"{"model":"m","input":{}}"#.to_owned(), E::IllTyped("input")),
    ] {
        assert_eq!(tried(operation, &body).err(), Some(why), "{body}");
    }
    let ids: Vec<String> = (0..=STATE_MAX).map(|it| format!("\"file-{it}\"")).collect();
    let many = format!(
        r#"{{"model":"m","input":"a","tools":[{{"type":"code_interpreter","container":{{"file_ids":[{}]}}}}]}}"#,
        ids.join(",")
    );
    assert_eq!(tried(Operation::Responses, &many).err(), Some(E::TooMany("state")));
}

#[test]
fn what_brokers_of_models_add_is_a_tool() {
    let body = r#"{"model":"m","messages":[],"fallbacks":[],"models":null,"plugins":[{"id":"web"},{"id":"file-parser"}],"search_parameters":{"mode":"on"},"prediction":{"type":"content","content":"Yes"}}"#;
    let ask = ask(Operation::Chat, body);
    assert_eq!(hosted(&ask), ["web_search", "web", "file-parser"]);
    assert!(said(&ask.items, Role::Assistant, ItemKind::Text, "Yes"));
    let keep = Changes { keep: Some(&[false, false, true]), ..Changes::default() };
    let left = with(Operation::Chat, body, &keep);
    assert!(left.contains(r#""plugins":[{"id":"file-parser"}]"#) && !left.contains("search"));
}

#[test]
fn odd_shapes_that_are_documented_are_read() {
    for (operation, body, items) in [
        (
            Operation::Responses,
            r#"{"model":"m","input":[{"type":"shell_call_output","call_id":"c","output":[{"stdout":"a","stderr":"","outcome":{"type":"exit","exit_code":0}}]}]}"#,
            1,
        ),
        (
            Operation::Messages,
            r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"},{"role":"system","output_config":{"effort":"low"}}]}"#,
            1,
        ),
        (
            Operation::Chat,
            r#"{"model":"m","messages":[{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"a"}]}"#,
            2,
        ),
    ] {
        assert_eq!(ask(operation, body).items.len(), items, "{body}");
    }
}

#[test]
fn skills_of_the_vendor_are_everybodys() {
    let body = r#"{"model":"m","max_tokens":1,"messages":[],"container":{"skills":[{"type":"anthropic","skill_id":"pptx"},{"type":"custom","skill_id":"skill_1"}]}}"#;
    assert_eq!(ask(Operation::Messages, body).state, ["skill_1".into()]);
}

#[test]
fn a_long_prompt_is_counted_beyond_what_is_kept() {
    let message = r#"{"role":"user","content":"a"}"#;
    let messages = vec![message; ITEMS_MAX + 3].join(",");
    let ask = ask(Operation::Chat, &format!(r#"{{"model":"m","messages":[{messages}]}}"#));
    assert_eq!((ask.items.len(), ask.items_dropped), (ITEMS_MAX, 3));
}

#[test]
fn kinds_of_tools_lose_their_version() {
    for (kind, family) in [
        ("web_search_20250305", "web_search"),
        ("web_search_preview", "web_search"),
        ("web_search_preview_2025_03_11", "web_search"),
        ("web_search_2025_08_26", "web_search"),
        ("computer_use_preview", "computer_use"),
        ("tool_search_tool_bm25_20251119", "tool_search_tool_bm25"),
        ("mcp", "mcp"),
        ("_preview", "_preview"),
        ("éé_20250305", "éé"),
    ] {
        assert_eq!(tools::family(kind), family);
    }
}

#[test]
fn what_a_model_reads_is_gathered_where_it_is_all_text() {
    let chat = r#"{"model":"m","messages":[{"role":"system","content":"Be brief."},
        {"role":"user","content":[{"type":"text","text":"caf\u00e9"}]}],"tools":
        [{"type":"function","function":{"name":"look"}}],"seed":7}"#;
    assert_eq!(
        spoken(Operation::Chat, chat.as_bytes()).as_deref(),
        Some(
            "system\nBe brief.\nuser\ntext\ncaf\u{e9}\n\
             [{\"type\":\"function\",\"function\":{\"name\":\"look\"}}]"
        )
    );
    // Tokens that are sent as numbers are not nothing.
    let numbers = br#"{"model":"m","input":[[1,2],[3]]}"#;
    assert_eq!(spoken(Operation::Embeddings, numbers).as_deref(), Some("1\n2\n3\n"));
    for not_all in [
        r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x"}}]}]"#,
        r#""messages":[{"role":"user","content":"a"}],"web_search_options":{}"#,
    ] {
        assert_eq!(
            spoken(Operation::Chat, format!(r#"{{"model":"m",{not_all}}}"#).as_bytes()),
            None
        );
    }
    assert_eq!(spoken(Operation::Chat, CHAT.as_bytes()), None);
}
