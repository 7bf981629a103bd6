//! Small trees, good and bad, and the repository itself.

use super::{Tree, faults, root_of_this};

/// A member that no check has anything against.
const MANIFEST: &str = "[package]\nname = \"bailiwick-core\"\n[lints]\nworkspace = true\n";

/// Checks a tree with one good crate in it and the given files on top; expects just these faults,
/// each written `check subject`.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let mut all = vec![
        ("crates/bailiwick-core/Cargo.toml", MANIFEST),
        ("crates/bailiwick-core/src/lib.rs", "//! Core.\n"),
    ];
    all.retain(|(path, _)| !files.iter().any(|(given, _)| given == path));
    all.extend(files);
    let found = faults(&Tree::of(&all));
    let short: Vec<_> = found.iter().map(|f| format!("{} {}", f.check, f.subject)).collect();
    assert_eq!(short, expected, "{found:#?}");
}

fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\n[lints]\nworkspace = true\n{rest}")
}

const CORE: &str = "crates/bailiwick-core/src/lib.rs";
const WIRE: &str = "crates/bailiwick-wire/Cargo.toml";

#[test]
fn this_repository_is_tidy() {
    let tree = Tree::read(&root_of_this()).expect("the repository can be read");
    let found = faults(&tree);
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "\n{}", lines.join("\n"));
}

#[test]
fn a_good_tree_has_no_faults() {
    check(&[], &[]);
}

#[test]
fn arrows_equal_the_table() {
    let good = manifest("bailiwick-wire", "[dependencies]\nbailiwick-core.workspace = true\n");
    check(&[(WIRE, &good)], &[]);
    let petals_meet = manifest("bailiwick-wire", "[dependencies]\nbailiwick-log = \"1\"\n");
    check(&[(WIRE, &petals_meet)], &["arrow crates/bailiwick-wire/Cargo.toml"]);
    let renamed = "[dependencies]\nledger = { package = \"bailiwick-log\", version = \"1\" }\n";
    check(
        &[(WIRE, &manifest("bailiwick-wire", renamed))],
        &["arrow crates/bailiwick-wire/Cargo.toml"],
    );
    let for_unix = "[target.'cfg(unix)'.dependencies]\nbailiwick-log = \"1\"\n";
    check(
        &[(WIRE, &manifest("bailiwick-wire", for_unix))],
        &["arrow crates/bailiwick-wire/Cargo.toml"],
    );
    let in_tests = "[dev-dependencies]\nbailiwick-log = \"1\"\n";
    check(
        &[(WIRE, &manifest("bailiwick-wire", in_tests))],
        &["arrow crates/bailiwick-wire/Cargo.toml"],
    );
}

#[test]
fn a_crate_that_is_not_in_the_table_fails() {
    let stray = manifest("bailiwick-stray", "");
    let path = "crates/bailiwick-stray/Cargo.toml";
    check(&[(path, &stray)], &["arrow crates/bailiwick-stray/Cargo.toml"]);
}

#[test]
fn the_simulation_is_for_tests_only() {
    let in_tests = "[dev-dependencies]\nbailiwick-sim = \"1\"\n";
    check(&[(WIRE, &manifest("bailiwick-wire", in_tests))], &[]);
    let shipped = "[dependencies]\nbailiwick-sim = \"1\"\n";
    check(
        &[(WIRE, &manifest("bailiwick-wire", shipped))],
        &["arrow crates/bailiwick-wire/Cargo.toml"],
    );
}

#[test]
fn pure_crates_have_no_runtime() {
    let worldly = "[dependencies]\ntokio = \"1\"\n";
    check(
        &[(WIRE, &manifest("bailiwick-wire", worldly))],
        &["arrow crates/bailiwick-wire/Cargo.toml"],
    );
    let in_tests = "[dev-dependencies]\ntokio = \"1\"\n";
    check(&[(WIRE, &manifest("bailiwick-wire", in_tests))], &[]);
}

#[test]
fn pure_crates_touch_nothing() {
    let core = |line: &str| format!("//! Core.\n{line}\n");
    let faults = &["purity crates/bailiwick-core/src/lib.rs"][..];
    check(&[(CORE, &core("use std::fs::File;"))], faults);
    check(&[(CORE, &core("use std::{collections, net};"))], faults);
    check(&[(CORE, &core("fn a() { std::thread::yield_now(); }"))], faults);
    check(&[(CORE, &core("use std::time::Duration;"))], &[]);
    check(&[(CORE, &core("#[cfg(test)]\nmod tests {\n    use std::fs;\n}"))], &[]);
}

#[test]
fn every_member_has_the_lints() {
    let bare = "[package]\nname = \"bailiwick-wire\"\n";
    check(&[(WIRE, bare)], &["lints crates/bailiwick-wire/Cargo.toml"]);
    let off = "[package]\nname = \"bailiwick-wire\"\n[lints]\nworkspace = false\n";
    check(&[(WIRE, off)], &["lints crates/bailiwick-wire/Cargo.toml"]);
    check(&[(WIRE, "not toml")], &["manifest crates/bailiwick-wire/Cargo.toml"]);
}

