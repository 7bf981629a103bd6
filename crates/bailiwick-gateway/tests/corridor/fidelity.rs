//! Bytes that need no change are passed on as they came, both ways.

use crate::agent::INITIALIZE;
use crate::house::House;
use crate::upstream::event;

/// Every way to spell what a typed model would lose.
const ASK: &str = r#"{ "params" : {"arguments":{"z":1e2,"a":-0.0,"big":123456789012345678901234567890,"n":null,"u":"\u00e9\/","deep":{"b":[1.0,1.00,[]],"a":{}}},"name":"look","extra":{"unknown":[true]}},"method":"tools/call", "id":1,"jsonrpc":"2.0","other":null}"#;
const ANSWER: &str = r#"{"result":{"z":1E+2,"structuredContent":{"n":null,"x":-0,"y":1.10,"big":340282366920938463463374607431768211456},"content":[ ],"_meta":{"k":"\u2028"}} ,"id":1,"jsonrpc":"2.0","vendor":[null]}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whole_messages_pass_untouched_both_ways() {
    let (house, fixture) = House::crm().await;
    fixture.verbatim("look", ANSWER);
    let said = house.worker.post("crm", ASK).await;
    assert_eq!(said.text(), ANSWER);
    let seen = fixture.seen().into_iter().find(|it| it.text().contains("look")).unwrap();
    assert_eq!(seen.text(), ASK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_pass_untouched() {
    let (house, fixture) = House::crm().await;
    let feed = fixture.feed("look");
    let mut events = house.worker.stream("crm", ASK).await;
    let notice = r#"{"params":{"progress":1.0,"progressToken":1,"x":null},"method":"notifications/progress","jsonrpc":"2.0"}"#;
    feed.send(event(notice)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(notice));
    feed.send(event(ANSWER)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(ANSWER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_list_loses_its_hidden_entries_and_no_other_byte() {
    let (house, fixture) = House::crm().await;
    let list = |hidden: &str| {
        format!(
            r#"{{"nextCursor":"c","x":1.0, "tools":[ {{"inputSchema":{{"b":1e2,"a":null}},"name":"look","v":[1.00]}}{hidden} ,{{"name":"change","inputSchema":{{}}}} ]}}"#
        )
    };
    fixture.list("tools/list", &list(r#",{"name":"hidden","inputSchema":{}}"#));
    let ask = crate::agent::ask(1, "tools/list", "{}");
    let said = house.worker.post("crm", &ask).await;
    let cut: String = said.text().split_whitespace().collect();
    let whole = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{}}}"#, list(""));
    assert_eq!(cut, whole.split_whitespace().collect::<String>());
    fixture.list("tools/list", &list(""));
    assert_eq!(house.worker.post("crm", &ask).await.text(), whole, "nothing to cut, no byte moved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn duplicate_keys_are_refused_both_ways() {
    let (house, fixture) = House::crm().await;
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","arguments":{"a":1,"\u0061":2}}}"#;
    let said = house.worker.post("crm", twice).await;
    assert_eq!((said.status, said.json()["error"]["code"].as_i64()), (400, Some(-32700)));
    assert_eq!(fixture.heard("tools/call"), 0);
    fixture.verbatim("look", r#"{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}"#);
    let said = house.worker.call("crm", "look").await;
    assert_eq!(said.json()["error"]["code"], 503, "{}", said.text());
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_initialize_result_passes_untouched() {
    let (house, fixture) = House::crm().await;
    let result = r#"{"jsonrpc":"2.0","id":0,"result":{"serverInfo":{"version":"1","name":"f"},"capabilities":{"x":{"y":1.0}},"protocolVersion":"2025-06-18","instructions":"Look, then change."}}"#;
    fixture.verbatim("initialize", result);
    assert_eq!(house.worker.post("crm", INITIALIZE).await.text(), result);
}
