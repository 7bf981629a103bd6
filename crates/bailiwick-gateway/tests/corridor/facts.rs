//! Facts about things, from real sources: policy reads them, the record holds what they were, and
//! calls about things of which nothing is known any more are refused.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bailiwick_core::{Class, DecisionRecord, OutcomeRecord};
use bailiwick_gateway::config;
use rusqlite::Connection;

use crate::agent::{Agent, Said, call};
use crate::house::{House, POLICIES, Plan, until};
use crate::upstream::Fixture;

const CONTRACT: &str = r#"
server = "crm"
[tools.look]
effect = "read"
resources = { customer = "Customer" }
results = { "/customers/*/id" = "Customer" }
[tools.change]
effect = "reversible_write"
collections = ["Customer"]
[tools.stream]
effect = "read"
resources = { order = "Order" }
"#;

/// What no condition that only asks whether a tier is known may let through.
const SMALL_ONLY: &str = r#"
@id("small_only")
forbid (principal is Agent, action == Action::"crm/look", resource)
when { context.resources has customer && context.resources.customer has tier &&
       context.resources.customer.tier > 1 };
"#;

async fn house(source: &str, files: &[(&str, &str)], top: &str) -> (House, Fixture) {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.contract = CONTRACT.to_owned();
    plan.policies = format!("{POLICIES}{SMALL_ONLY}");
    plan.top = top.to_owned();
    plan.files = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    plan.servers += &format!(
        "[classes]\nCustomer = [\"tier\", \"tenant\"]\n[facts.book]\ntypes = [\"Customer\"]\n\
         attributes = {{ tier = \"number\", tenant = \"text\" }}\n\
         timeout_seconds = 1\n{source}\n"
    );
    (plan.open().await, fixture)
}

fn about(customer: &str) -> String {
    call(7, "look", &serde_json::json!({ "customer": customer }).to_string())
}

fn both(house: &House, said: &Said) -> (DecisionRecord, Option<OutcomeRecord>) {
    house.book().both(said.header("bailiwick-decision").unwrap())
}

fn classes(tenant: Option<&str>, tier: Option<&str>) -> Vec<Class> {
    vec![Class::new("tenant", tenant), Class::new("tier", tier)]
}

