//! Paths.

use bailiwick_contracts::Meaning;
use proptest::prelude::{prop_assert, proptest};

use crate::{all_fit, fits, none_fits, strings};

fn within() -> Meaning {
    Meaning::Path { roots: strings(&["/srv/files", "/data/a-b/"]) }
}

const HOSTILE: &[&str] = &[
    "",
    "/",
    "files",
    "./files",
    "srv/files/a",
    // Outside.
    "/etc/passwd",
    "/srv",
    "/srv/filesx",
    "/srv/files-old/a",
    "/srv/Files/a",
    "/data/a-b2",
    "/data",
    // Climbing.
    "/srv/files/..",
    "/srv/files/../x",
    "/srv/files/a/../../x",
    "/srv/files/a/../b",
    "/srv/files/./a",
    "/srv/files/.",
    "/srv/files//a",
    "//srv/files/a",
    "///srv/files/a",
    "/srv/files/a//",
    "/srv/files/..;/x",
    "/srv/files/.../x",
    "/srv/files/. ./x",
    "/srv/files/.. /x",
    "/srv/files/ ../x",
    "../srv/files/a",
    "..",
    // Homes and variables.
    "~/a",
    "~root/a",
    "/srv/files/~root/a",
    "/srv/files/$HOME/a",
    "/srv/files/${HOME}",
    "/srv/files/`id`",
    // Other systems.
    "C:\\srv\\files\\a",
    "C:/srv/files/a",
    "\\\\host\\share",
    "//host/share",
    "\\\\?\\C:\\x",
    "/srv/files\\..\\..\\x",
    "/srv/files/a\\b",
    "/srv/files/a:stream",
    "/srv/files/a::$DATA",
    "/srv/files/a.",
    "/srv/files/a./b",
    "/srv/files/a ",
    "/srv/files/ a",
    // URLs and escapes.
    "file:///srv/files/a",
    "file:/srv/files/a",
    "/srv/files/%2e%2e/x",
    "/srv/files/%2e%2e%2fx",
    "/srv/files/..%2fx",
    "/srv/files/%252e%252e/x",
    "/srv/files/%c0%ae%c0%ae/x",
    "/srv/files/%u002e/x",
    "/srv/files/%5c",
    // Bytes that end or hide.
    "/srv/files/a\u{0}.txt",
    "/srv/files/a\n",
    "/srv/files/a\t",
    "/srv/files/\u{202e}txt.exe",
    "/srv/files/a\u{200b}",
    "/srv/files/a\u{7f}",
    "/srv/files/\u{feff}a",
    // What looks like a separator or a dot.
    "/srv/files/．．/x",
    "/srv/files/‥/x",
    "/srv/files/․․/x",
    "/srv/files/a／b",
    "/srv/files/a∕b",
    "/srv/files/a⁄b",
    "/srv/files/a＼b",
    "/srv/files/a∖b",
    "/srv/files/⒈",
    "／srv／files／a",
    // What tools expand.
    "/srv/files/*",
    "/srv/files/a?",
    "/srv/files/a|id",
    "/srv/files/a;id",
    "/srv/files/<a",
    "/srv/files/\"a\"",
];

#[test]
fn hostile_paths_fail() {
    none_fits(&within(), HOSTILE);
    none_fits(&within(), &[&format!("/srv/files/{}", "a".repeat(256))]);
    none_fits(&within(), &[&format!("/srv/files{}", "/a".repeat(70))]);
}

#[test]
fn honest_paths_pass() {
    all_fit(
        &within(),
        &[
            "/srv/files",
            "/srv/files/",
            "/srv/files/a.txt",
            "/srv/files/a/b/",
            "/srv/files/.hidden/x",
            "/srv/files/..a",
            "/srv/files/Bericht (2026) – Entwurf".replace('–', "-").as_str(),
            "/srv/files/Übersicht.pdf",
            "/srv/files/日本語.txt",
            "/srv/files/cafe\u{301}.txt",
            "/srv/files/[id].tsx",
            "/srv/files/100% done",
            "/srv/files/a~",
            "/srv/files/a@2x.png",
            "/data/a-b/x",
        ],
    );
}

#[test]
fn a_contract_that_says_nonsense_of_paths_is_at_fault() {
    assert_eq!(within().fault(), None);
    assert!(Meaning::Path { roots: Vec::new() }.fault().is_some());
    for odd in ["", "/", "srv", "~/x", "/srv/../etc", "C:\\x", "/srv//a", "file:///srv"] {
        assert!(Meaning::Path { roots: strings(&[odd]) }.fault().is_some(), "{odd}");
    }
}

proptest! {
    #[test]
    fn whatever_passes_is_within_however_often_it_is_unescaped(
        text in "(/srv/files)?[-/.a%2eEfF5cC~ \\\\:．／]{0,24}",
    ) {
        if fits(&within(), &text).is_ok() {
            // By the standard library's own reading.
            let path = std::path::Path::new(&text);
            let is_plain = |it| {
                use std::path::Component as Is;
                match it {
                    Is::RootDir | Is::Normal(_) => true,
                    Is::Prefix(_) | Is::CurDir | Is::ParentDir => false,
                }
            };
            prop_assert!(path.components().all(is_plain), "{text}");
            prop_assert!(path.starts_with("/srv/files"), "{text}");
            prop_assert!(!text.contains("%2") && !text.contains('\\'), "{text}");
        }
    }
}
