//! A secret that comes in pieces leaves as a whole or not at all.

use super::*;

/// A stream as its reader sees it: what waits, behind a little of what left.
#[derive(Default)]
struct Stream {
    /// Context and what waits.
    text: Vec<u8>,
    context: usize,
    left: usize,
    growing: Growing,
}

impl Stream {
    /// Take a piece in, and say how many bytes have left in all.
    fn push(&mut self, piece: &[u8]) -> usize {
        self.text.extend_from_slice(piece);
        let waits = self.growing.open_end(&self.text).min(self.text.len() - self.context);
        let leaves = self.text.len() - self.context - waits;
        self.left += leaves;
        self.context += leaves;
        let forget = self.context.saturating_sub(CONTEXT_BYTES);
        self.text.drain(..forget);
        self.growing.forget(forget);
        self.context -= forget;
        self.left
    }
}

/// Where the secret's body begins in a text, and how many bytes of it may leave early.
fn body(text: &[u8], kind: &str, place: &Range<usize>) -> usize {
    let here = &text[place.clone()];
    let of_kind = || shapes::all().filter(|it| it.kind == kind);
    let anchor = of_kind()
        .filter(|it| matches!(it.body, Body::Behind(_)))
        .flat_map(|it| it.anchors)
        .filter(|it| here.starts_with(it.as_bytes()))
        .map(|it| it.len());
    let early = of_kind().filter_map(|it| match it.body {
        // An id, and the mark as long as it is incomplete.
        Body::Around(before, _) if before.max < 20 => Some(before.max + it.anchors[0].len() - 1),
        Body::Around(before, _) if (before.alphabet)(b'z') => Some(19),
        Body::Around(..) => Some(11),
        // The letters with which every such header and every such key begins.
        Body::Jwt => Some("ey".len()),
        Body::PrivateKey => Some("-----BEGIN ".len()),
        Body::Behind(_) | Body::Labelled(_) | Body::Address => None,
    });
    place.start + anchor.max().or(early.max()).unwrap_or(0)
}

/// Push the text in these pieces, and watch that no secret in it is torn.
pub(super) fn watch<'a>(text: &str, pieces: impl Iterator<Item = &'a [u8]>) {
    let mut places = Vec::new();
    each(text.as_bytes(), |kind, place| places.push((kind, place))).unwrap();
    let mut stream = Stream::default();
    for piece in pieces {
        let left = stream.push(piece);
        for (kind, place) in &places {
            let begun = left > body(text.as_bytes(), kind, place);
            assert!(!begun || left >= place.end, "{kind} {place:?} torn at {left}: {text}");
        }
    }
}

#[test]
fn every_secret_of_the_corpus_leaves_whole() {
    for text in spelled("secret", "hit.txt") {
        let text = text.split_once(" | ").unwrap().1;
        let text = format!("Some words before it: {text} and behind it.");
        for size in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89] {
            watch(&text, text.as_bytes().chunks(size));
        }
        if text.len() < 400 {
            for at in 0..text.len() {
                let (one, two) = text.as_bytes().split_at(at);
                watch(&text, [one, two].into_iter());
            }
        }
    }
}

#[test]
fn a_password_behind_a_long_name_leaves_whole() {
    let name = "somebody-whose-name-is-longer-than-every-anchor-that-is-looked-for";
    let text = format!("at postgres://{name}:FAKE0notAPassword@db.invalid/ and behind it.");
    for one in 0..text.len() {
        for two in one..text.len() {
            let (first, rest) = text.as_bytes().split_at(one);
            let (second, third) = rest.split_at(two - one);
            watch(&text, [first, second, third].into_iter());
        }
    }
}

#[test]
fn a_text_that_grows_waits_as_if_it_were_new() {
    for text in spelled("secret", "hit.txt").into_iter().chain(spelled("secret", "miss.txt")) {
        let text = text.repeat(2);
        for size in [1, 3, 8, 21, 55] {
            let mut growing = Growing::default();
            for end in (0..text.len()).step_by(size) {
                let so_far = &text.as_bytes()[..end];
                assert_eq!(growing.open_end(so_far), open_end(so_far), "{end} of {text}");
            }
        }
    }
}

#[test]
fn what_waits_is_what_may_go_on() {
    for (text, waits) in [
        ("", 0),
        ("nothing is secret here", 0),
        ("the prefix is sk", 0),
        ("the prefix is sk-proj-", 8),
        ("the prefix is sk-proj- ", 0),
        ("task-force, risk-free", 0),
        ("export MISTRAL_API_KEY=", 0),
        ("export MISTRAL_API_KEY=FAKE0", 5),
        ("postgres://nobody", 0),
        ("postgres://nobody:FAKE0", 5),
        ("postgres://nobody:FAKE0/", 0),
        ("postgres://nobody:FAKE0@db", 8),
        ("postgres://nobody:FAKE0@db/", 0),
        ("https://example.invalid/a/b", 0),
        ("Bearer eyJhbGciOiJ", 11),
        ("Bearer eyJhbGciOiJ9.ey", 15),
        ("Bearer eyJhbGciOiJ9.x", 0),
        ("-----BEGIN PRIV", 15),
        ("-----BEGIN CERTIFICATE-----", 0),
        ("your key is bwk_4f2a91_FAKE", 15),
        ("digits fa0e7c93b1", 0),
        ("digits fa0e7c93b1d5", 12),
        ("digits fa0e7c93b1d5-u", 14),
    ] {
        assert_eq!(open_end(text.as_bytes()), waits, "{text}");
    }
}

#[test]
fn nothing_waits_longer_than_allowed() {
    for unit in ["gsk_", "FAKE0", "eyJhbGciOiJ9", "a", "-----BEGIN PRIVATE KEY-----\nFAKE", "fa0e"]
    {
        let text = unit.repeat(40_000 / unit.len());
        assert!(open_end(text.as_bytes()) <= HELD_BYTES_MAX, "{unit}");
    }
    let key = format!("-----BEGIN {}KEY-----\n", "PRIVATE ");
    let text = key + &"FAKEfakeNotAPrivateKey0123456789ForTests\n".repeat(1_000);
    assert_eq!(open_end(text.as_bytes()), 0, "longer than any key");
    let mut found = 0;
    each(text.as_bytes(), |_, place| found = place.len()).unwrap();
    assert!(found > 16_000, "reported as far as it is known: {found}");
}

#[test]
fn ordinary_text_hardly_ever_waits() {
    const STEP: usize = 7;
    for folder in ["calls/livemcp_calls.jsonl", "tools/tools.jsonl", "agentdojo/traces.jsonl"] {
        let Some(path) = shared(&format!("corpora/{folder}")) else { continue };
        let text = std::fs::read_to_string(path).unwrap();
        let (mut waiting, mut all) = (0, 0);
        for line in text.lines().step_by(3) {
            let line = line.as_bytes();
            for end in (0..line.len().min(4_000)).step_by(STEP) {
                all += 1;
                let near = &line[end.saturating_sub(2 * CONTEXT_BYTES)..end];
                waiting += usize::from(open_end(near) > 0);
            }
        }

        assert!(waiting * 100 < all, "{folder}: {waiting} of {all}");
    }
}
