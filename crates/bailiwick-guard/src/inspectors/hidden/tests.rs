//! Names as whole words, and what waits.

use super::*;
use proptest::prelude::*;

const NAMES: [&str; 6] =
    ["delete_ledger", "get-user", "get-user-list", "payments.refund", "sendMail", "finance-admin"];

fn names() -> Names {
    of(&NAMES)
}

fn of(names: &[&str]) -> Names {
    Names::new(names.iter().map(|it| (HIDDEN_TOOL, *it)))
}

#[test]
fn names_are_found_as_whole_words_in_any_case() {
    for (text, found) in [
        ("call delete_ledger now", &["delete_ledger"][..]),
        ("DELETE_LEDGER", &["DELETE_LEDGER"]),
        ("`sendmail`, \"payments.refund\".", &["sendmail", "payments.refund"]),
        ("get-user-list and get-user.", &["get-user-list", "get-user"]),
        ("get-user-lists", &[]),
        ("xdelete_ledger delete_ledgers delete_ledger_2 fs__delete_ledger", &[]),
        ("delete_ledgeré édelete_ledger", &[]),
        ("a.delete_ledger delete_ledger.b", &[]),
        ("-delete_ledger- (delete_ledger).", &["delete_ledger", "delete_ledger"]),
        ("finance-admin", &["finance-admin"]),
        ("", &[]),
    ] {
        let got: Vec<_> = names().find(text).into_iter().map(|(_, it)| &text[it]).collect();
        assert_eq!(got, found, "{text}");
    }
}

#[test]
fn any_sign_may_stand_between_the_words_of_a_name() {
    let names = Names::new([(HIDDEN_TOOL, "deleteLedger"), (HIDDEN_ROLE, "sign_up")]);
    for text in ["deleteledger", "DELETE-LEDGER", "delete_ledger", "delete.ledger"] {
        assert_eq!(names.find(text), [(HIDDEN_TOOL, 0..text.len())], "{text}");
        assert!(names.has(text), "{text}");
    }
    assert_eq!(names.find("a sign-up"), [(HIDDEN_ROLE, 2..9)]);
    // Which are words that everybody writes.
    assert!(names.find("signup, sign up, delete ledger").is_empty());
    let changed = names.changed([(HIDDEN_TOOL, "move_my_money")], ["Delete_Ledger"]);
    assert!(!changed.has("deleteLedger") && changed.has("moveMyMoney") && changed.has("sign-up"));
}

#[test]
fn names_are_found_between_the_escapes_of_json() {
    let seen = |bytes| Seen { surface: bailiwick_core::Surface::Answer, bytes, offset: 7 };
    let mut found = Findings::default();
    let text = r#"{"t":"first\ndelete_ledger\tthen \"sendMail\" \u00e9\\"#;
    names().scan(&seen(text.as_bytes()), &mut found);
    let places: Vec<_> = found.kept().iter().map(|it| (it.offset - 7, it.length)).collect();
    let at = |it: &str| text.find(it).unwrap() as u64;
    assert_eq!(places, [(at("delete"), 13), (at("sendMail"), 8)]);
}

#[test]
fn words_that_everybody_writes_are_not_looked_for() {
    for name in ["read", "search", "Read", "READ", "a_b", "", "_", "x-y", "Überblick"] {
        assert!(of(&[name]).is_empty(), "{name}");
    }
    for name in ["read_file", "readFile", "ReadFile", "read-file", "fs.read"] {
        assert!(!of(&[name]).is_empty(), "{name}");
    }
}

#[test]
fn a_beginning_waits() {
    for (text, waits) in [
        ("call del", 3),
        ("call de", 0),
        ("call delete_ledger", 13),
        ("call delete_ledger-", 14),
        ("call delete_ledger.", 14),
        ("call delete_ledger ", 0),
        ("call delete_ledgers", 0),
        ("xdel", 0),
        ("call GET-USER-L", 10),
        ("call sendmail", 8),
        ("é", 0),
        ("édel", 0),
        ("del", 3),
    ] {
        assert_eq!(names().open_end(text), waits, "{text}");
    }
    assert_eq!(Names::default().open_end("delete_ledger"), 0);
}

/// Every place where a name stands between the ends of words, by trying all of them.
fn slowly(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut all = Vec::new();
    for (start, _) in text.char_indices() {
        for name in NAMES.map(str::to_ascii_lowercase) {
            if lower[start..].starts_with(&name) {
                let place = start..start + name.len();
                if begins_word(&text[..start]) && ends_word(&text[place.end..]) {
                    all.push(place);
                }
            }
        }
    }
    all
}

fn text() -> impl Strategy<Value = String> {
    let near = [
        "delete_ledger",
        "Delete_",
        "ledger",
        "get-user",
        "-list",
        "-",
        ".",
        " ",
        "s",
        "payments",
        ".refund",
        "sendMail",
        "send",
        "é",
        "finance-admin",
        "_",
        "del",
    ];
    proptest::collection::vec(proptest::sample::select(near.to_vec()), 0..12)
        .prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_trying_all_finds(text in text()) {
        let found: Vec<_> = names().find(&text).into_iter().map(|(_, it)| it).collect();
        prop_assert_eq!(found, slowly(&text));
    }

    #[test]
    fn no_name_leaves_in_pieces(text in text(), at in proptest::collection::vec(0usize..80, 0..6)) {
        let places = slowly(&text);
        let mut cuts: Vec<_> = at.into_iter().map(|it| text.floor_char_boundary(it)).collect();
        cuts.sort_unstable();
        for cut in cuts {
            let left = cut - names().open_end(&text[..cut]);
            for place in &places {
                // Fewer bytes than a beginning has may leave.
                let out = left.saturating_sub(place.start);
                prop_assert!(out < BEGINNING_MIN || left >= place.end, "{text:?} {cut} {place:?}");
            }
        }
    }
}
