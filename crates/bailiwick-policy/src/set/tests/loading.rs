//! What loads, what does not, what is doubtful, and where each is said to be.

use bailiwick_core::Policy as _;
use proptest::prelude::*;

use super::{ENTITIES, set};
use crate::{PolicySet, Source, Surroundings};

fn errors(policies: &str, entities: &str) -> Vec<String> {
    let source = Source { name: "p.cedar", text: policies };
    match PolicySet::load(&[source], Some(Source { name: "e.json", text: entities })) {
        Ok(_) => vec![],
        Err(errors) => errors.0.iter().map(ToString::to_string).collect(),
    }
}

/// `permit` or `forbid` with an open scope.
fn open(annotated: &str) -> String {
    format!("{annotated}(principal, action, resource);")
}

#[test]
fn a_policy_that_is_wrong_does_not_load_and_says_where() {
    for (policies, place, words) in [
        ("permit(principal, action, resource)", "p.cedar:1:", "unexpected"),
        ("\n  permit(principal, action, resource) when { 1 + };", "p.cedar:2:", "unexpected"),
        ("permit(principal, action in Team::\"x\", resource);", "p.cedar:1:", "ction"),
        ("permit(principal == ?principal, action, resource);", "p.cedar:1:1", "template"),
        (
            &format!("{}\n{}", open("@id(\"a\")\npermit"), open("@id(\"a\") forbid")),
            "p.cedar:3:1",
            "taken by the policy at p.cedar:1:1",
        ),
        (&open("@id(\"\") permit"), "p.cedar:1:", "@id"),
        (&open("@obligation(\"hold\") permit"), "p.cedar:1:", "\"hold\" is no obligation"),
        (&open("@obligation(\"durable, \") permit"), "p.cedar:1:", "\"\" is no obligation"),
        (&open("@obligation(\"durable\") forbid"), "p.cedar:1:", "a forbid has no obligations"),
        (
            "permit(principal, action, resource) when { action in Bailiwick::Class::\"read\" };",
            "p.cedar:1:1",
            "kept for the gateway",
        ),
    ] {
        let told = errors(policies, "[]");
        let found = told.iter().any(|it| it.starts_with(place) && it.contains(words));
        assert!(found, "{policies}: {told:?}");
    }
}

#[test]
fn an_entities_file_that_is_wrong_does_not_load_and_says_where() {
    let entity = |kind: &str, id: &str, parent: Option<(&str, &str)>| {
        let parents = parent.map_or(String::new(), |(kind, id)| {
            format!("{{\"type\": \"{kind}\", \"id\": \"{id}\"}}")
        });
        let uid = format!("{{\"type\": \"{kind}\", \"id\": \"{id}\"}}");
        format!("{{\"uid\": {uid}, \"attrs\": {{}}, \"parents\": [{parents}]}}")
    };
    for (entities, place, words) in [
        ("[{]".to_owned(), "e.json:1:", "key must be a string"),
        ("{}".to_owned(), "e.json:1:", "array"),
        ("[\n {\"uid\": 7}\n]".to_owned(), "e.json:2:2", "entit"),
        (
            format!("[{},\n {}]", entity("A", "a]\\\"[", None), entity("A B", "b", None)),
            "e.json:2:2",
            "",
        ),
        (
            format!("[{}]", entity("Action", "helpdesk/wipe", Some(("Action", "read")))),
            "e.json:1:2",
            "effects come from contracts only",
        ),
        (
            format!("[{}]", entity("Action", "invoke", None)),
            "e.json:1:2",
            "effects come from contracts only",
        ),
        (
            format!("[{}]", entity("Bailiwick::Class", "x", None)),
            "e.json:1:2",
            "kept for the gateway",
        ),
        (
            format!(
                "[{}, {}]",
                entity("A", "a", Some(("A", "b"))),
                entity("A", "b", Some(("A", "a")))
            ),
            "e.json:1:1",
            "cycle",
        ),
    ] {
        let told = errors("", &entities);
        let found = told.iter().any(|it| it.starts_with(place) && it.contains(words));
        assert!(found, "{entities}: {told:?}");
    }
}

#[test]
fn every_error_is_told_at_once() {
    let policies =
        [open("@id(\"a\") permit"), open("@id(\"a\") permit"), open("@obligation(\"x\") permit")];
    let told = errors(&policies.concat(), "[7]");
    assert_eq!(told.len(), 3, "{told:?}");
}

#[test]
fn what_is_doubtful_is_told() {
    for (policies, words) in [
        ("permit(principal, action, resource);", "permits everything"),
        ("permit(principal, action in Action::\"reed\", resource);", "did you mean \"read\"?"),
        ("permit(principal, action == Action::\"get_billing\", resource);", "\"server/tool\""),
        (
            "permit(principal, action in Action::\"read\", resource)
               unless { action in [Action::\"wirte\"] };",
            "did you mean \"write\"?",
        ),
        (
            "permit(principal, action in Action::\"read\", resource == Server::\"x\");",
            "resource in Server",
        ),
        (
            "forbid(principal, action, resource is Tool) when { context.input.amount > 5 };",
            "context.input has amount",
        ),
        (
            "forbid(principal, action, resource) when { context.effect == \"read\" };",
            "context.effect",
        ),
        (
            "permit(principal is Agent, action, resource) when { context.amount > 5 };",
            "no `context.amount`",
        ),
    ] {
        let told: Vec<_> = set(policies).warnings().iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|it| it.contains(words)), "{policies}: {told:?}");
    }
    let many = "forbid(principal, action, resource) when { false };\n".repeat(21);
    assert!(set(&many).warnings().iter().any(|it| it.message.starts_with("21 policies")));
}

