//! Facts at an address: one GET, answered with JSON or CSV, or with "as before".

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_facts::{read_csv, read_json};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, HOST, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, USER_AGENT,
};
use hyper::{Request, StatusCode, Uri};

use super::came::{Came, Said, Tag};
use crate::config::{FactsSettings, SecretRef};
use crate::secrets;
use crate::upstream::Pool;

/// Ask an address.
pub(super) async fn ask(
    source: &FactsSettings,
    address: &Uri,
    secret_headers: &BTreeMap<String, SecretRef>,
    tag: Option<&Tag>,
) -> Result<Came, String> {
    let request = request(address, secret_headers, tag)?;
    // Asked every few minutes at most: a connection would not be kept for so long.
    let pool = Arc::new(Pool::new(address));
    let told = || {
        let known = pool.trouble.known().map(|it| it.to_string());
        known.unwrap_or_else(|| "it cannot be reached".to_owned())
    };
    let (response, mut lease) = pool.send(request).await.map_err(|_| told())?;
    let (head, body) = response.into_parts();
    let came = |said| Came {
        holds: max_age(&head.headers),
        tag: head.headers.get(ETAG).cloned().or_else(|| tag.cloned()),
        ..Came::now(said)
    };
    match head.status {
        StatusCode::NOT_MODIFIED if tag.is_some() => return Ok(came(Said::Same)),
        StatusCode::OK => {}
        // A redirection would carry the secret to where nobody said.
        other => return Err(format!("it answered {other}")),
    }
    let collected = lease.drive(Limited::new(body, source.bytes_max).collect()).await;
    let broken = |_| format!("it broke off, or said more than {} MiB", source.bytes_max >> 20);
    let bytes = collected.map_err(broken)?.to_bytes();
    let kind = head.headers.get(CONTENT_TYPE).map_or(&b""[..], |it| it.as_bytes());
    let reads = if kind.starts_with(b"text/csv") { read_csv } else { read_json };
    let expected = source.expected.clone();
    // An answer may be long: whoever reads it must not keep others from their thread.
    let read = tokio::task::spawn_blocking(move || reads(&bytes, &expected)).await;
    let read = read.map_err(|_| "it could not be read".to_owned())?;
    let things = read.map_err(|odd| odd.to_string())?;
    Ok(Came { tag: head.headers.get(ETAG).cloned(), ..came(Said::Things(things)) })
}

fn request(
    address: &Uri,
    secret_headers: &BTreeMap<String, SecretRef>,
    tag: Option<&Tag>,
) -> Result<Request<Full<Bytes>>, String> {
    let path = address.path_and_query().map_or("/", |it| it.as_str());
    let mut request = Request::new(Full::default());
    *request.uri_mut() = path.parse().map_err(|_| "its path cannot be asked for".to_owned())?;
    let headers = request.headers_mut();
    let host = address.authority().map_or("", |it| it.as_str());
    let host = host.rsplit('@').next().unwrap_or(host);
    headers.insert(HOST, HeaderValue::from_str(host).map_err(|it| it.to_string())?);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/csv"));
    headers.insert(USER_AGENT, HeaderValue::from_static("bailiwick"));
    if let Some(tag) = tag {
        headers.insert(IF_NONE_MATCH, tag.clone());
    }
    for (name, reference) in secret_headers {
        let value = secrets::header(reference).map_err(|it| format!("{name}: {it}"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|it| it.to_string())?;
        headers.insert(name, value);
    }
    Ok(request)
}

/// How long an answer holds by its own word.
fn max_age(headers: &HeaderMap) -> Duration {
    let said = headers.get(CACHE_CONTROL).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let age = said.split(',').find_map(|it| it.trim().strip_prefix("max-age=")?.parse().ok());
    Duration::from_secs(age.unwrap_or(0))
}
