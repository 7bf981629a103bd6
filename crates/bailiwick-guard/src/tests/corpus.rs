//! Every inspector against its corpus: what it must find, and what it must leave alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::{Guard, INSPECTORS, credentials, inspectors, masked};
use bailiwick_core::{Findings, Inspector, Inspectors, Seen, Severity, Surface};

fn corpus(inspector: &dyn Inspector, file: &str) -> Vec<String> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let path = root.join("corpus").join(inspector.name()).join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let lines: Vec<_> =
        text.lines().filter(|line| !line.starts_with("# ")).map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{path:?} holds no cases");
    lines
}

/// The text that a corpus line spells: `{+}` is nothing, `{N}` a line feed, `{U+XXXX}` a character.
fn spell(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.replace("{+}", "").replace("{N}", "\n");
    while let Some(at) = rest.find("{U+") {
        let end = at + rest[at..].find('}').expect("a brace closes");
        let code = u32::from_str_radix(&rest[at + 3..end], 16).expect("hexadecimal");
        text.push_str(&rest[..at]);
        text.push(char::from_u32(code).expect("a character"));
        rest = rest[end + 1..].to_owned();
    }
    text + &rest
}

/// The cases of a file of the corpus, as they are spelled.
pub(crate) fn spelled(inspector: &str, file: &str) -> Vec<String> {
    let inspector = INSPECTORS.iter().find(|it| it.name() == inspector).expect("one of ours");
    corpus(*inspector, file).iter().map(|line| spell(line)).collect()
}

fn look(inspector: &dyn Inspector, text: &str, surface: Surface) -> Findings {
    let mut findings = Findings::default();
    let seen = Seen { surface, bytes: text.as_bytes(), offset: 1_000 };
    Inspectors::of(inspector, &[]).scan(&seen, &mut findings);
    findings
}

