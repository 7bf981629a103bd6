//! What a provider keeps belongs to whoever it was made for: for all others it never was.

use bailiwick_core::RefusalReason;
use serde_json::json;

use crate::agent::{Agent, Said};
use crate::house::House;
use crate::models::lab;
use crate::provider::Provider;

pub(crate) const BOTH: &str = r#"
@id("both")
permit (principal is Agent, action in [Action::"discover", Action::"use_model", Action::"use_state"], resource)
when { resource in Server::"lab" || resource in Server::"ant" };
@id("no_evals")
forbid (principal is Agent, action == Action::"create_state", resource == State::"lab/files")
when { context.input has purpose && context.input.purpose == "evals" };
"#;

/// A house with a provider of each dialect.
pub(crate) async fn both(provider: &Provider) -> House {
    let more = format!(
        "unpriced_call = \"0.01\"\n[providers.ant]\napi = \"anthropic\"\nurl = \"{}\"\n",
        provider.url
    );
    lab(provider, &more, BOTH).await
}

/// Upload a file.
pub(crate) async fn upload(agent: &Agent, path: &str, purpose: &str, file: &str) -> Said {
    let body = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n--xyz\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{file}\r\n--xyz--\r\n"
    );
    let agent = agent.and("content-type", "multipart/form-data; boundary=xyz");
    agent.send("POST", path, &body).await
}

pub(crate) fn id(said: &Said) -> String {
    assert_eq!(said.status, 200, "{said:?}");
    said.json()["id"].as_str().unwrap().to_owned()
}

/// Whether it is the owner's, and to the other what never was, whose id is of the same length.
pub(crate) async fn is_only_of(house: &House, path: &str, id: &str, parts: &[(&str, &str)]) {
    let never = "z".repeat(id.len());
    for (method, part) in parts {
        let at = |id: &str| format!("{path}/{id}{part}");
        let others = house.other.send(method, &at(id), "").await;
        let nobodys = house.worker.send(method, &at(&never), "").await;
        assert_eq!(others.status, 404, "{method} {part} {others:?}");
        let (mut others, nobodys) = (others.looks(), nobodys.looks());
        others.2 = others.2.replace(id, &never);
        assert_eq!(others, nobodys, "{method} {part}");
        let own = house.worker.send(method, &at(id), "").await;
        assert_eq!(own.status, 200, "{method} {part} {own:?}");
        let (decision, outcome) = house.trail(&own);
        assert_eq!((&*decision.resource_kind, outcome.as_deref()), ("State", Some("answered")));
    }
}

#[tokio::test]
async fn a_response_is_its_callers_and_a_restart_keeps_it() {
    let provider = Provider::start().await;
    let house = both(&provider).await;
    let ask = json!({"model": "plain", "input": "Hello", "max_output_tokens": 9}).to_string();
    let made = house.worker.send("POST", "/openai/v1/responses", &ask).await;
    let (first, item) = (id(&made), made.json()["output"][0]["id"].as_str().unwrap().to_owned());
    let house = house.again(true).await;
    let reads = [("GET", ""), ("GET", "/input_items?limit=5"), ("POST", "/cancel")];
    is_only_of(&house, "/openai/v1/responses", &first, &reads).await;
    let path = format!("/openai/v1/responses/{first}");
    let streamed = house.worker.send("GET", &format!("{path}?stream=true"), "").await;
    assert_eq!(streamed.status, 400);
    // An ask that goes on with another's is told what the provider tells of what never was.
    let go_on = |id: &str| json!({"model": "plain", "input": "b", "previous_response_id": id});
    let others = house.other.send("POST", "/openai/v1/responses", &go_on(&first).to_string()).await;
    let words = format!("Previous response with id '{first}' not found.");
    assert_eq!((others.status, &others.json()["error"]["message"]), (400, &json!(words)));
    assert_eq!(others.json()["error"]["code"], "previous_response_not_found");
    let own = house.worker.send("POST", "/openai/v1/responses", &go_on(&first).to_string()).await;
    assert_eq!(own.status, 200, "{own:?}");
    // An item that brings nothing along is looked up, one that does is not.
    let named = json!({"model": "plain", "input": [{"type": "image_generation_call", "id": item}]});
    let brought =
        json!({"model": "plain", "input": [{"role": "assistant", "id": item, "content": "a"}]});
    for (agent, body, status) in
        [(&house.worker, &named, 200), (&house.other, &named, 404), (&house.other, &brought, 200)]
    {
        let said = agent.send("POST", "/openai/v1/responses", &body.to_string()).await;
        assert_eq!(said.status, status, "{said:?}");
    }
    assert_eq!(house.worker.send("DELETE", &path, "").await.status, 200);
    let asked = provider.asked().len();
    assert_eq!(house.worker.send("GET", &path, "").await.status, 404);
    assert_eq!(provider.asked().len(), asked, "what was deleted is nobody's");
}