#[test]
fn what_is_plain_has_no_warnings() {
    for policies in [
        "permit(principal == Agent::\"a\", action == Action::\"helpdesk/get_billing\", resource);",
        "permit(principal, action in Action::\"money\", resource);",
        "permit(principal, action in Action::\"session\", resource == Server::\"helpdesk\");",
        "permit(principal, action == Action::\"discover\", resource in Server::\"helpdesk\");",
        "forbid(principal, action in Action::\"write\", resource) when { context.input.a > 5 };",
        "forbid(principal, action, resource) when { context.input has a && context.input.a > 5 };",
    ] {
        assert_eq!(set(policies).warnings(), [], "{policies}");
    }
}

#[test]
fn the_digest_is_of_every_source_and_not_of_their_order() {
    let (permit, forbid) = (open("permit"), open("forbid"));
    let a = Source { name: "a.cedar", text: &permit };
    let b = Source { name: "b.cedar", text: &forbid };
    let entities = Some(Source { name: "e.json", text: ENTITIES });
    let digest =
        |policies: &[Source<'_>], entities| PolicySet::load(policies, entities).unwrap().digest();
    let both = digest(&[a, b], entities);
    assert_eq!(both, digest(&[b, a], entities));
    let moved = Source { name: "c.cedar", ..b };
    for other in [digest(&[a], entities), digest(&[a, b], None), digest(&[a, moved], entities)] {
        assert_ne!(both, other);
    }
}

#[test]
fn policies_are_named_by_their_file_when_they_have_no_id() {
    let policies = set(&format!("{}\n\n{}", open("permit"), open("@id(\"b\")\nforbid")));
    let told: Vec<_> =
        policies.policies().map(|it| (it.id.to_string(), it.effect.as_str(), it.line)).collect();
    assert_eq!(told, [("test.cedar#1".to_owned(), "permit", 1), ("b".to_owned(), "forbid", 3)]);
    assert_eq!(policies.len(), 2);
}

/// What policies are made of, in any order.
const PIECES: &str = concat!(
    r#"(@id\("a?"\) ?|@obligation\("[a,]?"\)|permit ?|forbid|\(principal, action, resource\)|"#,
    r#"\(|when \{ ?|true ?|context\.|input |\}|;|\n|é|"|\?principal|in ){0,14}"#,
);

proptest! {
    #[test]
    fn whatever_a_file_holds_it_loads_or_is_refused_with_a_place(
        text in PIECES,
    ) {
        let source = Source { name: "p", text: &text };
        match PolicySet::load(&[source], None) {
            Ok(set) => prop_assert!(set.policies().all(|it| text.contains(&*it.text))),
            Err(errors) => {
                prop_assert!(!errors.0.is_empty());
                let lines = text.matches('\n').count() + 1;
                prop_assert!(errors.0.iter().all(|it| it.place.line <= lines));
            }
        }
    }
}

#[test]
fn names_that_nothing_has_are_told() {
    let policies = "forbid (principal is Agnt, action, resource in Servr::\"crm\");
        permit (principal == Persn::\"ada\", action, resource is Cusomer)
          when { resource is Tol && principal in Team::\"a\" };
        permit (principal, action == Action::\"filez/x\", resource == Tool::\"files/x\");
        permit (principal, action, resource == Custom::\"a\") when { resource is Depot };
        permit (principal, action in Action::\"money/out\", resource in Server::\"crm\");";
    let entities = "[
        {\"uid\": {\"type\": \"Customer\", \"id\": \"a\"},
         \"attrs\": {\"of\": {\"__entity\": {\"type\": \"Depot\", \"id\": \"d\"}}},
         \"parents\": [{\"type\": \"Team\", \"id\": \"a\"}]},
        {\"uid\": {\"type\": \"Action\", \"id\": \"crm/pay\"}, \"attrs\": {},
         \"parents\": [{\"type\": \"Action\", \"id\": \"money/out\"}]}]";
    let policies = Source { name: "p.cedar", text: policies };
    let set =
        PolicySet::load(&[policies], Some(Source { name: "e.json", text: entities })).unwrap();
    let told = |types: &[&'static str], servers: &[&'static str]| -> Vec<String> {
        let around = Surroundings { types: types.to_vec(), servers: servers.to_vec() };
        set.strangers(&around).into_iter().map(|it| it.message).collect()
    };
    let all = told(&["Custom"], &["files", "crm"]);
    for (type_or_server, meant) in [
        ("`Agnt`", "`Agent`"),
        ("`Servr`", "`Server`"),
        ("`Persn`", "`Person`"),
        ("`Cusomer`", "`Customer`"),
        ("`Tol`", "`Tool`"),
        ("no `filez`", "`files`"),
    ] {
        let hint = format!("did you mean {meant}?");
        let found = all.iter().any(|it| it.contains(type_or_server) && it.contains(&hint));
        assert!(found, "{type_or_server}: {all:?}");
    }
    assert_eq!(all.len(), 6, "{all:?}");
    // Without a contract, nothing has that type; without servers, any may come.
    let fewer = told(&[], &[]);
    assert!(fewer.iter().any(|it| it.contains("`Custom`")), "{fewer:?}");
    assert!(!fewer.iter().any(|it| it.contains("[servers]")), "{fewer:?}");
}
