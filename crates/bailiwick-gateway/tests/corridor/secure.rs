//! TLS: what is spoken inside, how a certificate is renewed, and who does not get in.

use std::time::Duration;

use bailiwick_core::{Record, RefusalReason};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::agent::{Events, INITIALIZE, PATIENCE, call};
use crate::certificate::Certificate;
use crate::hostile_clients::{flood, outcome};
use crate::house::{House, Plan, until};
use crate::upstream::{Fixture, event};

struct Secured {
    house: House,
    fixture: Fixture,
    files: TempDir,
    shown: Certificate,
}

async fn secured() -> Secured {
    let (fixture, files, shown) =
        (Fixture::start().await, tempfile::tempdir().unwrap(), Certificate::new());
    shown.write(files.path());
    let mut plan = Plan::crm(&fixture);
    let at = files.path().display();
    plan.agents = format!("tls = {{ certificate = \"{at}/cert.pem\", key = \"{at}/key.pem\" }}");
    plan.limits = "message_seconds = 1\nunread_seconds = 1\n".into();
    Secured { house: plan.open().await, fixture, files, shown }
}

impl Secured {
    fn request(&self, body: &str) -> Request<Full<Bytes>> {
        self.house.worker.request("POST", "/mcp/crm", body)
    }

    /// The same as HTTP/2 names its place.
    fn addressed(&self, place: &str, body: &str) -> Request<Full<Bytes>> {
        let mut request = self.request(body);
        request.headers_mut().remove("host");
        *request.uri_mut() = format!("https://{place}/mcp/crm").parse().unwrap();
        request
    }

