//! Inspectors: all of them read any bytes to the end, and what they find lies inside. In a stream
//! no credential is torn: what waits at a cut holds all of it but its public beginning. Named after
//! the one with the richest corpus, which seeds it.
#![no_main]

use bailiwick_core::{Findings, Seen, Severity, Surface};
use bailiwick_guard::{HELD_BYTES_MAX, credentials, inspectors, masked, open_end};
use libfuzzer_sys::fuzz_target;

/// The longest beginning that may leave: a webhook's address, an id before a mark.
const BEGINNING_MAX: usize = 48;

fuzz_target!(|bytes: &[u8]| {
    let mut counts = Vec::new();
    for surface in [Surface::Ask, Surface::Answer] {
        let mut findings = Findings::default();
        inspectors().scan(&Seen { surface, bytes, offset: 0 }, &mut findings);
        for finding in findings.kept() {
            let end = finding.offset + u64::from(finding.length);
            assert!(finding.length > 0 && end <= bytes.len() as u64, "{finding:?}");
            let own = finding.kind.starts_with("own_key.");
            let withheld = finding.severity == Severity::Withhold;
            assert_eq!(withheld, own && surface == Surface::Answer, "{finding:?}");
        }
        counts.push(findings.kept().len() as u64 + findings.dropped());
    }
    assert_eq!(counts.first(), counts.last(), "both ways the same is found");
    if let Ok(text) = std::str::from_utf8(bytes) {
        stream(text);
    }
});

fn stream(text: &str) {
    let places = credentials(text).expect("the anchors are built");
    let cut = text.len() * usize::from(text.bytes().next().unwrap_or(0)) / 256;
    let waits = open_end(&text.as_bytes()[..cut]);
    assert!(waits <= cut.min(HELD_BYTES_MAX));
    let left = cut - waits;
    for (kind, place) in &places {
        let begun = left > place.start + BEGINNING_MAX.min(place.len() - 1);
        assert!(!begun || left >= place.end, "{kind} {place:?} torn at {left}");
    }
    let hidden: usize = places.iter().map(|(_, place)| place.len()).sum();
    let masked = masked(text, places.iter().cloned());
    assert!(masked.len() + hidden >= text.len());
    assert_eq!(masked == text, places.is_empty());
}
