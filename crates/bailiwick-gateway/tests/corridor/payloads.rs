//! What is asked and answered is kept where a route says so: sealed beside the log, read on record,
//! gone with its person's key.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::agent::{Agent, Said, call};
use crate::house::{House, Plan};
use crate::models::chat;
use crate::provider::{Provider, chunk, ending};
use crate::upstream::Fixture;

const POLICIES: &str = r#"
@id("catalogue") permit (principal is System, action, resource);
@id("people") permit (principal is Person, action, resource);
@id("agents") permit (principal == Agent::"worker", action, resource);
@id("masked") @obligation("mask")
permit (principal == Agent::"worker", action == Action::"complete", resource == Model::"lab/says");
"#;

const CHATS: &str = "/openai/v1/chat/completions";

/// A gateway with a server, `crm`, and a provider, `lab`, that keep what these lines say.
async fn open(provider: &Provider, (crm, lab): (&str, &str), log: &str) -> (House, Fixture) {
    let fixture = Fixture::start().await;
    let mut plan = Plan::servers(&format!(
        "[servers.crm]\nurl = \"{}\"\n{crm}\n[providers.lab]\nurl = \"{}\"\n{lab}\n\
         [models.kept]\nprovider = \"lab\"\nmodel = \"plain\"\nkeep_payloads = true\n\
         [spending]\nunpriced_call = \"0.01\"\n",
        fixture.url, provider.url
    ));
    plan.policies = POLICIES.to_owned();
    plan.withhold = String::new();
    plan.log = log.to_owned();
    (plan.open().await, fixture)
}

const KEEPS: &str = "keep_payloads = true";

async fn read(reader: &Agent, decision: &str, part: &str) -> Said {
    let asked = json!({"decision": decision, "part": part}).to_string();
    reader.send("POST", "/admin/v1/payloads", &asked).await
}

/// What is kept of a call, as an operator reads it.
async fn kept(house: &House, said: &Said, part: &str) -> (Vec<u8>, Value) {
    let shown = read(&house.operator(), said.header("bailiwick-decision").unwrap(), part).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let shown = shown.json();
    let engine = base64::engine::general_purpose::STANDARD;
    (engine.decode(shown["base64"].as_str().unwrap()).unwrap(), shown)
}

#[tokio::test]
async fn a_chat_is_kept_as_it_went_out_and_came_in_and_who_reads_it_is_on_record() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, ("", KEEPS), "").await;
    let said = house.worker.send("POST", CHATS, &chat("plain").to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    let (ask, shown) = kept(&house, &said, "ask").await;
    assert_eq!((&ask[..], &shown["is_proven"]), (&provider.asked()[0].body[..], &json!(true)));
    let (answer, shown) = kept(&house, &said, "answer").await;
    assert_eq!((answer, &shown["is_proven"]), (said.text().into_bytes(), &json!(true)));
    let decision = said.header("bailiwick-decision").unwrap();
    let acts: Vec<_> =
        house.book().acts().into_iter().filter(|it| it.0 == "payloads.read").collect();
    let expected =
        ["ask", "answer"].map(|it| ("payloads.read".to_owned(), format!("{decision} {it}"), true));
    assert_eq!(acts, expected);
    // An auditor may read it, and an operator that runs the gateway may not.
    for (role, status) in [("auditor", 200), ("operator", 403)] {
        let asked = json!({"name": role, "role": role}).to_string();
        let made = house.act("POST", "operators", &asked).await;
        let token = made["token"].as_str().unwrap().to_owned();
        let reader = Agent::with_key(house.gateway.operators(), &token);
        assert_eq!(read(&reader, decision, "answer").await.status, status, "{role}");
    }
    let last = house.book().acts().pop().unwrap();
    assert_eq!((last.0.as_str(), last.2), ("refused.role", false));
}

#[tokio::test]
async fn a_stream_is_kept_whole() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, ("", KEEPS), "").await;
    let script = ["Hel", "lo"].map(chunk).into_iter().chain([ending("stop", 9, 9)]);
    provider.script(&script.collect::<Vec<_>>());
    let mut body = chat("scripted");
    body["stream"] = json!(true);
    let said = house.worker.send("POST", CHATS, &body.to_string()).await;
    let (answer, shown) = kept(&house, &said, "answer").await;
    assert_eq!((answer, &shown["is_proven"]), (said.text().into_bytes(), &json!(true)));
}

#[tokio::test]
async fn a_masked_answer_is_kept_as_its_caller_saw_it() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, ("", KEEPS), "").await;
    let secret = "gsk_FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes";
    let message = json!({"role": "assistant", "content": format!("Use {secret}.")});
    provider.says(json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}));
    let said = house.worker.send("POST", CHATS, &chat("says").to_string()).await;
    let (answer, _) = kept(&house, &said, "answer").await;
    assert_eq!(answer, said.text().into_bytes());
    assert!(said.text().contains("[secret:groq_key]"), "{said:?}");
}

