//! What an answer names, and when it is all of a type.

use std::collections::BTreeMap;

use bailiwick_contracts::named_by_answer;
use bailiwick_core::{Number, Value};

fn text(it: &str) -> Value {
    Value::Text(it.into())
}

fn record(members: &[(&str, Value)]) -> Value {
    Value::Record(members.iter().map(|(name, it)| ((*name).into(), it.clone())).collect())
}

fn customer(id: Value) -> Value {
    record(&[("id", id), ("name", text("Ann"))])
}

/// `Type::id` of all that is named.
fn named(path: &str, contents: &[Value]) -> Vec<String> {
    let types = BTreeMap::from([(path.to_owned(), "Customer".to_owned())]);
    let named = named_by_answer(&types, contents);
    named.iter().map(|it| format!("{}::{}", it.kind, it.id)).collect()
}

fn found(customers: Vec<Value>) -> Value {
    record(&[("customers", Value::List(customers))])
}

const ALL: [&str; 1] = ["Collection::Customer"];

#[test]
fn an_answer_names_each_thing_once() {
    let number = Value::Number(Number::from_lexeme("7.0"));
    let answer = found(vec![customer(text("c_42")), customer(number), customer(text("c_42"))]);
    assert_eq!(named("/customers/*/id", &[answer]), ["Customer::c_42", "Customer::7"]);
    let by_name = record(&[("a", customer(text("c_1"))), ("b", customer(text("c_2")))]);
    assert_eq!(named("/*/id", &[by_name]), ["Customer::c_1", "Customer::c_2"]);
    assert_eq!(
        named("/ids", &[record(&[("ids", Value::List(vec![text("c_9")]))])]),
        ["Customer::c_9"]
    );
}

#[test]
fn what_is_not_there_names_nothing() {
    for empty in [
        record(&[]),
        record(&[("customers", Value::Null)]),
        found(Vec::new()),
        found(vec![customer(Value::Null), record(&[])]),
    ] {
        assert!(named("/customers/*/id", &[empty]).is_empty());
    }
}

#[test]
fn where_nobody_can_say_which_ones_it_is_all_of_them() {
    let many = (0..257).map(|it| customer(text(&it.to_string()))).collect();
    let endless = (0..100_001).map(|_| customer(text("c_42"))).collect();
    for odd in [
        found(vec![customer(record(&[]))]),
        found(vec![customer(Value::Bool(true))]),
        found(vec![text("c_42")]),
        record(&[("customers", text("c_42"))]),
        text("c_42"),
        found(many),
        found(endless),
    ] {
        assert_eq!(named("/customers/*/id", &[odd]), ALL);
    }
    assert_eq!(named("/customers/*/id", &[]), ALL);
}
