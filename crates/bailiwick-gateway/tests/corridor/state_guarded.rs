//! What was kept back is not fetched afterwards, and what providers keep costs its caller requests.

use serde_json::{Value, json};

use crate::agent::{Agent, Said};
use crate::house::{House, Plan};
use crate::models::lab;
use crate::provider::Provider;
use crate::state::{BOTH, both, id, upload};
use crate::state_batches::{batch, create, line};
use crate::upstream::Fixture;

const RESPONSES: &str = "/openai/v1/responses";

fn secret() -> String {
    format!("key gsk_{}", "FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes")
}

fn response(id: &str, text: &str) -> Value {
    let part = json!({"type": "output_text", "text": text, "annotations": []});
    let item = json!({"type": "message", "id": format!("msg_{id}"), "role": "assistant",
        "status": "completed", "content": [part]});
    json!({"id": id, "object": "response", "status": "completed", "model": "says",
        "output": [item], "usage": {"input_tokens": 10, "output_tokens": 2}})
}

/// Ask for a response that is this, and that the provider keeps.
async fn made(house: &House, provider: &Provider, id: &str, text: &str) -> Said {
    let (path, said) = (format!("/v1/responses/{id}"), response(id, text));
    provider.kept().plant(&path, said.clone());
    provider.says(said);
    let ask = json!({"model": "says", "input": "Hello", "max_output_tokens": 9}).to_string();
    house.worker.send("POST", RESPONSES, &ask).await
}

async fn read(house: &House, id: &str) -> Said {
    house.worker.send("GET", &format!("{RESPONSES}/{id}"), "").await
}

fn ended(house: &House, said: &Said) -> Option<String> {
    house.trail(said).1
}

