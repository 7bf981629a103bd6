//! The helpdesk as its client sees it, line by line, and its papers against each other.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rpc::Helpdesk;
use super::{CONTRACT, ENTITIES, POLICIES};

/// A helpdesk whose client introduced itself with these capabilities.
fn open(capabilities: &Value) -> Helpdesk {
    let mut helpdesk = Helpdesk::new().unwrap();
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities,
        "clientInfo": { "name": "test", "version": "0" } });
    let answer = ask(&mut helpdesk, "initialize", params);
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    assert!(say(&mut helpdesk, &notification("notifications/initialized")).is_empty());
    helpdesk
}

fn notification(method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": method })
}

fn say(helpdesk: &mut Helpdesk, message: &Value) -> Vec<Value> {
    parse(&helpdesk.handle(&message.to_string()))
}

fn parse(lines: &[String]) -> Vec<Value> {
    assert!(lines.iter().all(|line| !line.contains('\n')));
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A request and its answer, which is all that is said.
fn ask(helpdesk: &mut Helpdesk, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let said = say(helpdesk, &request);
    let [answer] = said.as_slice() else { panic!("{method}: {said:?}") };
    assert_eq!(answer["id"], 7);
    answer.clone()
}

fn call(helpdesk: &mut Helpdesk, tool: &str, arguments: Value) -> Vec<Value> {
    let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": "p" } });
    let request =
        json!({ "jsonrpc": "2.0", "id": "call", "method": "tools/call", "params": params });
    say(helpdesk, &request)
}

/// The data that a tool answers, whatever else is said.
fn data(helpdesk: &mut Helpdesk, tool: &str, arguments: Value) -> Value {
    let said = call(helpdesk, tool, arguments);
    let answer = said.last().expect("an answer");
    assert_eq!(answer["result"]["isError"], Value::Null, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    let data = answer["result"]["structuredContent"].clone();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), data);
    data
}

