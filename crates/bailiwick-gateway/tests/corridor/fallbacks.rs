//! A model that gives no answer, and the next that is asked in its place.

use std::time::Duration;

use bailiwick_core::{DecisionRecord, OutcomeRecord};
use serde_json::{Value, json};

use crate::agent::Said;
use crate::house::{House, Plan, until};
use crate::provider::{Provider, chunk, ending};

const CHAT: &str = "/openai/v1/chat/completions";

const POLICIES: &str = r#"
@id("people") permit (principal is Person, action, resource);
@id("models")
permit (principal == Agent::"worker", action in [Action::"discover", Action::"use_model", Action::"session"], resource);
@id("closed") forbid (principal is Agent, action, resource == Model::"lab/closed");
"#;

const PRICES: &str = r#"
[[price]]
provider = "*"
model = "*"
per_million = { input = "1", output = "10" }
"#;

/// A gateway before one machine that is two providers, and a third that is not there. A call may
/// cost 5,000 micro-dollars and something; there are 9,000.
async fn house(provider: &Provider) -> House {
    let mut plan = Plan::servers(&format!(
        "[providers.lab]\nurl = \"{0}\"\noutput_tokens = 500\n\
         [providers.claude]\napi = \"anthropic\"\nurl = \"{0}\"\noutput_tokens = 500\n\
         [providers.gone]\nurl = \"http://127.0.0.1:1/v1\"\noutput_tokens = 500\n\
         [spending]\nprices = [\"prices.toml\"]\nagent_day = \"0.009\"\n",
        provider.url
    ));
    for (name, served, fallback) in [
        ("main", "lab/busy", "[\"second\", \"lab/plain\"]"),
        ("second", "claude/overloaded", "[]"),
        ("gone", "gone/any", "[\"lab/closed\", \"lab/scripted\"]"),
        ("slow", "lab/silent", "[\"lab/plain\"]"),
        ("wrong", "lab/keyless", "[\"lab/plain\"]"),
        ("begun", "lab/breaks", "[\"lab/plain\"]"),
        ("all", "lab/busy", "[\"lab/closed\", \"lab/broken\"]"),
        ("closed", "lab/closed", "[\"lab/plain\"]"),
        ("spoilt", "lab/scripted", "[\"lab/plain\"]"),
        ("alone", "lab/scripted", "[\"lab/closed\"]"),
        ("crossed", "claude/scripted", "[\"lab/plain\"]"),
    ] {
        let (provider, model) = served.split_once('/').unwrap();
        plan.servers += &format!(
            "[models.{name}]\nprovider = \"{provider}\"\nmodel = \"{model}\"\nfallback = {fallback}\n"
        );
    }
    plan.policies = POLICIES.to_owned();
    plan.files = vec![("prices.toml".to_owned(), PRICES.to_owned())];
    plan.limits = "answer_seconds = 1".to_owned();
    plan.open().await
}

fn ask(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]})
}

async fn send(house: &House, body: &Value) -> Said {
    house.worker.send("POST", CHAT, &body.to_string()).await
}

/// The models that the provider was asked for.
fn models(provider: &Provider) -> Vec<String> {
    let model = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["model"].clone();
    provider.asked().iter().map(|it| model(&it.body).as_str().unwrap().to_owned()).collect()
}

/// The exchanges of models on record, in their order.
fn trail(house: &House) -> Vec<(DecisionRecord, Option<OutcomeRecord>)> {
    let book = house.book();
    let decisions = book.decisions().into_iter().filter(|it| &*it.action == "complete");
    decisions
        .map(|it| (it.exchange.to_string(), it))
        .map(|(id, it)| (it, book.both(&id).1))
        .collect()
}

#[tokio::test]
async fn each_model_is_asked_by_an_exchange_of_its_own() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let said = send(&house, &ask("main")).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(said.json()["choices"][0]["message"]["content"], "Hello!");
    assert_eq!(models(&provider), ["busy", "overloaded", "plain"]);
    let trail = trail(&house);
    let told = trail.iter().map(|(decision, outcome)| {
        let outcome = outcome.as_ref().unwrap();
        let meter = outcome.meter.as_ref().unwrap();
        (decision.name.as_deref().unwrap(), &*outcome.disposition, meter.status, meter.cost)
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("busy", "erred", 429, Some(0)),
            ("overloaded", "erred", 529, Some(0)),
            ("plain", "answered", 200, Some(3_000))
        ]
    );
    // Each has a reservation of its own, which is settled before the next: two would not fit.
    assert!(trail.iter().all(|(it, _)| it.bound > Some(5_000)));
    let parents: Vec<_> = trail.iter().map(|(it, _)| it.parent).collect();
    assert_eq!(parents, [None, Some(trail[0].0.exchange), Some(trail[1].0.exchange)]);
    assert_eq!(said.header("bailiwick-decision"), Some(&*trail[2].0.exchange.to_string()));
    assert_eq!(house.book().owed().len(), 0);
}