/// Ask until it comes out so, and give back the last that was said.
async fn asked_until(session: &Agent, ask: &str, is_so: impl Fn(&Said) -> bool) -> Said {
    for _ in 0..200 {
        let said = session.post("crm", ask).await;
        if is_so(&said) {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never came out so: {ask}");
}

fn is_permitted(said: &Said) -> bool {
    said.json()["result"].is_object()
}

fn is_stale(house: &House, said: &Said) -> bool {
    let (decision, _) = both(house, said);
    decision.policies.iter().any(|it| it.as_str() == "facts:stale")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_says_what_customers_are_and_the_record_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customers.db");
    let database = Connection::open(&file).unwrap();
    database
        .execute_batch(
            "CREATE TABLE customers (id TEXT, tier INTEGER, tenant TEXT, phone TEXT);
             INSERT INTO customers VALUES ('c_1', 1, 'acme', '1'), ('c_2', 2, 'acme', '2'),
                                          ('c_3', NULL, NULL, '3');",
        )
        .unwrap();
    let source = format!(
        "sql = \"sqlite:{}\"\nquery = \"SELECT id, tier, tenant, phone FROM customers\"\n\
         stale_after = \"4s\"\nrefresh = \"1s\"",
        file.display()
    );
    let (house, fixture) = house(&source, &[], "").await;
    let session = house.worker.in_session("crm").await;
    let body = r#"{"content":[],"structuredContent":{"customers":[{"id":"c_2"},{"id":"c_9"}]}}"#;
    fixture.verbatim("look", &format!(r#"{{"jsonrpc":"2.0","id":7,"result":{body}}}"#));

    let said = session.post("crm", &about("c_1")).await;
    assert!(is_permitted(&said), "{said:?}");
    let (decision, outcome) = both(&house, &said);
    assert_eq!(decision.classes.len(), 1);
    assert_eq!(decision.classes[0].classes, classes(Some("acme"), Some("1")));
    let found = outcome.unwrap().classes;
    assert_eq!((found[0].thing, &found[0].classes), (0, &classes(Some("acme"), Some("2"))));
    assert_eq!((found[1].thing, &found[1].classes), (1, &classes(None, None)));
    let said = session.post("crm", &about("c_2")).await;
    let (decision, _) = both(&house, &said);
    assert_eq!(decision.policies[0].as_str(), "small_only");

    // The customer grows: the next call is decided by that, and the records of the former stay.
    database.execute("UPDATE customers SET tier = 2 WHERE id = 'c_1'", []).unwrap();
    asked_until(&session, &about("c_1"), |said| !is_permitted(said)).await;
    let loaded = house.book().acts().into_iter().filter(|(act, ..)| act == "facts.loaded");
    assert_eq!(loaded.count(), 2, "what did not change is not told");

    // It says what nobody could be sure of: what is known stays, until it is too old.
    database.execute("INSERT INTO customers VALUES ('c_1', 1, 'acme', '1')", []).unwrap();
    let said = asked_until(&session, &about("c_3"), |said| is_stale(&house, said)).await;
    let (decision, outcome) = both(&house, &said);
    assert_eq!((decision.cause.as_deref(), outcome), (Some("forbidden"), None));
    assert!(decision.visible, "what is refused for its facts is no secret");
    assert_eq!(decision.classes[0].classes, classes(None, None));
    let warnings = house.readyz().await["warnings"].to_string();
    assert!(warnings.contains("Customer are refused") && warnings.contains("row 4"), "{warnings}");
    // So is a call that touches all of them, and no other.
    assert!(is_stale(&house, &session.post("crm", &call(3, "change", "{}")).await));
    let other = session.post("crm", &call(4, "stream", r#"{"order":"o_1"}"#)).await;
    assert!(!is_stale(&house, &other));

    database.execute("DELETE FROM customers WHERE rowid = 4", []).unwrap();
    asked_until(&session, &about("c_3"), is_permitted).await;
    let words = || house.book().noticed().into_iter().map(|(.., what)| what).collect::<Vec<_>>();
    until("it is told again", || words().len() > 1).await;
    assert_eq!(words(), ["facts.stale", "facts.fresh"], "each once");
}

/// What an address answers next: its head and body.
type Answer = Arc<Mutex<String>>;

/// An address that answers as it is told, and notes what it was asked.
fn address() -> (SocketAddr, Answer, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (answer, asked) = (Answer::default(), Arc::new(Mutex::new(Vec::new())));
    let (says, notes) = (Arc::clone(&answer), Arc::clone(&asked));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap_or(0);
            notes.lock().unwrap().push(String::from_utf8_lossy(&bytes[..read]).into_owned());
            let answer = says.lock().unwrap().clone();
            // Nothing to say: whoever asks waits in vain.
            if answer.is_empty() {
                std::mem::forget(stream);
                continue;
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, answer, asked)
}

fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_that_fails_is_believed_for_a_time_and_then_no_more() {
    let (address, answer, asked) = address();
    let good = http("200 OK", "ETag: \"v1\"\r\n", r#"[{"id":"c_1","tier":1,"tenant":"acme"}]"#);
    answer.lock().unwrap().clone_from(&good);
    let source = format!(
        "url = \"http://{address}/customers?all=1\"\nstale_after = \"3s\"\nrefresh = \"1s\"\nmib_max = 1\n\
         secret_headers = {{ Authorization = {{ file = \"token\", prefix = \"Bearer \" }} }}"
    );
    let (house, _fixture) = house(&source, &[("token", "s3cret\n")], "").await;
    let session = house.worker.in_session("crm").await;
    let said = session.post("crm", &about("c_1")).await;
    assert!(is_permitted(&said), "{said:?}");
    let first = asked.lock().unwrap()[0].to_ascii_lowercase();
    assert!(first.starts_with("get /customers?all=1 http/1.1\r\n"), "{first}");
    assert!(first.contains("authorization: bearer s3cret\r\n"), "{first}");

    // As before is an answer: it stays fresh for longer than it would without one.
    *answer.lock().unwrap() = http("304 Not Modified", "ETag: \"v1\"\r\n", "");
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(is_permitted(&session.post("crm", &about("c_1")).await));
    assert!(asked.lock().unwrap().last().unwrap().to_ascii_lowercase().contains("if-none-match"));

    let large = format!("[{}]", " ".repeat(1 << 20));
    for (bad, why) in [
        (http("500 Internal Server Error", "", ""), "it answered 500"),
        (http("302 Found", "Location: http://127.0.0.1:1/\r\n", ""), "it answered 302"),
        (http("200 OK", "", r#"{"customers":[]}"#), "it is no JSON array"),
        (http("200 OK", "", r#"[{"id":"c_1","tier":"one"}]"#), "`tier` is no whole number"),
        (http("200 OK", "", &large), "more than 1 MiB"),
        (String::new(), "no answer within 1 s"),
    ] {
        answer.lock().unwrap().clone_from(&bad);
        asked_until(&session, &about("c_1"), |said| is_stale(&house, said)).await;
        let mut warnings = String::new();
        for _ in 0..100 {
            warnings = house.readyz().await["warnings"].to_string();
            if warnings.contains(why) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(warnings.contains(why), "{why}: {warnings}");
        assert!(!warnings.contains("s3cret"), "{warnings}");
        answer.lock().unwrap().clone_from(&good);
        asked_until(&session, &about("c_1"), is_permitted).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_edited_file_is_read_at_once_and_may_not_contradict_the_entities() {
    let csv = "id,tier,tenant\nc_1,1,acme\n";
    let (house, _fixture) = house("file = \"customers.csv\"", &[("customers.csv", csv)], "").await;
    let session = house.worker.in_session("crm").await;
    assert!(is_permitted(&session.post("crm", &about("c_1")).await));
    let file = house.folder.path().join("customers.csv");
    std::fs::write(&file, "id,tier,tenant\nc_1,2,acme\nc_2,1,acme\n").unwrap();
    asked_until(&session, &about("c_1"), |said| !is_permitted(said)).await;
    // An attribute that is called otherwise would be gone from every customer: nothing of it is
    // believed. A source that says nothing at all is told of.
    let warned = async |why: &str| {
        let mut told = String::new();
        for _ in 0..100 {
            told = house.readyz().await["warnings"].to_string();
            if told.contains(why) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{why}: {told}");
    };
    std::fs::write(&file, "id,tiers,tenant\nc_1,2,acme\nc_2,1,acme\n").unwrap();
    warned("nothing in it is called `tier`").await;
    assert!(!is_permitted(&session.post("crm", &about("c_1")).await));
    std::fs::write(&file, "id,tier,tenant\n").unwrap();
    warned("it says nothing of any Customer").await;
    assert!(is_permitted(&session.post("crm", &about("c_1")).await));
    std::fs::write(&file, "id,tier,tenant\nc_1,2,acme\nc_2,1,acme\n").unwrap();
    asked_until(&session, &about("c_1"), |said| !is_permitted(said)).await;
    // Who says a second time what a source says is told which, and the former rules hold.
    let entities = r#"[{"uid":{"type":"Customer","id":"c_1"},"attrs":{"tier":1},"parents":[]}]"#;
    std::fs::write(house.folder.path().join("policies/entities.json"), entities).unwrap();
    let mut fault = String::new();
    for _ in 0..100 {
        fault = house.readyz().await["rules_fault"].to_string();
        if fault.len() > 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(fault.contains("[facts.book]") && fault.contains("`tier`"), "{fault}");
    assert!(!is_permitted(&session.post("crm", &about("c_1")).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_never_known_refuses_and_is_only_noted_while_observing() {
    let top = "mode = \"shadow\"\nshadow_until = \"2500-01-01\"";
    for (top, passes) in [("", false), (top, true)] {
        let (house, _fixture) = house("file = \"nothing.json\"", &[], top).await;
        let session = house.worker.in_session("crm").await;
        let said = session.post("crm", &about("c_1")).await;
        assert_eq!(is_permitted(&said), passes, "{said:?}");
        assert!(is_stale(&house, &said));
        until("it is told", || !house.book().noticed().is_empty()).await;
    }
}

#[test]
fn sections_that_cannot_be_meant_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bailiwick.toml");
    let book = "types = [\"Customer\"]\nattributes = { tier = \"number\" }\n";
    for (section, why) in [
        (book.to_owned(), "needs one of"),
        (format!("{book}file = \"a.json\"\nurl = \"https://a\""), "needs one of"),
        (format!("{book}file = \"a.xml\""), ".json or .csv"),
        (format!("{book}sql = \"oracle:a\"\nquery = \"SELECT 1\""), "sqlite:"),
        (format!("{book}sql = \"sqlite:a\""), "needs `query`"),
        (format!("{book}url = \"https://a\"\nstale_after = \"5m\""), "stale_after"),
        (format!("{book}url = \"https://a\"\nrefresh = \"often\""), "no span of time"),
        (format!("{book}file = \"a.json\"\nrefresh = \"1m\""), "no effect on a file"),
        ("file = \"a.json\"\ntypes = [\"Person\"]\nattributes = { a = \"text\" }".into(), "Person"),
        ("file = \"a.json\"".into(), "say what it is about"),
        (
            format!("{book}file = \"a.json\"\n[facts.other]\n{book}file = \"b.json\""),
            "comes from [facts.book], too",
        ),
        (format!("{book}file = \"a.json\"\n[classes]\nTool = [\"a\"]"), "`Tool` is no type"),
    ] {
        std::fs::write(&file, format!("[facts.book]\n{section}\n")).unwrap();
        let told: String =
            config::load(&file).unwrap_err().iter().map(ToString::to_string).collect();
        assert!(told.contains(why) && told.contains("bailiwick.toml:"), "{section}: {told}");
    }
}
