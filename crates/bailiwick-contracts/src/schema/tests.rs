//! What fits and what does not, what is told of it, and what is too much.

use std::sync::mpsc;
use std::time::Duration;

use bailiwick_core::Number;

use super::*;

/// A value from its JSON, digits and all.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(said) => Value::Bool(*said),
        Json::Number(number) => Value::Number(Number::from_lexeme(&number.to_string())),
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(members) => {
            let member = |(name, it): (&String, &Json)| (name.as_str().into(), value(it));
            Value::Record(members.iter().map(member).collect())
        }
    }
}

fn number(lexeme: &str) -> Value {
    Value::Number(Number::from_lexeme(lexeme))
}

fn arguments(schema: &Json) -> Result<Schema, Held> {
    Schema::of_arguments(&value(schema))
}

fn told(schema: &Json, said: &Json) -> String {
    match arguments(schema).unwrap().check(&value(said)) {
        Ok(()) => "fits".into(),
        Err(misfit) => misfit.to_string(),
    }
}

#[test]
fn what_does_not_fit_is_told_by_place_and_keyword_and_never_by_value() {
    let schema = json!({
        "type": "object",
        "properties": {
            "amount": { "type": "number", "maximum": 250.5, "exclusiveMinimum": 0 },
            "to": { "type": "object", "properties": { "iban": { "pattern": "^[A-Z]{2}[0-9]+$" } } },
            "tags": { "type": "array", "items": { "enum": ["a", 7] }, "uniqueItems": true },
            "cents": { "type": "integer", "multipleOf": 0.05 },
        },
        "required": ["amount"],
    });
    for (said, expected) in [
        (json!({ "amount": 1 }), "fits"),
        (json!({ "amount": 250.5, "tags": ["a", 7.0], "cents": 5 }), "fits"),
        (json!({}), "/amount: required"),
        (json!({ "amount": "secret" }), "/amount: type"),
        (json!({ "amount": 250.51 }), "/amount: maximum"),
        (json!({ "amount": 0 }), "/amount: exclusiveMinimum"),
        (json!({ "amount": 1, "secret": 1 }), "the whole: additionalProperties"),
        (json!({ "amount": 1, "to": { "iban": "secret" } }), "/to/iban: pattern"),
        (json!({ "amount": 1, "to": { "other": "open below the top" } }), "fits"),
        (json!({ "amount": 1, "tags": ["a", "secret"] }), "/tags/1: enum"),
        (json!({ "amount": 1, "tags": ["a", "a"] }), "/tags: uniqueItems"),
        (json!({ "amount": 1, "cents": 1.5 }), "/cents: type"),
        (json!([1]), "the whole: type"),
    ] {
        assert_eq!(told(&schema, &said), expected, "{said}");
    }
    // Names that a caller chose are no more told than values.
    let map = json!({ "additionalProperties": { "type": "integer" } });
    assert_eq!(told(&map, &json!({ "bob@example.com": "x" })), "/*: type");
}

#[test]
fn the_top_is_closed_unless_the_schema_says_otherwise() {
    let unknown = json!({ "a": 1, "b": 1 });
    for (schema, fits) in [
        (json!({ "properties": { "a": {} } }), false),
        (json!({ "properties": {} }), false),
        (json!({ "properties": { "a": {} }, "additionalProperties": true }), true),
        (json!({ "properties": { "a": {} }, "patternProperties": { "^b$": {} } }), true),
        (json!({ "properties": { "a": {} }, "patternProperties": { "^c$": {} } }), false),
        (json!({ "properties": { "a": {} }, "anyOf": [{ "properties": { "b": {} } }, {}] }), true),
        (json!({ "$ref": "#/$defs/x", "$defs": { "x": { "properties": { "a": {} } } } }), false),
        (json!({ "type": "object" }), true),
        (json!({}), true),
        (json!(true), true),
    ] {
        assert_eq!(told(&schema, &unknown) == "fits", fits, "{schema}");
        let answer = Schema::of_answer(&value(&schema)).unwrap();
        assert_eq!(answer.check(&value(&unknown)), Ok(()), "{schema}");
    }
}

