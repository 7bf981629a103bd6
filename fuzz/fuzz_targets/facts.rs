//! What a source of facts says: whatever it is, it is read or refused, and never more than allowed.
#![no_main]

use std::collections::BTreeMap;

use bailiwick_policy::{Expected, FactKind, Facts, read_csv, read_json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let attribute = |name: &str, kind| (name.to_owned(), kind);
    let expected = Expected {
        types: vec!["Customer".to_owned(), "Order".to_owned()],
        attributes: BTreeMap::from([
            attribute("a", FactKind::Number),
            attribute("b", FactKind::Text),
            attribute("c", FactKind::Flag),
        ]),
        things_max: 16,
    };
    let read = [read_json(bytes, &expected), read_csv(bytes, &expected)];
    for things in read.into_iter().flatten() {
        assert!(things.len() <= 16);
        let mut facts = Facts::default();
        facts.add("source", &things).expect("the types are those of things");
        assert_eq!(facts.len(), things.len());
    }
});
