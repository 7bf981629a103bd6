//! Paths, amounts, addresses and words: reading one ends, and what passes is as plain as it says.
#![no_main]

use std::collections::BTreeMap;

use bailiwick_contracts::{Argument, Meaning, meant};
use bailiwick_core::Value;
use libfuzzer_sys::fuzz_target;

fn fits(is: Meaning, text: &str) -> bool {
    let said = Argument { is: Some(is), ..Argument::default() };
    let given = Value::Record(vec![("it".into(), Value::Text(text.into()))]);
    meant(&[&BTreeMap::from([("it".to_owned(), said)])], &given).is_ok()
}

fuzz_target!(|text: &str| {
    if fits(Meaning::Path { roots: vec!["/srv".to_owned()] }, text) {
        assert!(std::path::Path::new(text).starts_with("/srv"));
        assert!(text.split('/').all(|it| it != ".." && it != "."));
    }
    if fits(Meaning::Email { domains: vec!["firm.com".to_owned()], most: None }, text) {
        assert!(text.to_ascii_lowercase().ends_with("@firm.com"));
        assert_eq!(text.matches('@').count(), 1);
    }
    let (cap, currency) = ("250.00".to_owned(), "EUR".to_owned());
    if fits(Meaning::Money { cap, currency, currency_argument: None, units: None }, text) {
        assert!(text.parse::<f64>().is_ok_and(|it| (0.0..=250.0).contains(&it)));
    }
    if fits(Meaning::NoShell, text) {
        assert!(!text.contains([' ', '$', '`', ';', '|', '&', '\n']));
    }
});
