//! The scanner against the plain way: every shape at every byte, without an automaton.

use proptest::prelude::*;

use super::*;

/// What looking everywhere with everything finds.
fn slowly(text: &[u8]) -> Vec<(&'static str, Range<usize>)> {
    let mut anchored: Vec<_> =
        shapes::all().flat_map(|it| it.anchors.iter().map(move |anchor| (*anchor, it))).collect();
    anchored.sort_by_key(|(anchor, _)| std::cmp::Reverse(anchor.len()));
    let mut found = Vec::new();
    let mut from = 0;
    for start in 0..text.len() {
        if start < from {
            continue;
        }
        let secret = anchored
            .iter()
            .filter(|(anchor, _)| text[start..].starts_with(anchor.as_bytes()))
            .find_map(|(anchor, it)| {
                it.look(text, start, anchor.len()).found.map(|at| (it.kind, at))
            });
        from = start + 1;
        if let Some((kind, range)) = secret {
            from = from.max(range.end);
            found.push((kind, range));
        }
    }
    found
}

/// Compare the two, and say how many secrets there were.
fn check(text: &[u8]) -> usize {
    let mut quickly = Vec::new();
    each(text, |kind, range| quickly.push((kind, range))).unwrap();
    assert_eq!(quickly, slowly(text), "{}", String::from_utf8_lossy(text));
    quickly.len()
}

/// The hits of the corpus without their kinds.
fn planted() -> Vec<String> {
    let texts = spelled("secret", "hit.txt");
    texts.iter().map(|it| it.split_once(" | ").unwrap().1.to_owned()).collect()
}

#[test]
fn the_corpus_is_read_as_by_looking_everywhere() {
    for text in planted() {
        assert!(check(text.as_bytes()) > 0, "{text}");
        // Nothing shorter is read otherwise either.
        check(&text.as_bytes()[..text.len() / 2]);
        check(&text.as_bytes()[text.len() / 3..]);
    }
    for text in spelled("secret", "miss.txt") {
        assert_eq!(check(text.as_bytes()), 0, "{text}");
    }
}

#[test]
fn ordinary_traffic_with_secrets_in_it_is_read_as_by_looking_everywhere() {
    const PIECE: usize = 1_500;
    let planted = planted();
    let mut next = planted.iter().cycle();
    for file in ["calls/livemcp_calls", "tools/tools", "agentdojo/traces", "attacks/safe_mcp"] {
        let Some(path) = shared(&format!("corpora/{file}.jsonl")) else { continue };
        let text = std::fs::read_to_string(path).unwrap();
        for line in text.lines().step_by(text.lines().count() / 20 + 1) {
            let line = &line[..line.floor_char_boundary(PIECE)];
            check(line.as_bytes());
            let at = line.floor_char_boundary(line.len() / 2);
            let secret = next.next().unwrap();
            check(format!("{} {secret} {}", &line[..at], &line[at..]).as_bytes());
            // Glued to what stands there, it may or may not be one: both say the same.
            check(format!("{}{secret}{}", &line[..at], &line[at..]).as_bytes());
        }
    }
}

/// Anchors, what follows them, and what breaks them.
fn piece() -> impl Strategy<Value = String> {
    let anchors: Vec<_> = shapes::all().flat_map(|it| it.anchors).copied().collect();
    let between = ["=", "\": \"", " ", "_", "-", ".", "@", ":", "\\n", "é", "//", "==", ";"];
    let bodies = [
        "FAKE0NotASecret1ForTests2Only3",
        "FAKE0NotASecret1ForTests2Only32rg1ut",
        "fa0e7c93b1d5f2a84e6fa0e7c93b1d5f",
        "fa0e7c93-b1d5-f2a8-4e6f-a0e7c93b1d5f",
        "4071925836",
        "FAKE0N0TAS3CR3T4",
        "a",
        "nobody:FAKE0notAPassword@",
    ];
    prop_oneof![
        proptest::sample::select(anchors).prop_map(str::to_owned),
        proptest::sample::select(between.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(bodies.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(planted()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_as_by_looking_everywhere(
        pieces in proptest::collection::vec(piece(), 0..12),
    ) {
        check(pieces.concat().as_bytes());
    }

    #[test]
    fn any_text_leaves_without_tearing_a_secret(
        pieces in proptest::collection::vec(piece(), 1..8),
        sizes in proptest::collection::vec(1usize..40, 1..12),
    ) {
        let text = pieces.concat() + " and behind it.";
        let mut rest = text.as_bytes();
        let mut sizes = sizes.iter().cycle();
        let cuts = std::iter::from_fn(|| {
            let size = (*sizes.next()?).min(rest.len());
            let (piece, after) = rest.split_at(size);
            rest = after;
            (size > 0).then_some(piece)
        });
        super::pieces::watch(&text, cuts);
    }
}