#[tokio::test]
async fn an_answer_in_pieces_that_nobody_asked_for_is_on_record() {
    let provider = Provider::start().await;
    let house = both(&provider).await;
    assert_eq!(made(&house, &provider, "resp_a", "Hello!").await.status, 200);
    let asked = provider.asked().len();
    for query in ["stream=true", "stream=%74rue", "%73tream=1", "limit=2&STREAM=True"] {
        assert_eq!(read(&house, &format!("resp_a?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(provider.asked().len(), asked, "nothing was sent");
    // What the provider makes of other words is its own.
    let paths = [
        format!("{RESPONSES}/resp_a?include=pieces"),
        "/openai/v1/models/plain?after_id=pieces".to_owned(),
    ];
    for path in paths {
        let said = house.worker.send("GET", &path, "").await;
        assert_eq!(said.status, 502, "{said:?}");
        assert_eq!(ended(&house, &said).as_deref(), Some("unreachable"), "{path}");
    }
}

#[tokio::test]
async fn what_was_masked_blocked_or_withheld_is_nobodys() {
    let duties = r#"
        @id("masked") @obligation("mask")
        permit (principal is Agent, action == Action::"complete", resource)
        when { context.input has store && context.input.store == true };"#;
    let provider = Provider::start().await;
    let house = lab(&provider, "unpriced_call = \"0.01\"\n", &format!("{BOTH}{duties}")).await;
    let withheld = made(&house, &provider, "resp_w", &secret()).await;
    assert_eq!(ended(&house, &withheld).as_deref(), Some("withheld"));
    provider.kept().plant("/v1/responses/resp_m", response("resp_m", "plain"));
    provider.says(response("resp_m", "plain"));
    let ask = json!({"model": "says", "input": "Hello", "max_output_tokens": 9, "store": true});
    let masked = house.worker.send("POST", RESPONSES, &ask.to_string()).await;
    assert_eq!(id(&masked), "resp_m");
    let asked = provider.asked().len();
    for id in ["resp_w", "resp_m"] {
        assert_eq!(read(&house, id).await.status, 404, "{id}");
    }
    assert_eq!(provider.asked().len(), asked);
    let plain = made(&house, &provider, "resp_p", "plain").await;
    assert_eq!(read(&house, &id(&plain)).await.status, 200);
}

#[tokio::test]
async fn a_response_that_is_read_is_looked_at_as_when_it_was_written() {
    let policies = r#"
        permit (principal is System, action, resource);
        permit (principal is Person, action, resource);
        @id("dutiful") @obligation("mask")
        permit (principal is Agent, action == Action::"read_state", resource);
        permit (principal is Agent, action, resource);
        forbid (principal is Agent, action == Action::"discover", resource == Tool::"crm/delete_ledger");"#;
    let fixture = Fixture::start().await;
    let tools = r#"{"tools":[{"name":"delete_ledger","inputSchema":{"type":"object"}}]}"#;
    fixture.list("tools/list", tools);
    let provider = Provider::start().await;
    let mut plan = Plan::servers(&format!(
        "[servers.crm]\nurl = \"{}\"\n[providers.lab]\nurl = \"{}\"\n\
         [spending]\nunpriced_call = \"0.01\"\n",
        fixture.url, provider.url
    ));
    plan.policies = policies.to_owned();
    plan.withhold = String::new();
    let house = plan.open().await;
    assert_eq!(made(&house, &provider, "resp_a", "Hello!").await.status, 200);
    let path = "/v1/responses/resp_a";
    // It goes on in the background, and what comes of it is only seen now.
    let words = format!("Use delete_ledger with {}", secret());
    provider.kept().plant(path, response("resp_a", &words));
    let said = read(&house, "resp_a").await;
    let text = said.json()["output"][0]["content"][0]["text"].as_str().unwrap().to_owned();
    assert_eq!(text, "Use [hidden:tool] with key [secret:groq_key]");
    let mut calls = response("resp_a", "x");
    calls["output"] = json!([{"type": "function_call", "id": "fc_1", "call_id": "c_1",
        "name": "delete_ledger", "arguments": "{}", "status": "completed"}]);
    provider.kept().plant(path, calls);
    let said = read(&house, "resp_a").await;
    assert_eq!((said.status, ended(&house, &said).as_deref()), (403, Some("withheld")));
}

#[tokio::test]
async fn a_batch_whose_answers_would_be_masked_is_refused() {
    for duty in ["mask", "block"] {
        let more = format!(
            "@id(\"dutiful\") @obligation(\"{duty}\")\n\
             permit (principal is Agent, action == Action::\"complete\", resource == Model::\"lab/other\");"
        );
        let provider = Provider::start().await;
        let house = lab(&provider, "", &format!("{BOTH}{more}")).await;
        let file = [line(1, "plain", &json!({})), line(2, "other", &json!({}))].join("\n");
        let said = batch(&house, &file).await;
        assert_eq!(said.status, 403, "{said:?}");
        let words = "request 2 of the batch: the policy has its answer masked or blocked";
        assert!(said.text().contains(words), "{said:?}");
        assert!(provider.asked().iter().all(|it| it.path != "/v1/batches"));
        assert_eq!(batch(&house, &line(1, "plain", &json!({}))).await.status, 200);
    }
}

#[tokio::test]
async fn whoever_may_make_no_batch_has_no_line_decided() {
    let more = r#"@id("no_batches")
        forbid (principal is Agent, action == Action::"create_state", resource == State::"lab/batches");"#;
    let provider = Provider::start().await;
    let house = lab(&provider, "", &format!("{BOTH}{more}")).await;
    let said = batch(&house, &line(1, "plain", &json!({}))).await;
    assert_eq!(said.status, 403, "{said:?}");
    let (decision, _) = house.trail(&said);
    assert!(decision.policies.iter().any(|it| it.as_str() == "no_batches"), "{decision:?}");
    assert_eq!(provider.asked().len(), 1, "the upload is all that was sent");
    let within = house.book().decisions().into_iter();
    assert_eq!(within.filter(|it| it.parent == Some(decision.exchange)).count(), 0);
}

#[tokio::test]
async fn lines_and_entries_are_requests_of_the_keys_minute() {
    let provider = Provider::start().await;
    let mut house = both(&provider).await;
    let asked = r#"{"agent":"worker","person":"ada","tenant":"acme","terms":{"per_minute":9}}"#;
    let key = house.act("POST", "keys", asked).await;
    house.worker = Agent::with_key(house.gateway.agents(), key["key"].as_str().unwrap());
    let lines =
        |count: usize| (0..count).map(|it| line(it, "plain", &json!({}))).collect::<Vec<_>>();
    let file = id(&upload(&house.worker, "/openai/v1/files", "batch", &lines(7).join("\n")).await);
    // Two are gone with the file and the batch itself: seven lines fit, and nothing after them.
    id(&create(&house, &file).await);
    assert_eq!(create(&house, &file).await.status, 429);
    let key = house.act("POST", "keys", asked).await;
    house.worker = Agent::with_key(house.gateway.agents(), key["key"].as_str().unwrap());
    let sent = provider.asked().len();
    let file = id(&upload(&house.worker, "/openai/v1/files", "batch", &lines(8).join("\n")).await);
    let refused = create(&house, &file).await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(refused.header("retry-after").is_some());
    assert!(provider.asked()[sent..].iter().all(|it| it.path != "/v1/batches"));
    // Of the nine seven are left: five lists of nothing, and then one that holds an entry or more.
    let listed = |query: &'static str| {
        let worker = house.worker.clone();
        async move { worker.send("GET", &format!("/openai/v1/files{query}"), "").await.status }
    };
    assert_eq!(listed("?limit=1").await, 200);
    assert_eq!(listed("?limit=1").await, 200);
    assert_eq!(listed("?limit=2").await, 200);
    assert_eq!(listed("?limit=1").await, 429);
}