#[test]
fn every_hit_is_found_where_it_stands() {
    let mut wrong = Vec::new();
    for inspector in INSPECTORS {
        for line in corpus(*inspector, "hit.txt") {
            let (kind, text) = line.split_once(" | ").expect("a kind, a bar, a text");
            let text = spell(text);
            for padded in [text.clone(), format!("{text} "), format!("{{\"text\":\"{text}\"}}")] {
                let findings = look(*inspector, &padded, Surface::Answer);
                if findings.kept().is_empty() || findings.kept().iter().any(|it| it.kind != kind) {
                    wrong.push(format!("found {:?} in: {padded}", findings.kept()));
                }
                let Some(found) = findings.kept().first() else { continue };
                let end = found.offset + u64::from(found.length);
                assert!(found.offset >= 1_000 && found.length > 0, "{line}");
                assert!(end <= 1_000 + padded.len() as u64, "{line}");
                assert_eq!(
                    look(*inspector, &padded, Surface::Ask).kept().len(),
                    findings.kept().len()
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_miss_is_left_alone() {
    let mut wrong = Vec::new();
    for inspector in INSPECTORS {
        for line in corpus(*inspector, "miss.txt") {
            let findings = look(*inspector, &spell(&line), Surface::Answer);
            if !findings.kept().is_empty() {
                wrong.push(format!("found {:?} in: {line}", findings.kept()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_corpus_holds_every_kind_and_kinds_bear_their_inspectors_name() {
    for inspector in INSPECTORS {
        let hits = corpus(*inspector, "hit.txt");
        let seen: BTreeSet<&str> = hits.iter().map(|it| it.split(" | ").next().unwrap()).collect();
        let told: BTreeSet<&str> = inspector.kinds().iter().copied().collect();
        let unscanned = format!("{}.not_scanned", inspector.name());
        let made: BTreeSet<&str> = told.iter().copied().filter(|it| *it != unscanned).collect();
        assert_eq!(seen, made, "{}", inspector.name());
        let prefix = format!("{}.", inspector.name());
        assert!(told.iter().all(|kind| kind.starts_with(&prefix)), "{told:?}");
        assert!(inspector.purpose().ends_with('.'));
    }
}

#[test]
fn our_own_key_is_withheld_from_answers_and_only_there() {
    let text = format!("bwk{}_4f2a91_FAKE0NotASecret1ForTests2Only3", "");
    for (surface, severity) in
        [(Surface::Answer, Severity::Withhold), (Surface::Ask, Severity::Alert)]
    {
        let mut findings = Findings::default();
        let seen = Seen { surface, bytes: text.as_bytes(), offset: 0 };
        inspectors().scan(&seen, &mut findings);
        assert_eq!(findings.kept().len(), 1);
        assert_eq!(findings.kept()[0].severity, severity);
        assert_eq!(findings.must_withhold(), severity == Severity::Withhold);
    }
}

#[test]
fn configuration_withholds_by_kind_and_by_inspector_and_refuses_unknown_names() {
    let text = format!("gh{}p_FAKE0NotASecret1ForTests2Only32rg1ut \u{202e}", "");
    let look = |withhold: &[&str], surface| {
        let guard = Guard::with_policy(withhold).expect("known");
        let mut findings = Findings::default();
        let seen = Seen { surface, bytes: text.as_bytes(), offset: 0 };
        guard.inspectors().scan(&seen, &mut findings);
        assert_eq!(findings.kept().len(), 2);
        findings.kept().iter().map(|it| it.severity).collect::<Vec<_>>()
    };
    use Severity::{Alert, Withhold};
    for (withhold, expected) in [
        (&[][..], [Alert, Alert]),
        (&["secret"], [Withhold, Alert]),
        (&["secret.github_token"], [Withhold, Alert]),
        (&["secret.jwt"], [Alert, Alert]),
        (&["hidden_text"], [Alert, Withhold]),
        (&["secret", "hidden_text.bidi_control"], [Withhold, Withhold]),
    ] {
        assert_eq!(look(withhold, Surface::Answer), expected, "{withhold:?}");
        assert_eq!(look(withhold, Surface::Ask), [Alert, Alert], "{withhold:?}");
    }
    let unknown = Guard::with_policy(&["secret", "secrets"]).expect_err("not known");
    assert_eq!(unknown.name(), "secrets");
    assert_eq!(unknown.to_string(), "no inspector finds `secrets`");
}

#[test]
fn what_is_beyond_the_kept_findings_still_withholds() {
    let bidi = "\u{202e}.".repeat(100);
    let token = format!("gh{}p_FAKE0NotASecret1ForTests2Only32rg1ut ", "").repeat(70);
    for (withhold, expected) in [(&["secret.jwt"][..], true), (&["hidden_text.bidi_control"], true)]
    {
        let guard = Guard::with_policy(withhold).expect("known");
        let mut findings = Findings::default();
        let text = if withhold[0].starts_with("secret") { &token } else { &bidi };
        let seen = Seen { surface: Surface::Answer, bytes: text.as_bytes(), offset: 0 };
        guard.inspectors().scan(&seen, &mut findings);
        assert_eq!(findings.must_withhold(), expected);
    }
    let guard = Guard::default();
    let mut findings = Findings::default();
    let seen = Seen { surface: Surface::Answer, bytes: bidi.as_bytes(), offset: 0 };
    guard.inspectors().scan(&seen, &mut findings);
    assert!(!findings.must_withhold());
}

/// The folder of shared corpora, when it is there. Its absence is loud, and an error where all
/// tests are required to run.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let shared = std::env::var_os("BAILIWICK_SHARED").map(PathBuf::from);
    let path = shared.unwrap_or_else(|| root.join("../../../shared")).join(path);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var("BAILIWICK_REQUIRE_ALL").as_deref() != Ok("1"), "{path:?} is missing");
    eprintln!("SKIPPED: {path:?} is missing; set BAILIWICK_SHARED");
    None
}

#[test]
fn ordinary_traffic_raises_no_alarm() {
    for file in ["corpora/calls/livemcp_calls.jsonl", "corpora/tools/tools.jsonl"] {
        let Some(path) = shared(file) else { continue };
        for (number, line) in fs::read_to_string(path).unwrap().lines().enumerate() {
            let mut findings = Findings::default();
            let seen = Seen { surface: Surface::Answer, bytes: line.as_bytes(), offset: 0 };
            inspectors().scan(&seen, &mut findings);
            assert!(findings.kept().is_empty(), "{file}:{}: {:?}", number + 1, findings.kept());
        }
    }
}

#[test]
fn what_is_masked_is_the_secret_and_no_more() {
    let github = format!("gh{}p_FAKE0NotASecret1ForTests2Only32rg1ut", "");
    let own = format!("bwk{}_4f2a91_FAKE0NotASecret1ForTests2Only3", "");
    let begin = format!("-----BEGIN {}KEY-----", "PRIVATE ");
    let lines = "FAKEfakeNotAPrivateKey0123456789ForTestsOnly/+FAKEfakeNotAPrivate".repeat(2);
    for (text, expected) in [
        (
            format!("token {github}, and {own}!"),
            "token [secret:github_token], and [own_key:agent_key]!",
        ),
        (
            "{\"MISTRAL_API_KEY\": \"FAKE0NotASecret1ForTests2Only3FA\"}".to_owned(),
            "{\"MISTRAL_API_KEY\": \"[secret:mistral_key]\"}",
        ),
        (
            "postgres://nobody:FAKE0@not.a@Password@db.example.invalid/app".to_owned(),
            "postgres://nobody:[secret:postgres_url]@db.example.invalid/app",
        ),
        (
            format!("a\n# {begin}\n# {lines}\n# -----END PRIVATE KEY-----\nb"),
            "a\n# [secret:private_key]\nb",
        ),
        (
            format!("a\n{begin}\n{lines}\n\nThe rest is lost."),
            "a\n[secret:private_key] rest is lost.",
        ),
    ] {
        let places = credentials(&text).expect("looked at");
        assert_eq!(masked(&text, places.iter().cloned()), expected);
    }
}

#[test]
fn nothing_is_found_in_what_was_masked() {
    for text in spelled("secret", "hit.txt").into_iter().chain(spelled("own_key", "hit.txt")) {
        let clean = masked(&text, credentials(&text).expect("looked at"));
        assert_eq!(credentials(&clean), Some(Vec::new()), "{clean}");
    }
}