#[test]
fn numbers_are_checked_by_their_digits() {
    let check = |schema: Json, lexeme: &str| {
        Schema::of_answer(&value(&schema)).unwrap().check(&number(lexeme)).is_ok()
    };
    assert!(!check(json!({ "maximum": 0.3 }), "0.30000000000000000001"));
    assert!(check(json!({ "maximum": 0.3 }), "0.3000"));
    assert!(!check(json!({ "maximum": 9007199254740992_i64 }), "9007199254740993"));
    assert!(!check(json!({ "maximum": 9007199254740992_i64 }), "9007199254740992.5"));
    assert!(!check(json!({ "maximum": 5 }), "1e400"));
    assert!(!check(json!({ "minimum": 5 }), "-1e400"));
    assert!(!check(json!({ "const": 0.1 }), "0.1000000000000000000001"));
    assert!(check(json!({ "const": 100 }), "1e2"));
    assert!(!check(json!({ "enum": [9007199254740992_i64] }), "9007199254740993"));
    assert!(check(json!({ "type": "integer" }), "123456789012345678901234567890"));
    assert!(!check(json!({ "type": "integer" }), "1.00000000000000000000001"));
    let same = Value::List(vec![number("9007199254740992.0"), number("9007199254740993.0")]);
    let unique = Schema::of_answer(&value(&json!({ "uniqueItems": true }))).unwrap();
    assert_eq!(unique.check(&same), Ok(()));
    let schema = Value::Record(vec![("maximum".into(), number("0.10000000000000000000000001"))]);
    assert_eq!(Schema::of_answer(&schema).unwrap_err(), Held::Number("/maximum".into()));
}

#[test]
fn dialects_are_told_apart() {
    let old = |said: &str| json!({ "$schema": said, "properties": { "a": { "items": [{}] } } });
    assert!(arguments(&old("http://json-schema.org/draft-07/schema#")).is_ok());
    // In 2020-12 a list of items is `prefixItems`.
    let new = arguments(&old("https://json-schema.org/draft/2020-12/schema"));
    assert_eq!(new.unwrap_err(), Held::Faulty("/properties/a/items".into(), "type".into()));
    assert_eq!(arguments(&old("https://example.com/mine")).unwrap_err(), Held::Dialect);
    assert_eq!(arguments(&json!({ "$schema": 7 })).unwrap_err(), Held::Dialect);
}

#[test]
fn references_stay_within_the_schema() {
    for (schema, held) in [
        (json!({ "$ref": "https://example.com/a" }), Held::Remote("".into())),
        (
            json!({ "properties": { "a": { "$ref": "b.json#/x" } } }),
            Held::Remote("/properties/a".into()),
        ),
        (json!({ "$ref": "http://json-schema.org/draft-07/schema#" }), Held::Remote("".into())),
        (json!({ "$ref": "#/$defs/none" }), Held::Unresolved("".into())),
        (json!({ "$ref": "#anchor" }), Held::Unresolved("".into())),
        (json!({ "properties": { "a": { "$id": "x" } } }), Held::Rebased("/properties/a".into())),
        (json!({ "$dynamicRef": "#x" }), Held::Rebased("".into())),
        (json!({ "$ref": "#" }), Held::Endless("".into())),
        (json!({ "allOf": [{ "not": { "$ref": "#" } }] }), Held::Endless("".into())),
        (
            json!({ "properties": { "a": { "pattern": "(?=x)" } } }),
            Held::Pattern("/properties/a/pattern".into()),
        ),
        (
            json!({ "properties": { "a": { "pattern": "(a)\\1" } } }),
            Held::Pattern("/properties/a/pattern".into()),
        ),
        (json!({ "pattern": "(" }), Held::Pattern("/pattern".into())),
        (json!({ "pattern": "((a{100}){100}){100}" }), Held::Pattern("/pattern".into())),
        (
            json!({ "patternProperties": { "(?!x)": {} } }),
            Held::Pattern("/patternProperties/(?!x)".into()),
        ),
        (json!({ "pattern": "a".repeat(2000) }), Held::TooManyPatterns("".into())),
        (json!({ "type": "strnig" }), Held::Faulty("/type".into(), "anyOf".into())),
        (json!("object"), Held::NotASchema),
        (json!(null), Held::NotASchema),
    ] {
        assert_eq!(arguments(&schema).unwrap_err(), held, "{schema}");
    }
    let named = json!({
        "$id": "https://example.com/whole",
        "properties": { "a": { "$ref": "#/definitions/List%3Cx%3E" }, "$id": { "type": "string" } },
        "definitions": { "List<x>": { "items": { "$ref": "#" } } },
    });
    assert_eq!(told(&named, &json!({ "a": [{ "a": [{ "$id": 7 }] }] })), "/a/0/a/0/$id: type");
}

