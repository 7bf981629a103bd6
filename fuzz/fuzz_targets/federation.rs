//! Several servers as one: what is put into a message is one value, and leads back to where it
//! came from.
#![no_main]

use bailiwick_core::Action;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::federation::{
    Filter, acknowledged, acknowledges, discovered, followed, good_ms, hello, merged_list, missed,
    page_asked, question, read_cursors, restored, restored_progress, split, task_told,
};
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let body = Bytes::copy_from_slice(data);
    let _ = (hello(&body), discovered(&body), good_ms(&body));
    if let Some(named) = missed(&body, "x\"y") {
        Document::parse(&named, Limits::default()).expect("still one document");
    }
    if let Some((asked, _)) = question("a", &body) {
        let (server, own) = restored(&asked).expect("the id comes back");
        assert_eq!(&*server, "a");
        Document::parse(&own, Limits::default()).expect("still one document");
    }
    for came in [restored(&body), restored_progress(&body)].into_iter().flatten() {
        Document::parse(&came.1, Limits::default()).expect("still one document");
    }
    let filter = Filter::of(&body);
    let told = acknowledged(&Id::from_number(1), &filter);
    assert!(acknowledges(&told) && Filter::of(&told) == filter);
    if let Some(own) = followed(&body, &[Some("f:1"), None], &[None, Some("t")]) {
        Document::parse(&own, Limits::default()).expect("still one document");
    }
    if let Some(told) = task_told("a", &body, true) {
        Document::parse(&told, Limits::default()).expect("still one document");
    }
    let pages = [("a", &body), ("b", &body)];
    for action in [Action::ListTools, Action::ListPrompts, Action::ListResources] {
        let merged = merged_list(action, &Id::from_number(1), &pages, |_, _| true, None);
        let merged = merged.expect("it lists");
        let document = Document::parse(&merged, Limits { depth: 512, ..Limits::default() });
        let Ok(document) = document else { continue };
        let result = document.root().member("result").expect("a result");
        if action == Action::ListTools {
            let list = result.member("tools").expect("a list");
            for entry in list.elements() {
                let name = entry.member("name").and_then(|it| it.text()).expect("a name");
                assert!(name.is_empty() || name.ends_with("__") || split(&name).is_some());
            }
        }
        if let Some(cursor) = result.member("nextCursor") {
            let ask = format!("{{\"params\":{{\"cursor\":{}}}}}", cursor.raw());
            let ask = Bytes::from(ask);
            let document = Document::parse(&ask, Limits::default()).expect("an ask");
            if let Ok(Some(cursors)) = read_cursors(document.root().member("params")) {
                for (_, own) in cursors {
                    let asked = page_asked(&ask, &own).expect("a page");
                    Document::parse(&asked, Limits::default()).expect("still one document");
                }
            }
        }
    }
});
