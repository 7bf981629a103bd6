//! What sources say becomes things or is refused.

use std::collections::BTreeMap;

use bailiwick_core::{Fact, Thing};
use proptest::prelude::*;

use super::*;

fn expected(types: &[&str]) -> Expected {
    let attribute = |name: &str, kind| (name.to_owned(), kind);
    Expected {
        types: types.iter().map(|it| (*it).to_owned()).collect(),
        attributes: BTreeMap::from([
            attribute("tier", FactKind::Number),
            attribute("tenant", FactKind::Text),
            attribute("active", FactKind::Flag),
        ]),
        things_max: 3,
    }
}

fn customer(id: &str, attributes: &[(&str, Fact)]) -> Thing {
    let attributes = attributes.iter().map(|(name, fact)| ((*name).into(), fact.clone()));
    Thing { kind: "Customer".into(), id: id.into(), attributes: attributes.collect() }
}

#[test]
fn json_and_csv_say_the_same() {
    let json = r#"[{"id": "c_1", "tier": 2, "tenant": "a, \"b\"", "phone": "1"},
                   {"type": "Customer", "id": 7, "active": true, "tier": null}]"#;
    let csv = "id,tier,tenant,phone,active\r\nc_1,2,\"a, \"\"b\"\"\",1,\r\n7,,,,true\r\n\r\n";
    let text = |it: &str| Fact::Text(it.into());
    let things = vec![
        customer("c_1", &[("tier", Fact::Number(2)), ("tenant", text("a, \"b\""))]),
        customer("7", &[("active", Fact::Flag(true))]),
    ];
    let one = expected(&["Customer"]);
    assert_eq!(read_json(json.as_bytes(), &one), Ok(things.clone()));
    assert_eq!(read_csv(csv.as_bytes(), &one), Ok(things));
}

/// Every declared attribute, of a thing that is said besides.
const WHOLE: &str = r#"{"id": "whole", "tier": null, "tenant": null, "active": null}"#;

#[test]
fn a_thing_with_more_names_than_may_be_is_refused_and_no_list_is_held() {
    let one = expected(&["Customer"]);
    let with = |names: usize| {
        let more: String = (0..names).map(|it| format!(", \"n{it}\": [0, {{}}]")).collect();
        format!("[{{\"id\": \"c_1\"{more}}}, {WHOLE}]")
    };
    let both = vec![customer("c_1", &[]), customer("whole", &[])];
    assert_eq!(read_json(with(255).as_bytes(), &one), Ok(both));
    assert!(read_json(with(256).as_bytes(), &one).is_err());
}

