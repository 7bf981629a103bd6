//! Inspectors: all of them read any bytes to the end, and what they find lies inside. Named after
//! the one with the richest corpus, which seeds it.
#![no_main]

use bailiwick_core::{Findings, Seen, Severity, Surface};
use bailiwick_guard::inspectors;
use libfuzzer_sys::fuzz_target;

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
});
