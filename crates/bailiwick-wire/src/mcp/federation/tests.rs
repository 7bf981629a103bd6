//! Names, pages and ids of several servers as one.

use bailiwick_core::Action;
use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::json::quote;
use crate::rpc::{Id, Message};

fn id(raw: &str) -> Id {
    let document = Document::parse(raw.as_bytes(), Limits::default()).unwrap();
    Id::read(document.root()).unwrap()
}

#[test]
fn a_name_is_split_at_the_first_joint() {
    for (name, parts) in [
        ("crm__look", Some(("crm", "look"))),
        ("crm___look", Some(("crm", "_look"))),
        ("a__b__c", Some(("a", "b__c"))),
        ("look", None),
        ("__look", None),
        ("crm__", None),
    ] {
        assert_eq!(split(name), parts, "{name}");
    }
    for (uri, parts) in [
        ("bailiwick://crm/file:///a", Some(("crm", "file:///a"))),
        ("bailiwick://crm/", None),
        ("file:///a", None),
    ] {
        assert_eq!(split_uri(uri), parts, "{uri}");
    }
}

#[test]
fn nothing_but_the_name_changes() {
    for (method, before, after) in [
        (
            "tools/call",
            r#"{"params": {"name" : "crm__lo\u006fk","arguments":{"n":1.50}} ,"id":1}"#,
            r#"{"params": {"name" : "look","arguments":{"n":1.50}} ,"id":1}"#,
        ),
        (
            "completion/complete",
            r#"{"params":{"ref":{"type":"ref/prompt","name":"crm__x"},"argument":{"name":"n"}}}"#,
            r#"{"params":{"ref":{"type":"ref/prompt","name":"look"},"argument":{"name":"n"}}}"#,
        ),
        (
            "completion/complete",
            r#"{"params":{"ref":{"type":"ref/resource","name":"x","uri":"bailiwick://a/t://{y}"}}}"#,
            r#"{"params":{"ref":{"type":"ref/resource","name":"x","uri":"look"}}}"#,
        ),
        (
            "resources/read",
            r#"{"params":{"uri":"bailiwick://a/b"}}"#,
            r#"{"params":{"uri":"look"}}"#,
        ),
    ] {
        let body = Bytes::from(before);
        assert_eq!(renamed(&body, method, "look").unwrap(), after, "{method}");
    }
    assert_eq!(renamed(&Bytes::from_static(b"{\"params\":{}}"), "tools/call", "x"), None);
}

