//! The model path: what a provider is asked, what it costs, and what is on record of it.

use std::time::Duration;

use bailiwick_core::{Meter, RefusalReason};
use serde_json::{Value, json};

use crate::house::{House, Plan};
use crate::provider::{Provider, chunk, ending};

const POLICIES: &str = r#"
@id("people") permit (principal is Person, action, resource);
@id("lists") permit (principal is Agent, action == Action::"list_models", resource in Server::"lab");
@id("models")
permit (principal == Agent::"worker", action in [Action::"discover", Action::"use_model"], resource in Server::"lab");
@id("hidden") forbid (principal is Agent, action == Action::"discover", resource == Model::"lab/hidden");
@id("short")
forbid (principal is Agent, action == Action::"complete", resource)
when { context.input has output_max && context.input.output_max > 5000 };
@id("search")
permit (principal is Agent, action == Action::"lab/web_search", resource) when { context.input.model == "plain" };
"#;

const PRICES: &str = r#"
[[price]]
provider = "lab"
model = "*"
per_million = { input = "1", output = "10" }
per_use = { web_search = "0" }
"#;

/// A gateway with one provider, `lab`, whose tokens cost 1 and 10 micro-dollars.
pub(crate) async fn lab(provider: &Provider, spending: &str, policies: &str) -> House {
    lab_with(provider, spending, policies, "\"secret\"").await
}

/// The same, withholding findings of these kinds only.
async fn lab_with(provider: &Provider, spending: &str, policies: &str, withhold: &str) -> House {
    let mut plan = plan(provider, ("", spending), policies);
    plan.withhold = withhold.to_owned();
    plan.open().await
}

/// The same, with more said of the provider and at these prices, beside those of all its models.
pub(crate) async fn lab_at(
    provider: &Provider,
    (said, prices): (&str, &str),
    policies: &str,
) -> House {
    let mut plan = plan(provider, (said, "key_day = \"1000\""), policies);
    plan.files = vec![("prices.toml".to_owned(), format!("{PRICES}{prices}"))];
    plan.open().await
}

fn plan(provider: &Provider, (said, spending): (&str, &str), policies: &str) -> Plan {
    let mut plan = Plan::servers(&format!(
        "[providers.lab]\nurl = \"{}\"\n{said}output_tokens = 500\n[models.fast]\n\
         provider = \"lab\"\nmodel = \"plain\"\n[spending]\nprices = [\"prices.toml\"]\n{spending}",
        provider.url
    ));
    plan.policies = format!("{POLICIES}{policies}");
    plan.files = vec![("prices.toml".to_owned(), PRICES.to_owned())];
    plan
}

pub(crate) fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]})
}

fn meter(house: &House, decision: &str) -> Meter {
    *house.book().both(decision).1.unwrap().meter.unwrap()
}

#[tokio::test]
async fn a_chat_passes_untouched_is_metered_and_paid_for() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let mut body = chat("plain");
    body["max_tokens"] = json!(100);
    // Spelled as no serialiser of ours would.
    let body = body.to_string().replace(":", " : ");
    let said = house.worker.send("POST", "/openai/v1/chat/completions", &body).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(said.json()["choices"][0]["message"]["content"], "Hello!");
    assert_eq!(said.header("x-request-id"), Some("req-7"));
    assert_eq!(said.header("openai-organization"), None);
    let asked = provider.asked();
    assert_eq!(
        (asked[0].path.as_str(), &asked[0].body[..]),
        ("/v1/chat/completions", body.as_bytes())
    );
    assert!(!asked[0].headers.contains_key("authorization"), "the caller's key stays here");
    let (decision, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    assert_eq!((&*decision.action, &*decision.resource_kind), ("complete", "Model"));
    assert_eq!(decision.name.as_deref(), Some("plain"));
    assert!(decision.bound.is_some_and(|it| it >= 1_000) && decision.view.is_some());
    assert_eq!(decision.items.len(), 1);
    let outcome = outcome.unwrap();
    assert_eq!((&*outcome.disposition, outcome.items.len()), ("answered", 1));
    let meter = outcome.meter.unwrap();
    assert_eq!((meter.input, meter.output, meter.cost), (1_000, 200, Some(3_000)));
    assert_eq!(meter.model.as_deref(), Some("plain-2026"));
    assert_eq!((meter.stop.as_deref(), meter.status, meter.estimated), (Some("stop"), 200, false));
    assert!(meter.first_ns > 0 && meter.prices.is_some());
}