    async fn http1(&self, shown: &Certificate) -> http1::SendRequest<Full<Bytes>> {
        let socket = shown.connect(self.house.worker.address, &["http/1.1"]).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    async fn http2(&self) -> http2::SendRequest<Full<Bytes>> {
        let socket = self.shown.connect(self.house.worker.address, &["h2", "http/1.1"]).await;
        let socket = socket.unwrap();
        assert_eq!(socket.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    fn refused(&self, reason: RefusalReason) -> usize {
        self.house.book().refusals(reason)
    }
}

async fn body(reply: Response<hyper::body::Incoming>) -> String {
    String::from_utf8(reply.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn http_1_and_2_are_spoken_inside() {
    let it = secured().await;
    let mut one = it.http1(&it.shown).await;
    for _ in 0..2 {
        one.ready().await.unwrap();
        let reply = one.send_request(it.request(&call(1, "look", "{}"))).await.unwrap();
        assert!(body(reply).await.contains("done"));
    }
    let mut two = it.http2().await;
    let reply = two.send_request(it.addressed("localhost", INITIALIZE)).await.unwrap();
    let session = reply.headers()["mcp-session-id"].clone();
    assert!(body(reply).await.contains("fixture"));
    // Several calls at once, one of them a stream.
    let feed = it.fixture.feed("stream");
    let mut streamed = it.addressed("127.0.0.1", &call(1, "stream", "{}"));
    streamed.headers_mut().insert("mcp-session-id", session);
    let mut events = Events::of(two.send_request(streamed).await.unwrap());
    let reply = two.send_request(it.addressed("localhost", &call(2, "look", "{}"))).await.unwrap();
    assert!(body(reply).await.contains("done"));
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
    feed.send(event(answer)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(answer));
    assert_eq!(it.house.book().trail(&events.decision()).1.as_deref(), Some("answered"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_place_that_http_2_names_is_checked() {
    let it = secured().await;
    let mut two = it.http2().await;
    let look = call(1, "look", "{}");
    let elsewhere = it.addressed("evil.example", &look);
    let mut doubled = it.addressed("localhost", &look);
    doubled.headers_mut().insert("host", "evil.example".parse().unwrap());
    for wrong in [elsewhere, doubled] {
        assert_eq!(two.send_request(wrong).await.unwrap().status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(it.refused(RefusalReason::Origin), 2);
    let mut many = it.addressed("localhost", &look);
    for n in 0..70 {
        let name: hyper::header::HeaderName = format!("x-{n}").parse().unwrap();
        many.headers_mut().insert(name, "y".parse().unwrap());
    }
    let reply = two.send_request(many).await.unwrap();
    assert_eq!(reply.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(it.refused(RefusalReason::Limit), 1);
    assert_eq!(it.fixture.heard("tools/call"), 0);
}

/// What became of each edit of the pair.
fn edits(house: &House) -> Vec<bool> {
    let act = |it| if let Record::Admin(act) = it { Some(act) } else { None };
    let acts = house.book().records().into_iter().filter_map(act);
    acts.filter(|it| &*it.act == "tls.loaded").map(|it| it.done).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_renewed_certificate_is_shown_and_a_bad_pair_is_not() {
    let it = secured().await;
    let mut open = it.http1(&it.shown).await;
    let renewed = Certificate::new();
    renewed.write(it.files.path());
    until("the new pair is in force", || edits(&it.house) == [true]).await;
    assert!(it.shown.connect(it.house.worker.address, &[]).await.is_err());
    let mut fresh = it.http1(&renewed).await;
    for wire in [&mut open, &mut fresh] {
        let reply = wire.send_request(it.request(&call(1, "look", "{}"))).await.unwrap();
        assert!(body(reply).await.contains("done"));
    }
    // A certificate whose key is another's, then no certificate at all.
    Certificate::new().write_certificate(it.files.path());
    until("the bad pair is refused", || edits(&it.house) == [true, false]).await;
    std::fs::write(it.files.path().join("cert.pem"), "nothing").unwrap();
    until("it is refused", || edits(&it.house) == [true, false, false]).await;
    let ready = it.house.readyz().await;
    assert_eq!(ready["ready"], false);
    assert!(ready["tls_fault"].as_str().unwrap().contains("cert.pem"), "{ready}");
    it.http1(&renewed).await;
    it.shown.write(it.files.path());
    until("it is mended", || edits(&it.house).last() == Some(&true)).await;
    assert_eq!(it.house.readyz().await["ready"], true);
    it.http1(&it.shown).await;
}

/// Send some bytes, and read to the end.
async fn say(house: &House, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(house.worker.address).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut heard = Vec::new();
    tokio::time::timeout(PATIENCE, socket.read_to_end(&mut heard)).await.unwrap().unwrap();
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_does_not_shake_hands_is_told_or_hung_up_on() {
    let it = secured().await;
    let clear = say(&it.house, b"POST /mcp/crm HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let clear = String::from_utf8(clear).unwrap();
    assert!(clear.starts_with("HTTP/1.1 400") && clear.contains("https://"), "{clear}");
    assert_eq!(it.refused(RefusalReason::Malformed), 1);
    // A greeting that is none: an alert is all that can be told.
    let alert = say(&it.house, &[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]).await;
    assert_eq!(alert.first(), Some(&0x15), "{alert:?}");
    until("it is on record", || it.refused(RefusalReason::Malformed) == 2).await;
    // A handshake that never ends is ended.
    assert_eq!(say(&it.house, &[0x16, 3, 1]).await, b"");
    until("it is on record", || it.refused(RefusalReason::Limit) == 1).await;
    // Who says nothing at all is let go; that is no refusal.
    assert_eq!(say(&it.house, b"").await, b"");
    assert_eq!(it.refused(RefusalReason::Limit), 1);
    let mut one = it.http1(&it.shown).await;
    let reply = one.send_request(it.request(&call(1, "look", "{}"))).await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Frames of a connection, until its end: their kinds, and the error of a farewell.
async fn farewell(mut socket: impl tokio::io::AsyncRead + Unpin) -> Option<u32> {
    let mut code = None;
    loop {
        let mut head = [0; 9];
        let read = tokio::time::timeout(PATIENCE, socket.read_exact(&mut head)).await.unwrap();
        if read.is_err() {
            return code;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        if socket.read_exact(&mut payload).await.is_err() {
            return code;
        }
        if head[3] == 7 {
            code = Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_requests_that_are_taken_back_is_cut_off() {
    let it = secured().await;
    let mut socket = it.shown.connect(it.house.worker.address, &["h2"]).await.unwrap();
    let key = it.house.worker.headers[0].1.clone();
    // Literal fields, without compression: `:method` and `:scheme` are in the static table.
    let literal = |index: u8, value: &str| {
        [&[index, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
    };
    let head = [
        vec![0x83, 0x87],
        literal(0x01, "localhost"),
        literal(0x04, "/mcp/crm"),
        literal(0x0f, "")[..1].to_vec(),
        vec![0x08],
        vec![u8::try_from(key.len()).unwrap()],
        key.into_bytes(),
    ]
    .concat();
    let look = call(1, "look", "{}");
    let mut flood = [PREFACE, &frame(4, 0, 0, &[])].concat();
    for n in 0..1000 {
        let stream = 2 * n + 1;
        flood.extend(frame(1, 0x4, stream, &head));
        flood.extend(frame(0, 0x1, stream, look.as_bytes()));
        flood.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    // It may be hung up on before all of it was said.
    let _ = socket.write_all(&flood).await;
    let calm = farewell(&mut socket).await;
    assert!(calm.is_none_or(|it| it == 11), "{calm:?}");
    until("it is on record", || it.refused(RefusalReason::Malformed) == 1).await;
    let calls = it.fixture.heard("tools/call");
    assert!(calls <= 200, "{calls} of 1000 got through");
    let mut two = it.http2().await;
    let reply = two.send_request(it.addressed("localhost", &look)).await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_of_http_2_that_nobody_uses_is_closed() {
    let it = secured().await;
    for preface in [&b""[..], &[PREFACE, &frame(4, 0, 0, &[])].concat()] {
        let mut socket = it.shown.connect(it.house.worker.address, &["h2"]).await.unwrap();
        socket.write_all(preface).await.unwrap();
        assert!(farewell(socket).await.is_none_or(|it| it == 0));
    }
    // One that is used is not, for as long as a reply is told.
    let mut two = it.http2().await;
    let feed = it.fixture.feed("stream");
    let streamed = it.addressed("localhost", &call(1, "stream", "{}"));
    let mut events = Events::of(two.send_request(streamed).await.unwrap());
    tokio::time::sleep(Duration::from_millis(2500)).await;
    feed.send(event(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).unwrap();
    assert!(events.next().await.unwrap().contains("\"id\":1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_of_http_2_that_nobody_reads_ends_on_record() {
    let it = secured().await;
    let mut two = it.http2().await;
    let feed = it.fixture.feed("stream");
    let streamed = it.addressed("localhost", &call(1, "stream", "{}"));
    let unread = two.send_request(streamed).await.unwrap();
    flood(&feed);
    assert_eq!(outcome(&it.house).await.as_deref(), Some("answered"));
    until("hanging up is on record", || it.refused(RefusalReason::Limit) == 1).await;
    until("it is hung up on", || two.is_closed()).await;
    assert!(unread.into_body().collect().await.is_err());
}
