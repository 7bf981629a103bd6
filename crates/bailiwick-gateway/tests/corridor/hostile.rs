//! Servers that lie or flood: each is bounded, answered clearly, and on record.

use std::time::Duration;

use bytes::Bytes;

use crate::agent::call;
use crate::house::{House, until};
use crate::upstream::event;

fn answer(id: u64) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[]}}}}"#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_answers_only_what_was_asked_on_that_stream() {
    let (house, fixture) = House::crm().await;
    let mine = house.worker.in_session("crm").await;
    let other = house.other.in_session("crm").await;
    let my_feed = fixture.feed("stream");
    let mut my_events = mine.stream("crm", &call(1, "stream", "{}")).await;
    let their_feed = fixture.feed("stream");
    let mut their_events = other.stream("crm", &call(2, "stream", "{}")).await;
    // The other session's id, and one that nobody asked.
    for id in [1, 7] {
        their_feed.send(event(&answer(id))).unwrap();
    }
    assert!(my_events.is_silent(Duration::from_millis(100)).await);
    assert!(their_events.is_silent(Duration::from_millis(100)).await);
    my_feed.send(event(&answer(1))).unwrap();
    their_feed.send(event(&answer(2))).unwrap();
    assert_eq!(my_events.next().await, Some(answer(1)));
    assert_eq!(their_events.next().await, Some(answer(2)));
    for id in [my_events.decision(), their_events.decision()] {
        assert_eq!(house.book().trail(&id).1.as_deref(), Some("answered"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_without_end_ends_its_call_and_nothing_else() {
    let (house, fixture) = House::crm().await;
    let feed = fixture.feed("stream");
    let mut events = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    feed.send(Ok(Bytes::from_static(b"data: "))).unwrap();
    for _ in 0..80 {
        // More than the largest message, and the server is let go before all of it came.
        if feed.send(Ok(Bytes::from(vec![b'x'; 64 << 10]))).is_err() {
            break;
        }
    }
    let last = events.next().await.unwrap();
    assert!(last.contains("503"), "{last}");
    assert_eq!(house.book().trail(&events.decision()).1.as_deref(), Some("unreachable"));
    until("the server is let go", || feed.is_closed()).await;
    assert_eq!(house.worker.call("crm", "look").await.status, 200);
}
