//! The answers that the gateway gives itself. Every word is fixed; only ids come from outside,
//! and what the caller itself named.
//!
//! Codes from -32768 to -32000 are the protocols'; ours are positive and follow HTTP's. What may
//! not be discovered is answered as what never was, so the first three are also those of a server.

use bailiwick_core::ExchangeId;
use bytes::Bytes;

use super::list::ListKind;
use super::modern::{SUBSCRIPTION_KEY, TASKS};
use crate::rpc::Id;

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const RESOURCE_NOT_FOUND: i32 = -32002;
const HEADER_MISMATCH: i32 = -32020;
const MISSING_CAPABILITY: i32 = -32021;
const UNSUPPORTED_VERSION: i32 = -32022;
const DENIED: i32 = 403;
const UNAVAILABLE: i32 = 503;
const TIMED_OUT: i32 = 504;

/// There is no such tool, or none that the caller may know of.
pub fn unknown_tool(id: &Id) -> Bytes {
    error(id.raw(), INVALID_PARAMS, "Unknown tool")
}

/// There is no such prompt, or none that the caller may know of.
pub fn unknown_prompt(id: &Id) -> Bytes {
    error(id.raw(), INVALID_PARAMS, "Unknown prompt")
}

/// There is no such resource or template, or none that the caller may know of.
pub fn unknown_resource(id: &Id) -> Bytes {
    error(id.raw(), RESOURCE_NOT_FOUND, "Resource not found")
}

