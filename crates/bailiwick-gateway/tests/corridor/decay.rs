//! Silent decay: a server that answers, with status 200 and JSON that looks right, and not as it
//! did. It is noticed once, told until a person lets it be, and known after a restart.

use bailiwick_gateway::paths;
use serde_json::{Value, json};

use crate::agent::{Agent, call};
use crate::house::{House, POLICIES, Plan};
use crate::upstream::Fixture;

/// The id of each call here: what a server says word for word names it.
const ID: u64 = 2;

async fn learning() -> (House, Fixture) {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.servers.push_str("[drift]\nlearn_answers = 20\ncanary_seconds_min = 1\n");
    plan.policies = format!(
        "{POLICIES}\n@id(\"canary\") permit (principal == System::\"canary\", action in \
         [Action::\"discover\", Action::\"session\", Action::\"read\"], resource);"
    );
    (plan.open().await, fixture)
}

/// What the tool says from now on, as JSON in a text.
fn says(fixture: &Fixture, said: &Value) {
    let content = json!([{ "type": "text", "text": said.to_string() }]);
    result(fixture, &json!({ "content": content }));
}

fn result(fixture: &Fixture, result: &Value) {
    let message = json!({ "jsonrpc": "2.0", "id": ID, "result": result });
    fixture.verbatim("look", &message.to_string());
}

fn customers(count: usize) -> Value {
    let one = |n: usize| json!({ "id": format!("c_{n}"), "tier": n % 3, "name": "x".repeat(n) });
    json!({ "customers": (1..=count).map(one).collect::<Vec<_>>(), "total": count })
}

async fn look(agent: &Agent, times: usize) {
    for _ in 0..times {
        let said = agent.post("crm", &call(ID, "look", "{}")).await;
        assert!(said.json()["result"].is_object(), "{said:?}");
    }
}

/// An honest server for a while: now more customers, now fewer.
async fn honest(fixture: &Fixture, agent: &Agent, times: usize) {
    for n in 0..times {
        says(fixture, &customers(1 + n * 7 % 5));
        look(agent, 1).await;
    }
}

fn words(house: &House) -> Vec<String> {
    house.book().noticed().into_iter().map(|(_, _, what)| what).collect()
}