#[tokio::test]
async fn what_must_change_is_changed_before_the_decision() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let said =
        house.worker.send("POST", "/openai/v1/chat/completions", &chat("fast").to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    let asked = provider.last();
    assert_eq!((&asked["model"], &asked["max_completion_tokens"]), (&json!("plain"), &json!(500)));
    let (decision, _) = house.book().both(said.header("bailiwick-decision").unwrap());
    assert_eq!(decision.name.as_deref(), Some("plain"));
    let mut body = chat("plain");
    body["max_tokens"] = json!(5001);
    let said = house.worker.send("POST", "/openai/v1/chat/completions", &body.to_string()).await;
    assert_eq!((said.status, provider.asked().len()), (403, 1), "{said:?}");
    assert_eq!(said.json()["error"]["type"], "permission_error");
}

#[tokio::test]
async fn what_is_hidden_looks_like_what_never_was() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let ask = |model: &str| chat(model).to_string();
    let path = "/openai/v1/chat/completions";
    let hidden = house.worker.send("POST", path, &ask("hidden")).await;
    let stranger = house.other.send("POST", path, &ask("hidden")).await;
    let never = house.worker.send("POST", "/anthropic/v1/messages", &ask("hidden")).await;
    assert_eq!((hidden.status, stranger.looks()), (404, hidden.looks()));
    assert_eq!(hidden.json()["error"]["code"], "model_not_found");
    assert_eq!((never.status, &never.json()["error"]["type"]), (404, &json!("not_found_error")));
    let listed = house.worker.send("GET", "/openai/v1/models", "").await.json();
    let names: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(names, ["fast", "plain", "fails"]);
    let one = house.worker.send("GET", "/openai/v1/models/hidden", "").await;
    assert_eq!(one.looks(), hidden.looks());
    assert!(provider.asked().iter().all(|it| it.path == "/v1/models"));
}

#[tokio::test]
async fn tools_are_cut_to_the_callers_view() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let mut body = chat("plain");
    let function = |name: &str| json!({"type": "function", "function": {"name": name}});
    body["tools"] = json!([function("own_tool"), {"type": "mcp_thing"}]);
    body["web_search_options"] = json!({});
    let said = house.worker.send("POST", "/openai/v1/chat/completions", &body.to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    let asked = provider.last();
    assert_eq!(asked["tools"], json!([function("own_tool")]));
    assert_eq!(asked["web_search_options"], json!({}));
    // Each tool that the provider runs has a decision of its own, which names the call.
    let of_tools: Vec<_> = house.book().decisions();
    let of_tools: Vec<_> = of_tools.iter().filter(|it| &*it.action == "invoke_tool").collect();
    assert_eq!(of_tools.iter().map(|it| it.permitted).collect::<Vec<_>>(), [false, true]);
    let exchange = said.header("bailiwick-decision").unwrap();
    assert!(of_tools.iter().all(|it| it.parent.is_some_and(|it| it.to_string() == exchange)));
}

