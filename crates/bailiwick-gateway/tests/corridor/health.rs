//! Health: a server that nobody looks after loses first its writes and new agents, then everything,
//! while it goes on answering as if nothing were wrong.

use bailiwick_core::Day;
use serde_json::{Value, json};

use crate::agent::{INITIALIZE, call};
use crate::house::{House, Plan, until};
use crate::upstream::Fixture;

/// So many days ago.
fn ago(days: u32) -> String {
    let today = Day::of(bailiwick_gateway::now());
    Day::from_number(today.number() - days).to_string()
}

fn feed(crm: &Value) -> String {
    json!({ "servers": { "crm": crm } }).to_string()
}

fn plan(fixture: &Fixture, feed: &str, more: &str) -> Plan {
    let mut plan = Plan::crm(fixture);
    plan.servers += &format!("[health]\nfeeds = [\"health.json\"]\n{more}");
    plan.files.push(("health.json".to_owned(), feed.to_owned()));
    // Methods of a server's own are permitted here.
    plan.policies = plan.policies.replace("resource is Method", "resource == Tool::\"crm/none\"");
    plan
}

fn write(house: &House, name: &str, text: &str) {
    // As editors do it: the file is never there by half.
    let new = house.folder.path().join("edited.new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, house.folder.path().join(name)).unwrap();
}

/// What was noticed of the server's health, in order.
fn noticed(house: &House) -> Vec<String> {
    let all = house.book().noticed().into_iter();
    all.map(|(_, _, what)| what).filter(|it| it.starts_with("health.")).collect()
}

async fn until_noticed(house: &House, what: &str) {
    until(what, || noticed(house).last().is_some_and(|it| it == what)).await;
}

/// The policies that decided on a call, where it was refused.
async fn refused(house: &House, agent: &crate::agent::Agent, tool: &str) -> Vec<String> {
    let said = agent.post("crm", &call(7, tool, "{}")).await;
    let (decision, _) = house.trail(&said);
    let policies = decision.policies.iter().map(ToString::to_string);
    if decision.permitted { Vec::new() } else { policies.collect() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn neglect_takes_writes_then_all_and_an_exception_gives_back_until_its_day() {
    let fixture = Fixture::start().await;
    let fresh = json!({ "as_of": ago(0), "last_commit": ago(3) });
    let house = plan(&fixture, &feed(&fresh), "").open().await;
    let worker = house.worker.in_session("crm").await;
    for tool in ["look", "change"] {
        assert_eq!(refused(&house, &worker, tool).await, [""; 0], "{tool}");
    }
    let (decision, _) = house.trail(&worker.post("crm", OWN).await);
    assert!(decision.permitted);

    let dead = json!({ "as_of": ago(0), "last_commit": ago(240) });
    write(&house, "health.json", &feed(&dead));
    until_noticed(&house, "health.abandoned").await;
    // Whoever used it may read on; nobody writes, and nobody begins.
    assert_eq!(refused(&house, &worker, "look").await, [""; 0]);
    assert!(refused(&house, &worker, "change").await.contains(&"health:abandoned".to_owned()));
    assert!(!worker.post("crm", LIST).await.text().contains("change"));
    let (decision, _) = house.trail(&worker.post("crm", OWN).await);
    assert_eq!(
        decision.policies.iter().map(|it| it.as_str()).collect::<Vec<_>>(),
        ["health:abandoned"]
    );
    let new = house.other.post("crm", INITIALIZE).await;
    let (decision, _) = house.trail(&new);
    assert!(decision.policies.iter().any(|it| it.as_str() == "health:abandoned"), "{new:?}");
    assert!(house.readyz().await["warnings"].to_string().contains("can only be read"));

    // A faulty edit gives nothing back, and says so.
    write(&house, "health.json", &feed(&json!({ "as_of": ago(0), "last_comit": ago(1) })));
    let mut ready = house.readyz().await;
    while !ready["warnings"].to_string().contains("last_comit") {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        ready = house.readyz().await;
    }
    assert_eq!(ready["rules_fault"], json!([]), "{ready}");
    assert!(refused(&house, &worker, "change").await.contains(&"health:abandoned".to_owned()));

    let hole = json!({ "id": "CVE-2026-1", "severity": "high", "since": ago(60) });
    let mut worse = dead.clone();
    worse["vulnerabilities"] = json!([hole]);
    write(&house, "health.json", &feed(&worse));
    until_noticed(&house, "health.quarantined").await;
    // Its sessions are closed, and there are no new ones.
    let gone = worker.post("crm", &call(9, "look", "{}")).await;
    assert_eq!(gone.status, 404, "{gone:?}");
    let (decision, _) = house.trail(&house.worker.post("crm", INITIALIZE).await);
    assert!(decision.policies.iter().any(|it| it.as_str() == "health:quarantined"));

    let excused = |until: &str| {
        let contract = std::fs::read_to_string(house.folder.path().join("contracts/crm.toml"));
        let contract = contract.unwrap();
        let own = contract.split("[[standing").next().unwrap().trim_end().to_owned();
        format!(
            "{own}\n[[standing.exceptions]]\nstate = \"quarantined\"\nuntil = {until}\n\
             approver = \"ada\"\nwhy = \"the fork is being tested\"\n"
        )
    };
    let tomorrow = Day::of(bailiwick_gateway::now()).next().to_string();
    write(&house, "contracts/crm.toml", &excused(&tomorrow));
    until_noticed(&house, "health.quarantined_as_abandoned").await;
    let worker = house.worker.in_session("crm").await;
    assert_eq!(refused(&house, &worker, "look").await, [""; 0]);
    assert!(refused(&house, &worker, "change").await.contains(&"health:abandoned".to_owned()));
    write(&house, "contracts/crm.toml", &excused(&ago(0)));
    until_noticed(&house, "health.quarantined").await;

    // A start is no change, and what is off is not asked by the gateway either.
    let told = noticed(&house).len();
    let heard = fixture.heard("initialize");
    let house = house.again(true).await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!((noticed(&house).len(), fixture.heard("initialize")), (told, heard));
}

const OWN: &str = r#"{"jsonrpc":"2.0","id":1,"method":"crm/own","params":{}}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_a_record_there_is_no_connection() {
    let fixture = Fixture::start().await;
    let fresh = json!({ "as_of": ago(0), "last_commit": ago(3) });
    let fresh = json!({ "people": ["ada", "pager"], "servers": { "crm": fresh } }).to_string();
    let mut plan = plan(&fixture, &fresh, "require_record = true\n");
    plan.is_ready = false;
    let house = plan.open().await;
    until_noticed(&house, "health.no_record").await;
    let (decision, _) = house.trail(&house.worker.post("crm", INITIALIZE).await);
    assert!(decision.policies.iter().any(|it| it.as_str() == "health:no_record"));
    assert_eq!(fixture.heard("initialize"), 0, "the server was asked");

    let file = house.folder.path().join("contracts/crm.toml");
    let contract = std::fs::read_to_string(&file).unwrap();
    let standing = format!(
        "[standing]\npackage = \"npm:crm@1.2.3\"\nowner = \"ada\"\non_call = \"pager\"\n\
         credentials = []\nreview_by = {}\n",
        Day::from_number(Day::of(bailiwick_gateway::now()).number() + 90)
    );
    write(&house, "contracts/crm.toml", &format!("{contract}{standing}"));
    until_noticed(&house, "health.active").await;
    let worker = house.worker.in_session("crm").await;
    assert_eq!(refused(&house, &worker, "look").await, [""; 0]);

    // Whoever is not there any more is named on the spot, and not on record.
    write(&house, "contracts/crm.toml", &(contract + &standing.replace("ada", "eve")));
    until_noticed(&house, "health.orphaned").await;
    assert!(house.readyz().await["warnings"].to_string().contains("`eve`"));
    for it in house.book().records() {
        if let bailiwick_core::Record::Noticed(it) = it {
            assert!(!it.detail.contains("eve") && !it.detail.contains("ada"), "{it:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_used_a_server_is_read_again_when_the_log_could_not_be_read() {
    let fixture = Fixture::start().await;
    let fresh = json!({ "as_of": ago(0), "last_commit": ago(3) });
    let house = plan(&fixture, &feed(&fresh), "").open().await;
    let worker = house.worker.in_session("crm").await;
    assert_eq!(refused(&house, &worker, "look").await, [""; 0]);

    house.disk.fail_reads(true);
    let dead = json!({ "as_of": ago(0), "last_commit": ago(240) });
    write(&house, "health.json", &feed(&dead));
    until_noticed(&house, "health.abandoned").await;
    // Nobody knows that it is not new.
    assert_eq!(refused(&house, &worker, "look").await, ["health:abandoned"]);
    house.disk.fail_reads(false);
    let ends = tokio::time::Instant::now() + crate::agent::PATIENCE;
    while !refused(&house, &worker, "look").await.is_empty() {
        assert!(tokio::time::Instant::now() < ends, "it was never read again");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
