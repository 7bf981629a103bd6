//! The tables as a whole, and secrets in pieces.

use super::shape::{Body, Shape, Step};
use super::*;
use crate::tests::corpus::{shared, spelled};

mod differential;
mod pieces;

#[test]
fn no_shape_is_without_an_anchor_and_kinds_bear_one_form() {
    assert!(SEARCH.is_some());
    assert!(KINDS.len() > 120, "{}", KINDS.len());
    for shape in shapes::all() {
        assert!(!shape.anchors.is_empty(), "{}", shape.kind);
        assert!(shape.kind.starts_with("secret."), "{}", shape.kind);
        for anchor in shape.anchors {
            assert!(anchor.len() >= 2 && anchor.is_ascii(), "{anchor}");
            assert!(anchor.len() + 32 < CONTEXT_BYTES, "{anchor}");
        }
    }
}

#[test]
fn every_shape_is_decided_within_what_may_be_held() {
    for shape in shapes::all() {
        let behind: usize = steps(shape).iter().map(longest).sum();
        let before =
            if let Body::Around(it, _) = shape.body { it.prefix.len() + it.max } else { 0 };
        let anchor = shape.anchors.iter().map(|it| it.len()).max().unwrap();
        assert!(before + anchor + behind + 16 <= HELD_BYTES_MAX, "{}", shape.kind);
    }
}

#[test]
fn the_list_of_kinds_in_the_docs_is_that_of_the_tables() {
    let root = std::path::PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let path = root.join("../../docs/findings.md");
    let told = std::fs::read_to_string(&path).unwrap();
    let list = kinds_by_trade();
    assert!(told.contains(&list), "docs/findings.md must hold this:\n{list}");
}

#[test]
fn real_text_raises_no_alarm_that_cannot_be_defended() {
    let told = |file: &str| {
        let mut kinds = Vec::new();
        let path = shared(&format!("corpora/{file}"))?;
        each(&std::fs::read(path).unwrap(), |kind, _| kinds.push(kind)).unwrap();
        Some(kinds)
    };
    let ordinary = [
        "agentdojo/agentdojo.json",
        "agentdojo/traces.jsonl",
        "cache/qqp_pairs.jsonl",
        "calls/livemcp_calls.jsonl",
        "pii/sentences.jsonl",
        "tools/tools.jsonl",
        "tools/tools_npm.jsonl",
        "attacks/dvmcp.jsonl",
        "attacks/safetybench.jsonl",
    ];
    for file in ordinary {
        assert_eq!(told(file).unwrap_or_default(), Vec::<&str>::new(), "{file}");
    }
    // The password of a database, in an attack that steals it.
    let stolen = told("attacks/safe_mcp.jsonl").unwrap_or(vec!["secret.postgres_url"]);
    assert_eq!(stolen, ["secret.postgres_url"]);
}

/// The kinds as the docs list them.
fn kinds_by_trade() -> String {
    let mut text = String::new();
    for (trade, shapes) in &shapes::TABLES {
        let mut kinds: Vec<_> = shapes.iter().map(|it| format!("`{}`", it.kind)).collect();
        kinds.sort();
        kinds.dedup();
        text += &format!("**{trade}:** {}.\n\n", kinds.join(", "));
    }
    text.trim_end().to_owned()
}

fn steps(shape: &Shape) -> &'static [Step] {
    match shape.body {
        Body::Behind(steps) | Body::Labelled(steps) | Body::Around(_, steps) => steps,
        Body::Address | Body::Jwt | Body::PrivateKey => &[],
    }
}

fn longest(step: &Step) -> usize {
    match step {
        Step::Run(_, _, max) => *max,
        Step::Long(..) => shape::LONG_MAX,
        Step::Text(text) => text.len(),
    }
}
