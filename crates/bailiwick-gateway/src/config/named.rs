//! Names and addresses of what is reached.

use hyper::Uri;

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
