//! Drafts of tools that never were, one for each thing that a draft must get right.

use bailiwick_core::Value;

use super::{AlreadyThere, append, draft, write};
use crate::contract::Contract;
use crate::definition::Definition;
use crate::effect::{EffectWord, Recipient};

/// A definition from JSON.
pub(crate) fn tool(json: &serde_json::Value) -> Definition {
    Definition::of(&value(json)).unwrap()
}

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(it) => Value::Bool(*it),
        serde_json::Value::Number(it) => {
            Value::Number(bailiwick_core::Number::from_lexeme(&it.to_string()))
        }
        serde_json::Value::String(it) => Value::Text(it.as_str().into()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(value).collect()),
        serde_json::Value::Object(members) => Value::Record(
            members.iter().map(|(name, it)| (name.as_str().into(), value(it))).collect(),
        ),
    }
}

fn effect(json: &serde_json::Value) -> EffectWord {
    let drafted = draft("acme", &[tool(json)]);
    *drafted.tools.values().next().unwrap().effect.said()
}

fn schema(properties: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "type": "object", "properties": properties })
}

#[test]
fn what_is_ambiguous_goes_to_the_worse_and_no_hint_makes_it_milder() {
    let json = |name: &str, text: &str, properties: serde_json::Value, hints: serde_json::Value| {
        serde_json::json!({
            "name": name, "description": text, "inputSchema": schema(&properties),
            "annotations": hints,
        })
    };
    let none = || serde_json::json!({});
    let sql = || serde_json::json!({ "sql": { "type": "string" } });
    let does = serde_json::json!({ "action": { "enum": ["get", "delete"] } });
    let harmless = serde_json::json!({ "readOnlyHint": true });
    let dangerous = serde_json::json!({ "destructiveHint": true });
    let url = || serde_json::json!({ "url": { "type": "string" } });
    let ours = serde_json::json!({ "url": { "enum": ["https://a.example"] } });
    for (tool, expected) in [
        (json("fetch", "Fetches a URL.", url(), none()), EffectWord::Outbound),
        (json("fetch_customer", "Fetches one.", none(), none()), EffectWord::Read),
        (json("fetch", "Fetches a URL.", ours, none()), EffectWord::Read),
        (json("get_customer", "Gets one.", none(), none()), EffectWord::Read),
        (json("purge_customer", "Gets one.", none(), harmless.clone()), EffectWord::Destructive),
        (json("get_customer", "Deletes it.", none(), harmless), EffectWord::Destructive),
        (json("get_customer", "Gets one.", none(), dangerous), EffectWord::Destructive),
        (json("customer", "Manage one.", does, none()), EffectWord::Destructive),
        (json("query", "Execute any SQL.", sql(), none()), EffectWord::Destructive),
        (json("query", "Execute a read-only SQL.", sql(), none()), EffectWord::Read),
        (json("send_mail", "Sends it.", none(), none()), EffectWord::Outbound),
        (json("frobnicate", "", none(), none()), EffectWord::IrreversibleWrite),
        (json("archive_note", "Archives it.", none(), none()), EffectWord::ReversibleWrite),
        (json("write_file", "Overwrites it.", none(), none()), EffectWord::Destructive),
    ] {
        assert_eq!(effect(&tool), expected, "{tool}");
    }
}

#[test]
fn a_name_is_personal_unless_it_is_a_things() {
    let data = |argument: &str| {
        let one = serde_json::json!({ argument: { "type": "string" } });
        let json = serde_json::json!({ "name": "look", "inputSchema": schema(&one) });
        draft("acme", &[tool(&json)]).tools["look"].data_in.is_some()
    };
    for (argument, is_personal) in [
        ("name", true),
        ("first_name", true),
        ("customerName", true),
        ("table_name", false),
        ("branchName", false),
        ("customer_table_name", true),
    ] {
        assert_eq!(data(argument), is_personal, "{argument}");
    }
}

#[test]
fn every_cell_says_what_it_was_guessed_from_and_a_draft_is_a_contract() {
    let refund = serde_json::json!({
        "name": "refund_customers", "description": "Refunds an order and mails the customer.",
        "inputSchema": schema(&serde_json::json!({
            "order_id": { "type": "integer" },
            "customer_ids": { "type": "array", "items": { "type": "string" } },
            "amount": { "type": "number" },
            "cc": { "type": "string" },
            "page_id": { "type": "object" },
        })),
        "outputSchema": schema(&serde_json::json!({
            "customers": { "type": "array", "items": schema(&serde_json::json!({
                "id": { "type": "string" } })) },
        })),
    });
    let list = serde_json::json!({ "name": "list_customers", "description": "" });
    let odd = serde_json::json!({ "name": "weird.\"\u{202e}name", "description": "" });
    let pair = ["create_note", "delete_note"].map(|it| serde_json::json!({ "name": it }));
    let tools: Vec<_> = [&refund, &list, &odd, &pair[0], &pair[1]].map(tool).into();
    let drafted = draft("acme", &tools);
    let tool = &drafted.tools["refund_customers"];
    assert_eq!(tool.resources["order_id"], "Order");
    assert_eq!(tool.resources["customer_ids"], "Customer");
    assert!(!tool.resources.contains_key("page_id"));
    assert_eq!(tool.results["/customers/*/id"], "Customer");
    assert_eq!(tool.recipients["cc"].said(), &Recipient::Person);
    assert!(tool.worst_case.as_ref().unwrap().said().contains("`amount` moves any amount"));
    assert_eq!(drafted.tools["list_customers"].collections, ["Customer"]);
    let undo = drafted.tools["create_note"].undo.as_ref().unwrap();
    assert_eq!(undo.said().tool.as_deref(), Some("delete_note"));
    let text = write(&drafted).unwrap();
    assert!(text.is_ascii() && text.contains("evidence = "));
    assert!(
        text.lines().filter(|it| !it.starts_with('#')).all(|it| !it.contains("verified = true"))
    );
    assert_eq!(Contract::read(&text).unwrap(), drafted);
    assert_eq!(write(&draft("acme", &tools)).unwrap(), text);
}

#[test]
fn new_tools_are_appended_and_what_was_written_stays() {
    let names = |names: &[&str]| -> Vec<_> {
        names.iter().map(|it| tool(&serde_json::json!({ "name": it }))).collect()
    };
    let kept = "# mine\nserver = 'acme'\n[tools]\nget_a = { effect = 'read' } # sure";
    let (text, added) = append(kept, &draft("acme", &names(&["get_a", "get_b"]))).unwrap();
    assert!(text.starts_with(kept));
    assert_eq!(added, ["get_b"]);
    assert_eq!(append(&text, &draft("acme", &names(&["get_b"]))).unwrap(), (text, Vec::new()));
    assert_eq!(append(kept, &draft("other", &[])), Err(AlreadyThere::OfAnother("acme".into())));
    // Nothing can be appended to a table that is closed.
    let closed = "server = 'acme'\ntools = { get_a = { effect = 'read' } }\n";
    assert!(append(closed, &draft("acme", &names(&["get_b"]))).is_err());
}