/// The same in the modern era, which has no code of its own for it, and names what was asked for.
pub fn unknown_document(id: &Id, uri: &str) -> Bytes {
    let data = format!(r#","data":{{"uri":{}}}"#, crate::json::quote(uri));
    write(id.raw(), INVALID_PARAMS, "Resource not found", &data)
}

/// There is no such task, or none that the caller was given.
pub fn unknown_task(id: &Id) -> Bytes {
    error(id.raw(), INVALID_PARAMS, "Unknown task")
}

/// The client asks about a task and does not declare that it knows tasks.
pub fn tasks_undeclared(id: &Id) -> Bytes {
    let data = format!(r#","data":{{"requiredCapabilities":{{"extensions":{{"{TASKS}":{{}}}}}}}}"#);
    write(id.raw(), MISSING_CAPABILITY, "The client does not declare tasks", &data)
}

/// A header does not agree with the body; `which` names it.
pub fn header_mismatch(id: Option<&Id>, which: &'static str) -> Bytes {
    error(id.map_or("null", Id::raw), HEADER_MISMATCH, which)
}

/// The revision that the request speaks is not served here; `supported` are.
pub fn unsupported_version(id: &Id, requested: &str, supported: &[&str]) -> Bytes {
    let supported: Vec<_> = supported.iter().map(|it| crate::json::quote(it)).collect();
    let (supported, requested) = (supported.join(","), crate::json::quote(requested));
    let data = format!(r#","data":{{"supported":[{supported}],"requested":{requested}}}"#);
    let message = "Unsupported protocol version: use one of data.supported";
    write(id.raw(), UNSUPPORTED_VERSION, message, &data)
}

/// The end of a listener's stream, as its answer: `id` is also what its messages were marked with.
pub fn listened(id: &Id) -> Bytes {
    let id = id.raw();
    let meta = format!(r#"{{"io.modelcontextprotocol/subscriptionId":{id}}}"#);
    let result = format!(r#"{{"resultType":"complete","_meta":{meta}}}"#);
    Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#))
}

/// Policy forbids it; `decision` is what an operator looks up to see why.
pub fn denied(id: &Id, decision: &ExchangeId) -> Bytes {
    let data = format!(r#","data":{{"decision":"{decision}"}}"#);
    write(id.raw(), DENIED, "Denied by policy", &data)
}

/// Something that the call needs cannot be had now; `what` says so in public words.
pub fn unavailable(id: &Id, what: &'static str) -> Bytes {
    error(id.raw(), UNAVAILABLE, what)
}

/// The call was made, and its answer must not pass.
pub fn withheld(id: &Id) -> Bytes {
    error(id.raw(), DENIED, "The answer was withheld by policy")
}

/// A record could not be written. If it was the decision's, nothing was done; if it was the
/// outcome's, the answer must not leave. Which of them, the caller is not told.
pub fn unrecorded(id: &Id) -> Bytes {
    error(id.raw(), UNAVAILABLE, "The record could not be written, so there is no answer")
}

/// The bytes are no JSON that we take. There is no id to answer to.
pub fn parse_error() -> Bytes {
    error("null", PARSE_ERROR, "Parse error")
}

/// JSON, and no JSON-RPC message that we take.
pub fn invalid_request(id: Option<&Id>) -> Bytes {
    error(id.map_or("null", Id::raw), INVALID_REQUEST, "Invalid request")
}

/// The params cannot be understood; `why` says so in public words.
pub fn invalid_params(id: &Id, why: &'static str) -> Bytes {
    error(id.raw(), INVALID_PARAMS, why)
}

/// The arguments do not fit what the tool takes; `place` says where and by which rule, in words of
/// the tool's schema.
pub fn unfit(id: &Id, place: &str, decision: &ExchangeId) -> Bytes {
    let place = crate::json::quote(place);
    let data = format!(r#","data":{{"misfit":{place},"decision":"{decision}"}}"#);
    write(id.raw(), INVALID_PARAMS, "The arguments do not fit: see data.misfit", &data)
}

/// There is no such method, or none that the caller may use.
pub fn method_not_found(id: &Id) -> Bytes {
    error(id.raw(), METHOD_NOT_FOUND, "Method not found")
}

/// The upstream did not answer in time.
pub fn timed_out(id: &Id) -> Bytes {
    error(id.raw(), TIMED_OUT, "The server did not answer in time")
}

/// The empty answer, such as a ping gets.
pub fn empty_result(id: &Id) -> Bytes {
    Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}}}}"#, id.raw()))
}

/// Tells the other side that the answer to a request is not wanted any more.
pub fn cancelled(request: &Id, why: &'static str) -> Bytes {
    let (request, why) = (request.raw(), crate::json::quote(why));
    let params = format!(r#"{{"requestId":{request},"reason":{why}}}"#);
    let method = "notifications/cancelled";
    Bytes::from(format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#))
}

/// Tells a client that a list has changed. Templates are listed with resources.
pub fn list_changed(kind: ListKind) -> Bytes {
    let of = changed(kind);
    Bytes::from(format!(r#"{{"jsonrpc":"2.0","method":"notifications/{of}/list_changed"}}"#))
}

/// The same for one that listens with the request of this id.
pub fn list_changed_for(kind: ListKind, id: &Id) -> Bytes {
    let (of, id) = (changed(kind), id.raw());
    let method = format!("notifications/{of}/list_changed");
    let params = format!(r#"{{"_meta":{{"{SUBSCRIPTION_KEY}":{id}}}}}"#);
    Bytes::from(format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#))
}

const fn changed(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Tools => "tools",
        ListKind::Prompts => "prompts",
        ListKind::Resources | ListKind::Templates => "resources",
    }
}

fn error(id: &str, code: i32, message: &'static str) -> Bytes {
    write(id, code, message, "")
}

/// `data` is the rest of the error object, ready to be written.
fn write(id: &str, code: i32, message: &'static str, data: &str) -> Bytes {
    let message = crate::json::quote(message);
    Bytes::from(format!(
        r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}{data}}}}}"#
    ))
}

#[cfg(test)]
mod tests {
    use bailiwick_core::Timestamp;

    use super::*;
    use crate::json::{Document, Limits};
    use crate::rpc::Message;

    fn id(raw: &str) -> Id {
        Id::read(Document::parse(raw.as_bytes(), Limits::default()).unwrap().root()).unwrap()
    }

    #[test]
    fn every_reply_is_an_error_with_the_id_as_it_was_spelled() {
        let decision = ExchangeId::new(Timestamp::from_ns(0), [7; 10]);
        for raw in ["1", "-0", "123456789012345678901234567890", r#""a\u0062\"c""#] {
            let id = id(raw);
            for (body, code) in [
                (unknown_tool(&id), -32602),
                (unknown_prompt(&id), -32602),
                (unknown_resource(&id), -32002),
                (denied(&id, &decision), 403),
                (unfit(&id, "/a\"b: type", &decision), -32602),
                (unavailable(&id, "The server \"x\" is down"), 503),
                (withheld(&id), 403),
                (unrecorded(&id), 503),
                (invalid_request(Some(&id)), -32600),
                (invalid_params(&id, "missing member: name"), -32602),
                (method_not_found(&id), -32601),
                (timed_out(&id), 504),
                (unknown_document(&id, "a\"b"), -32602),
                (unknown_task(&id), -32602),
                (tasks_undeclared(&id), -32021),
                (header_mismatch(Some(&id), "Mcp-Method"), -32020),
                (unsupported_version(&id, "a\"b", &["2025-11-25"]), -32022),
            ] {
                let document = Document::parse(&body, Limits::default()).unwrap();
                let Ok(Message::Error { id: back, code: found, error }) = Message::read(&document)
                else {
                    panic!("{body:?}")
                };
                assert_eq!((back.raw(), found), (raw, Some(code)));
                assert!(error.member("message").and_then(|it| it.text()).is_some());
            }
        }
        let text = String::from_utf8(denied(&id("1"), &decision).to_vec()).unwrap();
        assert!(text.ends_with(&format!(r#""data":{{"decision":"{decision}"}}}}}}"#)), "{text}");
    }

    #[test]
    fn replies_without_an_id_say_null() {
        for (body, code) in [(parse_error(), -32700), (invalid_request(None), -32600)] {
            let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert!(value["id"].is_null());
            assert_eq!(value["error"]["code"], code);
        }
    }

    #[test]
    fn what_is_no_error_reads_back_too() {
        let body = empty_result(&id("\"x\""));
        assert_eq!(&*body, br#"{"jsonrpc":"2.0","id":"x","result":{}}"#);
        let body = cancelled(&id("9"), "the caller left");
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["params"]["requestId"], 9);
        assert_eq!(value["params"]["reason"], "the caller left");
    }
}