#[tokio::test]
async fn only_routes_that_say_so_keep_anything_and_only_so_much() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, ("", ""), "payload_kib = 1").await;
    let mut body = chat("other");
    body["messages"][0]["content"] = json!("x".repeat(3_000));
    let said = house.worker.send("POST", CHATS, &body.to_string()).await;
    let decision = said.header("bailiwick-decision").unwrap();
    for part in ["ask", "answer"] {
        assert_eq!(read(&house.operator(), decision, part).await.status, 409, "{part}");
    }
    // What one name of a model keeps is kept by its others.
    body["model"] = json!("lab/plain");
    let said = house.worker.send("POST", CHATS, &body.to_string()).await;
    let decision = said.header("bailiwick-decision").unwrap();
    assert_eq!(read(&house.operator(), decision, "ask").await.status, 200);
    // Of each part the beginning is kept.
    body["model"] = json!("kept");
    let said = house.worker.send("POST", CHATS, &body.to_string()).await;
    let asked = provider.asked().pop().unwrap().body;
    let (ask, shown) = kept(&house, &said, "ask").await;
    assert_eq!(ask, asked[..1024]);
    assert_eq!((&shown["total_bytes"], &shown["is_proven"]), (&json!(asked.len()), &Value::Null));
    assert_eq!(kept(&house, &said, "answer").await.0, said.text().into_bytes());
    // Who may do nothing fills nothing.
    let said = house.other.send("POST", CHATS, &body.to_string()).await;
    assert_eq!(said.status, 404);
    let refused = said.header("bailiwick-decision").map(str::to_owned);
    if let Some(refused) = refused {
        assert_eq!(read(&house.operator(), &refused, "ask").await.status, 409);
    }
}

#[tokio::test]
async fn calls_of_tools_are_kept_too_and_go_with_their_persons_key() {
    let provider = Provider::start().await;
    let (house, fixture) = open(&provider, (KEEPS, ""), "").await;
    let agent = house.worker.in_session("crm").await;
    let said = agent.send("POST", "/mcp/crm", &call(7, "look", r#"{"id":"c_1"}"#)).await;
    assert_eq!(said.status, 200, "{said:?}");
    let (ask, _) = kept(&house, &said, "ask").await;
    assert_eq!(ask, fixture.seen().last().unwrap().body);
    let (answer, _) = kept(&house, &said, "answer").await;
    assert_eq!(answer, said.text().into_bytes());
    let state = rusqlite::Connection::open(house.data().join("state.sqlite")).unwrap();
    assert_eq!(state.execute("DELETE FROM subject_keys WHERE subject = 'ada'", []).unwrap(), 1);
    let decision = said.header("bailiwick-decision").unwrap();
    for part in ["ask", "answer"] {
        let gone = read(&house.operator(), decision, part).await;
        assert_eq!((gone.status, gone.text().contains("erased")), (409, true), "{gone:?}");
    }
    let (_, outcome) = house.book().both(decision);
    assert!(outcome.unwrap().sealed.is_some(), "what proves it stays");
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_asked() {
    let provider = Provider::start().await;
    let (house, _fixture) = open(&provider, ("", KEEPS), "").await;
    house.disk.fail_writes();
    let said = house.worker.send("POST", CHATS, &chat("plain").to_string()).await;
    assert_eq!((said.status, provider.asked().len()), (503, 0), "{said:?}");
}

#[tokio::test]
async fn a_result_of_a_tool_is_known_again_in_the_prompt_into_which_it_went() {
    let provider = Provider::start().await;
    let (house, fixture) = open(&provider, ("", ""), "").await;
    let words = "Ada owes 12.50 \u{20ac}, \"twice\".\n";
    let content = json!({"content": [{"type": "text", "text": words}]});
    fixture.verbatim("look", &json!({"jsonrpc": "2.0", "id": 7, "result": content}).to_string());
    let agent = house.worker.in_session("crm").await;
    let result = agent.send("POST", "/mcp/crm", &call(7, "look", "{}")).await;
    assert!(result.text().contains("12.50"), "{result:?}");
    let calls =
        json!([{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]);
    let mut asks = vec![(CHATS, chat("plain"))];
    asks[0].1["messages"] = json!([{"role": "user", "content": "Look"},
        {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "content": words}]);
    let output = json!({"type": "function_call_output", "call_id": "c1", "output": words});
    asks.push(("/openai/v1/responses", json!({"model": "plain", "input": [output]})));
    let (_, outcome) = house.book().both(result.header("bailiwick-decision").unwrap());
    let item = outcome.unwrap().items[0];
    for (path, body) in asks {
        let said = house.worker.send("POST", path, &body.to_string()).await;
        let (decision, _) = house.book().both(said.header("bailiwick-decision").unwrap());
        assert!(decision.items.contains(&item), "{path}");
    }
    // One question finds them all.
    let filter = bailiwick_log::Filter { item: Some(item), ..bailiwick_log::Filter::default() };
    let reader = bailiwick_log::Reader::open(&bailiwick_gateway::paths::log(house.data())).unwrap();
    let found = reader.query(filter, bailiwick_log::Order::OldestFirst, 10).unwrap();
    assert_eq!(found.count(), 3);
}
