//! JSON: our reading is the reading of another parser, and what we refuse alone is a known kind.
#![no_main]

use bailiwick_wire::json::{Document, JsonError, Kind, Limits, Node};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let theirs = serde_json::from_slice::<Value>(bytes);
    match Document::parse(bytes, Limits::default()) {
        Ok(document) => {
            assert_eq!(document.text().as_bytes(), bytes);
            let syntax = serde_json::from_slice::<serde::de::IgnoredAny>(bytes);
            assert!(syntax.is_ok(), "only we take it: {syntax:?}");
            // Theirs may still refuse a number that is too large for it.
            if let Ok(theirs) = theirs {
                same(document.root(), &theirs);
            }
        }
        Err(error) => assert!(may_differ(error) || theirs.is_err(), "only we refuse it: {error}"),
    }
});

/// What we refuse on purpose: limits, and what two parsers could read in two ways.
fn may_differ(error: JsonError) -> bool {
    matches!(
        error,
        JsonError::TooLong
            | JsonError::Duplicate { .. }
            | JsonError::Surrogate { .. }
            | JsonError::Depth { .. }
            | JsonError::Nodes { .. }
    )
}

fn same(ours: Node<'_>, theirs: &Value) {
    match theirs {
        Value::Null => assert!(ours.is_null()),
        Value::Bool(value) => assert_eq!(ours.as_bool(), Some(*value)),
        Value::Number(number) => {
            // Its fractions are rounded, so only whole numbers can be compared by spelling.
            let lexeme = ours.lexeme().expect("a number has a spelling");
            if (number.is_u64() || number.is_i64()) && lexeme != "-0" {
                assert_eq!(lexeme, number.to_string());
            }
        }
        Value::String(text) => {
            assert_eq!(ours.text().as_deref(), Some(text.as_str()));
            assert!(ours.says(text));
        }
        Value::Array(items) => {
            assert_eq!((ours.kind(), ours.elements().count()), (Kind::Array, items.len()));
            ours.elements().zip(items).for_each(|(ours, theirs)| same(ours, theirs));
        }
        Value::Object(members) => {
            assert_eq!((ours.kind(), ours.members().count()), (Kind::Object, members.len()));
            for (name, theirs) in members {
                same(ours.member(name).expect("both have the member"), theirs);
            }
        }
    }
}