async fn told(house: &House) -> Value {
    house.act("GET", "contracts/crm/drift", "").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_that_are_not_as_they_were_are_noticed_once() {
    let (house, fixture) = learning().await;
    let agent = house.worker.in_session("crm").await;
    honest(&fixture, &agent, 300).await;
    assert!(words(&house).is_empty(), "{:?}", words(&house));
    assert_eq!(told(&house).await["tools"]["look"]["is_learning"], false);

    // Every customer is gone, and the server says so with status 200.
    says(&fixture, &json!({ "customers": [], "total": 0 }));
    look(&agent, 60).await;
    assert_eq!(words(&house), ["drift.shape"]);
    let ready = house.readyz().await;
    assert_eq!(ready["ready"], true);
    assert!(ready["warnings"].to_string().contains("answers of look drift (shape)"), "{ready}");
    let metrics = house.operator().send("GET", "/metrics", "").await.text();
    assert!(metrics.contains("\nbailiwick_drift_tools 1\n"), "{metrics}");
    let tools = &told(&house).await["tools"];
    let parts = tools["look"]["parts"].as_array().unwrap();
    let part = |path: &str, kind: &str| {
        let it = parts.iter().find(|it| it["path"] == path && it["kind"] == kind);
        it.map(|it| it["drift"].clone()).unwrap()
    };
    assert_eq!(part("/customers", "empty list"), "new");
    assert_eq!(part("/customers", "list"), "gone");
    assert_eq!(part("/customers/*/id", "text"), Value::Null, "its list says it");
    assert_eq!(part("/total", "number"), Value::Null);

    // What the record says has nothing of what was answered.
    let asked = json!({ "server": "crm", "tools": ["look"], "why": "the year was archived" });
    house.act("POST", "contracts/relearn", &asked.to_string()).await;
    assert!(!house.readyz().await["warnings"].to_string().contains("drift"));
    let (act, target, done) = house.book().acts().pop().unwrap();
    assert_eq!((&*act, done), ("contracts.relearn", true));
    assert_eq!(target, "crm/look: the year was archived");
    look(&agent, 60).await;
    assert_eq!(words(&house).len(), 1);
    for bad in [
        json!({ "server": "crm", "tools": ["look"], "why": " " }),
        json!({ "server": "crm", "tools": [], "why": "x" }),
        json!({ "server": "crm", "tools": ["never"], "why": "x" }),
    ] {
        let said =
            house.operator().send("POST", "/admin/v1/contracts/relearn", &bad.to_string()).await;
        assert!(said.status == 400 || said.status == 409, "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_way_to_answer_worse_with_status_200_is_noticed() {
    let failed = json!({ "content": [{ "type": "text", "text": "upstream gone" }],
        "isError": true });
    let within = json!({ "error": "database unavailable", "customers": null });
    let text = json!([{ "type": "text", "text": "Service temporarily unavailable" }]);
    let structured = json!({ "content": [], "structuredContent": { "customers": [{}] } });
    for (worse, word) in [
        (failed, "drift.errors"),
        (json!({ "content": [{ "type": "text", "text": within.to_string() }] }), "drift.shape"),
        (json!({ "content": text }), "drift.shape"),
        (structured, "drift.shape"),
    ] {
        let (house, fixture) = learning().await;
        let agent = house.worker.in_session("crm").await;
        honest(&fixture, &agent, 40).await;
        result(&fixture, &worse);
        look(&agent, 40).await;
        assert_eq!(words(&house).iter().filter(|it| *it == word).count(), 1, "{worse}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restart_knows_what_was_learned_and_what_drifts() {
    let (house, fixture) = learning().await;
    let agent = house.worker.in_session("crm").await;
    honest(&fixture, &agent, 60).await;
    let house = house.again(true).await;
    let agent = house.worker.in_session("crm").await;
    says(&fixture, &json!({ "customers": [], "total": 0 }));
    look(&agent, 60).await;
    assert!(words(&house).contains(&"drift.shape".to_owned()));
    let many = words(&house).len();
    let house = house.again(true).await;
    assert!(house.readyz().await["warnings"].to_string().contains("drift (shape)"));
    look(&house.worker.in_session("crm").await, 10).await;
    assert_eq!(words(&house).len(), many, "it was told before");

    // What cannot be read is learned anew, and that is told; the rest is known.
    let file = paths::learned(house.data());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("c_1"), "no value of an answer is kept");
    let House { folder, gateway, disk, worker, other, data } = house;
    gateway.shut_down().await.unwrap();
    std::fs::write(&file, format!("{{\"tool\":{text}")).unwrap();
    let house = House::reopened(folder, disk, (worker, other), data).await;
    let ready = house.readyz().await;
    assert!(ready["lately"].to_string().contains("learned anew"), "{ready}");
    assert!(!ready["warnings"].to_string().contains("drift"), "{ready}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_canary_fails_and_recovers_and_each_is_told_once() {
    let canary = "[tools.look.canaries.acme]\nevery = \"1s\"\narguments = { q = \"acme\" }\n\
                  equals = { \"/customers/0/id\" = \"c_1\" }\nmatches = { \"/customers/0/id\" = \
                  \"c_[0-9]+\" }\n";
    let (house, fixture) = learning().await;
    says(&fixture, &customers(2));
    let file = house.folder.path().join("contracts/crm.toml");
    std::fs::write(&file, format!("server = \"crm\"\n[tools.look]\neffect = \"read\"\n{canary}"))
        .unwrap();
    let sung = |it: &Value| it["canaries"]["look"]["acme"].clone();
    until(&house, |it| sung(it)["fault"].is_null() && sung(it)["at_ns"].is_u64()).await;
    assert!(words(&house).is_empty());
    let decisions = house.book().decisions();
    let own = decisions.iter().find(|it| format!("{:?}", it.chain).contains("canary")).unwrap();
    assert!(own.permitted, "{own:?}");
    assert!(fixture.heard("\"arguments\":{\"q\":\"acme\"}") > 0);
    // It looks like any client; only listings say who we are.
    assert!(fixture.heard("\"clientInfo\":{\"name\":\"mcp\"") > 0);

    says(&fixture, &customers(0));
    until(&house, |it| sung(it)["fault"].is_string()).await;
    let told_of = house.readyz().await["warnings"].to_string();
    assert!(told_of.contains("canary acme of look failed"), "{told_of}");
    assert!(!told_of.contains("c_1"), "{told_of}");
    let at = sung(&told(&house).await)["at_ns"].clone();
    until(&house, |it| sung(it)["at_ns"] != at).await;
    says(&fixture, &customers(1));
    until(&house, |it| sung(it)["fault"].is_null()).await;
    assert_eq!(words(&house), ["canary.failed", "canary.recovered"]);
    // A canary is no agent: nothing is learned from it.
    assert!(told(&house).await["tools"].as_object().unwrap().is_empty());

    // What is not said any more is not called any more.
    std::fs::write(&file, "server = \"crm\"\n[tools.look]\neffect = \"read\"\n").unwrap();
    until(&house, |it| sung(it).is_null()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_canary_calls_nothing_that_nobody_approved_or_permitted() {
    let canary = "[tools.look]\neffect = \"read\"\n[tools.look.canaries.c]\nevery = \"1s\"\n\
                  expect = {}\n";
    let permits = format!("{POLICIES}\npermit (principal is System, action, resource);");
    for (admission, policies, why) in [
        ("", permits, "held until"),
        ("open_until = \"2500-01-01\"", POLICIES.to_owned(), "policy"),
    ] {
        let fixture = Fixture::start().await;
        let mut plan = Plan::crm(&fixture);
        plan.servers.push_str("[drift]\ncanary_seconds_min = 1\n");
        plan.admission = admission.to_owned();
        plan.policies = policies;
        plan.contract = format!("server = \"crm\"\n{canary}");
        let house = plan.open().await;
        until(&house, |it| it["canaries"]["look"]["c"]["fault"].is_string()).await;
        let fault = told(&house).await["canaries"]["look"]["c"]["fault"].to_string();
        assert!(fault.contains(why), "{fault}");
        assert_eq!(fixture.heard("tools/call"), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn canaries_beyond_the_limits_are_no_edit_that_comes_into_force() {
    let (house, _fixture) = learning().await;
    let file = house.folder.path().join("contracts/crm.toml");
    for (effect, every, told) in [
        ("\"read\"", "0s", "`5m`"),
        ("\"outbound\"", "5m", "effect is `read`"),
        ("{ value = \"read\", verified = false }", "5m", "effect is `read`"),
    ] {
        let text = format!(
            "server = \"crm\"\n[tools.look]\neffect = {effect}\n[tools.look.canaries.c]\n\
             every = \"{every}\"\nexpect = {{}}\n"
        );
        std::fs::write(&file, text).unwrap();
        let ends = tokio::time::Instant::now() + crate::agent::PATIENCE;
        while !house.readyz().await["rules_fault"].to_string().contains(told) {
            assert!(tokio::time::Instant::now() < ends, "{told}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

/// Wait until what is told is so.
async fn until(house: &House, is_so: impl Fn(&Value) -> bool) {
    let ends = tokio::time::Instant::now() + crate::agent::PATIENCE;
    loop {
        let told = told(house).await;
        if is_so(&told) {
            return;
        }
        assert!(tokio::time::Instant::now() < ends, "{told}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
