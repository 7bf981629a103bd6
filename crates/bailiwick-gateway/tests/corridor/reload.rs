//! Policies change while calls go on: a good edit is in force within two seconds and no call is
//! dropped; a bad one changes nothing and says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bailiwick_core::{AdminAct, Record};
use tokio::time::Instant;

use crate::house::{Book, House, POLICIES};

fn edit(house: &House, more: &str) {
    let file = house.folder.path().join("policies/all.cedar");
    // As editors do it: the file is never there by half.
    let new = house.folder.path().join("policies/all.new");
    std::fs::write(&new, format!("{POLICIES}{more}")).unwrap();
    std::fs::rename(new, file).unwrap();
}

fn acts(book: &Book) -> Vec<AdminAct> {
    let act = |it| if let Record::Admin(act) = it { Some(act) } else { None };
    let acts = book.records().into_iter().filter_map(act);
    acts.filter(|it| &*it.act == "rules.loaded").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_a_good_edit_is_in_force_soon_and_drops_no_call() {
    let (house, _fixture) = House::crm().await;
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..3)
        .map(|_| {
            let (agent, stop, calls) =
                (house.worker.clone(), Arc::clone(&stop), Arc::clone(&calls));
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let said = agent.call("crm", "boom").await;
                    assert_eq!(said.json()["result"]["isError"], true, "{said:?}");
                    calls.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    assert_eq!(
        house.worker.call("crm", "look").await.json()["result"]["content"][0]["text"],
        "done"
    );
    for (more, may) in [
        (
            "forbid (principal, action == Action::\"crm/look\", resource == Tool::\"crm/look\");",
            false,
        ),
        ("", true),
    ] {
        edit(&house, more);
        let edited = Instant::now();
        loop {
            let said = house.worker.call("crm", "look").await.json();
            if said["error"].is_null() == may {
                break;
            }
            assert!(edited.elapsed() < Duration::from_secs(2), "the edit is not in force");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    stop.store(true, Ordering::SeqCst);
    for one in load {
        one.await.unwrap();
    }
    assert!(calls.load(Ordering::SeqCst) > 20);
    let acts = acts(&house.book());
    assert_eq!(acts.len(), 2);
    assert!(acts.iter().all(|it| it.done && it.target.contains("set ")), "{acts:?}");
    let book = house.book();
    let sets: std::collections::BTreeSet<_> = book
        .decisions()
        .iter()
        .filter(|it| it.name.as_deref() == Some("look"))
        .map(|it| it.policy_set)
        .collect();
    assert_eq!(sets.len(), 2, "each decision names the set that it was made by");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_a_bad_edit_keeps_the_old_set_and_says_so() {
    let (house, _fixture) = House::crm().await;
    let before = house.readyz().await;
    assert_eq!(before["ready"], true, "{before}");
    edit(&house, "\nforbid (principal, action, resource) when { nonsense };\n");
    let book = house.book();
    crate::house::until("the edit is refused", || !acts(&book).is_empty()).await;
    let acts = acts(&book);
    assert!(!acts[0].done, "{acts:?}");
    let after = house.readyz().await;
    assert_eq!(after["ready"], false, "an operator must see it");
    assert_eq!(after["policy_set"], before["policy_set"]);
    let fault = after["rules_fault"][0].as_str().unwrap().to_owned();
    let lines = POLICIES.lines().count() + 2;
    assert!(fault.contains("all.cedar") && fault.contains(&format!(":{lines}:")), "{fault}");
    let lately = after["lately"].to_string();
    assert!(lately.contains("faulty") && lately.contains("all.cedar"), "{lately}");
    assert_eq!(house.worker.call("crm", "look").await.status, 200);
    edit(&house, "");
    let ready = async { while house.readyz().await["ready"] != true {} };
    tokio::time::timeout(Duration::from_secs(2), ready).await.unwrap();
    assert_eq!(house.readyz().await["rules_fault"], serde_json::json!([]));
}
