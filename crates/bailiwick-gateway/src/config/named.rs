//! Names and addresses of what is reached.

use hyper::Uri;
use hyper::header::{HeaderName, HeaderValue};

/// Headers that a request to a server has anyway.
const PROTOCOL: [&str; 9] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
];

/// Names stand in addresses and, joined to a tool's by `__`, in tool names.
pub fn is_server_name(name: &str) -> bool {
    let letters = name.chars().all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_');
    let splits = !name.contains("__") && !name.ends_with('_');
    !name.is_empty() && name.len() <= 64 && letters && splits
}

/// The address of a server that speaks over HTTP.
///
/// # Errors
/// What is wrong with it.
pub fn address_of(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|_| format!("url `{url}` is not an address"))?;
    let scheme = uri.scheme_str().unwrap_or_default();
    if !matches!(scheme, "http" | "https") || uri.host().is_none_or(str::is_empty) {
        return Err(format!("url `{url}` must begin with http:// or https:// and name a host"));
    }
    Ok(uri)
}

/// Whether every request to a server may carry a header with this name and value: those that the
/// protocol sets are its own.
pub fn is_header(name: &str, value: &str) -> bool {
    let name = HeaderName::from_bytes(name.as_bytes());
    let free = name.is_ok_and(|it| !PROTOCOL.contains(&it.as_str()));
    free && HeaderValue::from_str(value).is_ok()
}
