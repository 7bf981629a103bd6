//! Revision 2026-07-28: the legs of one call hold together on record, and are one caller's.

use bailiwick_core::{DecisionRecord, RefusalReason};

use crate::agent::{Agent, Said};
use crate::house::{House, until};
use crate::modern::{body, call, house, speaking};

/// The server asks; in its words the state holds an escape.
fn asks(state: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"resultType":"input_required","inputRequests":{{"k":{{"method":"elicitation/create","params":{{"message":"?"}}}}}},"requestState":"{state}"}}}}"#
    )
}

/// The next leg, which brings the state back in a spelling of its own.
async fn next_leg(agent: &Agent, state: &str) -> Said {
    let params = format!(
        r#""name":"boom","arguments":{{}},"inputResponses":{{"k":{{"action":"accept"}}}},"requestState":"{state}""#
    );
    let agent = speaking(agent, "tools/call", Some("boom"));
    agent.post("crm", &body("1", "tools/call", &params)).await
}

fn decision(house: &House, said: &Said) -> DecisionRecord {
    house.trail(said).0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_leg_names_the_first_and_each_question_its_call() {
    let (house, fixture) = house().await;
    fixture.verbatim("boom", &asks("s\\u00fc=="));
    let first = decision(&house, &call(&house.worker, "crm", "boom", "{}").await);
    assert_eq!(first.parent, None);
    // The server asks again, and then it is done.
    fixture.verbatim("boom", &asks("t"));
    let second = decision(&house, &next_leg(&house.worker, "sü==").await);
    assert_eq!(second.parent, Some(first.exchange));
    fixture.verbatim("boom", r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}"#);
    let third = decision(&house, &next_leg(&house.worker, "t").await);
    assert_eq!(third.parent, Some(first.exchange));
    let mut questions = house.book().decisions();
    questions.retain(|it| &*it.action == "elicit");
    let during: Vec<_> = questions.iter().map(|it| it.parent).collect();
    assert_eq!(during, [Some(first.exchange), Some(second.exchange)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_goes_on_with_a_call_of_somebody_else() {
    let (house, fixture) = house().await;
    fixture.verbatim("boom", &asks("s"));
    let first = call(&house.worker, "crm", "boom", "{}").await;
    assert_eq!(first.status, 200);
    let (asked, book) = (fixture.heard("requestState"), house.book());
    let refused = book.refusals(RefusalReason::Malformed);
    let stolen = next_leg(&house.other, "s").await;
    assert_eq!((stolen.status, &stolen.json()["error"]["code"]), (400, &(-32602).into()));
    assert_eq!(fixture.heard("requestState"), asked, "the server never hears of it");
    until("it is on record", || book.refusals(RefusalReason::Malformed) > refused).await;
    // Nor by a spelling that a careless server reads alike, or under another name.
    for spelled in ["s ", "S", ""] {
        assert_eq!(next_leg(&house.other, spelled).await.status, 400, "{spelled:?}");
    }
    for params in [r#""RequestState":"s""#, r#""requestState":7"#] {
        let params = format!(r#""name":"boom","arguments":{{}},{params}"#);
        let agent = speaking(&house.other, "tools/call", Some("boom"));
        let said = agent.post("crm", &body("1", "tools/call", &params)).await;
        assert_eq!(said.json()["error"]["code"], -32602, "{said:?}");
    }
    assert_eq!(fixture.heard("equestState"), asked, "the server never hears of it");
    // A server may say the same to both, and then both may go on.
    assert_eq!(call(&house.other, "crm", "boom", "{}").await.status, 200);
    assert_eq!(next_leg(&house.other, "s").await.status, 200);
    assert_eq!(next_leg(&house.worker, "s").await.status, 200);
}

/// A server that only wants to be asked again gives a state and asks nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_state_without_a_question_is_its_callers_too() {
    let (house, fixture) = house().await;
    let again =
        r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"s"}}"#;
    fixture.verbatim("boom", again);
    assert_eq!(call(&house.worker, "crm", "boom", "{}").await.text(), again);
    assert_eq!(next_leg(&house.other, "s").await.status, 400);
    assert_eq!(next_leg(&house.worker, "s").await.status, 200);
}

/// Only calls are made in legs: what is asked in other answers nobody decides on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_in_another_answer_is_withheld() {
    let (house, fixture) = house().await;
    let asks = r#"{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{}}},"tools":[]}"#;
    fixture.list("tools/list", asks);
    let said = crate::modern::ask(&house.worker, "crm", "tools/list", "").await;
    assert_eq!(house.trail(&said).1.as_deref(), Some("withheld"), "{said:?}");
}

/// A client that ignores case would take what nobody decided on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_only_looks_like_a_question_is_withheld() {
    let (house, fixture) = house().await;
    for asks in [
        r#"{"InputRequests":{"k":{"method":"sampling/createMessage","params":{}}},"tools":[]}"#,
        r#"{"RequestState":"s","tools":[]}"#,
        r#"{"TASK":{"taskId":"t-1"},"tools":[]}"#,
        r#"{"CacheScope":"public","tools":[]}"#,
    ] {
        fixture.list("tools/list", asks);
        let said = crate::modern::ask(&house.worker, "crm", "tools/list", "").await;
        assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"), "{said:?}");
        if asks.contains("CacheScope") {
            continue;
        }
        fixture.verbatim("boom", &format!(r#"{{"jsonrpc":"2.0","id":1,"result":{asks}}}"#));
        let said = call(&house.worker, "crm", "boom", "{}").await;
        assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"), "{said:?}");
    }
}
