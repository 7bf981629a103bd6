//! What of a client's request, beside its body, chooses how the API behaves: versions in headers,
//! and pages of a list in the query. It goes out beside the body that is inspected: names and dates
//! go on as they came, and nothing else does. The caller's trace is kept for the record.

use bailiwick_wire::trace::traceparent;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::place::unescaped;
use crate::upstream::Head;

const HEADERS: [&str; 3] = ["anthropic-version", "anthropic-beta", "openai-beta"];
const QUERY: [&str; 4] = ["beta", "limit", "after_id", "before_id"];
const KEPT: [&str; 11] = [
    "beta",
    "limit",
    "after_id",
    "before_id",
    "after",
    "before",
    "order",
    "purpose",
    "include",
    "include[]",
    "include%5B%5D",
];
const BYTES_MAX: usize = 512;

/// What a client chose.
pub(super) struct Choices {
    pub(super) head: Head,
    /// With its question mark, or empty.
    pub(super) query: String,
    /// The trace that the call is part of, as the caller says.
    pub(super) trace: Option<Box<str>>,
    /// The same of what a provider keeps.
    pub(super) kept: String,
    /// Whether an answer in pieces is asked for, however that is spelled.
    pub(super) streams: bool,
    /// What kind of body came.
    pub(super) content_type: Option<HeaderValue>,
}

impl Choices {
    /// Read what was chosen; `None` when it is not what it should be.
    pub(super) fn of(headers: &HeaderMap, query: Option<&str>) -> Option<Self> {
        let trace = headers.get("traceparent").and_then(|it| it.to_str().ok());
        let query = query.unwrap_or_default();
        Some(Self {
            head: head(headers)?,
            query: chosen(query, &QUERY)?,
            kept: chosen(query, &KEPT)?,
            streams: query.split('&').any(streams),
            content_type: headers.get(CONTENT_TYPE).cloned(),
            trace: trace.and_then(traceparent),
        })
    }
}

fn head(headers: &HeaderMap) -> Option<Head> {
    let mut head = Vec::new();
    for name in HEADERS {
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else { continue };
        if values.next().is_some() || !is_made_of(b"-_.=, ", value.as_bytes()) {
            return None;
        }
        head.push((HeaderName::from_static(name), value.clone()));
    }
    Some(Head(head))
}

/// The parameters of these names; others are left out.
fn chosen(query: &str, names: &[&str]) -> Option<String> {
    let mut out = String::new();
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !names.contains(&name) {
            continue;
        }
        if !is_made_of(b"-_.:%", value.as_bytes()) {
            return None;
        }
        out.push(if out.is_empty() { '?' } else { '&' });
        out.push_str(parameter);
    }
    (out.len() <= BYTES_MAX).then_some(out)
}

/// Whether the parameter asks for an answer in pieces: whatever it says but a plain `false`.
fn streams(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let is_it = |name: String| name.trim().eq_ignore_ascii_case("stream");
    unescaped(name).is_some_and(is_it) && value != "false"
}

/// Whether it is letters, digits and these.
fn is_made_of(marks: &[u8], value: &[u8]) -> bool {
    let is_word = |it: &u8| it.is_ascii_alphanumeric() || marks.contains(it);
    value.len() <= BYTES_MAX && value.iter().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_in_pieces_is_asked_for_in_many_spellings() {
        for (query, is_asked) in [
            ("stream=true", true),
            ("limit=1&stream=%74rue", true),
            ("%73tream=1", true),
            ("Stream", true),
            ("stream=false", false),
            ("streams=true", false),
            ("include=stream", false),
        ] {
            let choices = Choices::of(&HeaderMap::new(), Some(query)).unwrap();
            assert_eq!(choices.streams, is_asked, "{query}");
            assert!(!choices.kept.contains("tream="), "{query}");
        }
    }

    #[test]
    fn only_what_chooses_goes_on_and_only_as_words() {
        let cases = [
            ("", Some("")),
            ("beta=true", Some("?beta=true")),
            ("limit=2&key=secret&after_id=a%3Ab", Some("?limit=2&after_id=a%3Ab")),
            ("after_id=/../x", None),
            ("api-version=1", Some("")),
        ];
        for (query, expected) in cases {
            assert_eq!(chosen(query, &QUERY).as_deref(), expected, "{query}");
        }
        assert_eq!(chosen(&format!("limit={}", "1".repeat(BYTES_MAX)), &QUERY), None);
    }
}
