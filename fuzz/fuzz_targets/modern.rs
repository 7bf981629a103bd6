//! The modern era: headers are decoded, results read and ids exchanged without harm; what goes out
//! under our id comes back under the client's, and what an edit gives is JSON again.
#![no_main]

use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::modern::{
    Frame, Metadata, Outcome, agrees, belongs_to, decoded, kept_private, marked, may_go_on,
    outcome, restored,
};
use bailiwick_wire::mcp::tasks;
use bailiwick_wire::rpc::Message;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (header, body) = input;
    let _ = decoded(header);
    let body = Bytes::copy_from_slice(body);
    let Ok(document) = Document::parse(&body, Limits::default()) else { return };
    let _ = (agrees(header, document.root()), marked(document.root()), outcome(&document));
    if let Ok(message) = Message::read(&document) {
        let _ = Metadata::read(&message);
    }
    if let Some(private) = kept_private(&body, &document) {
        assert!(Document::parse(&private, Limits::default()).is_ok());
    }
    // What may be overlooked decides nothing.
    assert!(may_go_on(&body) || outcome(&document) == Outcome::Complete);
    let _ = tasks::tells_failure(&document);
    if let Ok(own) = tasks::only_own(&body, &document, |it| it.len() % 2 == 0) {
        assert!(Document::parse(&own, Limits::default()).is_ok());
    }
    if let Some((frame, framed)) = Frame::around(&body, &document, 7) {
        assert!(Document::parse(&framed, Limits::default()).is_ok());
        let theirs = Message::read(&document).ok().and_then(|it| it.id().cloned());
        let ours = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{}}}}", frame.ours());
        let back = restored(&Bytes::from(ours), &frame);
        let back = Document::parse(&back, Limits::default()).expect("JSON comes back");
        assert_eq!(belongs_to(&back), theirs);
    }
});
