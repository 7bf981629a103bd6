//! Schemas of servers that nobody trusts: compiling and checking end, whatever they say, and say
//! the same twice.
#![no_main]

use bailiwick_contracts::Schema;
use bailiwick_wire::json::{Document, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (schema, instance) = input;
    let Ok(schema) = Document::parse(schema.as_bytes(), Limits::default()) else { return };
    let Ok(instance) = Document::parse(instance.as_bytes(), Limits::default()) else { return };
    let Ok(schema) = Schema::of_arguments(&schema.root().to_value()) else { return };
    let instance = instance.root().to_value();
    assert_eq!(schema.check(&instance), schema.check(&instance));
});
