//! What each method asks, and what cannot be decided on.

use super::*;
use crate::json::{Document, Limits};

type Reading = fn(&ServerId, &Message<'_, '_>) -> Result<Asked, Unintelligible>;

fn ask(reading: Reading, method: &str, params: &str, id: bool) -> Result<Asked, Unintelligible> {
    let id = if id { "\"id\":1," } else { "" };
    let text = format!(r#"{{"jsonrpc":"2.0",{id}"method":"{method}","params":{params}}}"#);
    let document = Document::parse(text.as_bytes(), Limits::default()).unwrap();
    reading(&ServerId::from("s"), &Message::read(&document).unwrap())
}

/// The action, the resource's kind and name, and the names of the arguments.
fn brief(asked: &Asked) -> String {
    let Value::Record(members) = &asked.arguments else { panic!("arguments are an object") };
    let names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
    let (action, resource) = (asked.action.as_str(), &asked.resource);
    assert_eq!(resource.server().as_str(), "s");
    format!("{action} {}({}) {}", resource.kind(), resource.name(), names.join(","))
}

#[test]
fn each_method_of_a_client_is_understood() {
    for (method, params, wanted) in [
        ("initialize", r#"{"protocolVersion":"2025-11-25"}"#, "connect Server() protocolVersion"),
        ("ping", "null", "ping Server() "),
        ("tools/list", r#"{"cursor":"x","_meta":{}}"#, "list_tools Server() cursor"),
        ("resources/list", "{}", "list_resources Server() "),
        ("resources/templates/list", "{}", "list_templates Server() "),
        ("prompts/list", "{}", "list_prompts Server() "),
        ("tools/call", r#"{"name":"t","arguments":{"a":1,"b":{}}}"#, "invoke_tool Tool(t) a,b"),
        ("tools/call", r#"{"name":"\u0074"}"#, "invoke_tool Tool(t) "),
        ("tools/call", r#"{"name":"t","arguments":null,"task":{}}"#, "invoke_tool Tool(t) "),
        ("tools/call", r#"{"name":"t","arguments":{"Name":1}}"#, "invoke_tool Tool(t) Name"),
        ("prompts/get", r#"{"name":"p","arguments":{"x":"y"}}"#, "get_prompt Prompt(p) x"),
        ("resources/read", r#"{"uri":"a://b","_meta":null}"#, "read_resource Document(a://b) uri"),
        ("resources/subscribe", r#"{"uri":"a"}"#, "subscribe Document(a) uri"),
        ("resources/unsubscribe", r#"{"uri":"a"}"#, "subscribe Document(a) uri"),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"p"},"argument":{}}"#,
            "complete_argument Prompt(p) ref,argument",
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/resource","uri":"a:{b}"}}"#,
            "complete_argument Template(a:{b}) ref",
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/resource","uri":"a:b"}}"#,
            "complete_argument Document(a:b) ref",
        ),
        ("logging/setLevel", r#"{"level":"info"}"#, "set_log_level Server() level"),
        ("tasks/get", r#"{"taskId":"x"}"#, "other Method(tasks/get) taskId"),
        ("Tools/Call", r#"{"name":"t"}"#, "other Method(Tools/Call) name"),
        ("notifications/initialized", "{}", "other Method(notifications/initialized) "),
    ] {
        let asked = ask(interpret, method, params, true);
        assert_eq!(asked.as_ref().map(brief).as_deref(), Ok(wanted), "{method} {params}");
    }
}

#[test]
fn each_method_of_a_server_is_understood() {
    for (method, id, wanted) in [
        ("sampling/createMessage", true, "sample Client() x"),
        ("elicitation/create", true, "elicit Client() x"),
        ("roots/list", true, "list_roots Client() x"),
        ("ping", true, "ping Client() x"),
        ("notifications/message", false, "notify Client() x"),
        ("tools/call", true, "other Method(tools/call) x"),
    ] {
        let asked = ask(interpret_server, method, r#"{"x":1,"_meta":{}}"#, id);
        assert_eq!(asked.as_ref().map(brief).as_deref(), Ok(wanted), "{method}");
    }
    let asked = ask(interpret_server, "sampling/createMessage", "{}", false);
    assert_eq!(asked, Err(Unintelligible::NeedsId));
}

#[test]
fn a_notification_is_no_way_around_a_decision() {
    for method in ["tools/call", "prompts/get", "initialize", "tools/list", "ping"] {
        let asked = ask(interpret, method, r#"{"name":"t"}"#, false);
        assert_eq!(asked, Err(Unintelligible::NeedsId), "{method}");
    }
    let asked = ask(interpret, "notifications/x", r#"{"a":1}"#, false).unwrap();
    assert_eq!(brief(&asked), "notify Server() a");
    let asked = ask(interpret, "tasks/cancel", "{}", false).unwrap();
    assert_eq!(brief(&asked), "other Method(tasks/cancel) ");
}

#[test]
fn what_cannot_be_told_is_not_decided() {
    use Unintelligible::{IllTyped, LookAlike, Missing};
    for (method, params, error) in [
        ("tools/call", "null", Missing("name")),
        ("tools/call", "{}", Missing("name")),
        ("tools/call", r#"{"name":null}"#, IllTyped("name")),
        ("tools/call", r#"{"name":["t"]}"#, IllTyped("name")),
        ("tools/call", r#"{"name":"t","arguments":[]}"#, IllTyped("arguments")),
        ("tools/call", r#"{"name":"t","arguments":"{}"}"#, IllTyped("arguments")),
        ("tools/call", r#"{"name":"t","Name":"u"}"#, LookAlike("name")),
        ("tools/call", r#"{"name":"t","argument\u017f":{}}"#, LookAlike("arguments")),
        ("tools/call", r#"{"name":"t","_Meta":{}}"#, LookAlike("_meta")),
        ("tools/call", r#"{"name":"t","_meta":[]}"#, IllTyped("_meta")),
        ("tools/call", r#"{"name":"t","_meta":{"progressToken":{}}}"#, IllTyped("progressToken")),
        ("prompts/get", r#"{"arguments":{}}"#, Missing("name")),
        ("prompts/get", r#"{"name":"p","arguments":1}"#, IllTyped("arguments")),
        ("resources/read", "{}", Missing("uri")),
        ("resources/read", r#"{"uri":1}"#, IllTyped("uri")),
        ("resources/subscribe", r#"{"URI":"a"}"#, LookAlike("uri")),
        ("completion/complete", "{}", Missing("ref")),
        ("completion/complete", r#"{"ref":"ref/prompt"}"#, IllTyped("ref")),
        ("completion/complete", r#"{"ref":{"name":"p"}}"#, Missing("type")),
        ("completion/complete", r#"{"ref":{"type":"ref/tool","name":"p"}}"#, IllTyped("type")),
        ("completion/complete", r#"{"ref":{"type":"ref/prompt","uri":"p"}}"#, Missing("name")),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"p","Type":"x"}}"#,
            LookAlike("type"),
        ),
    ] {
        let asked = ask(interpret, method, params, true);
        assert_eq!(asked, Err(error), "{method} {params}");
        // Its caller is told the member.
        assert!(error.to_string().ends_with(error.words()), "{error}");
    }
    let text = br#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let document = Document::parse(text, Limits::default()).unwrap();
    let message = Message::read(&document).unwrap();
    assert_eq!(interpret(&ServerId::from("s"), &message), Err(Unintelligible::NotAsking));
}

#[test]
fn trace_and_token_come_along() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (meta, token, found) in [
        (format!(r#"{{"traceparent":"{trace}","progressToken":1.0}}"#), Some("1.0"), true),
        (r#"{"traceparent":"x","progressToken":"a\u0062"}"#.into(), Some(r#""a\u0062""#), false),
        (format!(r#"{{"traceparent":"{}"}}"#, "0".repeat(200)), None, false),
        (format!(r#"{{"traceparent":"{}"}}"#, trace.to_uppercase()), None, false),
        (r#"{"traceparent":7,"progressToken":null}"#.into(), None, false),
    ] {
        let asked = ask(interpret, "ping", &format!(r#"{{"_meta":{meta}}}"#), true).unwrap();
        assert_eq!(asked.progress_token.as_deref(), token, "{meta}");
        assert_eq!(asked.trace.as_deref(), found.then_some(trace), "{meta}");
    }
}