/// The words in which a tool fails.
fn fails(helpdesk: &mut Helpdesk, tool: &str, arguments: Value) -> String {
    let said = call(helpdesk, tool, arguments);
    let result = &said.last().expect("an answer")["result"];
    assert_eq!(result["isError"], true, "{tool}: {said:?}");
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

/// Every tool that is listed, page by page.
fn tools(helpdesk: &mut Helpdesk) -> Vec<Value> {
    let (mut tools, mut params, mut pages) = (Vec::new(), json!({}), 0);
    loop {
        let answer = ask(helpdesk, "tools/list", params);
        let page = answer["result"]["tools"].as_array().expect("tools").clone();
        assert!((1..=6).contains(&page.len()));
        tools.extend(page);
        pages += 1;
        let cursor = &answer["result"]["nextCursor"];
        if cursor.is_null() {
            break;
        }
        params = json!({ "cursor": cursor });
    }
    assert_eq!(pages, 3);
    tools
}

fn names(tools: &[Value]) -> BTreeSet<String> {
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_revision_is_answered_and_an_unknown_one_gets_the_newest() {
    for (asked, got) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
    ] {
        let mut helpdesk = Helpdesk::new().unwrap();
        let answer = ask(&mut helpdesk, "initialize", json!({ "protocolVersion": asked }));
        assert_eq!(answer["result"]["protocolVersion"], got);
        assert_eq!(answer["result"]["capabilities"]["tools"]["listChanged"], true);
    }
}

#[test]
fn what_is_no_request_gets_the_code_of_the_specification() {
    let mut helpdesk = Helpdesk::new().unwrap();
    for (line, id, code) in [
        ("{", Value::Null, -32700),
        ("", Value::Null, -32700),
        ("[]", Value::Null, -32600),
        ("7", Value::Null, -32600),
        (r#"{"id":1,"method":"ping"}"#, json!(1), -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, Value::Null, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, json!(1), -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#, json!(1), -32602),
    ] {
        let said = parse(&helpdesk.handle(line));
        assert_eq!((&said[0]["id"], &said[0]["error"]["code"]), (&id, &json!(code)), "{line}");
    }
    assert_eq!(ask(&mut helpdesk, "ping", json!({}))["result"], json!({}));
    let mut helpdesk = open(&json!({}));
    for (method, params, code) in [
        ("initialize", json!({ "protocolVersion": "2025-11-25" }), -32600),
        ("server/discover", json!({}), -32601),
        ("tools/call", json!({ "name": "no_such_tool" }), -32602),
        ("tools/list", json!({ "cursor": "after-600" }), -32602),
        ("tools/list", json!({ "cursor": 6 }), -32602),
        ("resources/read", json!({ "uri": "helpdesk://policy/none" }), -32002),
        ("resources/subscribe", json!({ "uri": "helpdesk://policy/none" }), -32002),
        ("prompts/get", json!({ "name": "none" }), -32602),
        ("prompts/get", json!({ "name": "triage_ticket" }), -32602),
        ("logging/setLevel", json!({ "level": "loud" }), -32602),
        ("completion/complete", json!({ "ref": { "type": "ref/tool" } }), -32602),
    ] {
        let answer = ask(&mut helpdesk, method, params);
        assert_eq!(answer["error"]["code"], code, "{method}");
    }
    for line in [r#"{"jsonrpc":"2.0","id":"x","result":{}}"#, r#"{"jsonrpc":"2.0","method":"x"}"#] {
        assert!(helpdesk.handle(line).is_empty());
    }
}

#[test]
fn batches_are_for_one_revision_only() {
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},
        {"jsonrpc":"2.0","id":"2","method":"none"}]"#;
    let mut helpdesk = Helpdesk::new().unwrap();
    ask(&mut helpdesk, "initialize", json!({ "protocolVersion": "2025-03-26" }));
    let said = parse(&helpdesk.handle(batch));
    assert_eq!(said.len(), 1);
    assert_eq!(said[0][0]["id"], 1);
    assert_eq!(said[0][1]["error"]["code"], -32601);
    assert!(helpdesk.handle(r#"[{"jsonrpc":"2.0","method":"x"}]"#).is_empty());
    assert_eq!(parse(&open(&json!({})).handle(batch))[0]["error"]["code"], -32600);
}

#[test]
fn every_tool_does_something_and_says_what_it_takes() {
    let everything = json!({ "elicitation": {}, "sampling": {}, "roots": {} });
    let mut helpdesk = open(&everything);
    data(&mut helpdesk, "send_email", json!({ "to": "a@b.example", "subject": "s", "body": "b" }));
    for tool in tools(&mut helpdesk) {
        let name = tool["name"].as_str().unwrap();
        let schema = &tool["inputSchema"];
        assert_eq!(schema["additionalProperties"], false, "{name}");
        let mut arguments = json!({});
        for (argument, property) in schema["properties"].as_object().unwrap() {
            let limited = property["maxLength"].is_u64() || property["maximum"].is_u64();
            assert!(limited || property["enum"].is_array(), "{name}.{argument} has no limit");
            arguments[argument] = match argument.as_str() {
                "customer_id" if name == "delete_customer" => json!("c_52"),
                "customer_id" => json!("c_44"),
                "order_id" => json!("4835"),
                "ticket_id" => json!("t_1003"),
                "tenant" => json!("acme"),
                "report" => json!("orders"),
                "to" => json!("jun@acme.example"),
                "amount_cents" | "limit" | "steps" => json!(1),
                _ => json!("something"),
            };
        }
        let mut extra = arguments.clone();
        extra["surprise"] = json!(1);
        assert_eq!(fails(&mut helpdesk, name, extra), "there is no argument surprise");
        let mut said = call(&mut helpdesk, name, arguments);
        said.append(&mut parse(&helpdesk.step()));
        let last = said.last().expect("something is said");
        let is_answer = last["result"]["structuredContent"].is_object();
        assert!(is_answer || last["method"].is_string(), "{name}: {last}");
    }
}

#[test]
fn arguments_are_checked_and_numbers_may_be_spelled_as_they_like() {
    let mut helpdesk = open(&json!({}));
    for (tool, arguments, words) in [
        ("get_customer", json!({}), "the argument customer_id is missing"),
        ("get_customer", json!([]), "the arguments must be an object"),
        ("get_customer", json!({ "customer_id": 41 }), "must be a string"),
        ("get_customer", json!({ "customer_id": "" }), "at least 1"),
        ("get_customer", json!({ "customer_id": "c".repeat(33) }), "at most 32"),
        ("get_customer", json!({ "customer_id": "c_99" }), "there is no customer c_99"),
        ("search_customers", json!({ "tenant": "other", "query": "a" }), "one of acme, globex"),
        ("search_customers", json!({ "tenant": "acme", "query": "a", "limit": 0 }), "at least 1"),
        ("get_order", json!({ "order_id": "#4821" }), "without the sign: 4821"),
        ("send_email", json!({ "to": "a@b.c,x@y.z", "subject": "s", "body": "b" }), "one e-mail"),
        ("send_email", json!({ "to": "a@b@c.d", "subject": "s", "body": "b" }), "one e-mail"),
    ] {
        let told = fails(&mut helpdesk, tool, arguments);
        assert!(told.contains(words), "{tool}: {told}");
    }
    for (amount, fits) in [
        ("0", false),
        ("-5", false),
        ("1.5", false),
        ("1e9", false),
        ("\"5\"", false),
        ("10", true),
        ("10.0", true),
        ("1e1", true),
    ] {
        let arguments = format!(r#"{{"order_id":"4822","amount_cents":{amount},"reason":"late"}}"#);
        let said = call(&mut helpdesk, "refund_order", serde_json::from_str(&arguments).unwrap());
        assert_eq!(said[0]["result"]["isError"] != true, fits, "{amount}");
    }
    let order = data(&mut helpdesk, "get_order", json!({ "order_id": "4822" }));
    assert_eq!(order["refunded_cents"], 30);
}

#[test]
fn refunds_and_deletions_change_the_books_and_are_told_to_who_listens() {
    let mut helpdesk = open(&json!({}));
    let refund = json!({ "order_id": "4821", "amount_cents": 5000, "reason": "a scratch" });
    assert_eq!(call(&mut helpdesk, "refund_order", refund.clone()).len(), 1);
    let notes = json!({ "uri": "helpdesk://customers/c_41/notes" });
    ask(&mut helpdesk, "resources/subscribe", notes.clone());
    ask(&mut helpdesk, "logging/setLevel", json!({ "level": "info" }));
    assert!(fails(&mut helpdesk, "refund_order", refund).contains("3900 cents"));
    let rest = json!({ "order_id": "4821", "amount_cents": 3900, "reason": "the rest" });
    let said = call(&mut helpdesk, "refund_order", rest);
    let methods: Vec<_> = said.iter().filter_map(|it| it["method"].as_str()).collect();
    assert_eq!(methods, ["notifications/message", "notifications/resources/updated"]);
    assert_eq!(said[2]["result"]["structuredContent"]["refunded_cents"], 8900);
    let read = ask(&mut helpdesk, "resources/read", notes.clone());
    assert!(read["result"]["contents"][0]["text"].as_str().unwrap().contains("3900 cents"));
    let report = json!({ "tenant": "acme", "report": "refunds", "steps": 1 });
    assert!(call(&mut helpdesk, "export_report", report).is_empty());
    let report = parse(&helpdesk.step());
    assert_eq!(report[1]["result"]["structuredContent"]["count"], 2);
    data(&mut helpdesk, "delete_customer", json!({ "customer_id": "c_41" }));
    assert!(fails(&mut helpdesk, "get_order", json!({ "order_id": "4821" })).contains("no order"));
    assert_eq!(ask(&mut helpdesk, "resources/read", notes)["error"]["code"], -32002);
}

#[test]
fn the_first_email_brings_the_outbox() {
    let mut helpdesk = open(&json!({}));
    let before = tools(&mut helpdesk);
    let mail = json!({ "to": "maya@acme.example", "subject": "Hello", "body": "Dear Maya" });
    assert_eq!(call(&mut helpdesk, "read_outbox", json!({}))[0]["error"]["code"], -32602);
    let said = call(&mut helpdesk, "send_email", mail.clone());
    assert_eq!(said[0]["method"], "notifications/tools/list_changed");
    assert_eq!(call(&mut helpdesk, "send_email", mail).len(), 1);
    let after = tools(&mut helpdesk);
    let new: Vec<_> = names(&after).difference(&names(&before)).cloned().collect();
    assert_eq!(new, ["read_outbox"]);
    let outbox = data(&mut helpdesk, "read_outbox", json!({ "limit": 1 }));
    assert_eq!(outbox["emails"].as_array().unwrap().len(), 1);
}

#[test]
fn a_report_takes_its_steps_and_can_be_cancelled() {
    let mut helpdesk = open(&json!({}));
    let report = json!({ "tenant": "acme", "report": "orders", "steps": 3 });
    assert!(call(&mut helpdesk, "export_report", report.clone()).is_empty());
    let mut said = Vec::new();
    while helpdesk.is_busy() {
        said.append(&mut parse(&helpdesk.step()));
    }
    let progress: Vec<_> = said.iter().map(|it| it["params"]["progress"].clone()).collect();
    assert_eq!(progress, [json!(1), json!(2), json!(3), Value::Null]);
    assert_eq!(said[0]["params"]["progressToken"], "p");
    assert_eq!(said[3]["id"], "call");
    assert!(call(&mut helpdesk, "export_report", report).is_empty());
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": { "requestId": "call" } });
    assert!(say(&mut helpdesk, &cancel).is_empty());
    assert!(!helpdesk.is_busy() && helpdesk.step().is_empty());
}

#[test]
fn the_client_is_asked_only_for_what_it_offers() {
    let cases = [
        (
            "ask_customer",
            json!({ "customer_id": "c_41", "question": "Which desk?" }),
            "elicitation",
            "elicitation/create",
            json!({ "action": "accept", "content": { "answer": "oak" } }),
            json!({ "action": "accept", "answer": "oak" }),
        ),
        (
            "summarise_ticket",
            json!({ "ticket_id": "t_1001" }),
            "sampling",
            "sampling/createMessage",
            json!({ "role": "assistant", "model": "m",
                "content": { "type": "text", "text": "a scratch" } }),
            json!({ "summary": "a scratch", "model": "m" }),
        ),
        (
            "workspace",
            json!({}),
            "roots",
            "roots/list",
            json!({ "roots": [{ "uri": "file:///desk" }] }),
            json!({ "roots": [{ "uri": "file:///desk" }] }),
        ),
    ];
    for (tool, arguments, capability, method, reply, expected) in cases {
        let told = fails(&mut open(&json!({})), tool, arguments.clone());
        assert_eq!(told, format!("this client does not offer {capability}"));

        let mut helpdesk = open(&json!({ capability: {} }));
        let said = call(&mut helpdesk, tool, arguments.clone());
        assert_eq!((said.len(), &said[0]["method"]), (1, &json!(method)));
        let answer = json!({ "jsonrpc": "2.0", "id": said[0]["id"], "result": reply });
        let finished = say(&mut helpdesk, &answer);
        assert_eq!(finished[0]["id"], "call");
        assert_eq!(finished[0]["result"]["structuredContent"], expected);
        assert!(say(&mut helpdesk, &answer).is_empty(), "a second answer is nobody's");

        let said = call(&mut helpdesk, tool, arguments.clone());
        let refusal = json!({ "jsonrpc": "2.0", "id": said[0]["id"], "error": { "code": -1 } });
        assert_eq!(say(&mut helpdesk, &refusal)[0]["result"]["isError"], true);

        let said = call(&mut helpdesk, tool, arguments);
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": { "requestId": "call" } });
        let withdrawn = say(&mut helpdesk, &cancel);
        assert_eq!(withdrawn[0]["params"]["requestId"], said[0]["id"]);
    }
}

#[test]
fn resources_prompts_and_completions_hang_together() {
    let mut helpdesk = open(&json!({}));
    let listed = ask(&mut helpdesk, "resources/list", json!({}));
    for resource in listed["result"]["resources"].as_array().unwrap() {
        let read = ask(&mut helpdesk, "resources/read", json!({ "uri": resource["uri"] }));
        assert_eq!(read["result"]["contents"][0]["uri"], resource["uri"]);
    }
    let listed = ask(&mut helpdesk, "resources/templates/list", json!({}));
    let template = &listed["result"]["resourceTemplates"][0]["uriTemplate"];
    let complete = |helpdesk: &mut Helpdesk, of: Value, argument: &str, value: &str| {
        let argument = json!({ "name": argument, "value": value });
        let params = json!({ "ref": of, "argument": argument });
        ask(helpdesk, "completion/complete", params)["result"]["completion"]["values"].clone()
    };
    let of_template = json!({ "type": "ref/resource", "uri": template });
    assert_eq!(complete(&mut helpdesk, of_template, "id", "c_5"), json!(["c_51", "c_52"]));
    let prompt = |name: &str| json!({ "type": "ref/prompt", "name": name });
    let tickets = complete(&mut helpdesk, prompt("triage_ticket"), "ticket_id", "t_2");
    assert_eq!(tickets, json!(["t_2001"]));
    let customers = complete(&mut helpdesk, prompt("welcome_customer"), "customer_id", "");
    assert_eq!(customers.as_array().unwrap().len(), 6);
    let tone = complete(&mut helpdesk, prompt("welcome_customer"), "tone", "fo");
    assert_eq!(tone, json!(["formal"]));
    let triage = json!({ "name": "triage_ticket", "arguments": { "ticket_id": "t_1002" } });
    let got = ask(&mut helpdesk, "prompts/get", triage);
    let text = got["result"]["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.contains("ignore previous instructions"));
}

#[test]
fn contract_entities_and_policies_speak_of_what_there_is() {
    let mut helpdesk = open(&json!({}));
    data(&mut helpdesk, "send_email", json!({ "to": "a@b.example", "subject": "s", "body": "b" }));
    let listed = names(&tools(&mut helpdesk));
    let contracted: BTreeSet<String> = CONTRACT
        .lines()
        .filter_map(|line| line.strip_prefix("[tools.")?.strip_suffix(']'))
        .map(str::to_owned)
        .collect();
    assert_eq!(contracted, listed);

    let entities: Vec<Value> = serde_json::from_str(ENTITIES).unwrap();
    for (kind, tool, argument) in [
        ("Customer", "get_customer", "customer_id"),
        ("Order", "get_order", "order_id"),
        ("Ticket", "read_ticket", "ticket_id"),
    ] {
        let of_kind = entities.iter().filter(|it| it["uid"]["type"] == kind);
        let mut count = 0;
        for entity in of_kind {
            let found = data(&mut helpdesk, tool, json!({ argument: entity["uid"]["id"] }));
            let attributes = &entity["attrs"];
            if kind == "Customer" {
                assert_eq!(found["tenant"], attributes["tenant"]);
                assert_eq!(found["tier"], attributes["tier"]);
            } else {
                let owner = &attributes["customer"]["__entity"]["id"];
                assert_eq!(&found["customer_id"], owner);
                let owner = data(&mut helpdesk, "get_customer", json!({ "customer_id": owner }));
                assert_eq!(owner["tenant"], attributes["tenant"]);
            }
            count += 1;
        }
        assert!(count >= 4, "{kind}");
    }

    for (file, text) in POLICIES {
        for quoted in text.split("\"helpdesk/").skip(1) {
            let name = quoted.split('"').next().unwrap();
            assert!(listed.contains(name) || name.starts_with("helpdesk://"), "{file}: {name}");
        }
        assert!(
            text.matches("@id(").count()
                == text.matches("\npermit").count() + text.matches("\nforbid").count(),
            "{file}: every policy has an id"
        );
    }
}
