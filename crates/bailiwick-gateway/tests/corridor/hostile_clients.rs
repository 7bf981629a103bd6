//! Clients that lie, drip or flood: each is bounded, told clearly, and on record.

use std::time::Duration;

use bailiwick_core::RefusalReason;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::agent::{INITIALIZE, PATIENCE, ask, call};
use crate::house::{House, Plan, until};
use crate::upstream::{Feed, Fixture, event};

/// A gateway that waits a second for a client.
async fn impatient() -> (House, Fixture) {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "message_seconds = 1\nunread_seconds = 1\n".into();
    (plan.open().await, fixture)
}

/// Send a beginning, then a byte now and then, and read what is told.
async fn drip(address: std::net::SocketAddr, beginning: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(beginning.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = socket.into_split();
    let dripping = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut told = Vec::new();
    let read = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut told)).await;
    dripping.abort();
    read.expect("it is ended in time").unwrap();
    String::from_utf8(told).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_head_or_a_body_that_drips_is_ended() {
    let (house, fixture) = impatient().await;
    let key = &house.worker.headers[0].1;
    let head = "POST /mcp/crm HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let told = drip(house.worker.address, head).await;
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("too slowly"), "{told}");
    assert_eq!(house.book().refusals(RefusalReason::Limit), 1);
    let body = format!(
        "POST /mcp/crm HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n\
         Content-Length: 4000\r\n\r\n{{"
    );
    let told = drip(house.worker.address, &body).await;
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("too slowly"), "{told}");
    assert_eq!(house.book().refusals(RefusalReason::Limit), 2);
    // The same at the operators' door.
    let token = std::fs::read_to_string(house.folder.path().join("data/admin.token")).unwrap();
    let token = token.trim();
    let body = format!(
        "POST /admin/v1/keys HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 4000\r\n\r\n{{"
    );
    let told = drip(house.gateway.operators(), &body).await;
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    assert_eq!(house.book().refusals(RefusalReason::Limit), 3);
    assert_eq!(fixture.heard("tools/call"), 0);
    assert_eq!(house.worker.call("crm", "look").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_says_nothing_between_two_requests_is_let_go_unrecorded() {
    let (house, _fixture) = impatient().await;
    let mut wire = house.worker.wire().await;
    let request = house.worker.request("POST", "/mcp/crm", &call(1, "look", "{}"));
    assert_eq!(wire.send_request(request).await.unwrap().status(), 200);
    let closed = async {
        while !wire.is_closed() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("it is closed in time");
    assert_eq!(house.book().refusals(RefusalReason::Limit), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heads_that_are_too_large_or_no_heads_are_on_record() {
    let (house, fixture) = impatient().await;
    let many: String = (0..70).map(|n| format!("x-{n}: y\r\n")).collect();
    let long = format!("x-long: {}\r\n", "y".repeat(40 << 10));
    for (text, status) in [
        (format!("GET /mcp/crm HTTP/1.1\r\nhost: localhost\r\n{many}\r\n"), "431"),
        (format!("GET /mcp/crm HTTP/1.1\r\nhost: localhost\r\n{long}\r\n"), "431"),
        ("GET /mcp/crm HTTP/9.7\r\n\r\n".to_owned(), "400"),
        ("\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), "400"),
    ] {
        let mut socket = TcpStream::connect(house.worker.address).await.unwrap();
        socket.write_all(text.as_bytes()).await.unwrap();
        let mut told = String::new();
        let read = tokio::time::timeout(PATIENCE, socket.read_to_string(&mut told)).await.unwrap();
        assert!(read.is_ok(), "{read:?} after {} bytes", text.len());
        assert!(told.starts_with(&format!("HTTP/1.1 {status}")), "{told:?} after {text:.40}");
        assert!(told.contains("the head of the request"), "{told}");
    }
    let refused = |reason| house.book().refusals(reason);
    until("all are on record", || {
        (refused(RefusalReason::Limit), refused(RefusalReason::Malformed)) == (2, 2)
    })
    .await;
    assert_eq!(fixture.heard("tools/call"), 0);
}

/// More than all the buffers and queues between a server and a client can hold, and the answer.
pub(crate) fn flood(feed: &Feed) {
    let text = "x".repeat(64 << 10);
    for _ in 0..200 {
        let notice = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"data":"{text}"}}}}"#
        );
        feed.send(event(&notice)).unwrap();
    }
    feed.send(event(r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#)).unwrap();
}

/// How the call that was flooded ended, as soon as it did.
pub(crate) async fn outcome(house: &House) -> Option<String> {
    let flooded =
        || house.book().decisions().into_iter().find(|it| it.name.as_deref() == Some("stream"));
    until("the flooded call is decided", || flooded().is_some()).await;
    let id = flooded().unwrap().exchange.to_string();
    until("its outcome is on record", || house.book().trail(&id).1.is_some()).await;
    house.book().trail(&id).1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_never_reads_is_hung_up_on_and_its_call_ends_on_record() {
    let (house, fixture) = impatient().await;
    let feed = fixture.feed("stream");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(house.worker.address).await.unwrap();
    let (key, body) = (&house.worker.headers[0].1, call(1, "stream", "{}"));
    let request = format!(
        "POST /mcp/crm HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    flood(&feed);
    assert_eq!(outcome(&house).await.as_deref(), Some("answered"));
    until("hanging up is on record", || house.book().refusals(RefusalReason::Limit) == 1).await;
    // What was on its way can still be read, and then it is over.
    let rest = async { while socket.read(&mut [0; 1 << 16]).await.is_ok_and(|it| it > 0) {} };
    tokio::time::timeout(PATIENCE, rest).await.expect("it was hung up on");
    assert_eq!(house.worker.call("crm", "look").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_reads_slowly_gets_everything() {
    let (house, fixture) = impatient().await;
    let feed = fixture.feed("stream");
    let mut events = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    flood(&feed);
    for n in 0..200 {
        assert!(events.next().await.unwrap().contains("notifications/message"), "{n}");
        if n % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }
    assert!(events.next().await.unwrap().contains("result"));
    assert_eq!(house.book().trail(&events.decision()).1.as_deref(), Some("answered"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lines_of_a_head_that_are_doubled_and_depth_without_end_are_refused() {
    let (house, fixture) = impatient().await;
    let look = call(1, "look", "{}");
    let mut doubled = 0;
    for name in ["host", "authorization", "mcp-session-id"] {
        let mut agent = house.worker.and("host", "localhost").and("mcp-session-id", "s-1");
        let again = agent.headers.iter().find(|(it, _)| it == name).unwrap().clone();
        agent.headers.push(again);
        let said = agent.post("crm", &look).await;
        assert_eq!((said.status, said.text().contains("twice")), (400, true), "{said:?}");
        doubled += 1;
        assert_eq!(house.book().refusals(RefusalReason::Malformed), doubled);
    }
    let deep = call(1, "look", &("[".repeat(20_000) + &"]".repeat(20_000)));
    let said = house.worker.post("crm", &deep).await;
    assert_eq!(said.status, 400, "{said:?}");
    assert_eq!(said.json()["error"]["code"], -32700);
    assert_eq!(house.book().refusals(RefusalReason::Malformed), doubled + 1);
    assert_eq!(fixture.heard("tools/call"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_with_its_share_of_sessions_takes_none_from_others() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "sessions_per_caller = 2\n".into();
    let house = plan.open().await;
    for _ in 0..2 {
        house.worker.in_session("crm").await;
    }
    let said = house.worker.post("crm", INITIALIZE).await;
    assert_eq!((said.status, said.text().contains("sessions")), (503, true), "{said:?}");
    assert_eq!(house.book().refusals(RefusalReason::Limit), 1);
    house.other.in_session("crm").await;
}

/// One caller takes all that it may have outside of sessions. Nobody else has less for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_outside_of_sessions_are_counted_by_caller() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "calls_per_session = 2\nanswer_seconds = 2\n".into();
    let house = plan.open().await;
    fixture.hang("tools/call", true);
    let asked = || fixture.seen().iter().filter(|it| it.text().contains("tools/call")).count();
    let hung = async |id| house.worker.post("crm", &call(id, "look", "{}")).await;
    let ping = ask(9, "ping", "{}");
    let both = async { tokio::join!(hung(1), hung(2)) };
    let third = async {
        until("both are under way", || asked() == 2).await;
        let third = house.worker.post("crm", &ping).await;
        assert_eq!(third.status, 429, "{third:?}");
        let other = house.other.post("crm", &ping).await;
        assert_eq!(other.status, 200, "{other:?}");
    };
    tokio::join!(both, third);
    // The places are given back.
    assert_eq!(house.worker.post("crm", &ping).await.status, 200);
    assert_eq!(house.book().refusals(RefusalReason::Limit), 1);
}
