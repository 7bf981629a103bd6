//! What is narrowed stays narrow, and is shown as it is enforced.

use proptest::prelude::*;

use super::*;
use crate::contract::Contract;

const CALLER: Caller<'_> = Caller { tenant: "acme", person: Some("alice"), agent: Some("bot") };

fn tool(text: &str) -> Tool {
    let text = format!("server = 's'\n[tools.pay]\neffect = 'read'\n{text}");
    Contract::read(&text).unwrap().tools.remove("pay").unwrap()
}

fn narrowing(text: &str) -> Narrowing {
    Narrowing::of_tool(&tool(&format!("[tools.pay.arguments]\n{text}"))).unwrap().unwrap()
}

fn definition() -> Definition {
    let schema = json!({ "name": "pay", "description": "Pays.", "inputSchema": {
        "type": "object",
        "properties": {
            "mode": { "type": "string", "enum": ["r", "w"] },
            "amount": { "type": "number", "maximum": 1000 },
            "account": { "type": "string", "description": "Whose." },
            "note": { "$ref": "#/$defs/note" },
        },
        "required": ["account", "amount"],
        "$defs": { "note": { "type": "string" } },
    } });
    Definition::of(&value(&schema)).unwrap()
}

#[test]
fn what_models_see_lacks_what_they_may_not_say() {
    let tool = tool(
        "[tools.pay.arguments]
         account = { bound = 'tenant' }
         amount = { maximum = 50 }
         note = { max_length = 10 }
         [tools.pay.views.look]
         effect = 'read'
         description = 'Looks.'
         arguments = { mode = { fixed = 'r' } }
         [tools.pay.views.change]
         arguments = { mode = { enum = ['w'] }, amount = { minimum = 1 } }",
    );
    let seen = shown(&tool, &definition()).unwrap();
    let names: Vec<_> = seen.iter().map(|it| it.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["change", "look"]);
    assert_eq!(seen[1].description.as_deref(), Some("Looks."));
    let change: Json = serde_json::from_str(seen[0].input_schema.as_deref().unwrap()).unwrap();
    let look: Json = serde_json::from_str(seen[1].input_schema.as_deref().unwrap()).unwrap();
    assert_eq!(
        look,
        json!({
            "type": "object",
            "properties": {
                "amount": { "allOf": [
                    { "type": "number", "maximum": 1000 }, { "type": "number", "maximum": 50 }
                ] },
                "note": { "allOf": [
                    { "$ref": "#/$defs/note" }, { "type": "string", "maxLength": 10 }
                ] },
            },
            "required": ["amount"],
            "$defs": { "note": { "type": "string" } },
        })
    );
    assert_eq!(change["properties"]["mode"]["allOf"][1], json!({ "enum": ["w"] }));
    assert_eq!(shown(&super::tests::tool(""), &definition()), None);
    for view in ["look", "change"] {
        let narrowing = Narrowing::of_view(&tool, view).unwrap().unwrap();
        assert_eq!(narrowing.misfit(&definition()), None);
    }
}

#[test]
fn what_is_not_the_models_is_refused_and_put_in() {
    let narrowing = narrowing(
        "account = { bound = 'tenant' }
         mode = { fixed = 'r' }
         note = { hidden = true }
         amount = { minimum = 1, maximum = 50 }",
    );
    for (given, told) in [
        (json!({ "amount": 7 }), None),
        (json!({}), None),
        (json!({ "account": "acme" }), Some("/account: not the caller's to say")),
        (json!({ "mode": "r" }), Some("/mode: not the caller's to say")),
        (json!({ "note": null }), Some("/note: not the caller's to say")),
        (json!({ "Account": "evil" }), Some("/account: named with other letters")),
        (json!({ "a-mount": 70 }), Some("/amount: named with other letters")),
        (json!({ "amount": 51 }), Some("/amount: maximum")),
        (json!({ "amount": 0.99 }), Some("/amount: minimum")),
        (json!({ "amount": "7" }), Some("/amount: type")),
        (json!({ "amount": [7] }), Some("/amount: type")),
    ] {
        let came = narrowing.check(&value(&given), CALLER).map_err(|it| it.to_string());
        assert_eq!(came.err().as_deref(), told, "{given}");
    }
    let sent = narrowing.sent(CALLER);
    assert_eq!(
        sent,
        [
            ("account", Some(Value::Text("acme".into()))),
            ("mode", Some(Value::Text("r".into()))),
            ("note", None)
        ]
    );
    let nobody = Caller { tenant: "", person: None, agent: None };
    let came = narrowing.check(&value(&json!({})), nobody);
    assert_eq!(came, Err(Beyond::Unknown("account".into())));
}