#[tokio::test]
async fn every_provider_error_is_mapped_and_recorded() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let path = "/openai/v1/chat/completions";
    let busy = house.worker.send("POST", path, &chat("busy").to_string()).await;
    assert_eq!((busy.status, busy.header("retry-after")), (429, Some("7")));
    assert_eq!(busy.json()["error"]["message"], "slow down");
    let meter_of =
        |said: &crate::agent::Said| meter(&house, said.header("bailiwick-decision").unwrap());
    assert_eq!((meter_of(&busy).status, meter_of(&busy).cost), (429, Some(0)));
    // What a provider thinks of the gateway's own key is not told.
    let keyless = house.worker.send("POST", path, &chat("keyless").to_string()).await;
    assert_eq!(keyless.status, 502);
    assert!(!keyless.text().contains("bad key"));
    assert_eq!(house.trail(&keyless).1.as_deref(), Some("erred"));
    for bad in
        ["", "[]", "{}", r#"{"model":"plain"}"#, r#"{"model":"plain","Model":"x","messages":[]}"#]
    {
        let said = house.worker.send("POST", path, bad).await;
        assert_eq!(said.status, 400, "{bad}: {said:?}");
        assert!(said.json()["error"]["message"].is_string());
    }
    assert_eq!(house.book().refusals(RefusalReason::Malformed), 5);
    let nowhere = house.worker.send("POST", "/openai/v1/nothing", "{}").await;
    assert_eq!(nowhere.status, 404);
    let keyless = crate::agent::Agent { headers: vec![], ..house.worker.clone() };
    let said = keyless.send("POST", path, &chat("plain").to_string()).await;
    assert_eq!((said.status, &said.json()["error"]["type"]), (401, &json!("authentication_error")));
}

#[tokio::test]
async fn a_hidden_model_leaves_the_records_of_one_that_never_was_whatever_is_asked_with_it() {
    let provider = Provider::start().await;
    let all = r#"@id("tools") permit (principal is Agent, action == Action::"lab/web_search", resource);"#;
    let house = lab_at(&provider, ("models = [\"plain\", \"hidden\"]\n", ""), all).await;
    let mut chat = chat("NAME");
    chat["web_search_options"] = json!({});
    let tools = ["web_search", "code_interpreter"].map(|it| json!({"type": it}));
    let response = json!({"model": "NAME", "input": "Hello", "tools": tools});
    for (place, body) in [("chat/completions", chat), ("responses", response)] {
        let ask = async |name: &str| {
            let known = house.book().records().len();
            let path = format!("/openai/v1/{place}");
            let body = body.to_string().replace("NAME", name);
            let said = house.worker.send("POST", &path, &body).await;
            let decided = house.book().decisions().pop().unwrap();
            let seen = (decided.action, decided.permitted, decided.visible);
            (said.looks().2.replace(name, "it"), seen, house.book().records().len() - known)
        };
        let (hidden, never) = (ask("hidden").await, ask("never").await);
        assert_eq!(hidden, never);
        assert_eq!((never.1, never.2), (("complete".into(), false, false), 1));
        // Where the model may be known, each tool is decided on first.
        assert!(ask("plain").await.2 > 2);
    }
}

