//! What calls of models count for: which key's money it was, and what a call is known to have cost.

use serde_json::json;

use crate::agent::Agent;
use crate::house::House;
use crate::models::{chat, lab, lab_at};
use crate::provider::Provider;

const CHATS: &str = "/openai/v1/chat/completions";

/// A key that was made or rotated, and its id.
fn made(house: &House, said: &serde_json::Value) -> (Agent, String) {
    let agent = Agent::with_key(house.gateway.agents(), said["key"].as_str().unwrap());
    (agent, said["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_rotated_key_has_what_the_first_of_its_line_left() {
    let provider = Provider::start().await;
    let path = |id: &str| format!("keys/{id}/rotate");
    for in_good_order in [true, false] {
        let house = lab(&provider, "", "").await;
        // A call may cost 5,000 micro-dollars and something and costs 3,000: two pass, and then 4,000 are left.
        let asked = r#"{"agent":"worker","person":"ada","tenant":"acme",
            "terms":{"caps":{"total_micro_usd":10000}}}"#;
        let (first, id) = made(&house, &house.act("POST", "keys", asked).await);
        assert_eq!(first.send("POST", CHATS, &chat("plain").to_string()).await.status, 200);
        let rotated = house.act("POST", &path(&id), r#"{"overlap_seconds":3600}"#).await;
        let (second, id) = made(&house, &rotated);
        // Both are good for a while, and have one purse.
        assert_eq!(second.send("POST", CHATS, &chat("plain").to_string()).await.status, 200);
        let is_short = |said: crate::agent::Said| {
            assert_eq!(said.status, 429, "{said:?}");
            assert!(said.text().contains("$0.004000 of $0.010000 in all"), "{said:?}");
        };
        is_short(first.send("POST", CHATS, &chat("plain").to_string()).await);
        let (third, _) = made(&house, &house.act("POST", &path(&id), "{}").await);
        is_short(third.send("POST", CHATS, &chat("plain").to_string()).await);
        let house = house.again(in_good_order).await;
        let third = Agent { address: house.gateway.agents(), ..third };
        is_short(third.send("POST", CHATS, &chat("plain").to_string()).await);
    }
}

#[tokio::test]
async fn the_trace_of_a_caller_is_on_record() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut searching = chat("plain");
    searching["web_search_options"] = json!({});
    let asked = [("POST", CHATS, searching.to_string()), ("GET", "/openai/v1/models", "".into())];
    for (method, path, body) in asked {
        for (said, recorded) in [(trace, true), ("as you like", false)] {
            let known = house.book().decisions().len();
            let reply = house.worker.and("traceparent", said).send(method, path, &body).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            let decided = house.book().decisions().split_off(known);
            assert!(!decided.is_empty());
            assert!(decided.iter().all(|it| it.trace.is_some() == recorded), "{decided:?}");
        }
    }
    let sent = provider.asked().into_iter();
    assert!(sent.map(|it| it.headers).all(|it| !it.contains_key("traceparent")));
}

/// Tokens cost 1 and 10 micro-dollars, sound 50 and 60, an hour's cache writes 8, and a search
/// 10,000. What is fast costs twice as much.
const CLASSES: &str = r#"
[[price]]
provider = "lab"
model = "told"
per_million = { input = "1", output = "10", cache_write = "2", cache_write_long = "8", audio_input = "50", audio_output = "60" }
per_use = { web_search = "0.01" }
[[price]]
provider = "lab"
model = "told"
service = "fast"
per_million = { input = "2", output = "20", cache_write_long = "16" }
"#;

fn told(house: &House, said: &crate::agent::Said) -> bailiwick_core::Meter {
    let decision = said.header("bailiwick-decision").unwrap();
    *house.book().both(decision).1.unwrap().meter.unwrap()
}

#[tokio::test]
async fn what_costs_more_than_tokens_is_priced_or_refused() {
    let provider = Provider::start().await;
    let search = r#"@id("all") permit (principal is Agent, action, resource in Server::"lab");"#;
    let house = lab_at(&provider, ("", CLASSES), search).await;
    let answer = |rest: &str| {
        provider.script(&[format!(
            r#"{{"choices":[{{"index":0,"finish_reason":"stop","message":{{"content":"Hi"}}}}],{rest}}}"#
        )]);
    };
    let ask = |more: serde_json::Value| {
        let mut body = chat("told");
        body["max_tokens"] = json!(10);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let worker = house.worker.clone();
        async move { worker.send("POST", CHATS, &body.to_string()).await }
    };
    // Sound has its own price, and a search in a chat its fee, which is reserved too.
    answer(
        r#""usage":{"prompt_tokens":100,"completion_tokens":10,"prompt_tokens_details":
        {"audio_tokens":40},"completion_tokens_details":{"audio_tokens":5}}"#,
    );
    let said = ask(json!({"web_search_options": {}})).await;
    let meter = told(&house, &said);
    assert_eq!(meter.cost, Some(60 + 40 * 50 + 5 * 10 + 5 * 60 + 10_000), "{meter:?}");
    assert_eq!(meter.uses, [("web_search".into(), 1)]);
    assert!(house.trail(&said).0.bound.unwrap() >= 10_000 + 200_000);
    // A class that has no price is refused before, and said when the provider chose it.
    let said = ask(json!({"service_tier": "priority"})).await;
    assert!(said.status == 429 && said.text().contains("in the class `priority`"), "{said:?}");
    let said = ask(json!({"tools": [{"type": "divination"}]})).await;
    assert!(said.status == 429 && said.text().contains("the tool `divination`"), "{said:?}");
    // What costs its tokens and no more needs no fee.
    let said = ask(json!({"tools": [{"type": "apply_patch"}]})).await;
    assert_eq!(told(&house, &said).cost, Some(60 + 40 * 50 + 5 * 10 + 5 * 60), "{said:?}");
    answer(r#""service_tier":"priority","usage":{"prompt_tokens":100,"completion_tokens":10}"#);
    let said = ask(json!({})).await;
    let meter = told(&house, &said);
    assert_eq!((meter.cost, meter.class.as_deref()), (None, Some("priority")));
    let said = ask(json!({"service_tier": "priority"})).await;
    assert_eq!(said.status, 429);
    // Who asks for fast pays for fast, unless it was not.
    for (tier, cost, class) in [("", 100 * 2 + 10 * 20, Some("fast")), ("standard", 200, None)] {
        let tier = if tier.is_empty() { "" } else { r#""speed":"standard","# };
        answer(&format!(r#"{tier}"usage":{{"prompt_tokens":100,"completion_tokens":10}}"#));
        let meter = told(&house, &ask(json!({"speed": "fast"})).await);
        assert_eq!((meter.cost, meter.class.as_deref()), (Some(cost), class));
    }
}

#[tokio::test]
async fn an_hours_cache_writes_and_searches_of_a_stream_are_priced() {
    let provider = Provider::start().await;
    let all = r#"@id("all") permit (principal is Agent, action, resource in Server::"lab");"#;
    let prices = CLASSES.replace("told", "scripted");
    let house = lab_at(&provider, ("api = \"anthropic\"\n", &prices), all).await;
    let usage = |rest: &str| {
        format!(
            r#""usage":{{"input_tokens":10,"cache_creation_input_tokens":90,"cache_creation":
            {{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":50}},"output_tokens":1{rest}}}"#
        )
        .replace('\n', "")
    };
    let event =
        |name: &str, rest: &str| format!("event: {name}\ndata: {{\"type\":\"{name}\",{rest}}}\n\n");
    provider.script(&[
        event("message_start", &format!(r#""message":{{"id":"m","content":[],{}}}"#, usage(""))),
        event(
            "message_delta",
            &format!(
                r#""delta":{{"stop_reason":"end_turn"}},{}"#,
                usage(r#","server_tool_use":{"web_search_requests":2}"#)
            ),
        ),
        event("message_stop", r#""x":0"#),
    ]);
    let mut body = chat("scripted");
    (body["stream"], body["max_tokens"]) = (json!(true), json!(10));
    body["tools"] = json!([{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]);
    let said = house.worker.send("POST", "/anthropic/v1/messages", &body.to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    let meter = told(&house, &said);
    assert_eq!(meter.cost, Some(10 + 40 * 2 + 50 * 8 + 10 + 2 * 10_000), "{meter:?}");
    assert_eq!((meter.cache_write_long, &*meter.uses), (50, &[("web_search".into(), 2)][..]));
    let (decision, _) = house.book().both(said.header("bailiwick-decision").unwrap());
    assert!(decision.bound.unwrap() >= 30_000, "{decision:?}");
}

#[tokio::test]
async fn operators_see_what_is_spent_reserved_and_left() {
    let provider = Provider::start().await;
    let spending = "key_day = \"0.02\"\ntenant_month = \"1\"\nperson_day = \"0.5\"\n";
    let house = lab(&provider, spending, "").await;
    let said = house.act("GET", "spending", "").await;
    assert_eq!((&said["budgets"], &said["others"]), (&json!([]), &json!(0)));
    let caps = said["caps"].as_array().unwrap().iter();
    let caps: Vec<String> =
        caps.map(|it| format!("{} {} {}", it["of"], it["period"], it["micro_dollars"])).collect();
    let expected =
        [r#""key" "day" 20000"#, r#""person" "day" 500000"#, r#""tenant" "month" 1000000"#];
    assert_eq!(caps, expected);
    // One call costs 3,000, and one is under way.
    house.worker.send("POST", CHATS, &chat("plain").to_string()).await;
    let worker = house.worker.clone();
    let waiting = tokio::spawn(async move {
        let _ = worker.send("POST", CHATS, &chat("silent").to_string()).await;
    });
    crate::house::until("it is under way", || provider.asked().len() == 2).await;
    let bound = house.book().owed()[0].bound.unwrap();
    let said = house.act("GET", "spending", "").await;
    let budget = |of: &str, period: &str| {
        let mut all = said["budgets"].as_array().unwrap().iter();
        let found = all.find(|it| it["of"] == of && it["period"] == period);
        found.unwrap_or_else(|| panic!("{of} {period}: {said}")).clone()
    };
    for (of, period, name, cap) in [
        ("key", "day", None, Some(20_000)),
        ("person", "day", Some("ada"), Some(500_000)),
        ("tenant", "month", Some("acme"), Some(1_000_000)),
        ("tenant", "day", Some("acme"), None),
    ] {
        let it = budget(of, period);
        assert_eq!(it["name"].as_str().filter(|_| name.is_some()), name, "{it}");
        assert_eq!((&it["tenant"], &it["spent_micro_dollars"]), (&json!("acme"), &json!(3_000)));
        assert_eq!(it["reserved_micro_dollars"], bound, "{it}");
        assert_eq!(it["cap_micro_dollars"], json!(cap), "{it}");
        assert_eq!(it["left_micro_dollars"], json!(cap.map(|it| it - 3_000 - bound)), "{it}");
    }
    assert_eq!(budget("key", "day")["agent"], "worker");
    waiting.abort();
}

#[tokio::test]
async fn a_provider_that_refuses_its_key_is_degraded_until_it_answers() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let state = async || {
        let ready = house.readyz().await;
        assert_eq!(ready["ready"], true);
        ready["providers"].clone()
    };
    let fine = json!([{"name": "lab", "degraded": null, "degraded_since_ns": null}]);
    assert_eq!(state().await, fine);
    let said = house.worker.send("POST", CHATS, &chat("keyless").to_string()).await;
    assert_eq!(said.status, 502);
    let told = state().await;
    assert_eq!(told[0]["degraded"], "it refused its key (401)");
    let since = told[0]["degraded_since_ns"].as_u64().unwrap();
    assert!(since > 0);
    house.worker.send("POST", CHATS, &chat("busy").to_string()).await;
    house.worker.send("POST", CHATS, &chat("keyless").to_string()).await;
    assert_eq!(state().await[0]["degraded_since_ns"], since);
    let metrics = house.operator().send("GET", "/metrics", "").await;
    assert!(metrics.text().contains("\nbailiwick_providers_degraded 1\n"), "{metrics:?}");
    house.worker.send("POST", CHATS, &chat("plain").to_string()).await;
    assert_eq!(state().await, fine);
}