#[test]
fn a_contract_that_cannot_be_kept_is_told() {
    for (text, told) in [
        ("mode = { fixed = 'r', hidden = true }", "say one of"),
        ("note = { pattern = '(?=a)' }", "linear time"),
        ("amount = { minimum = 10, fixed = 3 }", "fixed to what it may not say"),
    ] {
        let tool = tool(&format!("[tools.pay.arguments]\n{text}"));
        let why = Narrowing::of_tool(&tool).unwrap_err();
        assert!(why.contains(told), "{why}");
    }
    let twice = tool(
        "arguments = { mode = { fixed = 'r' } }
         [tools.pay.views.change]
         arguments = { mode = { fixed = 'w' } }",
    );
    assert!(Narrowing::of_view(&twice, "change").unwrap_err().contains("in two ways"));
    for (text, told) in [
        ("nothing = { hidden = true }", "no argument `nothing`"),
        ("mode = { enum = ['r', 'x'] }", "does not take what is said for its argument `mode`"),
        ("amount = { fixed = 5000 }", "argument `amount`: the whole: maximum"),
        ("amount = { bound = 'person' }", "argument `amount`: the whole: type"),
    ] {
        let why = narrowing(text).misfit(&definition()).unwrap();
        assert!(why.contains(told), "{why}");
    }
}

fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-10..100i64).prop_map(Json::from),
        (-10.0..100.0f64).prop_map(Json::from),
        "[a-c]{0,6}".prop_map(Json::from),
        "[0-9]{1,3}".prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            proptest::collection::btree_map("[ab]", inner, 0..3).prop_map(|it| json!(it)),
        ]
    })
}

proptest! {
    /// Whatever a model says, what is sent holds what the contract says.
    #[test]
    fn no_argument_widens_a_narrowing(
        given in proptest::collection::btree_map(
            "(account|Account|ACCOUNT|mode|amount|_amount|note|kind|free)", anything(), 0..5
        )
    ) {
        let narrowing = narrowing(
            "account = { bound = 'tenant' }
             mode = { fixed = 'r' }
             amount = { minimum = 1, maximum = 50 }
             note = { max_length = 3, pattern = 'a|b+' }
             kind = { enum = ['x', 3] }",
        );
        let given = value(&json!(given));
        if narrowing.check(&given, CALLER).is_ok() {
            let Value::Record(mut members) = given else { unreachable!() };
            for (name, sent) in narrowing.sent(CALLER) {
                members.retain(|(it, _)| **it != *name);
                members.extend(sent.map(|it| (name.into(), it)));
            }
            let sent = Value::Record(members.clone());
            let text = |name: &str| sent.member(name).and_then(Value::as_text).map(str::to_owned);
            prop_assert_eq!(text("account"), Some("acme".to_owned()));
            prop_assert_eq!(text("mode"), Some("r".to_owned()));
            let accounts = members.iter().filter(|(it, _)| folded(it) == "account").count();
            prop_assert_eq!(accounts, 1);
            if let Some(amount) = sent.member("amount") {
                let Value::Number(amount) = amount else { panic!("no number") };
                let amount: f64 = amount.lexeme().parse().unwrap();
                prop_assert!((1.0..=50.0).contains(&amount));
            }
            if let Some(note) = sent.member("note") {
                let note = note.as_text().unwrap();
                let is_all_b = note.chars().all(|it| it == 'b');
                prop_assert!(note == "a" || (1..=3).contains(&note.len()) && is_all_b);
            }
            if let Some(kind) = sent.member("kind") {
                prop_assert!(*kind == value(&json!("x")) || *kind == value(&json!(3)));
            }
        }
    }
}