#[tokio::test]
async fn what_is_denied_is_passed_over_and_a_stream_may_come_of_the_next() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.script(&[chunk("Hello"), ending("stop", 9, 9)]);
    let mut body = ask("gone");
    body["stream"] = json!(true);
    let said = send(&house, &body).await;
    assert!(said.status == 200 && said.text().ends_with("data: [DONE]\n\n"), "{said:?}");
    assert_eq!(models(&provider), ["scripted"]);
    let trail = trail(&house);
    let permitted: Vec<_> = trail.iter().map(|(it, _)| it.permitted).collect();
    assert_eq!(permitted, [true, false, true]);
    assert_eq!(&*trail[0].1.as_ref().unwrap().disposition, "unreachable");
    assert_eq!(trail[2].0.parent, Some(trail[0].0.exchange));
    // Where none answers, what the last said that was asked is told.
    let said = send(&house, &ask("all")).await;
    assert_eq!((said.status, models(&provider).len()), (500, 3), "{said:?}");
    assert!(said.text().contains("broken"), "{said:?}");
}

#[tokio::test]
async fn what_is_no_failure_of_the_provider_is_not_asked_elsewhere() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    // The gateway's own key, and the gateway's own refusal.
    let said = send(&house, &ask("wrong")).await;
    assert_eq!((said.status, models(&provider).len()), (502, 1), "{said:?}");
    let said = send(&house, &ask("closed")).await;
    assert_eq!((said.status, models(&provider).len()), (404, 1), "{said:?}");
    // An answer that has begun.
    provider.script(&[chunk("Well, ")]);
    let mut body = ask("begun");
    (body["stream"], body["max_tokens"]) = (json!(true), json!(10));
    let said = send(&house, &body).await;
    assert!(said.text().contains("The provider broke off"), "{said:?}");
    assert_eq!(models(&provider).len(), 2);
    // A client that went away.
    let (left, mut body) = (house.worker.clone(), ask("slow"));
    body["max_tokens"] = json!(10);
    let body = body.to_string();
    let waiting = tokio::spawn(async move { left.send("POST", CHAT, &body).await });
    until("it was asked", || models(&provider).len() == 3).await;
    waiting.abort();
    until("its outcome is on record", || house.book().owed().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(models(&provider), ["keyless", "breaks", "silent"]);
}

#[tokio::test]
async fn who_says_nothing_in_time_is_not_waited_for() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let mut body = ask("slow");
    body["max_tokens"] = json!(100);
    let said = send(&house, &body).await;
    assert_eq!(
        (said.status, models(&provider)),
        (200, vec!["silent".to_owned(), "plain".to_owned()])
    );
    let trail = trail(&house);
    assert_eq!(&*trail[0].1.as_ref().unwrap().disposition, "timed_out");
    // Nobody knows what it wrote, so that stays reserved, and there is no room for another call: a
    // refusal of the gateway's own, which is not asked elsewhere.
    let said = send(&house, &ask("all")).await;
    assert_eq!((said.status, models(&provider).len()), (429, 2), "{said:?}");
}

#[tokio::test]
async fn a_stream_that_is_an_error_from_its_start_is_asked_elsewhere() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let stream = |model: &str| {
        let mut body = ask(model);
        (body["stream"], body["max_tokens"]) = (json!(true), json!(10));
        body
    };
    let error = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n";
    let script = [": one moment\n\n".to_owned(), error.to_owned()];
    provider.script(&script);
    let said = send(&house, &stream("spoilt")).await;
    assert_eq!(said.json()["choices"][0]["message"]["content"], "Hello!", "{said:?}");
    assert_eq!(models(&provider), ["scripted", "plain"]);
    let told = |trail: &[(DecisionRecord, Option<OutcomeRecord>)]| -> Vec<_> {
        let outcome = |it: &OutcomeRecord| (it.disposition.clone(), it.meter.clone().unwrap().cost);
        trail.iter().map(|it| it.1.as_ref().map(outcome).unwrap()).collect()
    };
    let all = trail(&house);
    // An error in the place of an answer costs nothing.
    assert_eq!(told(&all), [("erred".into(), Some(0)), ("answered".into(), Some(3_000))]);
    assert_eq!(all[1].0.parent, Some(all[0].0.exchange));
    // Where nobody else may be asked its client reads it as it came, and once.
    let said = send(&house, &stream("alone")).await;
    assert_eq!((said.status, said.text()), (200, script.concat()), "{said:?}");
    assert_eq!(models(&provider).len(), 3);
    let trail_of_it = house.trail(&said);
    assert_eq!(
        (trail_of_it.0.name.as_deref(), trail_of_it.1.as_deref()),
        (Some("scripted"), Some("erred"))
    );
    // What says something first is the answer.
    provider.script(&[chunk("Well, "), error.to_owned()]);
    let asked = models(&provider).len();
    let said = send(&house, &stream("spoilt")).await;
    assert!(said.text().starts_with(&chunk("Well, ")), "{said:?}");
    assert_eq!(models(&provider).len(), asked + 1);
    // In the other dialect, and one that ends before it says anything.
    let named = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"later\"}}\n\n";
    for script in [vec![named.to_owned()], Vec::new()] {
        provider.script(&script);
        let said = send(&house, &stream("crossed")).await;
        assert_eq!(said.json()["choices"][0]["message"]["content"], "Hello!", "{said:?}");
    }
    assert!(house.book().owed().is_empty());
}