#[tokio::test]
async fn files_are_uploaded_listed_read_and_deleted_by_their_owner() {
    let provider = Provider::start().await;
    let house = both(&provider).await;
    for (path, kind) in [("/openai/v1/files", "openai"), ("/anthropic/v1/files", "anthropic")] {
        let first = id(&upload(&house.worker, path, "batch", "one").await);
        let second = id(&upload(&house.worker, path, "batch", "two").await);
        let others = id(&upload(&house.other, path, "batch", "three").await);
        is_only_of(&house, path, &second, &[("GET", ""), ("GET", "/content")]).await;
        let content = house.worker.send("GET", &format!("{path}/{second}/content"), "").await;
        assert_eq!(content.text(), "two", "{kind}");
        let ids = |said: &Said| {
            let data = said.json()["data"].as_array().unwrap().clone();
            data.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let all = house.worker.send("GET", path, "").await;
        assert_eq!(ids(&all), [second.clone(), first.clone()], "{kind}");
        assert_eq!(all.json()["has_more"], false);
        let page = house.worker.send("GET", &format!("{path}?limit=1"), "").await;
        assert_eq!((ids(&page), &page.json()["has_more"]), (vec![second.clone()], &json!(true)));
        let query = if kind == "openai" { "after" } else { "after_id" };
        let next = house.worker.send("GET", &format!("{path}?{query}={second}"), "").await;
        assert_eq!(ids(&next), std::slice::from_ref(&first));
        let beyond = house.worker.send("GET", &format!("{path}?{query}={others}"), "").await;
        assert!(ids(&beyond).is_empty());
        is_only_of(&house, path, &first, &[("DELETE", "")]).await;
        let left = house.worker.send("GET", path, "").await;
        assert_eq!(ids(&left), [second], "{kind}");
    }
    // A list asks for nothing but what is its caller's.
    assert!(provider.asked().iter().all(|it| it.method != "GET" || it.path != "/v1/files"));
}

#[tokio::test]
async fn an_upload_is_decided_on_by_what_it_is_for_and_by_what_is_in_it() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", &format!("{BOTH}\n@id(\"secrets\") forbid (principal, action == Action::\"create_state\", resource) when {{ context.findings.contains(\"secret.groq_key\") }};")).await;
    let path = "/openai/v1/files";
    assert_eq!(upload(&house.worker, path, "evals", "x").await.status, 403);
    let secret = format!("key gsk_{}", "FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes");
    assert_eq!(upload(&house.worker, path, "batch", &secret).await.status, 403);
    let plain = house.worker.send("POST", path, "{}").await;
    assert_eq!((plain.status, house.book().refusals(RefusalReason::Malformed)), (400, 1));
    assert!(provider.asked().is_empty());
    let said = upload(&house.worker, path, "batch", "x").await;
    let sent = &provider.asked()[0];
    assert_eq!(sent.headers["content-type"], "multipart/form-data; boundary=xyz");
    assert_eq!(house.trail(&said).0.name.as_deref(), Some("files"));
}

#[tokio::test]
async fn containers_and_jobs_are_their_owners() {
    let provider = Provider::start().await;
    let house = both(&provider).await;
    let path = "/openai/v1/containers";
    let file = id(&upload(&house.worker, "/openai/v1/files", "user_data", "x").await);
    let body = json!({"name": "mine", "file_ids": [file]}).to_string();
    assert_eq!(house.other.send("POST", path, &body).await.status, 404);
    let made = id(&house.worker.send("POST", path, &body).await);
    is_only_of(&house, path, &made, &[("GET", ""), ("GET", "/files"), ("GET", "/files/cfile_1")])
        .await;
    let within = format!("{path}/{made}/files");
    assert_eq!(upload(&house.other, &within, "x", "y").await.status, 404);
    assert_eq!(upload(&house.worker, &within, "x", "y").await.status, 200);
    is_only_of(&house, path, &made, &[("DELETE", "")]).await;
    let path = "/openai/v1/fine_tuning/jobs";
    let body = json!({"training_file": file, "model": "plain"}).to_string();
    assert_eq!(house.other.send("POST", path, &body).await.status, 404);
    let made = house.worker.send("POST", path, &body).await;
    assert_eq!(house.trail(&made).0.bound, Some(10_000), "it counts as the operator says");
    let job = format!("{path}/{}", id(&made));
    for (deed, action, bound) in
        [("pause", "delete_state", None), ("resume", "create_state", Some(10_000))]
    {
        let said = house.worker.send("POST", &format!("{job}/{deed}"), "").await;
        let (decision, _) = house.trail(&said);
        assert_eq!((&*decision.action, decision.bound), (action, bound), "{said:?}");
    }
    let reads = [("GET", ""), ("GET", "/events"), ("POST", "/cancel")];
    is_only_of(&house, path, &id(&made), &reads).await;
    let free = json!({"training_file": file, "model": "hidden"}).to_string();
    assert_eq!(house.worker.send("POST", path, &free).await.status, 404);
    // Where the operator says nothing, nobody knows what it costs.
    let house = lab(&provider, "", BOTH).await;
    let file = id(&upload(&house.worker, "/openai/v1/files", "fine-tune", "x").await);
    let body = json!({"training_file": file, "model": "plain"}).to_string();
    let unpriced = house.worker.send("POST", path, &body).await;
    assert_eq!(unpriced.status, 429, "{unpriced:?}");
}

#[tokio::test]
async fn what_nobody_made_here_is_nobodys_and_who_may_nothing_is_told_nothing() {
    let provider = Provider::start().await;
    provider.kept().plant("/v1/files/file-old", json!({"id": "file-old"}));
    let house = lab(&provider, "", "").await;
    let path = "/openai/v1/files";
    let there = house.worker.send("GET", &format!("{path}/file-old"), "").await;
    let never = house.worker.send("GET", &format!("{path}/file-new"), "").await;
    assert_eq!((there.status, never.status), (404, 404));
    assert_eq!(there.text().replace("old", "new"), never.text());
    let nowhere = house.worker.send("GET", "/openai/v1/nothing", "").await;
    let other = Agent { ..house.other.clone() };
    let uploaded = upload(&other, path, "batch", "x").await;
    assert_eq!((uploaded.status, uploaded.text()), (404, nowhere.text()));
    assert_eq!(other.send("GET", path, "").await.status, 404);
    assert!(provider.asked().is_empty());
}