/// What servers say today can be checked, but for what is no schema at all.
#[test]
fn the_schemas_of_servers_as_they_are_can_be_compiled() {
    let shared = std::env::var_os("BAILIWICK_SHARED").map(std::path::PathBuf::from);
    let read = |name: &str| {
        let path = shared.as_ref()?.join("corpora/tools").join(name);
        std::fs::read_to_string(path).ok()
    };
    let Some(lines) = read("tools.jsonl").zip(read("tools_npm.jsonl")).map(|(a, b)| a + &b) else {
        assert!(
            std::env::var_os("BAILIWICK_REQUIRE_ALL").is_none_or(|it| it != "1"),
            "the corpus is missing"
        );
        eprintln!("SKIPPED: no corpus of tools; set BAILIWICK_SHARED");
        return;
    };
    let mut held = 0;
    for line in lines.lines() {
        let tool: Json = serde_json::from_str(line).unwrap();
        if let Err(why) = arguments(&tool["inputSchema"]) {
            // Some servers write what no dialect knows, such as `"type": "any"`.
            assert!(matches!(why, Held::Faulty(..)), "{}: {why}", tool["name"]);
            println!("{} {}: {why}", tool["server"], tool["name"]);
            held += 1;
        }
    }
    assert!(held * 100 < lines.lines().count(), "{held} are held");
}

mod differential {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

    fn instance() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Json::from),
            (-3..9i64).prop_map(Json::from),
            (-3..9i64).prop_map(|it| json!(it as f64 / 2.0)),
            "[ab7]{0,3}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Json::from),
                btree_map("[abc]", inner, 0..4).prop_map(|it| json!(it)),
            ]
        })
    }

    fn schema() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            proptest::sample::select(&TYPES[..]).prop_map(|it| json!({ "type": it })),
            (-2..6i64).prop_map(|it| json!({ "minimum": it, "exclusiveMaximum": it + 3 })),
            (1..4u32).prop_map(|it| json!({ "multipleOf": f64::from(it) / 2.0 })),
            (0..4u32)
                .prop_map(|it| json!({ "maxLength": it, "minItems": it, "maxProperties": it })),
            instance().prop_map(|it| json!({ "const": it })),
            vec(instance(), 1..4).prop_map(|it| json!({ "enum": it })),
            "[ab7^$]{1,3}".prop_map(|it| json!({ "pattern": it })),
            Just(json!({ "uniqueItems": true, "required": ["a"] })),
            any::<bool>().prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let list = vec(inner.clone(), 1..3);
            prop_oneof![
                (btree_map("[abc]", inner.clone(), 0..3), inner.clone())
                    .prop_map(|(a, b)| json!({ "properties": a, "additionalProperties": b })),
                (btree_map("[abc]", inner.clone(), 0..3), list.clone())
                    .prop_map(|(a, b)| json!({ "patternProperties": a, "allOf": b, "unevaluatedProperties": false })),
                inner.clone().prop_map(|it| json!({ "items": it })),
                inner.clone().prop_map(|it| json!({ "contains": it, "propertyNames": it })),
                inner.clone().prop_map(|it| json!({ "not": it })),
                inner.clone().prop_map(|it| json!({ "$ref": "#/$defs/x", "$defs": { "x": it } })),
                list.clone().prop_map(|it| json!({ "prefixItems": it, "items": false })),
                list.clone().prop_map(|it| json!({ "anyOf": it })),
                list.prop_map(|it| json!({ "oneOf": it })),
                (inner.clone(), inner.clone(), inner)
                    .prop_map(|(a, b, c)| json!({ "if": a, "then": b, "else": c })),
            ]
        })
    }

    proptest! {
        /// Over our own tree, with our own numbers and patterns, the engine says what it says over
        /// its own.
        #[test]
        fn values_fit_as_elsewhere(schema in schema(), instance in instance()) {
            // A reference of an inner schema leads to the outermost, where there may be nothing.
            if let Ok(ours) = Schema::of_answer(&value(&schema)) {
                let theirs = jsonschema::draft202012::new(&schema).unwrap();
                prop_assert_eq!(ours.check(&value(&instance)).is_ok(), theirs.is_valid(&instance));
            }
        }
    }
}

