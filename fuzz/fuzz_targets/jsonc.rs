//! Settings with comments: places stay what they were, and strict JSON is left as it is.
#![no_main]

use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::jsonc::plain;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let blanked = plain(text);
    assert_eq!(blanked.len(), text.len());
    assert_eq!(plain(&blanked), blanked);
    if Document::parse(text.as_bytes(), Limits::default()).is_ok() {
        assert_eq!(blanked, text);
    }
});
