//! Keys are proven by their secret alone, and revoked at once.

use super::*;
use bailiwick_core::{Digest, Timestamp, Unproved};

fn store() -> Store {
    Store::with(Connection::open_in_memory().unwrap()).unwrap()
}

fn at(ns: u64) -> Timestamp {
    Timestamp::from_ns(ns)
}

fn new_key(expires: Option<u64>) -> NewKey {
    NewKey { expires: expires.map(at), ..NewKey::new("bot", "ada", "acme") }
}

#[test]
fn a_key_proves_its_chain_until_it_is_revoked() {
    let store = store();
    let (key, text) = store.new_agent_key(&new_key(None), at(1)).unwrap();
    let principal = store.prove_agent(&text, at(2)).unwrap().unwrap();
    assert_eq!(principal.chain.len(), 2);
    store.revoke_agent_keys(&[&key.id], at(3)).unwrap();
    assert_eq!(store.prove_agent(&text, at(4)).unwrap(), Err(Unproved::Revoked));
    assert!(matches!(store.revoke_agent_keys(&[&key.id], at(5)), Err(StoreError::Revoked(_))));
    assert!(matches!(store.revoke_agent_keys(&["none"], at(5)), Err(StoreError::Missing(_))));
}

#[test]
fn to_ask_whether_a_tenant_has_a_key_makes_none() {
    use bailiwick_log::KeyRing as _;
    let store = store();
    let tenant = "acme".into();
    for _ in 0..2 {
        assert!(!store.has_tenant_key(&tenant).unwrap());
    }
    store.tenant_key(&tenant).unwrap();
    assert!(store.has_tenant_key(&tenant).unwrap());
}

#[test]
fn of_several_keys_all_are_revoked_or_none() {
    let store = store();
    let make = |person| store.new_agent_key(&NewKey::new("bot", person, "acme"), at(1)).unwrap();
    let ((_, one), (_, other), (_, bobs)) = (make("ada"), make("ada"), make("bob"));
    let mut ids = store.agent_keys_of("ada");
    assert_eq!(ids.len(), 2);
    ids.push("none".into());
    assert!(store.revoke_agent_keys(&ids, at(2)).is_err());
    assert!(store.prove_agent(&one, at(3)).unwrap().is_ok());
    ids.pop();
    store.revoke_agent_keys(&ids, at(4)).unwrap();
    for text in [&one, &other] {
        assert_eq!(store.prove_agent(text, at(5)).unwrap(), Err(Unproved::Revoked));
    }
    assert!(store.prove_agent(&bobs, at(5)).unwrap().is_ok());
    assert!(store.agent_keys_of("ada").is_empty());
}

#[test]
fn a_rotated_key_gives_its_powers_to_another_and_ends() {
    let store = store();
    let terms = Terms { per_minute: Some(60), ..Terms::default() };
    let new = NewKey { label: Some("ci".into()), terms: terms.clone(), ..new_key(Some(1000)) };
    let (old, old_text) = store.new_agent_key(&new, at(1)).unwrap();
    let (next, next_text) = store.rotate_agent_key(&old.id, 50, at(10)).unwrap();
    assert_eq!((&next.agent, &next.person, &next.label), (&old.agent, &old.person, &old.label));
    assert_eq!((*next.terms).clone(), terms);
    assert_eq!((next.expires_ns, next.line.as_str()), (Some(1000), old.id.as_str()));
    for now in [10, 59] {
        assert!(store.prove_agent(&old_text, at(now)).unwrap().is_ok(), "{now}");
        assert!(store.prove_agent(&next_text, at(now)).unwrap().is_ok(), "{now}");
    }
    assert_eq!(store.prove_agent(&old_text, at(60)).unwrap(), Err(Unproved::Revoked));
    // At once, where nothing is said; and the third is of the same line as the first.
    let (last, last_text) = store.rotate_agent_key(&next.id, 0, at(70)).unwrap();
    assert_eq!(store.prove_agent(&next_text, at(70)).unwrap(), Err(Unproved::Revoked));
    assert!(store.prove_agent(&last_text, at(70)).unwrap().is_ok());
    assert_eq!(store.line(&last.id.as_str().into()), Some(old.id.as_str().into()));
    for ended in [&old.id, &next.id] {
        let again = store.rotate_agent_key(ended, 0, at(80));
        assert!(matches!(again, Err(StoreError::Revoked(_))));
    }
}

