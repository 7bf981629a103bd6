//! Servers that lie or flood: each is bounded, answered clearly, and on record.
//!
//! The whole table of what a hostile peer may try, and the test that says what comes of it (in this
//! folder, unless a path is given):
//!
//! | a client | test |
//! |---|---|
//! | too large a body; what is no message; an answer to nothing | `exits::turned_away_before_there_is_a_call` |
//! | depth without end; a header line twice | `hostile_clients::lines_of_a_head_that_are_doubled_..` |
//! | too many header lines, too long a head, no head | `hostile_clients::heads_that_are_too_large_..`, `secure::the_place_that_http_2_names_..` |
//! | a head or a body that drips | `hostile_clients::a_head_or_a_body_that_drips_is_ended` |
//! | never reading | `hostile_clients::a_client_that_never_reads_..`, `secure::a_stream_of_http_2_that_nobody_reads_..` |
//! | more than its share of sessions, or of calls | `hostile_clients::a_caller_with_its_share_..`, `exits::too_many_sessions_and_too_many_calls` |
//! | another's session; another's answer | `sessions::the_id_of_anothers_session_opens_nothing`, `questions::another_caller_cannot_answer_..` |
//! | an id that is in use | `sessions::an_id_that_is_in_use_is_refused` |
//! | a foreign Host or Origin | `exits::turned_away_before_there_is_a_call`, `secure::the_place_that_http_2_names_is_checked` |
//! | no handshake, half of one, one that never ends | `secure::who_does_not_shake_hands_..` |
//! | requests taken back by the hundred | `secure::a_flood_of_requests_that_are_taken_back_is_cut_off` |
//! | a connection that nobody uses | `secure::a_connection_of_http_2_..`, `hostile_clients::a_client_that_says_nothing_..` |
//! | leaving in mid call | `sessions::a_caller_that_leaves_..`, `streams::a_caller_that_leaves_..` |
//!
//! | a server | test |
//! |---|---|
//! | an answer to nothing, or of another session's call | `a_server_answers_only_what_was_asked_on_that_stream` |
//! | an event without end | `an_event_without_end_ends_its_call_and_nothing_else` |
//! | events without end | `hostile_servers::a_stream_without_end_ends_..` |
//! | a head or a body without end, or dripping; a redirect; a packed or too deep body; no HTTP | `hostile_servers::what_is_no_answer_is_an_error_on_record` |
//! | a wrong id; silence; breaking off | `exits::an_answer_of_the_wrong_id_..`, `exits::each_way_that_an_upstream_can_fail`, `exits::it_breaks_off_in_mid_stream` |
//! | questions without end, or to another's client | `questions`, `federated_questions` |
//! | what nobody reads, in number and in bytes | `upstream/desk.rs`, `queue.rs` |
//!
//! | a process | test |
//! |---|---|
//! | garbage; half a message; an answer to nothing | `sessions::noise_is_dropped_..` |
//! | a line without end | `hostile_children::a_line_without_end_ends_the_session` |
//! | standard error without end | `hostile_children::what_is_muttered_without_end_..` |
//! | forking | `sessions::the_whole_process_group_ends_..`, `sessions::a_process_dies_and_leaves_nothing_behind` |
//! | leaving its group (`setsid`) | `hostile_children::who_left_the_group_..`, `upstream/kin.rs` |
//! | crashing again and again | `sessions::heavy_a_process_that_keeps_crashing_is_given_time` |

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
