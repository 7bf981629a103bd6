//! The play against a server that permits everything and one that denies everything: a story that
//! cannot fail tells nothing.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};

use super::super::client::read_for_test;
use super::*;
use crate::helpdesk::rpc::Helpdesk;

/// Answer one HTTP request with what `answer` makes of its body.
fn serve_one(stream: TcpStream, answer: &mut dyn FnMut(&str) -> Option<String>) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        assert!(!line.is_empty(), "the request was cut off");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = answer(std::str::from_utf8(&body).unwrap());
    let status = if body.is_some() { "200 OK" } else { "202 Accepted" };
    let body = body.unwrap_or_default();
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Mcp-Session-Id: one\r\nBailiwick-Decision: d-0\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
}

/// Play against a server that answers so.
fn against(mut answer: impl FnMut(&str) -> Option<String> + Send + 'static) -> (Summary, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp/helpdesk", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve_one(stream.unwrap(), &mut answer);
        }
    });
    let keys = Keys::make(|role| Ok::<_, ()>(format!("key-of-{}", role.key))).unwrap();
    let mut told = Vec::new();
    let summary = play(&url, &keys, &mut told).expect("the play goes to its end");
    (summary, String::from_utf8(told).unwrap())
}

/// The helpdesk without a gateway before it; every session gets one of its own.
fn permissive() -> impl FnMut(&str) -> Option<String> {
    let mut helpdesk = Helpdesk::new().unwrap();
    move |body| {
        if body.contains("\"initialize\"") {
            helpdesk = Helpdesk::new().unwrap();
        }
        (!body.is_empty()).then(|| helpdesk.handle(body).pop()).flatten()
    }
}

#[test]
fn without_a_gateway_every_denial_is_a_surprise() {
    let (summary, told) = against(permissive());
    let steps: usize = SCENES.iter().map(|scene| scene.steps.len()).sum();
    assert_eq!(summary.played.len(), steps);
    let expected: Vec<_> = SCENES
        .iter()
        .flat_map(|scene| scene.steps)
        .map(|step| match step.expect {
            Expect::Permitted => true,
            Expect::Denied | Expect::Absent => false,
            Expect::Shows(_, hidden) => hidden.is_empty(),
        })
        .collect();
    for (played, expected) in summary.played.iter().zip(&expected) {
        // What nobody refused leaves less to refund, and no customer to look up.
        let undone = *expected && played.verdict == Verdict::ToolFailed;
        assert!(played.as_told == *expected || undone, "{played:?}");
        assert_eq!(played.decision.as_deref(), Some("d-0"));
    }
    assert_eq!(told.matches("NOT AS TOLD").count(), summary.surprises().count());
    assert!(summary.last_denial().is_none());
}

#[test]
fn a_gateway_that_denies_everything_is_no_gateway_either() {
    let mut helpdesk = permissive();
    let (summary, _) = against(move |body| {
        if !body.contains("tools/call") {
            return helpdesk(body);
        }
        let request: Value = serde_json::from_str(body).unwrap();
        let error = json!({ "code": 403, "message": "Denied by policy" });
        Some(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }).to_string())
    });
    assert!(summary.count(Verdict::Denied) > 15);
    let denials =
        SCENES.iter().flat_map(|it| it.steps).filter(|it| matches!(it.expect, Expect::Denied));
    let as_told = summary.played.iter().filter(|it| it.as_told && it.verdict == Verdict::Denied);
    assert_eq!(as_told.count(), denials.count());
    assert_eq!(summary.last_denial().unwrap().story, "seen_not_done");
}

#[test]
fn every_role_acts_and_every_reply_has_a_verdict() {
    for role in CAST {
        assert!(SCENES.iter().flat_map(|it| it.steps).any(|it| it.who == role.key));
    }
    let reply = |status, answer: Value| {
        let text = answer.to_string();
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        Verdict::of(&read_for_test(&head))
    };
    let error =
        |code: i64, words: &str| json!({ "id": 1, "error": { "code": code, "message": words } });
    for (status, answer, verdict) in [
        (200, json!({ "id": 1, "result": {} }), Verdict::Permitted),
        (200, json!({ "id": 1, "result": { "isError": true } }), Verdict::ToolFailed),
        (200, error(403, "Denied by policy"), Verdict::Denied),
        (403, Value::Null, Verdict::Denied),
        (404, Value::Null, Verdict::Absent),
        (200, error(-32602, "Unknown tool"), Verdict::Absent),
        (200, error(-32002, "Resource not found"), Verdict::Absent),
        (200, error(-32602, "missing member"), Verdict::Failed),
        (401, Value::Null, Verdict::Failed),
        (503, error(503, "no record"), Verdict::Failed),
    ] {
        assert_eq!(reply(status, answer.clone()), verdict, "{status} {answer}");
    }
}
