//! The messages that the helpdesk writes: JSON-RPC results, errors, requests and notifications.

use serde_json::{Value, json};

/// The request cannot be read as JSON.
pub(super) const PARSE_ERROR: i64 = -32_700;
/// It is not a request that makes sense here.
pub(super) const INVALID_REQUEST: i64 = -32_600;
/// There is no such method.
pub(super) const METHOD_NOT_FOUND: i64 = -32_601;
/// Its parameters are wrong; also: there is no such tool or prompt.
pub(super) const INVALID_PARAMS: i64 = -32_602;
/// There is no such resource.
pub(super) const RESOURCE_NOT_FOUND: i64 = -32_002;

/// A protocol error: its code and its words.
#[derive(Debug)]
pub(super) struct Wrong(pub(super) i64, pub(super) String);

impl Wrong {
    pub(super) fn params(words: impl Into<String>) -> Self {
        Self(INVALID_PARAMS, words.into())
    }
}

pub(super) fn result(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

pub(super) fn error(id: &Value, Wrong(code, message): &Wrong) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

pub(super) fn request(id: &str, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

pub(super) fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

/// A tool's result that is data: as text for models, and as a structure.
pub(super) fn data(data: &Value) -> Value {
    json!({ "content": [{ "type": "text", "text": data.to_string() }], "structuredContent": data })
}

/// A tool's result that says why it failed.
pub(super) fn failure(why: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": why }], "isError": true })
}
