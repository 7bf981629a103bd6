//! What of all that a server says a listener of revision 2026-07-28 hears, and for how long.

use crate::agent::Events;
use crate::modern::{body, speaking};
use crate::modern_federated::{call, four};
use crate::modern_listening::{acknowledged, heard_by, listen, message};
use crate::upstream::event;

/// Said last: what was said before it has come, or never will.
fn last() -> String {
    message("message", r#","level":"info","data":"last""#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_server_does_not_speak_for_others() {
    let (house, [a, b, ..]) = four().await;
    let given = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t-1"}}"#;
    a.verbatim("boom", given);
    drop(call(&house.other, "a__boom").await);
    let (from_a, from_b) = (heard_by(&a), heard_by(&b));
    from_a.send(event(&acknowledged(""))).unwrap();
    from_b.send(event(&acknowledged(r#""resourceSubscriptions":["crm://open"]"#))).unwrap();
    let wanted = r#""toolsListChanged":true,"resourceSubscriptions":["bailiwick://b/crm://open"]"#;
    let mut events = listen(&house.worker, wanted).await;
    drop(events.next().await.unwrap());
    let updated = |uri: &str| message("resources/updated", &format!(r#","uri":"{uri}""#));
    for said in [
        updated("crm://open"),
        updated("bailiwick://b/crm://open"),
        message("tasks", r#","taskId":"t-1","status":"completed","result":{}"#),
        message("tasks", r#","taskId":"never","status":"working""#),
        message("tasks", r#","status":"working""#),
        message("cancelled", r#","requestId":"l""#),
        message("cancelled", r#","requestId":"another's""#),
        message("message", r#","data":"x""#).replace(r#":"l""#, r#":"other-listener""#),
        message("message", r#","data":"x""#).replace(r#":"l""#, ":{}"),
        last(),
    ] {
        from_a.send(event(&said)).unwrap();
    }
    assert_eq!(events.next().await, Some(last()));
    // Whose it is may tell, of its parts too.
    for uri in ["crm://open", "crm://open/part", "crm://opener"] {
        from_b.send(event(&updated(uri))).unwrap();
    }
    from_b.send(event(&last())).unwrap();
    for uri in ["crm://open", "crm://open/part"] {
        assert_eq!(events.next().await, Some(updated(&format!("bailiwick://b/{uri}"))));
    }
    assert_eq!(events.next().await, Some(last()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_of_one_server_tells_what_others_have() {
    let (house, [_, b, ..]) = four().await;
    let feed = b.feed("stream");
    let agent = speaking(&house.worker, "tools/call", Some("b__stream"));
    let stream = body("1", "tools/call", r#""name":"b__stream","arguments":{}"#);
    let mut events = Events::of(agent.open("POST", "/mcp", &stream).await);
    for said in [
        message("resources/updated", r#","uri":"crm://open""#),
        message("cancelled", r#","requestId":1"#),
        last(),
    ] {
        feed.send(event(&said)).unwrap();
    }
    assert_eq!(events.next().await, Some(last()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_its_own_address_a_server_tells_of_nobody_elses_task() {
    let (house, [a, ..]) = four().await;
    let given = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t-1"}}"#;
    a.verbatim("boom", given);
    drop(call(&house.other, "a__boom").await);
    a.verbatim("boom", &given.replace("t-1", "t-2"));
    drop(call(&house.worker, "a__boom").await);
    let from_a = heard_by(&a);
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let wanted = r#""notifications":{"taskIds":["t-1","t-2"]}"#;
    let mut events = agent.stream("a", &body("\"l\"", "subscriptions/listen", wanted)).await;
    let task = |handle: &str| message("tasks", &format!(r#","taskId":"{handle}""#));
    for handle in ["t-1", "never", "t-2"] {
        from_a.send(event(&task(handle))).unwrap();
    }
    assert_eq!(events.next().await, Some(task("t-2")));
}
