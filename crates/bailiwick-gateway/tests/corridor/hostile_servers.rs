//! HTTP servers that answer with what is no answer: each is bounded, told as an error of its call,
//! and on record.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::agent::{INITIALIZE, call};
use crate::house::{House, Plan, until};
use crate::upstream::{Fixture, event};

/// What a server says to whatever it is asked.
struct Says {
    what: &'static str,
    first: Vec<u8>,
    /// What it says again and again after that, and how often.
    then: Vec<u8>,
    every: Duration,
    /// What becomes of the call.
    came: &'static str,
}

/// A server that says this, how often it was asked, and a gateway before it.
async fn house(says: &Says) -> (House, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (first, then, every) = (says.first.clone(), says.then.clone(), says.every);
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let (first, then, count) = (first.clone(), then.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let mut heard = [0; 4096];
                let read = socket.read(&mut heard).await.unwrap_or(0);
                if heard[..read].starts_with(b"GET /elsewhere") {
                    count.fetch_add(1, Ordering::SeqCst);
                }
                let _ = socket.write_all(&first).await;
                // Who has nothing more to say hangs up: the next question comes anew.
                while !then.is_empty() && socket.write_all(&then).await.is_ok() {
                    tokio::time::sleep(every).await;
                }
            });
        }
    });
    let mut plan = Plan::servers(&format!("[servers.crm]\nurl = \"http://{address}/mcp\"\n"));
    plan.limits = "answer_seconds = 1\nmessage_bytes = 100000\n".into();
    plan.is_ready = false;
    (plan.open().await, asked)
}

fn whole(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{kind}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_no_answer_is_an_error_on_record() {
    const JSON: &str = "content-type: application/json\r\n";
    let (often, seldom) = (Duration::ZERO, Duration::from_millis(50));
    let deep = [vec![b'['; 50_000], vec![b']'; 50_000]].concat();
    let packed = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 60_000]].concat();
    let moved = b"HTTP/1.1 307 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_vec();
    let head = b"HTTP/1.1 200 OK\r\n".to_vec();
    let chunked = format!("HTTP/1.1 200 OK\r\n{JSON}transfer-encoding: chunked\r\n\r\n");
    let packed = whole(&format!("{JSON}content-encoding: gzip\r\n"), &packed);
    let lines = b"x: y\r\n".repeat(1000);
    let chunk = [b"1000\r\n", &[b' '; 0x1000][..], b"\r\n"].concat();
    let row = |what, first, then: &[u8], every, came| {
        let then = then.to_vec();
        Says { what, first, then, every, came }
    };
    let rows = [
        row("a head without end", head.clone(), &lines, often, "unreachable"),
        row("a head that drips", head, b"x: y\r\n", seldom, "timed_out"),
        row("a body without end", chunked.clone().into(), &chunk, often, "unreachable"),
        row("a body that drips", chunked.into(), b"1\r\n \r\n", seldom, "timed_out"),
        row("somewhere else", moved, b"", seldom, "unreachable"),
        row("a packed body", packed, b"", seldom, "unreachable"),
        row("too deep a body", whole(JSON, &deep), b"", seldom, "unreachable"),
        row("no HTTP at all", b"SSH-2.0-x\r\n".to_vec(), b"", seldom, "unreachable"),
    ];
    for says in rows {
        let (house, elsewhere) = house(&says).await;
        let said = house.worker.post("crm", INITIALIZE).await;
        let code = said.json()["error"]["code"].clone();
        assert!(code == 503 || code == 504, "{}: {said:?}", says.what);
        assert_eq!(house.trail(&said).1.as_deref(), Some(says.came), "{}", says.what);
        assert_eq!(elsewhere.load(Ordering::SeqCst), 0, "it was followed");
        assert_eq!(said.header("mcp-session-id"), None, "{}", says.what);
        house.gateway.shut_down().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_without_end_ends_some_time_after_its_client_left() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "answer_seconds = 1\n".into();
    let house = plan.open().await;
    let feed = fixture.feed("stream");
    let mut events = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    let feeding = tokio::spawn(async move {
        let notice = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":1}}"#;
        while feed.send(event(notice)).is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    for _ in 0..300 {
        assert!(events.next().await.unwrap().contains("notifications/message"));
    }
    // Longer than a server may take, and nobody minds as long as somebody listens.
    assert_eq!(house.book().trail(&events.decision()).1, None);
    let id = events.decision();
    drop(events);
    until("it is on record", || house.book().trail(&id).1.is_some()).await;
    assert_eq!(house.book().trail(&id).1.as_deref(), Some("timed_out"));
    feeding.await.expect("the server is let go");
    assert_eq!(house.worker.call("crm", "look").await.status, 200);
}
