//! What is known of things besides the file of entities: attributes for policy, classes for the
//! record.

use std::collections::BTreeSet;

use bailiwick_core::{Class, Classed, Fact, NamedResource, Policy as _, Thing, Timestamp};

use crate::{Classing, Facts, Known, PolicySet, Source, is_thing};

#[test]
fn the_gateways_own_types_are_no_things() {
    for kind in ["Person", "Tool", "Action", "Collection", "Bailiwick::Class", "no type", ""] {
        assert!(!is_thing(kind), "{kind}");
    }
    assert!(is_thing("Customer") && is_thing("Crm::Customer"));
}

fn customer(id: &str, attributes: &[(&str, Fact)]) -> Thing {
    let attributes = attributes.iter().map(|(name, fact)| ((*name).into(), fact.clone()));
    Thing { kind: "Customer".into(), id: id.into(), attributes: attributes.collect() }
}

const ENTITIES: &str = r#"[
    {"uid": {"type": "Customer", "id": "c_1"}, "attrs": {"region": "eu"},
     "parents": [{"type": "Group", "id": "big"}]},
    {"uid": {"type": "Group", "id": "big"}, "attrs": {}, "parents": []}
]"#;

fn facts(things: &[Thing]) -> Facts {
    let mut facts = Facts::default();
    facts.declare("Customer", "tier", "crm").unwrap();
    facts.add("crm", things).unwrap();
    facts
}

fn set(facts: &Facts, entities: &str) -> Result<PolicySet, String> {
    let classing = Classing::from([(
        "Customer".to_owned(),
        BTreeSet::from(["region".to_owned(), "tier".to_owned()]),
    )]);
    let entities = Source { name: "entities.json", text: entities };
    let known = Known { facts, classing: &classing };
    PolicySet::load_with(&[], Some(entities), known).map_err(|it| it.to_string())
}

#[test]
fn classes_are_those_of_the_file_and_of_the_facts() {
    let tier = |it| [("tier", Fact::Number(it))];
    let facts = facts(&[customer("c_1", &tier(2)), customer("c_2", &tier(1))]);
    let set = set(&facts, ENTITIES).unwrap();
    let named = |kind: &str, id: &str| NamedResource {
        argument: "it".into(),
        kind: kind.into(),
        id: id.into(),
    };
    let things = [
        named("Order", "o_1"),
        named("Customer", "c_1"),
        named("Customer", "c_2"),
        named("Customer", "c_3"),
    ];
    let classed = |thing, region, tier| {
        let classes = vec![Class::new("region", region), Class::new("tier", tier)];
        Classed { thing, classes }
    };
    assert_eq!(
        set.classes(&things, Timestamp::from_ns(1)),
        [classed(1, Some("eu"), Some("2")), classed(2, None, Some("1")), classed(3, None, None),]
    );
}

#[test]
fn two_that_say_one_attribute_are_refused_and_named() {
    let mut facts = facts(&[]);
    assert_eq!(facts.declare("Customer", "tier", "billing"), Err("crm".into()));
    let twice = ENTITIES.replace("\"region\": \"eu\"", "\"tier\": 1");
    let told = set(&facts, &twice).unwrap_err();
    assert!(told.contains("`tier` is said here and by [facts."), "{told}");
}