#[tokio::test]
async fn a_budget_is_reserved_before_and_settled_after() {
    let provider = Provider::start().await;
    // A call may cost 5,000 micro-dollars and something and costs 3,000: two pass, and then 4,000 are left.
    let house = lab(&provider, "agent_day = \"0.010\"", "").await;
    let path = "/openai/v1/chat/completions";
    for _ in 0..2 {
        let said = house.worker.send("POST", path, &chat("plain").to_string()).await;
        assert_eq!(said.status, 200, "{said:?}");
    }
    let said = house.worker.send("POST", path, &chat("plain").to_string()).await;
    assert_eq!((said.status, provider.asked().len()), (429, 2), "{said:?}");
    let words = said.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(words.contains("$0.004000 of $0.010000"), "{words}");
    assert!(said.header("retry-after").unwrap().parse::<u64>().unwrap() <= 86_400);
    assert_eq!(said.header("x-should-retry"), Some("false"));
    let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    let outcome = outcome.unwrap();
    let meter = outcome.meter.unwrap();
    assert_eq!((&*outcome.disposition, meter.cost), ("unmet", Some(0)));
    let budget = "budget:agent:day, $0.004000 left of $0.010000";
    assert_eq!(meter.stop.as_deref(), Some(budget));
    // What asks for less still fits.
    let mut body = chat("plain");
    body["max_tokens"] = json!(10);
    let said = house.worker.send("POST", path, &body.to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
}

#[tokio::test]
async fn what_was_spent_is_known_after_a_restart() {
    let provider = Provider::start().await;
    let path = "/openai/v1/chat/completions";
    for in_good_order in [true, false] {
        let house = lab(&provider, "agent_day = \"0.010\"", "").await;
        for _ in 0..2 {
            let said = house.worker.send("POST", path, &chat("plain").to_string()).await;
            assert_eq!(said.status, 200, "{said:?}");
        }
        let house = house.again(in_good_order).await;
        let said = house.worker.send("POST", path, &chat("plain").to_string()).await;
        assert_eq!(said.status, 429, "{said:?}");
        assert!(said.text().contains("$0.004000 of $0.010000"), "{said:?}");
    }
}

#[tokio::test]
async fn without_a_price_there_is_no_call() {
    let provider = Provider::start().await;
    let mut plan = Plan::servers(&format!("[providers.lab]\nurl = \"{}\"\n", provider.url));
    plan.policies = POLICIES.to_owned();
    let house = plan.open().await;
    let said =
        house.worker.send("POST", "/openai/v1/chat/completions", &chat("plain").to_string()).await;
    assert_eq!((said.status, provider.asked().len()), (429, 0));
    assert!(said.text().contains("no price"), "{said:?}");
}

#[tokio::test]
async fn a_stream_comes_chunk_by_chunk_and_ends_with_its_record() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let words = ["Hel", "lo", " there"];
    let mut script: Vec<String> = words.iter().map(|it| chunk(it)).collect();
    script.push(ending("stop", 900, 3));
    provider.script(&script);
    let mut body = chat("scripted");
    body["stream"] = json!(true);
    let said = house.worker.send("POST", "/openai/v1/chat/completions", &body.to_string()).await;
    assert_eq!(said.status, 200);
    assert_eq!(said.header("content-type"), Some("text/event-stream"));
    // The usage was asked for by the gateway alone, and is the gateway's alone.
    assert_eq!(provider.last()["stream_options"]["include_usage"], json!(true));
    let whole = script.concat();
    let usage = whole.split("\n\n").find(|it| it.contains("usage")).unwrap();
    assert_eq!(said.text(), whole.replace(&format!("{usage}\n\n"), ""));
    let meter = meter(&house, said.header("bailiwick-decision").unwrap());
    assert_eq!((meter.input, meter.output, meter.cost), (900, 3, Some(930)));
    body["stream_options"] = json!({"include_usage": true});
    let said = house.worker.send("POST", "/openai/v1/chat/completions", &body.to_string()).await;
    assert_eq!(said.text(), whole);
}

#[tokio::test]
async fn a_stream_that_breaks_or_is_left_is_metered_all_the_same() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    provider.script(&[chunk("some words that were written")]);
    let mut body = chat("breaks");
    body["stream"] = json!(true);
    let path = "/openai/v1/chat/completions";
    let said = house.worker.send("POST", path, &body.to_string()).await;
    assert!(said.text().contains("The provider broke off"), "{said:?}");
    assert!(!said.text().contains("[DONE]"));
    let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    let outcome = outcome.unwrap();
    assert_eq!(&*outcome.disposition, "unreachable");
    let meter = outcome.meter.unwrap();
    assert!(meter.estimated && meter.output == 9 && meter.cost > Some(90), "{meter:?}");

    body["model"] = json!("endless");
    let left = house.worker.open("POST", path, &body.to_string()).await;
    let decision = left.headers()["bailiwick-decision"].to_str().unwrap().to_owned();
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(left);
    let book = house.book();
    crate::house::until("its outcome is on record", || book.both(&decision).1.is_some()).await;
    assert_eq!(&*book.both(&decision).1.unwrap().disposition, "cancelled");
    crate::house::until("the provider is hung up on", || provider.hung_up() > 0).await;
    assert_eq!(book.owed().len(), 0);
}

