//! The inspectors on bytes that somebody chose: never a panic, never a finding outside the body,
//! and never more than a fixed cost for each byte.

use std::time::{Duration, Instant};

use crate::inspectors;
use bailiwick_core::{Findings, Seen, Surface};
use proptest::prelude::*;

fn look(bytes: &[u8]) -> Findings {
    let mut findings = Findings::default();
    inspectors().scan(&Seen { surface: Surface::Answer, bytes, offset: 0 }, &mut findings);
    for finding in findings.kept() {
        assert!(finding.offset + u64::from(finding.length) <= bytes.len() as u64, "{finding:?}");
    }
    findings
}

/// Pieces that come near to what the inspectors look for, so that chance meets the branches.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let near = [
        "AKIA",
        "sk-",
        "ghp_",
        "eyJ",
        ".eyJ",
        "-----BEGIN ",
        "PRIVATE KEY",
        "-----",
        "bwk_",
        "_",
        "FAKE0NotASecret1ForTests2Only3",
        r"\u200b",
        r"\udb40",
        r"\udc68",
        r"\\",
        "\u{200b}",
        "\u{e0041}",
        "\u{1f3f4}",
        "\u{e007f}",
        "aws_secret_access_key",
        "\": \"",
        "\n",
        "%20",
    ];
    prop_oneof![
        4 => proptest::sample::select(near.to_vec()).prop_map(|it| it.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_to_the_end(pieces in proptest::collection::vec(piece(), 0..40)) {
        look(&pieces.concat());
    }

    #[test]
    fn a_key_is_found_wherever_it_stands(
        before in proptest::collection::vec(piece(), 0..12),
        after in "[ -~]{0,40}",
    ) {
        let key = format!(" bwk{}_4f2a91_FAKE0NotASecret1ForTests2Only3 ", "");
        let text = [before.concat(), key.into_bytes(), after.into_bytes()].concat();
        prop_assert!(look(&text).must_withhold());
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn no_text_is_slow_to_read() {
    const SIZE: usize = 1 << 18;
    // Generous, because tests run unoptimised on busy machines: a cost that grows with the square
    // of the size would take minutes.
    const LIMIT: Duration = Duration::from_secs(20);
    let units = [
        "eyJ",
        "-eyJ",
        ".eyJ",
        "\\neyJA",
        "sk-",
        " sk-",
        "ghp_",
        " ghp_ghp_",
        "bwk_",
        "bwk_a_",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "-----",
        r"\u200",
        r"\u200b",
        r"\\u200b",
        r"\",
        r"\udb40",
        "\u{200b}",
        "\u{e0041}",
        "\u{202e}",
        "aws_secret_access_key ",
        "-----BEGIN PRIVATE KEY-----FAKEfakeNotAPrivateKey0123456789ForTests",
    ];
    for unit in units {
        let text = unit.repeat(SIZE / unit.len());
        let begun = Instant::now();
        look(text.as_bytes());
        let took = begun.elapsed();
        assert!(took < LIMIT, "{unit:?} took {took:?}");
    }
}
