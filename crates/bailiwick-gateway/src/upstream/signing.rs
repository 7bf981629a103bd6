//! Requests that a provider wants signed: what of them is, and when.

use bailiwick_broker::Signing;
use bailiwick_core::{Cleared, Timestamp};
use bailiwick_facts::Day;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};

use super::Means;

/// Add the signature where the provider wants one. `None` when it cannot be written.
pub(super) fn sign(
    means: Means<'_>,
    cleared: &Cleared,
    request: &mut Request<Full<Bytes>>,
    at: Timestamp,
) -> Option<()> {
    let mut headers = Vec::with_capacity(2);
    for name in [HOST, CONTENT_TYPE] {
        let value = request.headers().get(&name).and_then(|it| it.to_str().ok());
        headers.extend(value.map(|it| (name, it.to_owned())));
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, it)| (n.as_str(), &**it)).collect();
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let method = request.method().as_str();
    let signing = Signing { method, path, query, headers: &headers, at: &stamp(at) };
    for (name, value) in means.vault.signature(cleared, &signing) {
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        request.headers_mut().insert(HeaderName::from_static(name), value);
    }
    Some(())
}

/// A time as signatures write it: `20150830T123600Z`.
fn stamp(at: Timestamp) -> String {
    let (year, month, day) = Day::of(at).date();
    let seconds = at.ms() / 1_000 % 86_400;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_without_marks() {
        let at = |seconds: u64| stamp(Timestamp::from_ns(seconds * 1_000_000_000));
        assert_eq!(at(1_440_938_160), "20150830T123600Z");
        assert_eq!(at(0), "19700101T000000Z");
        assert_eq!(at(1_709_251_199), "20240229T235959Z");
    }
}