/// Whatever comes of it comes soon, on a stack as small as the gateway's.
fn soon(schema: Json, said: Json) -> Result<Result<(), Misfit>, Held> {
    let (tell, told) = mpsc::channel();
    let check = move || {
        let came = arguments(&schema).map(|it| it.check(&value(&said)));
        tell.send(came).unwrap();
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(check).unwrap();
    told.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[test]
fn heavy_bombs_are_soon_over() {
    // References that double at each step, at one place.
    let laughs = |keyword: &str| {
        let twice = |n: usize| {
            let next = json!({ "$ref": format!("#/$defs/a{}", n + 1) });
            (format!("a{n}"), json!({ keyword: [next, next] }))
        };
        let mut defs: Map<_, _> = (0..20).map(twice).collect();
        defs.insert("a20".into(), json!({}));
        json!({ "$ref": "#/$defs/a0", "$defs": defs })
    };
    for keyword in ["allOf", "anyOf", "oneOf"] {
        assert!(matches!(soon(laughs(keyword), json!({})), Err(Held::TooDeep | Held::TooHeavy(_))));
    }
    let wide = json!({ "anyOf": vec![json!({ "type": "null" }); 2500] });
    assert_eq!(soon(wide, json!({})), Err(Held::TooHeavy("".into())));
    // The same, each step one level deeper: compiled once, and checked until the work is out.
    let tree = |n: usize| {
        let next = json!({ "$ref": format!("#/$defs/a{}", n + 1) });
        (format!("a{n}"), json!({ "properties": { "x": next, "y": next } }))
    };
    let mut defs: Map<_, _> = (0..40).map(tree).collect();
    defs.insert("a40".into(), json!({ "type": "string" }));
    assert_eq!(
        soon(json!({ "$ref": "#/$defs/a0", "$defs": defs }), json!({ "x": {} })),
        Ok(Ok(()))
    );
    // Two ways to each item, and two to each of its: 2 to the 50th.
    let again = json!({ "items": { "$ref": "#" } });
    let both = json!({ "allOf": [again, again, { "type": ["array", "integer"] }] });
    let mut deep = json!("a");
    (0..50).for_each(|_| deep = json!([deep]));
    assert!(soon(both, deep).unwrap().is_err());
    // Patterns that are slow for their size.
    let slow = json!({ "properties": { "a": { "pattern": "^(a?){200}(a|b){200}c$" } } });
    assert_eq!(soon(slow, json!({ "a": "a".repeat(1 << 20) })), Ok(Err(Misfit::TooMuch)));
    // A list of values that are compared with each item.
    let listed = json!({ "items": { "enum": (0..15_000).collect::<Vec<_>>() } });
    assert_eq!(soon(listed, json!(vec![14_999; 100_000])), Ok(Err(Misfit::TooMuch)));
    // Patterns of names are paid for, too: each with every name.
    let patterns: serde_json::Map<_, _> =
        (0..40).map(|n| (format!("(a?){{{}}}b", 100 + n), json!({}))).collect();
    let named = json!({ "patternProperties": patterns, "additionalProperties": true });
    assert_eq!(soon(named.clone(), json!({ "a".repeat(1 << 16): 1 })), Ok(Err(Misfit::TooMuch)));
    assert_eq!(soon(named, json!({ "a": 1 })), Ok(Ok(())));
}

#[test]
fn heavy_depth_is_bounded_on_a_small_stack() {
    // References that lead on as long as they may, and no longer.
    let chain = |len: usize, keyword: &str| {
        let step = |n: usize| {
            let next = json!({ "$ref": format!("#/$defs/a{}", n + 1) });
            let says = match keyword {
                "$ref" => next,
                "items" => json!({ "items": next }),
                _ => json!({ keyword: [next] }),
            };
            (format!("a{n}"), says)
        };
        let mut defs: Map<_, _> = (0..len).map(step).collect();
        defs.insert(format!("a{len}"), json!({ "type": "string" }));
        json!({ "$ref": "#/$defs/a0", "$defs": defs })
    };
    assert!(soon(chain(20, "$ref"), json!(7)).unwrap().is_err());
    assert_eq!(soon(chain(1500, "$ref"), json!(7)), Err(Held::TooDeep));
    assert!(soon(chain(190, "items"), json!([[[7]]])).unwrap().is_ok());
    assert_eq!(soon(chain(1500, "items"), json!([[7]])), Err(Held::TooDeep));
    let mut nested = json!({ "type": "string" });
    (0..60).for_each(|_| nested = json!({ "not": nested }));
    assert_eq!(soon(nested, json!(7)), Err(Held::TooDeep));
    // The deepest instance, at the longest chain that may be asked of it.
    let mut way = json!({ "items": { "$ref": "#" } });
    (0..9).for_each(|_| way = json!({ "anyOf": [{ "type": "null" }, way] }));
    let mut deep = json!(7);
    (0..64).for_each(|_| deep = json!([deep]));
    assert!(soon(way.clone(), deep.clone()).is_ok());
    (0..9).for_each(|_| way = json!({ "anyOf": [{ "type": "null" }, way] }));
    assert_eq!(soon(way, deep), Ok(Err(Misfit::TooDeep)));
}