#[test]
fn other_terms_hold_at_once_and_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (key, _) = store.new_agent_key(&new_key(None), at(1)).unwrap();
    let id = key.id.as_str().into();
    assert_eq!(*store.terms(&id).unwrap(), Terms::default());
    let terms = Terms {
        models: vec!["openai/*".parse().unwrap()],
        networks: vec!["10.0.0.0/8".parse().unwrap()],
        caps: Caps { day_micro_usd: Some(5_000_000), ..Caps::default() },
        at_once: Some(2),
        ..Terms::default()
    };
    store.limit_agent_key(&key.id, terms.clone()).unwrap();
    assert_eq!(*store.terms(&id).unwrap(), terms);
    drop(store);
    let again = Store::open(folder.path()).unwrap();
    assert_eq!(*again.terms(&id).unwrap(), terms);
    assert!(again.terms(&"none".into()).is_none());
    assert!(matches!(again.limit_agent_key("none", terms), Err(StoreError::Missing(_))));
}

/// A file as version 1 made it, with one key.
const OLD: &str = "
    CREATE TABLE agent_keys (
        id TEXT PRIMARY KEY, hash BLOB NOT NULL, agent TEXT NOT NULL, person TEXT NOT NULL,
        tenant TEXT NOT NULL, created_ns INTEGER NOT NULL, expires_ns INTEGER,
        revoked_ns INTEGER) STRICT;
    CREATE TABLE operators (
        name TEXT PRIMARY KEY, hash BLOB NOT NULL, role TEXT NOT NULL,
        created_ns INTEGER NOT NULL, revoked_ns INTEGER) STRICT;
    CREATE TABLE tenant_keys (tenant TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
    CREATE TABLE subject_keys (
        id BLOB PRIMARY KEY, tenant TEXT NOT NULL, subject TEXT NOT NULL, key BLOB NOT NULL,
        UNIQUE (tenant, subject)) STRICT;
    INSERT INTO agent_keys VALUES ('old', zeroblob(32), 'bot', 'ada', 'acme', 1, NULL, NULL);
    PRAGMA user_version = 1;
";

#[test]
fn a_file_of_version_1_is_read_and_its_keys_can_be_limited() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.sqlite");
    Connection::open(&file).unwrap().execute_batch(OLD).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let key = store.agent_key("old").unwrap();
    assert_eq!((key.line.as_str(), key.label), ("old", None));
    assert_eq!(*key.terms, Terms::default());
    let terms = Terms { at_once: Some(1), ..Terms::default() };
    store.limit_agent_key("old", terms.clone()).unwrap();
    drop(store);
    // Builds of version 1 set the version back: nothing is lost by it.
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 1;").unwrap();
    assert_eq!(*Store::open(folder.path()).unwrap().terms(&"old".into()).unwrap(), terms);
}

/// What version 2 added, with terms of the key and one kill.
const SECOND: &str = "
    CREATE TABLE key_terms (
        id TEXT PRIMARY KEY REFERENCES agent_keys (id), terms TEXT NOT NULL, label TEXT,
        line TEXT NOT NULL) STRICT;
    CREATE TABLE kills (
        kind TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL,
        operator TEXT NOT NULL, since_ns INTEGER NOT NULL, PRIMARY KEY (kind, name)) STRICT;
    INSERT INTO key_terms VALUES ('old', '{\"at_once\":1}', NULL, 'old');
    PRAGMA user_version = 2;
";

#[test]
fn a_file_of_version_2_is_read_and_owners_can_be_kept_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.sqlite");
    Connection::open(&file).unwrap().execute_batch(&format!("{OLD}{SECOND}")).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let terms = Terms { at_once: Some(1), ..Terms::default() };
    assert_eq!(*store.terms(&"old".into()).unwrap(), terms);
    assert!(store.owned().unwrap().is_empty());
    let owner = Digest::of(b"ada");
    let owned = Owned { provider: "lab".into(), id: "f".into(), kind: "files".into(), owner };
    store.keep_owned(&[Change::Made(owned)]).unwrap();
    drop(store);
    assert_eq!(Store::open(folder.path()).unwrap().owned().unwrap().len(), 1);
}

#[test]
fn a_file_that_cannot_be_understood_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.sqlite");
    let (key, _) =
        Store::open(folder.path()).unwrap().new_agent_key(&new_key(None), at(1)).unwrap();
    let change = |sql: &str| Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    change("UPDATE key_terms SET terms = '{\"hours\":[]}'");
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Damaged(_))));
    change("UPDATE key_terms SET terms = '{}'");
    assert!(Store::open(folder.path()).unwrap().agent_key(&key.id).is_ok());
    change("PRAGMA user_version = 99");
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Newer(99))));
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
