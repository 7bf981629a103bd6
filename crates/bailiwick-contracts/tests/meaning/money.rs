//! Money.

use bailiwick_contracts::{Argument, Meaning, meant};
use bailiwick_core::{Number, Value};
use proptest::prelude::{prop_assert_eq, proptest};

use crate::{fits, fits_value, none_fits};

fn money(cap: &str, currency: &str, units: Option<u32>) -> Meaning {
    let (cap, currency) = (cap.to_owned(), currency.to_owned());
    Meaning::Money { cap, currency, currency_argument: None, units }
}

fn number(lexeme: &str) -> Value {
    Value::Number(Number::from_lexeme(lexeme))
}

/// As numbers and, where JSON has no such number, as texts.
const HOSTILE: &[&str] = &[
    "250.01",
    "251",
    "1000000",
    "250.001",
    "10.005",
    "0.001",
    "-1",
    "-0",
    "-0.01",
    "+1",
    "1e2",
    "1E2",
    "2.5e1",
    "1e-2",
    "1e400",
    "NaN",
    "Infinity",
    "-Infinity",
    "inf",
    "0x10",
    "010",
    "00.5",
    ".5",
    "5.",
    "1,000",
    "1.000,00",
    "1 000",
    " 5",
    "5 ",
    "5\n",
    "",
    "ten",
    "٥",
    "５",
    "1_000",
    "5 EUR",
    "€5",
    "$5",
    "5%",
    "1/2",
    "9999999999999999999999",
    "1.0000000000000000",
    "true",
    "1.2.3",
];

#[test]
fn hostile_amounts_fail() {
    let euros = money("250.00", "EUR", None);
    none_fits(&euros, HOSTILE);
    for lexeme in HOSTILE {
        assert!(fits_value(&euros, number(lexeme)).is_err(), "{lexeme}");
    }
    for odd in [
        Value::Null,
        Value::Bool(true),
        Value::Record(vec![("value".into(), number("1"))]),
        Value::List(vec![Value::List(vec![number("1")])]),
        Value::List(Vec::new()),
        // Each is small; together they are not.
        Value::List(vec![number("100"), number("100"), number("50.01")]),
        Value::List(vec![number("1"); 257]),
    ] {
        assert!(fits_value(&euros, odd.clone()).is_err(), "{odd:?}");
    }
}

#[test]
fn honest_amounts_pass() {
    let euros = money("250.00", "EUR", None);
    for lexeme in ["0", "1", "250", "250.00", "249.99", "0.5", "12.50", "12.5000"] {
        assert!(fits(&euros, lexeme).is_ok(), "{lexeme}");
        assert!(fits_value(&euros, number(lexeme)).is_ok(), "{lexeme}");
    }
    assert!(fits_value(&euros, Value::List(vec![number("100"), number("150")])).is_ok());
}

#[test]
fn units_and_currencies_have_their_decimals() {
    let cents = money("250.00", "EUR", Some(100));
    assert!(fits_value(&cents, number("25000")).is_ok());
    assert!(fits_value(&cents, number("25001")).is_err());
    assert!(fits_value(&cents, number("100.5")).is_err());
    let yen = money("5000", "JPY", None);
    assert!(fits_value(&yen, number("5000")).is_ok());
    assert!(fits_value(&yen, number("100.50")).is_err());
    let dinars = money("1.250", "KWD", None);
    assert!(fits_value(&dinars, number("1.250")).is_ok());
    assert!(fits_value(&dinars, number("1.251")).is_err());
}

#[test]
fn another_currency_is_another_cap() {
    let is = Meaning::Money {
        cap: "250".to_owned(),
        currency: "EUR".to_owned(),
        currency_argument: Some("currency".to_owned()),
        units: None,
    };
    let said = Argument { is: Some(is), ..Argument::default() };
    let arguments = [("amount".to_owned(), said)].into();
    let check = |currency: Option<Value>| {
        let mut members = vec![("amount".into(), number("5"))];
        members.extend(currency.map(|it| ("currency".into(), it)));
        meant(&[&arguments], &Value::Record(members)).is_ok()
    };
    assert!(check(Some(Value::Text("EUR".into()))));
    assert!(check(Some(Value::Text("eur".into()))));
    assert!(!check(None));
    assert!(!check(Some(Value::Null)));
    assert!(!check(Some(Value::Text("KWD".into()))));
    assert!(!check(Some(Value::Text("EUR ".into()))));
    assert!(!check(Some(Value::List(vec![Value::Text("EUR".into())]))));
    // What the contract puts there, models need not give.
    let mut fixed = arguments.clone();
    let euros = Argument { fixed: Some("EUR".into()), ..Argument::default() };
    fixed.insert("currency".to_owned(), euros);
    let alone = Value::Record(vec![("amount".into(), number("5"))]);
    assert!(meant(&[&fixed], &alone).is_ok());
    // A server that ignores case would take the other one.
    let twice = vec![("amount".into(), number("5")), ("Amount".into(), number("9000"))];
    assert!(meant(&[&arguments], &Value::Record(twice)).is_err());
}

#[test]
fn a_contract_that_says_nonsense_of_money_is_at_fault() {
    assert_eq!(money("250.00", "EUR", Some(100)).fault(), None);
    for (cap, currency, units) in [
        ("250.001", "EUR", None),
        ("250,00", "EUR", None),
        ("-1", "EUR", None),
        ("", "EUR", None),
        ("1e3", "EUR", None),
        ("1.5", "JPY", None),
        ("250", "eur", None),
        ("250", "EURO", None),
        ("250", "", None),
        ("250", "EUR", Some(0)),
    ] {
        assert!(money(cap, currency, units).fault().is_some(), "{cap} {currency} {units:?}");
    }
}

proptest! {
    #[test]
    fn an_amount_passes_exactly_up_to_its_cap(amount in 0u64..200_000, cap in 0u64..200_000) {
        let written = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        let euros = money(&written(cap), "EUR", None);
        prop_assert_eq!(fits(&euros, &written(amount)).is_ok(), amount <= cap);
        let cents = money(&written(cap), "EUR", Some(100));
        prop_assert_eq!(fits(&cents, &amount.to_string()).is_ok(), amount <= cap);
    }
}
