//! URLs: what passes for a listed host has that host before its first `/`, and no other reading.
#![no_main]

use std::collections::BTreeMap;

use bailiwick_contracts::{Argument, Meaning, meant};
use bailiwick_core::Value;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let is = Meaning::Url { schemes: Vec::new(), hosts: vec!["good.com".to_owned()] };
    let said = Argument { is: Some(is), ..Argument::default() };
    let given = Value::Record(vec![("url".into(), Value::Text(text.into()))]);
    if meant(&[&BTreeMap::from([("url".to_owned(), said)])], &given).is_ok() {
        let text = text.to_ascii_lowercase();
        let rest = text.strip_prefix("https://").expect("it is https");
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        assert!(matches!(authority, "good.com" | "good.com:443"), "{authority}");
    }
});
