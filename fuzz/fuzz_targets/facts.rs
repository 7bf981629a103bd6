//! What a source of facts says: whatever it is, it is read or refused, and never more than allowed.
#![no_main]

use std::collections::{BTreeMap, HashSet};

use bailiwick_facts::{Expected, FactKind, read_csv, read_json};
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
        let names: HashSet<_> = things.iter().map(|it| (&it.kind, &it.id)).collect();
        assert_eq!(names.len(), things.len(), "each thing stands once");
        for it in &things {
            assert!(expected.types.iter().any(|kind| **kind == *it.kind));
            assert!(
                it.attributes.iter().all(|(name, _)| expected.attributes.contains_key(&**name))
            );
        }
    }
});