#[test]
fn every_file_is_named_by_a_mod_line() {
    let (a, b) = ("crates/bailiwick-core/src/a.rs", "crates/bailiwick-core/src/a/b.rs");
    let lib = "//! Core.\nmod a;\n";
    check(&[(CORE, lib), (a, "//! A.\nmod b;\n"), (b, "//! B.\n")], &[]);
    check(
        &[(CORE, lib), (a, "//! A.\n"), (b, "//! B.\n")],
        &["dead-file crates/bailiwick-core/src/a/b.rs"],
    );
    let nested = "crates/bailiwick-core/src/a/mod.rs";
    check(&[(CORE, lib), (nested, "//! A.\nmod b;\n"), (b, "//! B.\n")], &[]);
    let inline = "//! Core.\nmod a {\n    mod b;\n}\n";
    check(&[(CORE, inline), (b, "//! B.\n")], &[]);
    let elsewhere = "//! Core.\n#[path = \"a/b.rs\"]\nmod c;\n";
    check(&[(CORE, elsewhere), (b, "//! B.\n")], &[]);
}

#[test]
fn what_only_tests_build_has_roots_of_its_own() {
    let root = ("crates/bailiwick-core/tests/story.rs", "//! A story.\n");
    check(&[root], &[]);
    let below = "crates/bailiwick-core/tests/story/act.rs";
    check(
        &[root, (below, "//! An act.\n")],
        &["dead-file crates/bailiwick-core/tests/story/act.rs"],
    );
    let case = "crates/bailiwick-core/tests/cases/forged.rs";
    let told = "crates/bailiwick-core/tests/cases/forged.stderr";
    check(&[(case, "//! Forged.\n"), (told, "error\n")], &[]);
}

#[test]
fn modules_form_no_circle() {
    let (a, b) = ("crates/bailiwick-core/src/a.rs", "crates/bailiwick-core/src/b.rs");
    let lib = (CORE, "//! Core.\nmod a;\nmod b;\npub use a::A;\npub use b::B;\n");
    let circle = &["circle crates/bailiwick-core/src/lib.rs"][..];
    let plain_b = (b, "//! B.\npub struct B;\n");
    check(&[lib, (a, "//! A.\nuse crate::b::B;\npub struct A(B);\n"), plain_b], &[]);
    let back = (b, "//! B.\nuse crate::a::A;\npub struct B(A);\n");
    check(&[lib, (a, "//! A.\nuse crate::b::B;\npub struct A(B);\n"), back], circle);
    check(&[lib, (a, "//! A.\nuse super::b::B;\npub struct A(B);\n"), back], circle);
    check(&[lib, (a, "//! A.\nuse crate::{b, b::*};\npub struct A;\n"), back], circle);
    check(&[lib, (a, "//! A.\npub struct A(crate::b::B);\n"), back], circle);
    check(&[lib, (a, "//! A.\npub fn a() {\n    m!(x, crate::b::B);\n}\n"), back], circle);
    check(&[lib, (a, "//! A.\nmod c {\n    use super::super::b::B;\n}\n"), back], circle);
}

#[test]
fn a_circle_cannot_hide_behind_a_re_export() {
    let (a, b) = ("crates/bailiwick-core/src/a.rs", "crates/bailiwick-core/src/b.rs");
    let lib = (CORE, "//! Core.\nmod a;\nmod b;\npub use a::A;\npub use b::B;\n");
    let a = (a, "//! A.\nuse crate::B;\npub struct A(B);\n");
    let b = (b, "//! B.\nuse crate::A;\npub struct B(A);\n");
    check(&[lib, a, b], &["circle crates/bailiwick-core/src/lib.rs"]);
}

#[test]
fn a_parent_and_its_children_are_one_room_and_tests_draw_no_arrows() {
    let (a, b) = ("crates/bailiwick-core/src/a.rs", "crates/bailiwick-core/src/a/b.rs");
    let lib = (CORE, "//! Core.\nmod a;\nmod c;\npub struct Root;\n");
    let parent = (a, "//! A.\nmod b;\npub use b::B;\nuse crate::c::C;\npub struct A(B, C);\n");
    let child = (b, "//! B.\nuse super::A;\nuse crate::Root;\npub struct B(Option<Box<A>>);\n");
    let c = "crates/bailiwick-core/src/c.rs";
    let tested = "//! C.\npub struct C;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n";
    check(&[lib, parent, child, (c, tested)], &[]);
}

#[test]
fn files_open_with_a_sentence_and_have_telling_names() {
    check(&[(CORE, "// Core.\n")], &["opening crates/bailiwick-core/src/lib.rs"]);
    check(&[("docs/misc.md", "Text.\n")], &["name docs/misc.md"]);
    check(&[("docs/http-utils/a.md", "Text.\n")], &["name docs/http-utils/a.md"]);
    check(&[("docs/commonplace.md", "Text.\n")], &[]);
}

