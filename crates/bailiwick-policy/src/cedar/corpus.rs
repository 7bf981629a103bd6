//! Cedar's published conformance cases against the index and the evaluation, below the kernel:
//! there a policy that fails is skipped, as Cedar has it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use cedar_policy::{Context, Entities, EntityUid, Request, Schema};
use serde_json::Value as Json;

use super::{Ask, Evaluation, IndexBuilder, Preparation, Store, parse_policies};

/// The corpora folder, or a loud word that there is none.
fn corpora() -> Option<PathBuf> {
    let shared = std::env::var_os("BAILIWICK_SHARED").map_or_else(
        || PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared"),
        PathBuf::from,
    );
    let cedar = shared.join("corpora/cedar");
    if cedar.is_dir() {
        return Some(cedar);
    }
    assert!(std::env::var("BAILIWICK_REQUIRE_ALL").as_deref() != Ok("1"), "no {cedar:?}");
    eprintln!("SKIPPED: no Cedar corpus at {}: set BAILIWICK_SHARED", cedar.display());
    None
}

/// How many requests of a case were compared, or what differs.
#[expect(
    clippy::too_many_lines,
    reason = "one case from its files to its comparison, step by step"
)]
fn check(case: &Json, file: &dyn Fn(&str) -> String) -> Result<usize, String> {
    let said = |error: &dyn std::fmt::Display| format!("{error}");
    let (schema, _) = Schema::from_cedarschema_str(&file("schema")).map_err(|e| said(&e))?;
    let entities =
        Entities::from_json_str(&file("entities"), Some(&schema)).map_err(|e| said(&e))?;
    let policies = parse_policies(&file("policies")).map_err(|faults| format!("{faults:?}"))?;
    let store =
        Store::of(AsRef::<cedar_policy_core::entities::Entities>::as_ref(&entities).clone());
    let mut index = IndexBuilder::default();
    for (number, policy) in policies.iter().enumerate() {
        index.add(number as u32, policy);
    }
    let index = index.build(&store);
    let mut preparation = Preparation::new(&store);
    let conditions: Vec<_> =
        policies.iter().map(|it| preparation.condition(it).map(|(it, _)| it)).collect();
    let requests = case["requests"].as_array().ok_or("no requests")?;
    for request in requests {
        let uid = |name: &str| EntityUid::from_json(request[name].clone()).map_err(|e| said(&e));
        let (principal, action, resource) = (uid("principal")?, uid("action")?, uid("resource")?);
        let context =
            Context::from_json_value(request["context"].clone(), Some((&schema, &action)))
                .map_err(|e| said(&e))?;
        let core = |uid: &EntityUid| {
            Arc::new(AsRef::<cedar_policy_core::ast::EntityUID>::as_ref(uid).clone())
        };
        let named = |uid| index.named(core(uid));
        let (p, a, r) = (named(&principal), named(&action), named(&resource));
        let whole =
            Request::new(principal, action, resource, context, None).map_err(|e| said(&e))?;
        let whole: &cedar_policy_core::ast::Request = whole.as_ref();
        let context = whole.context().cloned().ok_or("no context")?;
        let numbers =
            index.candidates(index.principal(&p), index.action(&a, &a), index.resource(&r, &r));
        let ask = Ask {
            action: a.clone(),
            class: a,
            resource: r.clone(),
            server: r,
            parents: true,
            context: Ok(context),
        };
        let evaluation = Evaluation::new(&p, &ask, &store);
        let (mut permits, mut forbids, mut errors) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for number in numbers {
            let (policy, condition) = (&policies[number as usize], &conditions[number as usize]);
            let id = policy
                .annotations
                .iter()
                .find(|(name, ..)| name == "id")
                .map_or_else(|| format!("policy{number}"), |(_, id, _)| id.clone());
            match condition.as_ref().map_or(Ok(true), |it| evaluation.holds(it)) {
                Ok(true) if policy.forbid => drop(forbids.insert(id)),
                Ok(true) => drop(permits.insert(id)),
                Ok(false) => {}
                Err(_) => drop(errors.insert(id)),
            }
        }
        let allows = forbids.is_empty() && !permits.is_empty();
        let reasons = if allows { permits } else { forbids };
        let listed = |name: &str| -> BTreeSet<String> {
            let items = request[name].as_array().cloned().unwrap_or_default();
            items.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        };
        let decision = if allows { "allow" } else { "deny" };
        if request["decision"] != decision
            || reasons != listed("reason")
            || errors != listed("errors")
        {
            return Err(format!("{decision} {reasons:?} {errors:?}, not {request}"));
        }
    }
    Ok(requests.len())
}

#[test]
fn cedars_own_cases_come_out_the_same() {
    let Some(root) = corpora() else { return };
    let (mut compared, mut wrong) = (0, vec![]);
    let mut note = |name: &str, outcome: Result<usize, String>| match outcome {
        Ok(count) => compared += count,
        Err(what) => wrong.push(format!("{name}: {what}")),
    };
    let generated = std::fs::read_to_string(root.join("generated.jsonl")).unwrap();
    for line in generated.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let part = |name: &str| match &case[name] {
            Json::String(text) => text.clone(),
            other @ (Json::Null
            | Json::Bool(_)
            | Json::Number(_)
            | Json::Array(_)
            | Json::Object(_)) => other.to_string(),
        };
        note(case["id"].as_str().unwrap(), check(&case, &part));
    }
    for folder in ["tests/decimal", "tests/example_use_cases"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|it| it != "json") {
                continue;
            }
            let case: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let part = |name: &str| {
                std::fs::read_to_string(root.join(case[name].as_str().unwrap())).unwrap()
            };
            note(&path.display().to_string(), check(&case, &part));
        }
    }
    assert!(wrong.is_empty(), "{} differ, such as {:?}", wrong.len(), wrong.first());
    assert!(compared > 8_000, "only {compared} requests were compared");
}