#[tokio::test]
async fn a_stream_is_cut_well_formed_at_what_was_reserved() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let mut body = chat("endless");
    (body["stream"], body["max_tokens"]) = (json!(true), json!(20));
    let said = house.worker.send("POST", "/openai/v1/chat/completions", &body.to_string()).await;
    assert!(said.text().contains(r#""finish_reason":"length""#), "{said:?}");
    assert!(said.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(house.trail(&said).1.as_deref(), Some("answered"));
    crate::house::until("the provider is hung up on", || provider.hung_up() > 0).await;
}

#[tokio::test]
async fn the_last_event_of_a_stream_is_masked_too() {
    let provider = Provider::start().await;
    let duties = "@id(\"dutiful\") @obligation(\"mask\")\n\
                  permit (principal == Agent::\"worker\", action == Action::\"complete\", resource);";
    let house = lab_with(&provider, "", duties, "").await;
    let (secret, _) = secret_in_pieces();
    let text = format!("Use {secret} for it.");
    let part = json!({"type": "output_text", "text": text, "annotations": []});
    let item = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [part]});
    let response = json!({"id": "resp_1", "object": "response", "status": "completed", "model": "m-1",
        "output": [item], "usage": {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14}});
    let last = json!({"type": "response.completed", "sequence_number": 1, "response": response});
    provider.script(&[format!("event: response.completed\ndata: {last}\n\n")]);
    let body = json!({"model": "scripted", "input": "Hello", "stream": true});
    let said = house.worker.send("POST", "/openai/v1/responses", &body.to_string()).await;
    assert!(said.text().contains("Use [secret:groq_key] for it."), "{said:?}");
    assert!(!said.text().contains(&secret), "{said:?}");
    assert_eq!(meter(&house, said.header("bailiwick-decision").unwrap()).output, 9);
}

#[tokio::test]
async fn what_nobody_sees_is_paid_as_reserved_and_the_background_is_closed() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let path = "/openai/v1/chat/completions";
    let body = chat("silent").to_string();
    let left = house.worker.clone();
    let waiting = tokio::spawn(async move { left.send("POST", path, &body).await });
    crate::house::until("it was asked", || !provider.asked().is_empty()).await;
    waiting.abort();
    let book = house.book();
    let cancelled = || {
        let all = book.records().into_iter();
        let outcome = |it| {
            if let bailiwick_core::Record::Outcome(it) = it { Some(it) } else { None }
        };
        let mut outcomes = all.filter_map(outcome);
        outcomes.find(|it| &*it.disposition == "cancelled")
    };
    crate::house::until("its outcome is on record", || cancelled().is_some()).await;
    assert_eq!(cancelled().unwrap().meter.unwrap().cost, None, "nobody knows");
    let body = json!({"model": "plain", "input": "Hello", "background": true});
    let said = house.worker.send("POST", "/openai/v1/responses", &body.to_string()).await;
    assert_eq!((said.status, provider.asked().len()), (400, 1), "{said:?}");
}

#[tokio::test]
async fn what_is_only_named_reserves_what_a_model_can_take_in() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let path = "/openai/v1/chat/completions";
    let plain = house.worker.send("POST", path, &chat("plain").to_string()).await;
    let mut body = chat("plain");
    body["web_search_options"] = json!({});
    let searching = house.worker.send("POST", path, &body.to_string()).await;
    let bound = |said: &crate::agent::Said| house.trail(said).0.bound.unwrap();
    assert!(bound(&plain) < 6_000 && bound(&searching) > 200_000, "{}", bound(&searching));
}

