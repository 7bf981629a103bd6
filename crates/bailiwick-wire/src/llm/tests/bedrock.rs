//! Bedrock: bodies out, frames and errors in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::eventstream::{FrameError, frame};
use crate::llm::{BedrockStream, bedrock_body, bedrock_error};

fn body(text: &str, betas: &str) -> String {
    let out = bedrock_body(&Bytes::from(text.to_owned()), betas).unwrap();
    String::from_utf8(out.to_vec()).unwrap()
}

#[test]
fn what_the_address_says_leaves_the_body_and_the_rest_stays_as_it_is_spelled() {
    let version = r#""anthropic_version":"bedrock-2023-05-31""#;
    let check = |text: &str, betas: &str, expected: String| {
        assert_eq!(body(text, betas), expected, "{text} {betas}");
    };
    check(
        r#"{ "model": "m", "max_tokens" : 1e2, "stream":true}"#,
        "",
        format!(r#"{{ "max_tokens" : 1e2,{version}}}"#),
    );
    check(r#"{"m\u006fdel":"m"}"#, "", format!("{{{version}}}"));
    check(&format!("{{{version}, \"a\": 1}}"), "", format!("{{{version}, \"a\": 1}}"));
    check(r#"{"anthropic_version":"other"}"#, "", format!("{{{version}}}"));
    let betas = r#""anthropic_beta":["a-1","b-2"]"#;
    check("{}", " a-1 ,,b-2", format!("{{{version},{betas}}}"));
    check(r#"{"anthropic_beta":["x"]}"#, "a-1,b-2", format!("{{{betas},{version}}}"));
    assert!(bedrock_body(&Bytes::from_static(b"[]"), "").is_err());
}

fn chunk(data: &str) -> Bytes {
    let payload = format!(r#"{{"bytes":"{}","p":"abcd"}}"#, STANDARD.encode(data));
    frame(&[(":event-type", "chunk"), (":message-type", "event")], payload.as_bytes())
}

/// The event stream that comes of chunks of this size, and whether it broke.
fn turned(stream: &[u8], size: usize) -> (String, Option<FrameError>) {
    let mut turning = BedrockStream::new(1 << 12);
    let out: Vec<Bytes> = stream.chunks(size).map(|it| turning.push(it)).collect();
    (String::from_utf8(out.concat()).unwrap(), turning.broken())
}

#[test]
fn frames_become_the_events_that_they_carry() {
    let data = r#"{"type":"content_block_delta","index":0,"delta":{"text":"é"}}"#;
    let stop =
        r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":9}}"#;
    let later = frame(&[(":event-type", "trace"), (":message-type", "event")], b"\xff");
    let stream = [chunk(data), later, chunk(stop)].concat();
    let expected = format!(
        "event: content_block_delta\ndata: {data}\n\nevent: message_stop\ndata: {stop}\n\n"
    );
    for size in 1..=stream.len() {
        assert_eq!(turned(&stream, size), (expected.clone(), None), "{size}");
    }
}

#[test]
fn exceptions_are_errors_of_the_dialect() {
    let exception = |kind: &str, payload: &str| {
        let headers = [(":exception-type", kind), (":message-type", "exception")];
        turned(&frame(&headers, payload.as_bytes()), 7).0
    };
    assert_eq!(
        exception("throttlingException", r#"{"message":"slow \"down\""}"#),
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\
         \"message\":\"slow \\\"down\\\"\",\"code\":\"throttlingException\"}}\n\n"
    );
    assert!(exception("somethingNew", "no JSON").contains("api_error"));
    assert!(exception("bad\nname", "{}").contains(r#""code":"error""#));
    let headers = [(":error-code", "x"), (":error-message", "gone"), (":message-type", "error")];
    assert!(turned(&frame(&headers, b""), 9).0.contains(r#""message":"gone""#));
}

#[test]
fn what_cannot_be_read_ends_the_stream_behind_what_could() {
    let good = chunk(r#"{"type":"ping"}"#);
    let event = [(":event-type", "chunk"), (":message-type", "event")];
    let quoted = |data: &str| format!(r#"{{"bytes":"{}"}}"#, STANDARD.encode(data));
    for bad in [
        frame(&[], b"{}"),
        frame(&[(":message-type", "other")], b"{}"),
        frame(&[(":message-type", "event")], b"{}"),
        frame(&event, b"{}"),
        frame(&event, br#"{"bytes":"!"}"#),
        frame(&event, br#"{"bytes":1}"#),
        frame(&event, quoted("no JSON").as_bytes()),
        frame(&event, quoted(r#"{"type":"a\nb"}"#).as_bytes()),
        frame(&event, quoted(r#"{"type":"a","type":"b"}"#).as_bytes()),
        frame(&event, quoted("{}").as_bytes()),
    ] {
        let stream = [good.clone(), bad.clone(), good.clone()].concat();
        let (out, broken) = turned(&stream, stream.len());
        assert_eq!(out, "event: ping\ndata: {\"type\":\"ping\"}\n\n", "{bad:?}");
        assert_eq!(broken, Some(FrameError::Malformed), "{bad:?}");
    }
}

#[test]
fn line_breaks_in_the_data_forge_no_event() {
    let (out, broken) = turned(&chunk("{\"type\":\"ping\",\r\n\n\"a\":1}"), 1 << 10);
    assert_eq!(out, "event: ping\ndata: {\"type\":\"ping\",\ndata: \ndata: \"a\":1}\n\n");
    assert_eq!(broken, None);
}

#[test]
fn errors_have_the_type_that_their_name_says() {
    let check = |status, kind: &str, expected: &str| {
        let out = bedrock_error(status, kind, br#"{"message":"why"}"#);
        let out = String::from_utf8(out.to_vec()).unwrap();
        assert!(out.contains(&format!(r#""type":"{expected}","message":"why""#)), "{kind}: {out}");
    };
    check(429, "ThrottlingException:http://internal.amazon.com/coral/", "rate_limit_error");
    check(400, "ValidationException", "invalid_request_error");
    check(400, "ServiceQuotaExceededException", "rate_limit_error");
    check(408, "ModelTimeoutException", "timeout_error");
    check(424, "ModelErrorException", "api_error");
    check(404, "", "not_found_error");
    assert!(bedrock_error(500, "", b"<html>").ends_with(br#","code":"error"}}"#));
}
