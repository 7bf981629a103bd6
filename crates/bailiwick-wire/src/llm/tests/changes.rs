//! Bodies with changes made to them.

use super::*;

#[test]
fn no_change_gives_the_very_same_bytes() {
    let text = r#"{ "model" : "m", "messages":[], "tools":[], "store": false, "max_tokens" : 5 }"#;
    let body = Bytes::from_static(text.as_bytes());
    for changes in [
        Changes::default(),
        Changes { model: Some("m"), ..Changes::default() },
        Changes { keep: Some(&[]), ..Changes::default() },
        Changes { output_max: Some(5), ..Changes::default() },
        Changes { include_usage: true, ..Changes::default() },
    ] {
        let same = changed(Operation::Chat, &body, &changes).unwrap();
        assert_eq!(same.as_ptr(), body.as_ptr(), "{changes:?}");
    }
}

#[test]
fn each_change_is_made_alone() {
    let body = r#"{ "model": "m" , "stream":true,"messages":[ ] }"#;
    let none = Changes::default();
    for (operation, changes, expected) in [
        (
            Operation::Chat,
            Changes { model: Some("a\"b"), ..none },
            r#"{ "model": "a\"b" , "stream":true,"messages":[ ] }"#,
        ),
        (
            Operation::Chat,
            Changes { output_max: Some(9), ..none },
            r#"{ "model": "m" , "stream":true,"messages":[ ],"max_completion_tokens":9 }"#,
        ),
        (
            Operation::Responses,
            Changes { output_max: Some(9), ..none },
            r#"{ "model": "m" , "stream":true,"messages":[ ],"max_output_tokens":9 }"#,
        ),
        (
            Operation::Messages,
            Changes { output_max: Some(9), include_usage: true, ..none },
            r#"{ "model": "m" , "stream":true,"messages":[ ],"max_tokens":9 }"#,
        ),
        (
            Operation::Chat,
            Changes { include_usage: true, ..none },
            r#"{ "model": "m" , "stream":true,"messages":[ ],"stream_options":{"include_usage":true} }"#,
        ),
    ] {
        assert_eq!(with(operation, body, &changes), expected);
    }
    let both = r#"{"model":"m","messages":[],"max_tokens":7,"max_completion_tokens":8}"#;
    assert_eq!(
        with(Operation::Chat, both, &Changes { output_max: Some(3), ..none }),
        r#"{"model":"m","messages":[],"max_tokens":3,"max_completion_tokens":3}"#
    );
    let asked = r#"{"stream":true,"stream_options":{"include_usage":false,"x":1}}"#;
    assert_eq!(
        with(Operation::Chat, asked, &Changes { include_usage: true, ..none }),
        r#"{"stream":true,"stream_options":{"include_usage":true,"x":1}}"#
    );
}

fn kept(operation: Operation, body: &str, keep: &[bool]) -> String {
    let thinned = with(operation, body, &Changes { keep: Some(keep), ..Changes::default() });
    if let (Ok(before), Ok(after)) = (tried(operation, body), tried(operation, &thinned)) {
        let flags = keep.iter().copied().chain(std::iter::repeat(false));
        let expected: Vec<_> = before.tools.into_iter().zip(flags).filter(|it| it.1).collect();
        let expected: Vec<_> = expected.into_iter().map(|it| it.0).collect();
        assert_eq!(after.tools, expected, "{body}");
    }
    thinned
}

#[test]
fn tools_are_taken_out_with_what_names_them() {
    let chat = r#"{"model":"m","messages":[],"parallel_tool_calls":true,"tools":[{"type":"function","function":{"name":"a"}}, {"type":"function","function":{"name":"b"}}],"tool_choice":{"type":"function","function":{"name":"b"}}}"#;
    for (keep, expected) in [
        (&[true, true][..], chat),
        (
            &[true, false],
            r#"{"model":"m","messages":[],"parallel_tool_calls":true,"tools":[{"type":"function","function":{"name":"a"}}]}"#,
        ),
        (
            &[false, true],
            r#"{"model":"m","messages":[],"parallel_tool_calls":true,"tools":[{"type":"function","function":{"name":"b"}}],"tool_choice":{"type":"function","function":{"name":"b"}}}"#,
        ),
        (&[], r#"{"model":"m","messages":[]}"#),
    ] {
        assert_eq!(kept(Operation::Chat, chat, keep), expected);
    }
    let allowed = r#"{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}]}}}"#;
    assert_eq!(
        kept(Operation::Chat, allowed, &[false, true]),
        r#"{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"b"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"b"}}]}}}"#
    );
    let old = r#"{"model":"m","messages":[],"functions":[{"name":"a"}],"function_call":{"name":"a"},"web_search_options":{}}"#;
    assert_eq!(
        kept(Operation::Chat, old, &[false, true]),
        r#"{"model":"m","messages":[],"web_search_options":{}}"#
    );
    assert_eq!(kept(Operation::Chat, old, &[]), r#"{"model":"m","messages":[]}"#);
}

#[test]
fn tools_are_taken_out_wherever_they_are_offered() {
    let response = r#"{"model":"m","tool_choice":{"type":"web_search_preview"},"tools":[{"type":"web_search_preview"},{"type":"namespace","name":"n","tools":[{"type":"function","name":"a"},{"type":"function","name":"b"}]}],"input":[{"type":"additional_tools","role":"developer","tools":[{"type":"mcp","server_label":"l"}]},{"role":"user","content":"Hi"}]}"#;
    for (keep, expected) in [
        (
            &[false, false, true, false][..],
            r#"{"model":"m","tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"b"}]}],"input":[{"role":"user","content":"Hi"}]}"#,
        ),
        (
            &[true, false, false, true],
            r#"{"model":"m","tool_choice":{"type":"web_search_preview"},"tools":[{"type":"web_search_preview"}],"input":[{"type":"additional_tools","role":"developer","tools":[{"type":"mcp","server_label":"l"}]},{"role":"user","content":"Hi"}]}"#,
        ),
        (&[], r#"{"model":"m","input":[{"role":"user","content":"Hi"}]}"#),
    ] {
        assert_eq!(kept(Operation::Responses, response, keep), expected);
    }
    let message = r#"{"model":"m","max_tokens":1,"messages":[],"tools":[{"name":"a","input_schema":{}},{"type":"mcp_toolset","mcp_server_name":"w"}],"mcp_servers":[{"name":"w"}],"tool_choice":{"type":"tool","name":"a"}}"#;
    assert_eq!(
        kept(Operation::Messages, message, &[true, false, false]),
        r#"{"model":"m","max_tokens":1,"messages":[],"tools":[{"name":"a","input_schema":{}}],"tool_choice":{"type":"tool","name":"a"}}"#
    );
}

#[test]
fn what_is_no_body_is_not_changed() {
    let changes = Changes { output_max: Some(1), ..Changes::default() };
    let tried = |text: &'static str| {
        changed(Operation::Chat, &Bytes::from_static(text.as_bytes()), &changes).err()
    };
    assert_eq!(tried("{"), Some(Unintelligible::NotJson));
    assert_eq!(tried("[]"), Some(Unintelligible::IllTyped("body")));
}