#[tokio::test]
async fn heavy_a_gateway_that_stops_ends_streams_on_record() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let mut body = chat("endless");
    (body["stream"], body["max_tokens"]) = (json!(true), json!(5_000));
    let path = "/openai/v1/chat/completions";
    let open = house.worker.open("POST", path, &body.to_string()).await;
    let reading = tokio::spawn(async move {
        http_body_util::BodyExt::collect(open.into_body()).await.map(|it| it.to_bytes())
    });
    let book = house.book();
    house.gateway.shut_down().await.unwrap();
    assert_eq!(book.owed().len(), 0);
    drop(reading);
}

#[tokio::test]
async fn counting_tokens_costs_nothing() {
    let provider = Provider::start().await;
    let lab = format!("[providers.lab]\napi = \"anthropic\"\nurl = \"{}\"\n", provider.url);
    let mut plan = Plan::servers(&lab);
    plan.policies = POLICIES.to_owned();
    let house = plan.open().await;
    let path = "/anthropic/v1/messages/count_tokens";
    let said = house.worker.send("POST", path, &chat("plain").to_string()).await;
    assert_eq!((said.status, said.json()["input_tokens"].as_u64()), (200, Some(2_095)));
    let meter = meter(&house, said.header("bailiwick-decision").unwrap());
    assert_eq!(meter.cost, Some(0), "{meter:?}");
}

#[tokio::test]
async fn what_may_have_been_carried_out_unseen_is_booked_as_reserved() {
    let provider = Provider::start().await;
    let house = lab(&provider, "agent_day = \"0.010\"", "").await;
    let path = "/openai/v1/chat/completions";
    let said = house.worker.send("POST", path, &chat("vanishes").to_string()).await;
    assert_eq!((said.status, provider.asked().len()), (502, 1), "{said:?}");
    let gone = meter(&house, said.header("bailiwick-decision").unwrap());
    assert_eq!((gone.status, gone.estimated, gone.cost), (0, true, None), "{gone:?}");
    // 5,000 and something are gone: no second call of that size has room.
    let said = house.worker.send("POST", path, &chat("plain").to_string()).await;
    assert_eq!(said.status, 429, "{said:?}");
}

#[tokio::test]
async fn what_cannot_have_been_sent_costs_nothing() {
    let mut provider = Provider::start().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    provider.url = format!("http://{nobody}/v1");
    let house = lab(&provider, "agent_day = \"0.010\"", "").await;
    for _ in 0..3 {
        let path = "/openai/v1/chat/completions";
        let said = house.worker.send("POST", path, &chat("plain").to_string()).await;
        assert_eq!(said.status, 502, "{said:?}");
        let meter = meter(&house, said.header("bailiwick-decision").unwrap());
        assert_eq!((meter.estimated, meter.cost), (false, Some(0)), "{meter:?}");
    }
}

