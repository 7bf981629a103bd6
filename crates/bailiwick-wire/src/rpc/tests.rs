//! Envelopes that are taken, and all those that two readers might take for different messages.

use super::*;
use crate::json::Limits;

/// The kind, id, method and code of what a text holds.
fn read(text: &str) -> Result<(&'static str, String, String, Option<i64>), RpcError> {
    let document = Document::parse(text.as_bytes(), Limits::default()).unwrap();
    let message = Message::read(&document)?;
    let id = message.id().map(Id::to_string).unwrap_or_default();
    let method = message.method().unwrap_or_default().to_owned();
    Ok(match message {
        Message::Request { .. } => ("request", id, method, None),
        Message::Notification { .. } => ("notification", id, method, None),
        Message::Result { .. } => ("result", id, method, None),
        Message::Error { code, .. } => ("error", id, method, code),
    })
}

#[test]
fn messages_are_told_apart() {
    for (text, kind, id, method, code) in [
        (r#""id":1,"method":"ping""#, "request", "1", "ping", None),
        (r#""method":"t\u006f","id":"a\u0062""#, "request", r#""a\u0062""#, "to", None),
        (
            r#""id":9223372036854775808000,"method":"x","params":{}"#,
            "request",
            "9223372036854775808000",
            "x",
            None,
        ),
        (r#""id":-0,"method":"x","params":null,"extra":[]"#, "request", "-0", "x", None),
        (r#""method":"n""#, "notification", "", "n", None),
        (r#""id":"","result":null"#, "result", "\"\"", "", None),
        (r#""result":{},"id":7"#, "result", "7", "", None),
        (r#""id":1,"error":{"code":-32601,"message":"no"}"#, "error", "1", "", Some(-32601)),
        (r#""id":1,"error":{"code":1.5}"#, "error", "1", "", None),
        (r#""id":1,"error":null"#, "error", "1", "", None),
    ] {
        let text = format!(r#"{{"jsonrpc":"2.0",{text}}}"#);
        let wanted = Ok((kind, id.to_owned(), method.to_owned(), code));
        assert_eq!(read(&text), wanted, "{text}");
    }
}

#[test]
fn whatever_is_not_one_message_is_refused() {
    let long = format!(r#"{{"jsonrpc":"2.0","id":"{}","method":"x"}}"#, "x".repeat(1023));
    for (text, error) in [
        ("[]", RpcError::Batch),
        (r#"[{"jsonrpc":"2.0","method":"x"}]"#, RpcError::Batch),
        ("1", RpcError::NotAnObject),
        ("{}", RpcError::Version),
        (r#"{"jsonrpc":2.0,"method":"x"}"#, RpcError::Version),
        (r#"{"jsonrpc":"1.0","method":"x"}"#, RpcError::Version),
        (r#"{"jsonrpc":"2.0","id":null,"method":"x"}"#, RpcError::Id),
        (r#"{"jsonrpc":"2.0","id":1.0,"method":"x"}"#, RpcError::Id),
        (r#"{"jsonrpc":"2.0","id":1e2,"method":"x"}"#, RpcError::Id),
        (r#"{"jsonrpc":"2.0","id":[1],"method":"x"}"#, RpcError::Id),
        (r#"{"jsonrpc":"2.0","id":true,"result":{}}"#, RpcError::Id),
        (r#"{"jsonrpc":"2.0","result":{}}"#, RpcError::Id),
        (r#"{"jsonrpc":"2.0","error":{}}"#, RpcError::Id),
        (&long, RpcError::Id),
        (r#"{"jsonrpc":"2.0","id":1,"method":null}"#, RpcError::Method),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","params":[]}"#, RpcError::Params),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","params":"{}"}"#, RpcError::Params),
        (r#"{"jsonrpc":"2.0","id":1}"#, RpcError::Ambiguous),
        (r#"{"jsonrpc":"2.0","id":1,"params":{}}"#, RpcError::Ambiguous),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, RpcError::Ambiguous),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#, RpcError::Ambiguous),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","result":{}}"#, RpcError::Ambiguous),
        (r#"{"jsonrpc":"2.0","method":"x","error":{}}"#, RpcError::Ambiguous),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","Method":"y"}"#, RpcError::LookAlike("method")),
        (
            "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"param\u{17f}\":{}}",
            RpcError::LookAlike("params"),
        ),
        (r#"{"jsonrpc":"2.0","method":"x","\u0049d":1}"#, RpcError::LookAlike("id")),
    ] {
        assert_eq!(read(text), Err(error), "{text}");
    }
}

#[test]
fn an_id_compares_in_its_plain_spelling() {
    let id = |raw: &str| {
        Id::read(Document::parse(raw.as_bytes(), Limits::default()).unwrap().root()).unwrap()
    };
    assert_eq!(id(r#""\u0061\/\"""#).plain(), id(r#""a/\"""#).plain());
    assert_eq!(id(r#""a""#).plain(), id(r#""\u0061""#).plain());
    assert_ne!(id("1").plain(), id("\"1\"").plain());
    assert_eq!(Id::from_number(7), id("7"));
}

#[test]
fn a_refusal_can_name_the_id_of_what_is_no_message() {
    let id = |text: &str| id_of(&Document::parse(text.as_bytes(), Limits::default()).unwrap());
    assert_eq!(id(r#"{"id":"x"}"#).map(|it| it.to_string()).as_deref(), Some("\"x\""));
    assert_eq!(id(r#"{"id":null}"#), None);
    assert_eq!(id("[1]"), None);
}

#[test]
fn a_batch_comes_apart_into_the_very_bytes_of_its_members() {
    let body = Bytes::from_static(br#" [ {"id" : 1.0} ,[2], "a\u0062" ] "#);
    let document = Document::parse(&body, Limits::default()).unwrap();
    let members = batch(&body, &document).unwrap();
    assert_eq!(members, [&br#"{"id" : 1.0}"#[..], b"[2]", br#""a\u0062""#]);
    let one = Bytes::from_static(b"{}");
    assert_eq!(batch(&one, &Document::parse(&one, Limits::default()).unwrap()), None);
}