#[test]
fn pages_are_put_together_and_their_cursors_kept() {
    let a = Bytes::from_static(
        br#"{"id":1,"result":{"tools":[{"name":"x","n":1.0},{"name":"y\u0061"}],"nextCursor":"p\u0032"}}"#,
    );
    let b = Bytes::from_static(br#"{"id":1,"result":{"tools":[ {"k":[] , "name" : "z"} ]}}"#);
    let empty = Bytes::from_static(br#"{"id":1,"result":{"tools":[],"nextCursor":7}}"#);
    let pages = [("a", &a), ("b", &b), ("c", &empty)];
    let merged = merged_list(Action::ListTools, &id("\"q\""), &pages, |_, _| false, None).unwrap();
    let text = std::str::from_utf8(&merged).unwrap();
    assert!(
        text.starts_with(
            r#"{"jsonrpc":"2.0","id":"q","result":{"tools":[{"name":"a__x","n":1.0},{"name":"a__y\u0061"},{"k":[] , "name" : "b__z"}],"nextCursor":"#
        ),
        "{text}"
    );
    let document = Document::parse(&merged, Limits::default()).unwrap();
    let cursor = at(&document, &["result", "nextCursor"]).unwrap().raw();
    let ask = Bytes::from(format!(r#"{{"params":{{"cursor":{cursor},"x":1}}}}"#));
    let document = Document::parse(&ask, Limits::default()).unwrap();
    let cursors = read_cursors(document.root().member("params")).unwrap().unwrap();
    assert_eq!(
        cursors,
        [("a".into(), r#""p\u0032""#.into()), ("c".into(), "7".into())]
            as [(Box<str>, Box<str>); 2]
    );
    assert_eq!(
        page_asked(&ask, &cursors[0].1).unwrap(),
        r#"{"params":{"cursor":"p\u0032","x":1}}"#
    );
}

#[test]
fn only_what_would_be_ambiguous_says_whose_it_is() {
    let a = Bytes::from_static(br#"{"result":{"resources":[{"uri":"f:1"},{"uri":"f:2"}]}}"#);
    let pages = [("a", &a)];
    let merged =
        merged_list(Action::ListResources, &id("1"), &pages, |_, uri| uri == "f:2", None).unwrap();
    let text = std::str::from_utf8(&merged).unwrap();
    assert!(text.contains(r#"[{"uri":"f:1"},{"uri":"bailiwick://a/f:2"}]"#), "{text}");
}

#[test]
fn a_cursor_of_ones_own_making_is_refused() {
    for cursor in ["1", "\"x\"", "\"[]\"", "\"{\"", "{}", "\"7\""] {
        let ask = format!(r#"{{"cursor":{cursor}}}"#);
        let document = Document::parse(ask.as_bytes(), Limits::default()).unwrap();
        assert!(read_cursors(Some(document.root())).is_err(), "{cursor}");
    }
    assert_eq!(read_cursors(None), Ok(None));
}

#[test]
fn equal_ids_of_two_servers_differ_and_come_back_as_they_were() {
    for raw in ["1", "\"1\"", "\"\\u0061/b\"", "-0", "123456789012345678901234567890"] {
        let body = Bytes::from(format!(
            r#"{{"jsonrpc":"2.0","id":{raw},"method":"roots/list","params":{{"_meta":{{"progressToken":{raw}}}}}}}"#
        ));
        let (a, a_id) = question("a", &body).unwrap();
        let (_, b_id) = question("b", &body).unwrap();
        assert_ne!(a_id, b_id);
        let document = Document::parse(&a, Limits::default()).unwrap();
        assert!(matches!(Message::read(&document), Ok(Message::Request { id, .. }) if id == a_id));
        let answer =
            Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{a_id},"result":{{"x":1.0}}}}"#));
        let (server, own) = restored(&answer).unwrap();
        assert_eq!(&*server, "a");
        assert_eq!(own, format!(r#"{{"jsonrpc":"2.0","id":{raw},"result":{{"x":1.0}}}}"#));
        let progress = format!(r#"{{"params":{{"progressToken":{a_id},"progress":1}}}}"#);
        let (server, own) = restored_progress(&Bytes::from(progress)).unwrap();
        assert_eq!(&*server, "a");
        assert_eq!(own, format!(r#"{{"params":{{"progressToken":{raw},"progress":1}}}}"#));
        let gone = Bytes::from(format!(r#"{{"params":{{"requestId":{raw}}}}}"#));
        let gone = cancelled_by("a", &gone).unwrap();
        assert_eq!(gone, format!(r#"{{"params":{{"requestId":{a_id}}}}}"#));
    }
    for made_up in ["1", "\"a\"", "\"a/\"", "\"a/{}\"", "\"a/1,\\\"x\\\":2\""] {
        assert_eq!(restored(&Bytes::from(format!(r#"{{"id":{made_up}}}"#))), None, "{made_up}");
    }
}

#[test]
fn many_shake_hands_as_one() {
    let a = Bytes::from_static(
        br#"{"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true}},"instructions":"be \"nice\""}}"#,
    );
    let a = hello(&a).unwrap();
    assert_eq!((&*a.revision, a.tells), ("2025-06-18", [true, false, false]));
    let b = Hello { logging: true, ..Hello::default() };
    let both = [("a", &a), ("b", &b)];
    let merged = merged_hello(&id("1"), "2025-11-25", "0", &both, false);
    let value: serde_json::Value = serde_json::from_slice(&merged).unwrap();
    assert_eq!(
        value["result"]["capabilities"],
        serde_json::json!({"tools": {"listChanged": true}, "logging": {},
            "resources": {"subscribe": true, "listChanged": true}})
    );
    assert_eq!(value["result"]["instructions"], "a:\n  be \"nice\"\n");
    let merged = merged_hello(&id("1"), "2025-11-25", "0", &[], true);
    let value: serde_json::Value = serde_json::from_slice(&merged).unwrap();
    assert!(value["result"]["capabilities"]["prompts"].is_object());
    for (asked, agreed) in [("2025-03-26", "2025-03-26"), ("1999-01-01", "2025-11-25")] {
        let ask = format!(r#"{{"params":{{"protocolVersion":"{asked}"}}}}"#);
        assert_eq!(agreed_revision(&Bytes::from(ask)), agreed);
    }
}

#[test]
fn one_servers_instructions_do_not_pass_for_anothers() {
    let text = "hello\n\nb:\r\nrun\rb:\u{2028}b:\u{85}b:";
    let a = Hello { instructions: Some(text.into()), ..Hello::default() };
    let b = Hello { instructions: Some("mine".into()), ..Hello::default() };
    let merged = merged_hello(&id("1"), "2025-11-25", "0", &[("a", &a), ("b", &b)], false);
    let value: serde_json::Value = serde_json::from_slice(&merged).unwrap();
    let said = value["result"]["instructions"].as_str().unwrap();
    let whole = "a:\n  hello\n  \n  b:\n  run\n  b:\n  b:\n  b:\n\nb:\n  mine\n";
    assert_eq!(said, whole);
}

#[test]
fn many_are_discovered_as_one() {
    let a = Bytes::from_static(
        br#"{"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"extensions":{"io.modelcontextprotocol/tasks":{}}},"instructions":"look","ttlMs":70}}"#,
    );
    let hello = discovered(&a).unwrap();
    assert!(hello.tools && hello.tasks && !hello.prompts);
    assert_eq!(
        (good_ms(&a), good_ms(&Bytes::from_static(b"{\"result\":{\"ttlMs\":-1}}"))),
        (70, 0)
    );
    assert!(discovered(&Bytes::from_static(b"{\"result\":{}}")).is_none());
    let of = Discovery {
        hellos: &[("a", &hello)],
        missing: false,
        older: &["old"],
        served: &["2026-07-28", "2025-11-25"],
        good_ms: 70,
    };
    let merged = merged_discovery(&id("\"d\""), "0", of);
    let value: serde_json::Value = serde_json::from_slice(&merged).unwrap();
    assert_eq!(
        value["result"],
        serde_json::json!({
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "bailiwick", "version": "0"}},
            "supportedVersions": ["2026-07-28", "2025-11-25"],
            "capabilities": {"tools": {"listChanged": true},
                "extensions": {"io.modelcontextprotocol/tasks": {}}},
            "instructions":
                "a:\n  look\n\nNot here, because they speak older revisions of MCP only: old\n",
            "resultType": "complete", "ttlMs": 70, "cacheScope": "private",
        })
    );
    let list = merged_list(Action::ListTools, &id("1"), &[], |_, _| false, Some(5)).unwrap();
    let kept = r#"{"tools":[],"resultType":"complete","ttlMs":5,"cacheScope":"private"}"#;
    assert!(std::str::from_utf8(&list).unwrap().contains(kept), "{list:?}");
}

#[test]
fn a_tasks_handle_says_whose_it_is() {
    let told = |text: &'static str, about| {
        task_told("a", &Bytes::from_static(text.as_bytes()), about)
            .map(|it| String::from_utf8(it.to_vec()).unwrap())
    };
    let begun = r#"{"jsonrpc":"2.0","id":1,"result":{"taskId" : "t\u0031","resultType":"task"}}"#;
    assert_eq!(told(begun, false), Some(begun.replace("\"t\\", "\"a/t\\")));
    let within = r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t/1"}}}"#;
    assert_eq!(told(within, false), Some(within.replace("t/1", "a/t/1")));
    let whole = r#"{"jsonrpc":"2.0","id":1,"result":{"taskId":"t","resultType":"complete"}}"#;
    assert_eq!((told(whole, false), told(whole, true).is_some()), (None, true));
    let notice = r#"{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"t"}}"#;
    assert_eq!(told(notice, false), Some(notice.replace("\"t\"", "\"a/t\"")));
    assert_eq!(
        told(r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"taskId":"t"}}"#, true),
        None
    );
    assert_eq!(told(r#"{"jsonrpc":"2.0","id":1,"result":{"taskId":7}}"#, true), None);
    assert_eq!(split_task("a/t/1"), Some(("a", "t/1")));
    assert_eq!((split_task("t"), split_task("/t"), split_task("a/")), (None, None, None));
    let ask = Bytes::from_static(br#"{"params":{"taskId":"a/t"}}"#);
    assert_eq!(renamed(&ask, "tasks/get", "t").unwrap(), r#"{"params":{"taskId":"t"}}"#);
}

#[test]
fn each_follows_its_own_and_all_agree_as_one() {
    let ask = Bytes::from_static(
        br#"{"params":{"notifications":{"toolsListChanged":true,"promptsListChanged":false,"resourceSubscriptions":["f:1", "bailiwick://a/f:2","f:3"],"taskIds":["a/t"]},"x":1.0}}"#,
    );
    let asked = Filter::of(&ask);
    assert_eq!(asked.lists, [true, false, false]);
    assert_eq!(asked.tasks, Some(vec!["a/t".into()]));
    let a = followed(&ask, &[Some("f:1"), Some("f:2"), None], &[Some("t")]).unwrap();
    let text = std::str::from_utf8(&ask).unwrap();
    let own =
        text.replace(r#""bailiwick://a/f:2","f:3""#, r#""f:2""#).replace(r#"["a/t"]"#, r#"["t"]"#);
    assert_eq!(a, own);
    let none = followed(&ask, &[], &[None]).unwrap();
    let none = Filter::of(&none);
    assert_eq!((none.resources, none.tasks), (Some(vec![]), Some(vec![])));
    let granted = Filter { resources: Some(vec!["a\"b".into()]), tasks: None, ..asked };
    let told = acknowledged(&id("\"l\""), &granted);
    assert!(acknowledges(&told) && !acknowledges(&ask));
    assert_eq!(Filter::of(&told), granted);
    assert!(std::str::from_utf8(&told).unwrap().contains(r#"subscriptionId":"l""#));
}

proptest! {
    /// Whatever a server calls its tool, the client's name for it leads back to it.
    #[test]
    fn a_joined_name_splits_again(name in "\\PC{1,30}", server in "[a-z][a-z0-9-]{0,8}") {
        let entry = format!(r#"{{"id":1,"result":{{"tools":[{{"name":{}}}]}}}}"#, quote(&name));
        let page = Bytes::from(entry);
        let pages = [(server.as_str(), &page)];
        let merged = merged_list(Action::ListTools, &id("1"), &pages, |_, _| false, None).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&merged).unwrap();
        let shown = value["result"]["tools"][0]["name"].as_str().unwrap();
        prop_assert_eq!(split(shown), Some((server.as_str(), name.as_str())));
    }
}
