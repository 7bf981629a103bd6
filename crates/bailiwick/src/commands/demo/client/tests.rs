//! The client against replies as they stand on the wire, whole and broken.

use super::*;

fn read(reply: &str) -> Result<Reply, ClientError> {
    read_reply(&mut BufReader::new(reply.as_bytes()), Some(&json!(1)))
}

#[test]
fn json_events_and_chunks_are_read() {
    let json = r#"{"jsonrpc":"2.0","id":1,"result":{"ok":true}}"#;
    let events = format!(
        ": hello\n\nevent: message\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":1}}\n\n\
         id: 2\ndata:{json}\n\n"
    );
    let (first, second) = events.split_at(40);
    let chunked = format!("{:x}\r\n{first}\r\n{:X};x=y\r\n{second}\r\n0\r\n\r\n", 40, second.len());
    for (headers, body) in [
        (format!("Content-Length: {}", json.len()), json.to_owned()),
        ("content-type: application/json".to_owned(), json.to_owned()),
        ("Content-Type: text/event-stream".to_owned(), events.clone()),
        ("Content-Type: text/event-stream\r\nTransfer-Encoding: chunked".to_owned(), chunked),
    ] {
        let reply = read(&format!(
            "HTTP/1.1 200 OK\r\n{headers}\r\nBailiwick-Decision: d-1\r\nbailiwick-leaf: 7\r\n\
             Mcp-Session-Id: s\r\n\r\n{body}"
        ));
        let reply = reply.expect("a reply");
        assert_eq!(reply.result(), Some(&json!({ "ok": true })), "{headers}");
        assert_eq!((reply.decision.as_deref(), reply.leaf), (Some("d-1"), Some(7)));
        assert_eq!(reply.session.as_deref(), Some("s"));
    }
    let other = r#"{"jsonrpc":"2.0","id":2,"result":{}}"#;
    let reply = read(&format!("HTTP/1.1 200 OK\r\n\r\n{other}")).expect("a reply");
    assert!(reply.answer.is_none(), "an answer to another request is none");
}

#[test]
fn broken_replies_are_errors() {
    for reply in [
        "",
        "SSH-2.0-x\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
    ] {
        assert!(read(reply).is_err(), "{reply:?}");
    }
    assert!(matches!(Client::open("https://x/", "t"), Err(ClientError::Address)));
}
