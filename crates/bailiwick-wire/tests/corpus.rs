//! The corpus beside the crate, which also seeds the fuzzers, and the shared corpora where found.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use std::fs;
use std::path::{Path, PathBuf};

use bailiwick_wire::json::{Document, Limits, Node};
use bailiwick_wire::mcp::{interpret, notice, read_list};
use bailiwick_wire::rpc::{Id, Message, RpcError};
use bailiwick_wire::splice::Splice;
use bailiwick_wire::sse::{Decoder, Event, encode};
use bytes::Bytes;

fn here() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the crate's folder"))
}

/// The files of a corpus folder with their names; never none.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = here().join("corpus").join(folder);
    let files: Vec<_> = fs::read_dir(&folder)
        .expect("the corpus folder is there")
        .map(|it| it.unwrap().path())
        .filter(|it| it.is_file())
        .map(|it| (it.display().to_string(), fs::read(&it).unwrap()))
        .collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

/// A file of the shared corpora, or a loud word that it is not there.
fn shared(file: &str) -> Option<String> {
    let shared = std::env::var_os("BAILIWICK_SHARED")
        .map_or_else(|| here().join("../../../shared"), PathBuf::from);
    let path = shared.join("corpora").join(file);
    if Path::new(&path).is_file() {
        return Some(fs::read_to_string(path).unwrap());
    }
    assert!(
        std::env::var_os("BAILIWICK_REQUIRE_ALL").is_none_or(|it| it != "1"),
        "{file} is required and was not found"
    );
    eprintln!("SKIPPED: the shared corpus {file} was not found");
    None
}

#[test]
fn json_is_taken_or_refused_as_its_folder_says() {
    for (name, bytes) in files("json/take") {
        let document = Document::parse(&bytes, Limits::default());
        let document = document.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(document.root().raw(), document.text().trim_matches([' ', '\t', '\r', '\n']));
    }
    for (name, bytes) in files("json/refuse") {
        assert!(Document::parse(&bytes, Limits::default()).is_err(), "{name} was taken");
    }
}

#[test]
fn messages_are_taken_or_refused_as_their_folder_says() {
    for (name, bytes) in files("rpc/take") {
        let document = Document::parse(&bytes, Limits::default()).unwrap();
        let message = Message::read(&document).unwrap_or_else(|error| panic!("{name}: {error}"));
        if message.method().is_some() {
            assert!(interpret(&"s".into(), &message).is_ok(), "{name}");
        }
        assert_eq!(notice(&message).is_some(), message.id().is_none(), "{name}");
    }
    for (name, bytes) in files("rpc/refuse") {
        let document = Document::parse(&bytes, Limits::default()).unwrap();
        assert!(Message::read(&document).is_err(), "{name} was taken");
    }
}

#[test]
fn streams_read_the_same_whole_and_byte_by_byte() {
    for (name, bytes) in files("sse") {
        let read = |chunk: usize| {
            let mut decoder = Decoder::new(1000);
            let mut events: Vec<Event> = Vec::new();
            for chunk in bytes.chunks(chunk) {
                decoder.push(chunk).unwrap();
                events.extend(std::iter::from_fn(|| decoder.next_event()));
            }
            events.extend(decoder.finish());
            events
        };
        let events = read(bytes.len());
        assert_eq!(read(1), events, "{name}");
        assert!(!events.is_empty(), "{name}");
        let raw: Vec<u8> = events.iter().flat_map(|it| it.raw.to_vec()).collect();
        assert!(bytes.starts_with(&raw), "{name}");
    }
}

/// Whether the node reads as `serde_json` reads it; numbers by their spelling.
fn same(node: Node<'_>, value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => node.is_null(),
        serde_json::Value::Bool(it) => node.as_bool() == Some(*it),
        serde_json::Value::Number(it) => node.lexeme().is_some_and(|lexeme| {
            serde_json::from_str::<serde_json::Number>(lexeme).unwrap() == *it
        }),
        serde_json::Value::String(it) => node.says(it),
        serde_json::Value::Array(it) => {
            node.elements().count() == it.len()
                && node.elements().zip(it).all(|(node, value)| same(node, value))
        }
        serde_json::Value::Object(it) => {
            node.members().count() == it.len()
                && node
                    .members()
                    .all(|(name, node)| it.get(&*name).is_some_and(|value| same(node, value)))
        }
    }
}

#[test]
fn real_texts_are_read_as_another_parser_reads_them() {
    for file in ["tools/tools.jsonl", "tools/tools_npm.jsonl", "calls/livemcp_calls.jsonl"] {
        let Some(text) = shared(file) else { continue };
        for (number, line) in text.lines().enumerate() {
            let document = Document::parse(line.as_bytes(), Limits::default());
            let document = document.unwrap_or_else(|error| panic!("{file}:{number}: {error}"));
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(same(document.root(), &value), "{file}:{number}");
            assert_eq!(document.root().raw(), line.trim());
        }
        assert!(text.lines().count() > 100, "{file} is too short to say anything");
    }
}

#[test]
fn a_list_of_real_tools_loses_what_is_hidden_and_nothing_else() {
    let Some(text) = shared("tools/tools_npm.jsonl") else { return };
    let tools: Vec<&str> = text.lines().collect();
    let list = |tools: &[&str]| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{}],"nextCursor":"x"}}}}"#,
            tools.join(",")
        )
    };
    let body = Bytes::from(list(&tools));
    let document = Document::parse(&body, Limits::default()).unwrap();
    let listed = read_list(bailiwick_core::Action::ListTools, &document).unwrap();
    assert_eq!(listed.names.len(), tools.len());
    for step in 1..8 {
        let keep: Vec<bool> = (0..tools.len()).map(|it| it % step == 0).collect();
        let kept: Vec<&str> = tools.iter().copied().step_by(step).collect();
        assert_eq!(listed.filter(&body, &document, &keep), list(&kept).as_bytes());
    }
    // As one event of a stream, and with another id, all else is the same too.
    let mut decoder = Decoder::new(body.len() + 100);
    decoder.push(&encode(&body, Some("7"))).unwrap();
    assert_eq!(decoder.next_event().unwrap().data, body);
    let Ok(Message::Result { id, .. }) = Message::read(&document) else { panic!("a result") };
    assert_eq!(id, Id::from_number(1));
    let mut splice = Splice::new(&body);
    splice.set_member(document.root(), "id", &br#""other""#[..]);
    let wanted = list(&tools).replacen("\"id\":1", "\"id\":\"other\"", 1);
    assert_eq!(splice.finish(), wanted.as_bytes());
    assert_ne!(Message::read(&document).err(), Some(RpcError::Batch));
}
