//! Keys are proven by their secret alone, and revoked at once.

use super::*;
use bailiwick_core::{Timestamp, Unproved};

fn store() -> Store {
    Store::with(Connection::open_in_memory().unwrap()).unwrap()
}

fn at(ns: u64) -> Timestamp {
    Timestamp::from_ns(ns)
}

fn new_key(expires: Option<u64>) -> NewKey {
    NewKey {
        agent: "bot".into(),
        person: "ada".into(),
        tenant: "acme".into(),
        expires: expires.map(at),
    }
}

#[test]
fn a_key_proves_its_chain_until_it_is_revoked() {
    let store = store();
    let (key, text) = store.new_agent_key(&new_key(None), at(1)).unwrap();
    let principal = store.prove_agent(&text, at(2)).unwrap().unwrap();
    assert_eq!(principal.chain.len(), 2);
    store.revoke_agent_key(&key.id, at(3)).unwrap();
    assert_eq!(store.prove_agent(&text, at(4)).unwrap(), Err(Unproved::Revoked));
    assert!(matches!(store.revoke_agent_key(&key.id, at(5)), Err(StoreError::Revoked(_))));
    assert!(matches!(store.revoke_agent_key("none", at(5)), Err(StoreError::Missing(_))));
}

#[test]
fn a_wrong_secret_or_unknown_id_proves_nobody() {
    let store = store();
    let (_, text) = store.new_agent_key(&new_key(Some(10)), at(1)).unwrap();
    let mut wrong = text.clone();
    let last = wrong.pop().unwrap();
    wrong.push(if last == '0' { '1' } else { '0' });
    for token in [wrong.as_str(), "bwk_none_00", "bwk_", &text.replace("bwk_", "bwk_x")] {
        assert_eq!(store.prove_agent(token, at(2)).unwrap(), Err(Unproved::Invalid), "{token}");
    }
    assert!(store.prove_agent("sk-other", at(2)).is_none());
    assert_eq!(store.prove_agent(&text, at(10)).unwrap(), Err(Unproved::Revoked));
}

#[test]
fn keys_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let (_, text) =
        Store::open(folder.path()).unwrap().new_agent_key(&new_key(None), at(1)).unwrap();
    let again = Store::open(folder.path()).unwrap();
    assert!(again.prove_agent(&text, at(2)).unwrap().is_ok());
    assert_eq!(again.agent_keys().len(), 1);
}

#[test]
fn operators_are_proven_and_revoked() {
    let store = store();
    let (_, token) = store.new_operator("ada", Role::Admin, at(1)).unwrap();
    assert_eq!(store.prove_operator(&token).unwrap().role, Role::Admin);
    assert!(matches!(store.new_operator("ada", Role::Auditor, at(1)), Err(StoreError::Exists(_))));
    store.revoke_operator("ada", at(2)).unwrap();
    assert!(store.prove_operator(&token).is_none());
}