#[test]
fn sizes_have_limits() {
    let lines = |count: usize| format!("//! Core.\n{}", "//\n".repeat(count - 1));
    check(&[(CORE, &lines(400))], &[]);
    check(&[(CORE, &lines(401))], &["file-lines crates/bailiwick-core/src/lib.rs"]);
    let tests = format!("{}#[cfg(test)]\nmod tests {{\n}}\n", lines(400));
    check(&[(CORE, &tests)], &[]);
    let function = |body: usize| format!("//! Core.\nfn f() {{\n{}}}\n", "    a();\n".repeat(body));
    check(&[(CORE, &function(68))], &[]);
    check(&[(CORE, &function(69))], &["function-lines crates/bailiwick-core/src/lib.rs::f"]);
    let wide = |columns: usize| format!("//! Core.\n//{}\n", "é".repeat(columns - 2));
    check(&[(CORE, &wide(100))], &[]);
    check(&[(CORE, &wide(101))], &["line-columns crates/bailiwick-core/src/lib.rs"]);
}

#[test]
fn unfinished_work_and_places_of_one_machine_are_named() {
    let core = |line: &str| format!("//! Core.\n{line}\n");
    let unfinished = &["unfinished crates/bailiwick-core/src/lib.rs"][..];
    check(&[(CORE, &core(concat!("// FIX", "ME: later")))], unfinished);
    check(&[(CORE, &core(concat!("fn a() { to", "do!() }")))], unfinished);
    check(&[(CORE, &core(concat!("fn a() { unimple", "mented!(\"b\") }")))], unfinished);
    check(&[(CORE, &core(concat!("const MASTO", "DON: u8 = 1;")))], &[]);
    let docs = |line: &'static str, expected: &[&str]| check(&[("docs/a.md", line)], expected);
    docs(concat!("see /wo", "rk/main"), &["machine-path docs/a.md"]);
    docs(concat!("[\"/ho", "me/me/x\"]"), &["machine-path docs/a.md"]);
    docs(concat!("https://example.com/wo", "rk/main"), &[]);
    docs(concat!("https://registry.npm", "js.org/a"), &["registry-host docs/a.md"]);
    check(&[("crates/a/corpus/b/hit.txt", concat!("cat /ro", "ot/.ssh/id_rsa"))], &[]);
}

#[test]
fn every_line_of_a_table_has_its_corpus() {
    let guard = manifest("bailiwick-guard", "");
    let table = "//! Table.\nmod email;\nmod word;\nstatic T: [&dyn I; 1] = [&email::Email];\n";
    let files = [
        ("crates/bailiwick-guard/Cargo.toml", guard.as_str()),
        ("crates/bailiwick-guard/src/lib.rs", "//! Guard.\nmod inspectors;\n"),
        ("crates/bailiwick-guard/src/inspectors/mod.rs", table),
        ("crates/bailiwick-guard/src/inspectors/email.rs", "//! Email.\n"),
        ("crates/bailiwick-guard/src/inspectors/word.rs", "//! Words.\n"),
        ("crates/bailiwick-guard/corpus/email/hit.txt", "a@b.example\n"),
        ("crates/bailiwick-guard/corpus/card/hit.txt", "4111\n"),
    ];
    let (good, bare) = (&files[..6], &files[..5]);
    check(good, &[]);
    check(bare, &["corpus crates/bailiwick-guard/src/inspectors/mod.rs"]);
    check(&files, &["corpus crates/bailiwick-guard/corpus/card"]);
}

#[test]
fn every_fuzz_target_is_built() {
    let target = ("fuzz/fuzz_targets/record.rs", "//! Records.\n");
    let bin = "[[bin]]\nname = \"record\"\npath = \"fuzz_targets/record.rs\"\n";
    check(&[("fuzz/Cargo.toml", bin), target], &[]);
    check(&[("fuzz/Cargo.toml", ""), target], &["fuzz-target fuzz/fuzz_targets/record.rs"]);
}

#[test]
fn exemptions_are_a_ratchet() {
    let core = (CORE, &*format!("//! Core.\n{}", "//\n".repeat(409)));
    let with = |line: &str, expected: &[&str]| {
        check(&[core, ("xtask/tidy-exemptions.txt", line)], expected);
    };
    let (file, list) =
        ("file-lines crates/bailiwick-core/src/lib.rs", "exemption xtask/tidy-exemptions.txt");
    with(&format!("{file} 410 # a table of code points"), &[]);
    with(&format!("{file} 409 # grew"), &[file]);
    with(&format!("{file} 411 # shrank"), &[list]);
    with(&format!("{file} 410"), &[list, file]);
    with(&format!("{file} many # reason"), &[list, file]);
    with(&format!("{file} # no size"), &[list, file]);
    with("file-lines # nobody", &[list, file]);
    let gone = format!("{file} 410 # long\nopening {CORE} # not needed");
    with(&gone, &[list]);
}
