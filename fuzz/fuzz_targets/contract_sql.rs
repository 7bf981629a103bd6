//! Statements of SQL: reading one ends, and what passes touches nothing that is not listed.
#![no_main]

use std::collections::BTreeMap;

use bailiwick_contracts::{Argument, Meaning, meant};
use bailiwick_core::Value;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for dialect in ["postgresql", "sqlite", "mysql"] {
        let is = Meaning::Sql {
            dialect: dialect.to_owned(),
            statements: ["select", "insert", "update", "delete"].map(str::to_owned).to_vec(),
            tables: vec!["orders".to_owned()],
            types: BTreeMap::new(),
            rows_max: Some(100),
        };
        let said = Argument { is: Some(is), ..Argument::default() };
        let given = Value::Record(vec![("sql".into(), Value::Text(text.into()))]);
        if let Ok(meant) = meant(&[&BTreeMap::from([("sql".to_owned(), said)])], &given) {
            assert!(meant.tables.iter().all(|it| it == "orders"));
            assert!(!text.contains('\\') && !text.contains('\0'));
        }
    }
});