#[test]
fn what_nobody_could_be_sure_of_is_refused() {
    let one = expected(&["Customer"]);
    for json in [
        r#"{"id": "c_1", "tier": 1, "tenant": "a", "active": true}"#,
        r#"[{"id": "c_1", "tier": 1, "tier": 2}]"#,
        r#"[{"id": "c_1"}, {"id": "c_1"}]"#,
        r#"[{"id": "c_1", "tier": "2"}]"#,
        r#"[{"id": "c_1", "tier": 2.0}]"#,
        r#"[{"id": "c_1", "tenant": ["a"]}]"#,
        r#"[{"id": "c_1", "active": 1}]"#,
        r#"[{"id": ""}]"#,
        r#"[{"id": "c_1", "type": "Vendor"}]"#,
        r#"[{"id": "c_1", "type": 5}]"#,
        r#"[{"id": "c_1", "type": {}}]"#,
        r#"[{"tier": 2}]"#,
        r#"[{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]"#,
        r#"[{"id": "c_1"}"#,
    ] {
        is_refused(read_json(json.as_bytes(), &one), json);
    }
    for csv in [
        "",
        "id,id\nc_1,c_2\n",
        "id,tier\nc_1\n",
        "id,tier\nc_1,02\n",
        "id,tier\nc_1,+2\n",
        "id,tier\n\"c_1\n",
        "id,tier\nc\"_1,2\n",
        "id,tier\n\"c_1\"x,2\n",
        "id,active\nc_1,yes\n",
        "tier\n2\n",
        "id,type,tier\nc_1,Vendor,2\n",
    ] {
        let mut one = one.clone();
        one.attributes.retain(|it, _| csv.contains(it));
        is_refused(read_csv(csv.as_bytes(), &one), csv);
    }
    // Where there are several types each row says its own.
    let two = expected(&["Customer", "Order"]);
    let with = |row: &str| {
        let whole = WHOLE.replace("{", "{\"type\": \"Order\", ");
        read_json(format!("[{row}, {whole}]").as_bytes(), &two)
    };
    assert!(with(r#"{"id": "c_1"}"#).is_err());
    assert!(with(r#"{"id": "c_1", "type": "Invoice"}"#).is_err());
    assert!(with(r#"{"id": "c_1", "type": "Order"}"#).is_ok());
}

#[track_caller]
fn is_refused(read: Result<Vec<Thing>, Odd>, text: &str) {
    // Not because of what is missing besides.
    assert!(!matches!(read, Ok(_) | Err(Odd::Lacks(_))), "{text}: {read:?}");
}

#[test]
fn an_attribute_that_is_nowhere_is_refused_and_one_that_is_empty_is_not() {
    let one = expected(&["Customer"]);
    let lacks = |name: &str| Err(Odd::Lacks(name.to_owned()));
    for csv in ["id,tiers,tenant,active\nc_1,2,a,true\n", "id,tenant,active\n"] {
        assert_eq!(read_csv(csv.as_bytes(), &one), lacks("tier"), "{csv}");
    }
    let json = r#"[{"id": "c_1", "tiers": 2, "tenant": "a"}, {"id": "c_2", "active": true}]"#;
    assert_eq!(read_json(json.as_bytes(), &one), lacks("tier"));
    // Of a table without rows nobody misses anything, where its columns are not named.
    assert_eq!(read_json(b"[]", &one), Ok(Vec::new()));
    assert_eq!(read_csv(b"id,tier,tenant,active\n", &one), Ok(Vec::new()));
    let whole = Ok(vec![customer("whole", &[])]);
    assert_eq!(read_json(format!("[{WHOLE}]").as_bytes(), &one), whole);
    assert_eq!(read_csv(b"id,tier,tenant,active\nwhole,,,\n", &one), whole);
}

#[test]
fn columns_of_the_same_name_are_refused_where_they_are_asked_for() {
    let one = expected(&["Customer"]);
    let columns = |names: &str| Table::new(&one).columns(names.split(','));
    assert_eq!(columns("id,tier,tenant,active,note,note"), Ok(()));
    for twice in ["id", "type", "tier"] {
        assert!(columns(&format!("id,type,tier,tenant,active,{twice}")).is_err(), "{twice}");
    }
    assert!(columns("tier,tenant,active").is_err(), "no id");
    let row = |name: &str| {
        let cell = || (name.to_owned(), Cell::Text("Customer".to_owned()));
        Table::new(&one).row(vec![("id".to_owned(), Cell::Number(1)), cell(), cell()])
    };
    assert!(row("id").is_err() && row("type").is_err() && row("note").is_ok());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}", csv in "[a,\"\r\n]{0,40}") {
        let one = expected(&["Customer"]);
        let _ = (read_json(text.as_bytes(), &one), read_csv(text.as_bytes(), &one));
        let _ = read_csv(format!("id,a\n{csv}").as_bytes(), &one);
    }

    #[test]
    fn what_is_quoted_comes_back(id in "[^\0]{1,40}", tenant in "[^\0]{1,40}") {
        let quoted = |it: &str| format!("\"{}\"", it.replace('"', "\"\""));
        let csv = format!("id,tenant\n{},{}\n", quoted(&id), quoted(&tenant));
        let mut one = expected(&["Customer"]);
        one.attributes.retain(|it, _| it == "tenant");
        let things = read_csv(csv.as_bytes(), &one).unwrap();
        prop_assert_eq!(things, vec![customer(&id, &[("tenant", Fact::Text(tenant.into()))])]);
    }
}
