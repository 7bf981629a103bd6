//! Every permitted call ends on record, also those that nobody waits for any longer.

use std::time::Duration;

use bailiwick_core::Record;
use hyper::Method;

use crate::agent::call;
use crate::federated::{POLICIES, post, session};
use crate::house::{House, Plan, until};
use crate::upstream::Fixture;

/// A stream is asked for, and before it comes the session in which it is asked for is replaced.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn listening_that_a_new_session_overtakes_ends_on_record() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.policies = POLICIES.into();
    plan.limits = "answer_seconds = 2\n".into();
    let house = plan.open().await;
    let (agent, _) = session(&house.worker).await;
    // A GET names no method.
    fixture.hang("", true);
    let listening = agent.open("GET", "/mcp", "").await;
    let asked = || fixture.seen().iter().filter(|it| it.method == Method::GET).count();
    until("the stream is asked for", || asked() == 1).await;
    fixture.die();
    fixture.revive();
    let lost = post(&agent, &call(1, "crm__look", "{}")).await;
    assert!(!lost.text().contains("done"), "{lost:?}");
    let again = post(&agent, &call(2, "crm__look", "{}")).await;
    assert!(again.text().contains("done"), "{again:?}");
    let book = house.book();
    let connects = || book.decisions().iter().filter(|it| it.action.as_ref() == "connect").count();
    let before = connects();
    until("the new session is listened to", || connects() > before || asked() > 1).await;
    drop(listening);
    until("nothing is owed", || book.owed().is_empty()).await;
}

/// A client asks to listen, or to end its session, and goes away before the server has said a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_client_asks_and_does_not_wait_for_ends_on_record() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "answer_seconds = 1\n".into();
    let house = plan.open().await;
    let agent = house.worker.in_session("crm").await;
    let book = house.book();
    // Neither GET nor DELETE names a method.
    fixture.hang("", true);
    for method in [Method::GET, Method::DELETE] {
        let asked = || fixture.seen().iter().filter(|it| it.method == method).count();
        tokio::select! {
            _ = agent.open(method.as_str(), "/mcp/crm", "") => panic!("it was answered"),
            () = until("the server is asked", || asked() == 1) => {}
        }
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!book.owed().is_empty(), "the server did not take its time");
    until("nothing is owed", || book.owed().is_empty()).await;
}

/// A call is under way when the gateway stops, and its server says nothing however long it waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_a_gateway_that_stops_leaves_no_call_in_doubt() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let book = house.book();
    fixture.hang("tools/call", true);
    let under_way = tokio::spawn(async move { agent.call("crm", "look").await });
    let asked = || fixture.seen().iter().any(|it| it.text().contains("tools/call"));
    until("the server is asked", asked).await;
    house.gateway.shut_down().await.unwrap();
    assert!(book.owed().is_empty(), "{:?}", book.owed());
    assert!(matches!(book.records().last(), Some(Record::Stopped)));
    drop(under_way);
}

/// The gateway stops while it lists a server that never answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_listing_that_a_stop_overtakes_ends_on_record() {
    for method in ["initialize", "tools/list"] {
        let fixture = Fixture::start().await;
        fixture.hang(method, true);
        let mut plan = Plan::crm(&fixture);
        plan.is_ready = false;
        let house = plan.open().await;
        until("it is asked", || fixture.heard(&format!("\"{method}\"")) == 1).await;
        let book = house.book();
        assert_eq!(book.owed().len(), 1, "{method}");
        house.gateway.shut_down().await.unwrap();
        assert_eq!(book.owed(), [], "{method}");
    }
}
