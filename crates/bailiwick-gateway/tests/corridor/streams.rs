//! Streams: every event as it comes, the last one only with its outcome on record.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::agent::call;
use crate::child;
use crate::house::House;
use crate::upstream::event;

fn progress(n: u64) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":"p","progress":{n}}}}}"#
    )
}

const ANSWER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[],"n":1.50}}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_events_one_by_one_and_the_last_with_its_record() {
    let (house, fixture) = House::crm().await;
    let feed = fixture.feed("stream");
    let mut events = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    for n in 1..100 {
        feed.send(event(&progress(n))).unwrap();
        // The next is sent only when the client has this one.
        assert_eq!(events.next().await, Some(progress(n)));
    }
    assert_eq!(house.book().trail(&events.decision()).1, None);
    // The write of the record is held up, and with it a worker of this runtime: so a thread of its
    // own looks at the time.
    house.disk.hold();
    let (disk, written) = (house.disk.clone(), Arc::new(AtomicBool::new(false)));
    let about_to = Arc::clone(&written);
    let holding = std::thread::spawn(move || {
        std::thread::park_timeout(Duration::from_millis(300));
        about_to.store(true, Ordering::SeqCst);
        disk.release();
    });
    feed.send(event(ANSWER)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(ANSWER));
    assert!(written.load(Ordering::SeqCst), "it left before its record");
    holding.join().unwrap();
    let (decision, outcome) = house.book().both(&events.decision());
    let outcome = outcome.unwrap();
    assert!(decision.permitted);
    assert_eq!((&*outcome.disposition, outcome.chunks), ("answered", 100));
    assert_eq!(events.next().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_a_failing_log_the_last_event_never_comes() {
    let (house, fixture) = House::crm().await;
    let feed = fixture.feed("stream");
    let mut events = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    feed.send(event(&progress(1))).unwrap();
    assert_eq!(events.next().await, Some(progress(1)));
    house.disk.fail_writes();
    feed.send(event(ANSWER)).unwrap();
    let last = events.next().await.unwrap();
    assert!(last.contains("503") && !last.contains("1.50"), "{last}");
    assert_eq!(events.next().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_must_not_pass_ends_the_stream() {
    let (house, fixture) = House::crm().await;
    let feed = fixture.feed("stream");
    let mut events = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    let token = format!("ghp_{}", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW11ySowm");
    let leak = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"info","data":"{token}"}}}}"#
    );
    feed.send(event(&leak)).unwrap();
    let last = events.next().await.unwrap();
    assert!(last.contains("403") && !last.contains("ghp_"), "{last}");
    assert_eq!(events.next().await, None);
    assert_eq!(house.book().trail(&events.decision()).1.as_deref(), Some("withheld"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_leaves_does_not_take_the_outcome_with_it() {
    let (house, fixture) = House::crm().await;
    let feed = fixture.feed("stream");
    let mut events = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    feed.send(event(&progress(1))).unwrap();
    assert_eq!(events.next().await, Some(progress(1)));
    let decision = events.decision();
    drop(events);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(house.book().trail(&decision).1, None);
    feed.send(event(ANSWER)).unwrap();
    let book = house.book();
    crate::house::until("the outcome is on record", || book.trail(&decision).1.is_some()).await;
    assert_eq!(book.trail(&decision).1.as_deref(), Some("answered"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_streams_event_by_event_too() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let body = r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"report","arguments":{},"_meta":{"progressToken":"p"}}}"#;
    let mut events = agent.stream("kid", body).await;
    for n in 1..=child::STEPS {
        assert_eq!(events.next().await, Some(progress(n)));
        assert!(events.is_silent(Duration::from_millis(5)).await, "it waits for the test");
        child::go_on(house.folder.path(), n);
    }
    let last = events.next().await.unwrap();
    assert!(last.contains("\"id\":5") && last.contains("result"), "{last}");
    let (decision, outcome) = house.book().both(&events.decision());
    assert!(decision.permitted);
    assert_eq!(outcome.unwrap().chunks, child::STEPS + 1);
    assert_eq!(events.next().await, None);
}
