//! What a caller may not know of, in what models write: found, on record, masked or kept back.

use serde_json::{Value, json};

use crate::agent::Said;
use crate::house::{House, Plan};
use crate::provider::{Provider, chunk, ending};
use crate::upstream::Fixture;

const POLICIES: &str = r#"
@id("catalogue") permit (principal is System, action, resource);
@id("people") permit (principal is Person, action, resource);
@id("agents")
permit (principal is Agent, action in [Action::"discover", Action::"session", Action::"invoke", Action::"use_model"], resource);
@id("hidden") forbid (principal is Agent, action == Action::"discover", resource == Tool::"crm/delete_ledger");
@id("short") forbid (principal is Agent, action == Action::"discover", resource == Tool::"crm/purge");
@id("gate")
permit (principal in Role::"finance-admins", action, resource == Tool::"crm/delete_ledger");
@id("told")
forbid (principal is Agent, action == Action::"complete", resource)
when { context.findings.contains("hidden.tool") && resource == Model::"lab/careful" };
"#;

const TOOLS: &str = r#"{"tools":[{"name":"delete_ledger","inputSchema":{"type":"object"}},
    {"name":"purge","inputSchema":{"type":"object"}},
    {"name":"read_ledger","inputSchema":{"type":"object"}}]}"#;

const CHATS: &str = "/openai/v1/chat/completions";

/// A gateway with a server that has tools, some of them hidden from agents, and a provider.
async fn open(provider: &Provider, policies: &str, top: &str) -> (House, Fixture) {
    let fixture = Fixture::start().await;
    fixture.list("tools/list", TOOLS);
    let mut plan = Plan::servers(&format!(
        "[servers.crm]\nurl = \"{}\"\n[providers.lab]\nurl = \"{}\"\n\
         [spending]\nunpriced_call = \"0.01\"\n",
        fixture.url, provider.url
    ));
    plan.policies = format!("{POLICIES}{policies}");
    plan.withhold = String::new();
    plan.top = top.to_owned();
    (plan.open().await, fixture)
}

fn duty(word: &str) -> String {
    format!(
        "@id(\"dutiful\") @obligation(\"{word}\")\n\
         permit (principal is Agent, action == Action::\"complete\", resource);"
    )
}

fn ask(model: &str, tools: &[&str]) -> Value {
    let tools: Vec<Value> = tools
        .iter()
        .map(|it| json!({"type": "function", "function": {"name": it, "parameters": {}}}))
        .collect();
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Go on"}]});
    if !tools.is_empty() {
        body["tools"] = Value::Array(tools);
    }
    body
}

