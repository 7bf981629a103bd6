//! `bench scan`: how fast the inspectors look for credentials in what agents and models write, and
//! what a piece of a stream costs.
//!
//! The text is a mix of prose, code, JSON, logs and base64 in an order that does not repeat soon,
//! with a credential now and then: what is found must be found, or the figure is worth nothing.

use std::hint::black_box;
use std::time::Duration;

use bailiwick_guard::{CONTEXT_BYTES, HIDDEN_TOOL, Names, credentials, open_end};

use crate::clock::now;
use crate::report::Report;
use crate::{Done, Failure};

const TEXT_BYTES: usize = 8 << 20;
const MESSAGE_BYTES: usize = 4 << 10;
const CHUNK_BYTES: usize = 24;
const ROUNDS: usize = 9;
/// Every so many paragraphs holds a credential.
const PLANTED: usize = 997;

const PARAGRAPHS: &[&str] = &[
    "The desk-based team asked for a task list. Nothing in it is risk-free: the first two points \
     depend on a supplier that has not answered since March, and the third on the weather.\n\n",
    "To sum up: (1) read the report, (2) tell Ana what changed, (3) wait. If the path is wrong, \
     the pattern in `patterns.toml` tells why; see https://docs.example.com/guides/paths#three.\n",
    "```python\ndef read_all(path: str, *, limit: int = 10_000) -> list[Row]:\n    with open(path) \
     as handle:\n        return [parse(line) for line in handle][:limit]  # keep it small\n```\n",
    "fn route(&self, key: &str) -> Option<&Route> {\n    self.routes.iter().find(|it| it.key == \
     key)\n}\n",
    r#"{"role":"tool","content":"{\"customer\":\"c_41\",\"balance_cents\":120450}"}"#,
    "\n",
    "2026-11-22T14:03:07.113Z INFO gateway: request done status=200 took_ms=41 path=/v1/items \
     trace=0af7651916cd43dd8448eb211c80319c user=ana@example.com\n",
    "Évidemment, le café naïf de Zoë coûte 3,50 €; 東京では雨です。 Привет, мир!\n",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg\
     gg==\n",
    "Set OPENAI_API_KEY and DATABASE_URL before you start: postgres://localhost:5432/app will do \
     for tests. Keys begin with `sk-`, tokens with `ghp_`; never paste them here.\n",
];

/// The figures of looking for credentials.
pub(crate) fn run() -> Done<Report> {
    let (text, planted) = text();
    let messages = pieces(&text, MESSAGE_BYTES);
    let mut found = 0;
    let scan = best(|| {
        found = messages.iter().filter_map(|it| credentials(it)).map(|it| it.len()).sum();
    });
    if found < planted {
        return Err(Failure::from(format!("{found} of {planted} credentials were found")));
    }
    let names: Vec<_> = (0..200).map(|it| format!("hidden_tool_{it}")).collect();
    let names = Names::new(names.iter().map(|it| (HIDDEN_TOOL, it.as_str())));
    let named = best(|| messages.iter().for_each(|it| drop(black_box(names.find(it)))));
    let chunks = text.len() / CHUNK_BYTES;
    let stream = best(|| {
        for chunk in 0..chunks {
            let end = chunk * CHUNK_BYTES;
            let window = end.saturating_sub(CONTEXT_BYTES)..end;
            black_box(open_end(text.as_bytes().get(window).unwrap_or_default()));
        }
    });
    let rate = |took: Duration| text.len() as f64 / took.as_secs_f64() / 1e6;
    let mut report = Report::default();
    report.add("scan_mb_s", rate(scan), "credentials in messages of 4 KB, MB a second (>= 100)");
    report.add("names_mb_s", rate(named), "200 hidden names in the same messages");
    let chunk_us = stream.as_secs_f64() * 1e6 / chunks as f64;
    report.add("open_end_chunk_us", chunk_us, "what waits, asked at each chunk of 24 bytes");
    report.add("scan_found", found as f64, "credentials that were found in 8 MB");
    Ok(report)
}

/// How fast credentials are looked for, in MB a second.
pub(crate) fn rate() -> Done<f64> {
    let (text, _) = text();
    let messages = pieces(&text, MESSAGE_BYTES);
    let took = best(|| messages.iter().for_each(|it| drop(black_box(credentials(it)))));
    Ok(text.len() as f64 / took.as_secs_f64() / 1e6)
}

/// The mix, and how many credentials it holds.
fn text() -> (String, usize) {
    let mut text = String::with_capacity(TEXT_BYTES + MESSAGE_BYTES);
    let (mut state, mut count, mut planted) = (42u64, 0usize, 0);
    while text.len() < TEXT_BYTES {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let index = usize::try_from(state >> 33).unwrap_or_default() % PARAGRAPHS.len();
        text.push_str(PARAGRAPHS.get(index).copied().unwrap_or_default());
        count += 1;
        if count.is_multiple_of(PLANTED) {
            text.push_str(&secret());
            planted += 1;
        }
    }
    // One may be cut in two by the end of a message.
    (text, planted * 9 / 10)
}

/// A made-up key, put together here so that nobody takes it for a real one.
fn secret() -> String {
    format!(
        "The key is gs{}_{} for now.\n",
        "k", "FAKE0NotASecret1ForTests2Only30NotASecret1ForTests2O"
    )
}

fn pieces(text: &str, size: usize) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(size));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// The best time of some rounds: other work on the machine only adds.
fn best(mut round: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let begun = now();
        round();
        best = best.min(begun.elapsed());
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planted_is_found_and_nothing_else() {
        assert_eq!(credentials(&secret()).map(|it| it.len()), Some(1));
        for paragraph in PARAGRAPHS {
            assert_eq!(credentials(paragraph), Some(Vec::new()), "{paragraph}");
        }
        let text = "é".repeat(100);
        assert_eq!(pieces(&text, 7).concat(), text);
    }
}
