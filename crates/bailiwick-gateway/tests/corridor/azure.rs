//! Azure OpenAI: deployments in paths, versions in queries, and what its streams begin with.

use serde_json::json;

use crate::agent::Agent;
use crate::house::{House, Plan};
use crate::models::chat;
use crate::provider::{Provider, chunk, ending};

const POLICIES: &str = r#"
@id("people") permit (principal is Person, action, resource);
@id("lists") permit (principal is Agent, action == Action::"list_models", resource in Server::"az");
@id("models")
permit (principal == Agent::"worker", action in [Action::"discover", Action::"use_model"], resource in Server::"az");
@id("hidden") forbid (principal is Agent, action == Action::"discover", resource == Model::"az/hidden");
@id("masks") @obligation("mask")
permit (principal == Agent::"worker", action == Action::"complete", resource);
"#;

const PRICES: &str = "[[price]]\nprovider = \"az\"\nmodel = \"*\"\nper_million = { input = \"1\", output = \"10\" }\n";

/// A gateway before Azure, with this besides in its section.
async fn azure(provider: &Provider, more: &str) -> House {
    let endpoint = provider.url.trim_end_matches("/v1");
    let mut plan = Plan::servers(&format!(
        "[providers.az]\napi = \"azure\"\nurl = \"{endpoint}\"\noutput_tokens = 500\n{more}\
         secret_headers.api-key = {{ file = \"azure.key\" }}\n[spending]\nprices = [\"prices.toml\"]\n"
    ));
    plan.policies = POLICIES.to_owned();
    plan.withhold = String::new();
    plan.files = [("prices.toml", PRICES), ("azure.key", "the-operators-own-key\n")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    plan.open().await
}

const DATED: &str = "api_version = \"2024-10-21\"\nmodels = [\"plain\", \"hidden\", \"gpt*\"]\n";

/// The worker as the SDK for Azure shows its key.
fn sdk(house: &House) -> Agent {
    let (_, bearer) = &house.worker.headers[0];
    let key = bearer.trim_start_matches("Bearer ").to_owned();
    Agent { headers: vec![("api-key".to_owned(), key)], ..house.worker.clone() }
}

#[tokio::test]
async fn a_client_made_for_azure_asks_the_deployment_in_its_path() {
    let provider = Provider::start().await;
    let house = azure(&provider, DATED).await;
    let path = "/openai/deployments/plain/chat/completions?api-version=2023-05-15";
    // What stands in the body does not count, as at Azure's own.
    for body in [json!({"messages": [], "max_tokens": 9}), chat("hidden")] {
        let said = sdk(&house).send("POST", path, &body.to_string()).await;
        assert_eq!(said.status, 200, "{said:?}");
        let asked = provider.asked().pop().unwrap();
        assert_eq!(asked.path, "/openai/deployments/plain/chat/completions");
        assert_eq!(asked.query.as_deref(), Some("api-version=2024-10-21"));
        assert_eq!(asked.headers["api-key"], "the-operators-own-key");
        assert!(!asked.headers.contains_key("authorization"), "the caller's key stays here");
        assert_eq!(provider.last()["model"], "plain");
        let (decision, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        assert_eq!((decision.name.as_deref(), &*decision.resource_kind), (Some("plain"), "Model"));
        assert_eq!(outcome.unwrap().meter.unwrap().cost, Some(3_000));
    }
    let other = path.replace("plain", "other");
    let said = sdk(&house).send("POST", &other, &chat("plain").to_string()).await;
    assert_eq!((said.status, provider.asked().len()), (404, 2), "{said:?}");
    let said = sdk(&house).and("authorization", "Bearer other").send("POST", path, "{}").await;
    assert_eq!(said.status, 401, "nobody is two callers at once: {said:?}");
    // Both keys of the same caller, and other addresses of the dialect.
    let body = json!({"model": "gpt-e", "input": "Hello"}).to_string();
    let said = sdk(&house).send("POST", "/openai/v1/embeddings", &body).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(provider.asked().pop().unwrap().path, "/openai/deployments/gpt-e/embeddings");
    let said = sdk(&house).send("POST", "/openai/responses?api-version=1", &body).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(provider.asked().pop().unwrap().path, "/openai/responses");
}

#[tokio::test]
async fn the_v1_api_is_asked_with_the_bytes_that_came() {
    let provider = Provider::start().await;
    let house = azure(&provider, "").await;
    let mut body = chat("plain");
    body["max_tokens"] = json!(100);
    let body = body.to_string().replace(':', " : ");
    let said = house.worker.send("POST", "/openai/v1/chat/completions", &body).await;
    assert_eq!(said.status, 200, "{said:?}");
    let asked = provider.asked().pop().unwrap();
    assert_eq!((&*asked.path, asked.query), ("/openai/v1/chat/completions", None));
    assert_eq!(&asked.body[..], body.as_bytes());
}

#[tokio::test]
async fn where_azure_lists_no_deployments_the_operator_does() {
    let provider = Provider::start().await;
    let house = azure(&provider, DATED).await;
    let listed = house.worker.send("GET", "/openai/models?api-version=1", "").await;
    let names: Vec<_> =
        listed.json()["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(names, ["plain"]);
    let (decision, outcome) = house.trail(&listed);
    assert_eq!((&*decision.action, outcome.as_deref()), ("list_models", Some("answered")));
    let one = house.worker.send("GET", "/openai/v1/models/plain", "").await;
    assert_eq!((one.status, &one.json()["id"]), (200, &json!("plain")));
    let hidden = house.worker.send("GET", "/openai/v1/models/hidden", "").await;
    let never = house.worker.send("GET", "/openai/v1/models/nobody", "").await;
    assert_eq!(hidden.status, 404);
    assert_eq!(hidden.text().replace("hidden", "nobody"), never.text());
    let stranger = house.other.send("GET", "/openai/v1/models", "").await;
    assert_eq!(stranger.json()["data"], json!([]));
    assert!(provider.asked().is_empty(), "nobody is asked for what the operator says");
}

#[tokio::test]
async fn what_azure_says_of_the_prompt_passes_and_the_stream_is_followed() {
    let provider = Provider::start().await;
    let house = azure(&provider, DATED.replace("plain", "scripted").as_str()).await;
    let clean = json!({"hate": {"filtered": false, "severity": "safe"}});
    let prompt = json!({"id": "", "object": "", "created": 0, "model": "", "choices": [],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": clean}]});
    let first = format!("data: {prompt}\n\n");
    let secret = "gsk_FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes";
    let (begun, ended) = secret.split_at(20);
    let end = ending("stop", 9, 4);
    provider.script(&[first.clone(), chunk("Use "), chunk(begun), chunk(ended), end.clone()]);
    let mut body = chat("scripted");
    body["stream"] = json!(true);
    let path = "/openai/deployments/scripted/chat/completions?api-version=1";
    let said = sdk(&house).send("POST", path, &body.to_string()).await;
    assert!(said.text().starts_with(&first), "{said:?}");
    assert!(said.text().contains("[secret:groq_key]") && !said.text().contains(ended), "{said:?}");
    let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    let meter = outcome.unwrap().meter.unwrap();
    assert_eq!((meter.input, meter.output, meter.model.as_deref()), (9, 4, Some("m-1")));
    // Where the gateway ends it, the end belongs to the answer and not to what came before it.
    let written: Vec<String> = (0..400).map(|_| chunk("and so on ")).collect();
    provider.script(&[vec![first], written, vec![end]].concat());
    body["max_tokens"] = json!(20);
    let said = sdk(&house).send("POST", path, &body.to_string()).await;
    assert!(said.text().ends_with("data: [DONE]\n\n"), "{said:?}");
    let last = said.text().lines().rfind(|it| it.contains("\"length\"")).unwrap().to_owned();
    assert!(last.contains("\"id\":\"c-1\"") && last.contains("\"model\":\"m-1\""), "{last}");
}

#[tokio::test]
async fn what_azure_looks_up_by_itself_needs_a_permit() {
    let provider = Provider::start().await;
    let house = azure(&provider, DATED).await;
    let path = "/openai/deployments/plain/chat/completions?api-version=1";
    let source = json!({"type": "azure_search", "parameters": {"index_name": "salaries"}});
    for (name, said) in [
        ("data_sources", json!([source])),
        ("dataSources", json!([source, source])),
        ("enable_search", json!(true)),
    ] {
        let mut body = chat("plain");
        body[name] = said;
        let said = sdk(&house).send("POST", path, &body.to_string()).await;
        assert_eq!(said.status, 200, "{said:?}");
        assert!(provider.last().get(name).is_none(), "{name}: {}", provider.last());
        let kind = if name == "enable_search" { "web_search" } else { "data_sources" };
        let decided = house.book().decisions();
        assert!(decided.iter().any(|it| format!("{it:?}").contains(kind)), "{name}: {decided:?}");
    }
    // What names look alike is refused, and what is switched off is not there.
    let mut body = chat("plain");
    body["datasources"] = json!([source]);
    let said = sdk(&house).send("POST", path, &body.to_string()).await;
    assert_eq!((said.status, provider.asked().len()), (400, 3), "{said:?}");
}