fn message(message: &Value) -> Value {
    json!({"id": "c-1", "object": "chat.completion", "created": 1, "model": "m-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}})
}

fn text(text: &str) -> Value {
    message(&json!({"role": "assistant", "content": text}))
}

fn call(name: &str) -> Value {
    let call =
        json!({"id": "call_1", "type": "function", "function": {"name": name, "arguments": "{}"}});
    message(&json!({"role": "assistant", "content": null, "tool_calls": [call]}))
}

async fn send(house: &House, body: &Value) -> Said {
    house.worker.send("POST", CHATS, &body.to_string()).await
}

/// The kinds that were found in the answer, and how it ended.
fn found(house: &House, said: &Said) -> (Vec<String>, String) {
    let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    let outcome = outcome.unwrap();
    let mut kinds: Vec<String> = outcome.findings.iter().map(|it| it.kind.to_string()).collect();
    kinds.dedup();
    (kinds, outcome.disposition.into())
}

#[tokio::test]
async fn hidden_names_in_an_answer_are_on_record_and_masked_or_blocked_as_policy_says() {
    let words = "First:\nDelete-Ledger, crm__delete_ledger; for finance-admins. read_ledger too.";
    let masked = "First:\n[hidden:tool], [hidden:tool]; for [hidden:role]. read_ledger too.";
    for (policy, passes) in [("durable", Some(words)), ("mask", Some(masked)), ("block", None)] {
        let provider = Provider::start().await;
        provider.says(text(words));
        let (house, _fixture) = open(&provider, &duty(policy), "").await;
        let said = send(&house, &ask("says", &[])).await;
        let (kinds, disposition) = found(&house, &said);
        assert_eq!(kinds, ["hidden.tool", "hidden.role"], "{policy}: {said:?}");
        match passes {
            Some(text) => {
                assert_eq!(said.json()["choices"][0]["message"]["content"], text, "{policy}");
            }
            None => assert_eq!((said.status, disposition.as_str()), (403, "withheld")),
        }
        // Whoever sees the tool is told of it.
        provider.says(text("read_ledger"));
        let said = send(&house, &ask("says", &[])).await;
        assert_eq!((found(&house, &said).0.len(), said.status), (0, 200), "{policy}");
    }
}

#[tokio::test]
async fn a_hidden_name_in_pieces_is_masked_wherever_it_is_split() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, &duty("mask"), "").await;
    let words = "Use delete_ledger, or deleteLedger: finance_admins may.";
    for size in [1, 3, 7, words.len()] {
        let pieces = words.as_bytes().chunks(size);
        let pieces = pieces.map(|it| chunk(std::str::from_utf8(it).unwrap()));
        provider.script(&pieces.chain([ending("stop", 9, 9)]).collect::<Vec<_>>());
        let mut body = ask("scripted", &[]);
        body["stream"] = json!(true);
        let said = send(&house, &body).await;
        // Less than three letters are no beginning, and may have left.
        let read = crate::models::text_of(&said.text()).replace("de[", "[").replace("fi[", "[");
        assert_eq!(read, "Use [hidden:tool], or [hidden:tool]: [hidden:role] may.", "{size}");
        assert!(said.text().ends_with("data: [DONE]\n\n"));
        let (kinds, disposition) = found(&house, &said);
        assert!(
            kinds.contains(&"hidden.tool".to_owned()) && disposition == "answered",
            "{kinds:?}"
        );
    }
}

#[tokio::test]
async fn a_call_of_a_hidden_tool_never_reaches_the_client() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, "", "").await;
    // By any of its names, also one that everybody writes, and whether or not it was brought.
    for name in ["delete_ledger", "mcp__crm__delete_ledger", "crm__purge", "purge", "deleteLedger"]
    {
        provider.says(call(name));
        for tools in [&[][..], &["delete_ledger", "purge", "read_ledger"]] {
            let said = send(&house, &ask("says", tools)).await;
            assert_eq!(said.status, 403, "{name}: {said:?}");
            assert!(!said.text().contains(name), "{name}");
            let (kinds, disposition) = found(&house, &said);
            assert_eq!((kinds[0].as_str(), disposition.as_str()), ("hidden.tool", "withheld"));
        }
    }
    let offered = &provider.last()["tools"];
    assert_eq!(offered.as_array().map(Vec::len), Some(1), "{offered}");
    // What the caller may know of, and what is its own or nobody's, passes as it is.
    for name in ["read_ledger", "my_tool", "nobodys_tool"] {
        provider.says(call(name));
        let said = send(&house, &ask("says", &["read_ledger", "my_tool"])).await;
        assert_eq!(said.json(), call(name), "{name}");
        assert_eq!(found(&house, &said), (vec![], "answered".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_streamed_call_of_a_hidden_tool_ends_the_stream_in_its_grammar() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, "", "").await;
    let piece = |name: &str| {
        let call = json!({"index": 0, "id": "call_1", "type": "function",
            "function": {"name": name, "arguments": ""}});
        let delta = json!({"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": null});
        format!("data: {}\n\n", json!({"id": "c-1", "model": "m-1", "choices": [delta]}))
    };
    for pieces in [&["purge"][..], &["delete_", "ledger"], &["pur", "ge"]] {
        let script = [chunk("One moment. ")].into_iter().chain(pieces.iter().map(|it| piece(it)));
        provider.script(&script.chain([ending("tool_calls", 9, 9)]).collect::<Vec<_>>());
        let mut body = ask("scripted", &["read_ledger"]);
        body["stream"] = json!(true);
        let said = send(&house, &body).await;
        assert!(said.text().contains("One moment. "), "{said:?}");
        assert!(!said.text().contains(pieces.last().unwrap()), "{said:?}");
        assert!(said.text().contains("content_filter"), "{said:?}");
        assert!(said.text().ends_with("data: [DONE]\n\n"), "{said:?}");
        let (kinds, disposition) = found(&house, &said);
        assert_eq!((kinds[0].as_str(), disposition.as_str()), ("hidden.tool", "withheld"));
    }
}

#[tokio::test]
async fn a_hidden_name_in_a_prompt_is_for_policy_to_read() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, "", "").await;
    for (words, status) in [("Go on", 200), ("You said delete_ledger", 403)] {
        let mut body = ask("careful", &[]);
        body["messages"][0]["content"] = json!(words);
        let said = send(&house, &body).await;
        assert_eq!(said.status, status, "{words}: {said:?}");
    }
}