/// A key of the worker's on these terms.
async fn key(house: &House, terms: &str) -> crate::agent::Agent {
    let asked = format!(r#"{{"agent":"worker","person":"ada","tenant":"acme","terms":{terms}}}"#);
    let made = house.act("POST", "keys", &asked).await;
    crate::agent::Agent::with_key(house.gateway.agents(), made["key"].as_str().unwrap())
}

#[tokio::test]
async fn a_key_has_caps_of_its_own_and_calls_at_once() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let path = "/openai/v1/chat/completions";
    let capped = key(&house, r#"{"caps":{"day_micro_usd":6000},"at_once":1}"#).await;
    let said = capped.send("POST", path, &chat("plain").to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    let said = capped.send("POST", path, &chat("plain").to_string()).await;
    assert!(said.text().contains("budget of the key"), "{said:?}");
    let mut body = chat("endless");
    (body["stream"], body["max_tokens"]) = (json!(true), json!(100));
    let open = capped.open("POST", path, &body.to_string()).await;
    assert_eq!(open.status(), 200);
    let second = capped.send("POST", path, &chat("plain").to_string()).await;
    assert_eq!((second.status, second.header("retry-after")), (429, Some("1")), "{second:?}");
    assert_eq!(second.json()["error"]["code"], "rate_limit_exceeded");
    assert!(second.text().contains("calls at a time: 1"), "{second:?}");
    drop(open);
    // Another's calls are nobody else's to wait for.
    let other = house.worker.send("POST", path, &chat("plain").to_string()).await;
    assert_eq!(other.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_at_once_never_overdraw() {
    let provider = Provider::start().await;
    // Each may cost 5,000 and something, and costs 3,000.
    let house = lab(&provider, "agent_day = \"0.100\"", "").await;
    let path = "/openai/v1/chat/completions";
    let all = (0..200).map(|_| {
        let worker = house.worker.clone();
        tokio::spawn(async move { worker.send("POST", path, &chat("plain").to_string()).await })
    });
    let all: Vec<_> = all.collect();
    let (mut paid, mut refused) = (0, 0);
    for said in all {
        match said.await.unwrap().status {
            200 => paid += 1,
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((paid + refused, provider.asked().len()), (200, paid));
    assert!(paid * 3_000 <= 100_000 && paid >= 19, "{paid} were paid for");
    // Nothing stays reserved: what is left is what was not spent.
    let mut body = chat("plain");
    body["max_tokens"] = json!(200);
    let left = 100_000 - paid * 3_000;
    let said = house.worker.send("POST", path, &body.to_string()).await;
    assert_eq!(said.status == 200, left >= 2_060, "{left} are left: {said:?}");
    assert_eq!(house.book().owed().len(), 0);
}

/// A secret of no real service, in pieces as a model writes them.
fn secret_in_pieces() -> (String, Vec<String>) {
    let secret = "gsk_FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes".to_owned();
    let text = format!("Use {secret} for it.");
    let pieces = text.as_bytes().chunks(4).map(|it| chunk(std::str::from_utf8(it).unwrap()));
    (secret.clone(), pieces.chain([ending("stop", 9, 9)]).collect())
}

pub(crate) fn text_of(stream: &str) -> String {
    let data = stream.lines().filter_map(|it| it.strip_prefix("data: "));
    let chunks = data.filter_map(|it| serde_json::from_str::<Value>(it).ok());
    let texts =
        chunks.filter_map(|it| it["choices"][0]["delta"]["content"].as_str().map(str::to_owned));
    texts.collect()
}

#[tokio::test]
async fn a_secret_in_a_stream_is_masked_or_blocked_as_policy_says() {
    for (duty, policy) in [("mask", "mask"), ("block", "block"), ("", "durable")] {
        let provider = Provider::start().await;
        let duties = format!(
            "@id(\"dutiful\") @obligation(\"{policy}\")\n\
             permit (principal == Agent::\"worker\", action == Action::\"complete\", resource);"
        );
        let house = lab_with(&provider, "", &duties, "").await;
        let (secret, script) = secret_in_pieces();
        provider.script(&script);
        let mut body = chat("scripted");
        body["stream"] = json!(true);
        let path = "/openai/v1/chat/completions";
        let said = house.worker.send("POST", path, &body.to_string()).await;
        let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        let outcome = outcome.unwrap();
        assert!(outcome.findings.iter().any(|it| it.kind == "secret.groq_key"), "{duty}");
        let text = text_of(&said.text());
        assert!(!said.text().contains(&secret[4..]) || duty.is_empty(), "{duty}: {text}");
        match duty {
            "mask" => assert_eq!(text, "Use [secret:groq_key] for it."),
            "block" => {
                assert!(said.text().contains("content_filter"), "{said:?}");
                assert!(said.text().ends_with("data: [DONE]\n\n"));
                assert_eq!(&*outcome.disposition, "withheld");
            }
            _ => assert_eq!(text, format!("Use {secret} for it.")),
        }
    }
}
