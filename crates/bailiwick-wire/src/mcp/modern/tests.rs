//! The modern era, case by case.

use bytes::Bytes;

use super::*;
use crate::json::{Document, Limits};
use crate::rpc::Message;

fn document(text: &str) -> Document<'_> {
    Document::parse(text.as_bytes(), Limits::default()).unwrap()
}

#[test]
fn what_a_request_must_say_of_itself() {
    let (version, capabilities) = (VERSION_KEY, CAPABILITIES_KEY);
    for (meta, expected) in [
        (format!(r#"{{"{version}":"2026-07-28","{capabilities}":{{}}}}"#), Ok("2026-07-28")),
        (format!(r#"{{"{version}":"2026-07-28"}}"#), Err(Fault::Missing(CAPABILITIES_KEY))),
        (format!(r#"{{"{capabilities}":{{}}}}"#), Err(Fault::Missing(VERSION_KEY))),
        ("{}".to_owned(), Err(Fault::Missing(VERSION_KEY))),
        ("null".to_owned(), Err(Fault::Missing(VERSION_KEY))),
        (format!(r#"{{"{version}":7,"{capabilities}":{{}}}}"#), Err(Fault::IllTyped(VERSION_KEY))),
        (
            format!(r#"{{"{version}":"2026-07-28","{capabilities}":[]}}"#),
            Err(Fault::IllTyped(CAPABILITIES_KEY)),
        ),
        (
            format!(r#"{{"{version}":"2026-07-28","{}":"x"}}"#, version.to_uppercase()),
            Err(Fault::IllTyped(VERSION_KEY)),
        ),
    ] {
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{meta}}}}}"#
        );
        let document = document(&text);
        let read = Metadata::read(&Message::read(&document).unwrap());
        assert_eq!(read, expected.map(|it| Metadata { version: it.into() }), "{text}");
    }
}

#[test]
fn the_era_of_a_message() {
    for (method, params, modern) in [
        ("initialize", "{}", false),
        ("tools/call", r#"{"name":"x","_meta":{"progressToken":1}}"#, false),
        ("server/discover", "{}", true),
        ("subscriptions/listen", "{}", true),
        ("tools/list", r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}"#, true),
    ] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let document = document(&text);
        assert_eq!(is_modern(&Message::read(&document).unwrap()), modern, "{text}");
    }
    assert!(is_modern_version("2026-07-28") && is_modern_version("2030-01-01"));
    assert!(!is_modern_version("2025-11-25"));
}

#[test]
fn headers_agree_with_what_the_body_says() {
    for (header, body, agree) in [
        ("look", r#""look""#, true),
        ("look", r#""l\u006fok""#, true),
        ("Look", r#""look""#, false),
        ("=?base64?bMO2b2s=?=", r#""löok""#, true),
        ("=?BASE64?bMO2b2s=?=", r#""löok""#, false),
        ("=?base64?????=?=", r#""look""#, false),
        ("42", "42", true),
        ("42.0", "42", true),
        ("042", "42", true),
        ("-0", "0", true),
        ("42.5", "42", false),
        ("9007199254740993", "9007199254740993.0", true),
        ("9007199254740993", "9007199254740992", false),
        ("1e2", "1e2", true),
        ("true", "true", true),
        ("1", "true", false),
        ("null", "null", false),
        ("", r#""""#, true),
    ] {
        let document = document(body);
        assert_eq!(agrees(header.as_bytes(), document.root()), agree, "{header} {body}");
    }
}

#[test]
fn marked_arguments_lie_in_properties_only() {
    let tool = document(
        r#"{"name":"t","inputSchema":{"properties":{"region":{"type":"string","x-mcp-header":"Region"},
        "deep":{"properties":{"n":{"x-mcp-header":"N"}}},"list":{"items":{"x-mcp-header":"No"}}}}}"#,
    );
    let found = marked(tool.root());
    let found: Vec<_> = found.iter().map(|it| (&*it.header, it.path.join("/"))).collect();
    assert_eq!(found, [("region", "region".to_owned()), ("n", "deep/n".to_owned())]);
}

#[test]
fn ids_and_tokens_go_out_as_ours_and_come_back_as_theirs() {
    let text = r#"{"jsonrpc":"2.0","id":"a\u0062","method":"x","params":{"_meta":{"progressToken":"t"},"n":1.50}}"#;
    let body = Bytes::from(text);
    let (frame, framed) = Frame::around(&body, &document(text), 7).unwrap();
    let expected = text.replace(r#""a\u0062""#, "7").replace(r#""t""#, "7");
    assert_eq!(framed, expected.as_bytes());
    assert_eq!(frame.ours().raw(), "7");
    for (came, belongs, told) in [
        (
            r#"{"jsonrpc":"2.0","id":7,"result":{"id":7}}"#,
            true,
            r#"{"jsonrpc":"2.0","id":"a\u0062","result":{"id":7}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":7}}"#,
            true,
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":7}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"n","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#,
            true,
            r#"{"jsonrpc":"2.0","method":"n","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"a\u0062"}}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"n","params":{"id":7}}"#,
            false,
            r#"{"jsonrpc":"2.0","method":"n","params":{"id":7}}"#,
        ),
    ] {
        assert_eq!(belongs_to(&document(came)).as_ref() == Some(frame.ours()), belongs, "{came}");
        assert_eq!(restored(&Bytes::from(came), &frame), told.as_bytes());
    }
}

#[test]
fn a_result_ends_asks_or_becomes_a_task() {
    let question =
        br#"{"jsonrpc":"2.0","id":"k","method":"elicitation/create","params":{"message":"?"}}"#;
    for (result, expected) in [
        (r#"{"resultType":"complete"}"#, Outcome::Complete),
        (
            r#"{"resultType":"input_required","requestState":"s"}"#,
            Outcome::InputRequired(Vec::new(), Some("s".into())),
        ),
        (
            r#"{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"message":"?"}}}}"#,
            Outcome::InputRequired(vec![Bytes::from_static(question)], None),
        ),
        (r#"{"inputRequests":{"k":{"method":1}}}"#, Outcome::Unreadable),
        (r#"{"inputRequests":["k"]}"#, Outcome::Unreadable),
        (r#"{"resultType":"task","taskId":"t-1"}"#, Outcome::Task("t-1".into())),
        (r#"{"resultType":"task"}"#, Outcome::Unreadable),
        (r#"{"task":{"taskId":"t-1"}}"#, Outcome::Task("t-1".into())),
        // What a client that ignores case would read is not passed over.
        (r#"{"InputRequests":{"k":{"method":"x"}}}"#, Outcome::Unreadable),
        (r#"{"requeststate":"s"}"#, Outcome::Unreadable),
        (r#"{"requestState":"s","requeſtState":"t"}"#, Outcome::Unreadable),
        (r#"{"RESULTTYPE":"input_required"}"#, Outcome::Unreadable),
        (r#"{"Task":{"taskId":"t-1"}}"#, Outcome::Unreadable),
        (r#"{"tasK":{"taskId":"t-1"}}"#, Outcome::Unreadable),
        (r#"{"task":{"TaskId":"t-1"}}"#, Outcome::Unreadable),
        (r#"{"\u0054askid":"t-1"}"#, Outcome::Unreadable),
        (r#"{"inputRequests":{"k":{"method":"ping","Method":"x"}}}"#, Outcome::Unreadable),
        (r#"{"inputRequests":{"k":{"method":"ping","Params":{}}}}"#, Outcome::Unreadable),
    ] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
        assert!(may_go_on(text.as_bytes()), "{text}");
        assert_eq!(outcome(&document(&text)), expected, "{text}");
    }
    for plain in [
        r#"{"content":[{"type":"text","text":"task, requestState and resultType \"task\""}]}"#,
        r#"{"ok":true}"#,
        r#"k"#,
    ] {
        assert!(!may_go_on(plain.as_bytes()), "{plain}");
    }
}

#[test]
fn what_was_for_all_is_for_one_and_versions_are_those_served() {
    let text = r#"{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2030-01-01", "2026-07-28"],"ttlMs":1e3,"cacheScope" : "public"}}"#;
    let body = Bytes::from(text);
    let private = kept_private(&body, &document(text)).unwrap();
    assert_eq!(private, text.replace("\"public\"", "\"private\"").as_bytes());
    let again = std::str::from_utf8(&private).unwrap();
    assert_eq!(kept_private(&private, &document(again)).unwrap().as_ptr(), private.as_ptr());
    for alike in ["CacheScope", "cacheſcope", "CACHESCOPE", "c\\u0061cheScopE"] {
        let text = text.replace("cacheScope", alike);
        assert!(may_scope_caches(text.as_bytes()), "{text}");
        assert_eq!(kept_private(&Bytes::from(text.clone()), &document(&text)), None, "{text}");
    }
    assert!(!may_scope_caches(br#"{"result":{"p":"cacheScope is not here"}}"#));
    let served = only_versions(&body, &document(text), &[VERSION]);
    assert_eq!(served, text.replace(r#""2030-01-01", "#, "").as_bytes());
}

#[test]
fn what_a_header_repeats_agrees() {
    for value in [
        r#""look""#,
        r#""""#,
        r#"" a ""#,
        r#""l\u00f6\u00f6k""#,
        r#""a\nb: c""#,
        r#""=?base64?bG9vaw==?=""#,
        "42",
        "-1.50",
        "true",
    ] {
        let parsed = document(value);
        let header = repeated(parsed.root()).unwrap();
        assert!(header.bytes().all(|it| it.is_ascii_graphic() || it == b' '), "{header}");
        assert!(agrees(header.as_bytes(), parsed.root()), "{value} {header}");
    }
    for none in ["null", "[]", "{}"] {
        assert_eq!(repeated(document(none).root()), None);
    }
}