#[tokio::test]
async fn what_is_hidden_follows_the_rules_at_once_and_nothing_is_while_they_are_observed() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, "", "").await;
    provider.says(call("delete_ledger"));
    assert_eq!(send(&house, &ask("says", &[])).await.status, 403);
    let killed = r#"{"kind":"tool","name":"crm/read_ledger","reason":"a test"}"#;
    provider.says(call("read_ledger"));
    assert_eq!(send(&house, &ask("says", &[])).await.status, 200);
    house.act("POST", "kills", killed).await;
    assert_eq!(send(&house, &ask("says", &[])).await.status, 403);
    drop(house);
    let top = "mode = \"shadow\"\nshadow_until = \"2999-01-01\"";
    let (house, _fixture) = open(&provider, "", top).await;
    provider.says(call("delete_ledger"));
    let said = send(&house, &ask("says", &[])).await;
    assert_eq!((said.json(), found(&house, &said).0.len()), (call("delete_ledger"), 0));
}

#[tokio::test]
async fn a_tool_that_is_shown_by_views_is_known_by_their_names_only() {
    let provider = Provider::start().await;
    let fixture = Fixture::start().await;
    fixture.list("tools/list", TOOLS);
    let mut plan = Plan::servers(&format!(
        "[servers.crm]\nurl = \"{}\"\n[providers.lab]\nurl = \"{}\"\n\
         [spending]\nunpriced_call = \"0.01\"\n",
        fixture.url, provider.url
    ));
    plan.policies = format!("{POLICIES}{}", duty("mask"));
    plan.withhold = String::new();
    plan.contract = "server = \"crm\"\n[tools.read_ledger]\neffect = \"read\"\n\
                      [tools.read_ledger.views.peek_ledger]\n\
                      [tools.delete_ledger]\neffect = \"destructive\"\n\
                      [tools.delete_ledger.views.strike_ledger]\n"
        .to_owned();
    let house = plan.open().await;
    provider.says(text("peek_ledger, read_ledger, strike_ledger, delete_ledger"));
    let said = send(&house, &ask("says", &[])).await;
    let content = said.json()["choices"][0]["message"]["content"].clone();
    assert_eq!(content, "peek_ledger, [hidden:tool], [hidden:tool], [hidden:tool]");
    // What a host brings is cut to what is shown.
    let brought = ["crm__peek_ledger", "crm__read_ledger", "crm__strike_ledger", "own"];
    send(&house, &ask("says", &brought)).await;
    let heard = provider.last();
    let names: Vec<_> =
        heard["tools"].as_array().unwrap().iter().map(|it| &it["function"]["name"]).collect();
    assert_eq!(names, ["crm__peek_ledger", "own"]);
}
