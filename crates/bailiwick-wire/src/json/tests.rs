//! The scanner against `serde_json`: the same texts taken, the same values read.

use std::fmt::Write as _;

use bailiwick_core::Value;
use proptest::prelude::*;

use super::*;

/// Whether both readings say the same. A number's spelling is read by `serde_json` for that.
fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(left), serde_json::Value::Bool(right)) => left == right,
        (Value::Number(left), serde_json::Value::Number(_)) => {
            serde_json::from_str::<serde_json::Value>(left.lexeme()).unwrap() == *theirs
        }
        (Value::Text(left), serde_json::Value::String(right)) => **left == **right,
        (Value::List(left), serde_json::Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Record(left), serde_json::Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, l)| right.get(&**name).is_some_and(|r| same(l, r)))
        }
        _ => false,
    }
}

/// Read the bytes with both and hold the scanner to its documented differences.
fn agree(bytes: &[u8]) {
    let limits = Limits { depth: 512, ..Limits::default() };
    let shown = String::from_utf8_lossy(bytes);
    match (Document::parse(bytes, limits), serde_json::from_slice::<serde_json::Value>(bytes)) {
        (Ok(ours), Ok(theirs)) => assert!(same(&ours.root().to_value(), &theirs), "{shown}"),
        (Ok(_), Err(theirs)) => {
            let why = theirs.to_string();
            let known = ["number out of range", "recursion limit exceeded"];
            assert!(known.iter().any(|it| why.contains(it)), "only we take {shown}: {why}");
        }
        (Err(JsonError::Duplicate { .. }), Ok(_)) | (Err(_), Err(_)) => {}
        (Err(ours), Ok(_)) => panic!("only we refuse {shown}: {ours}"),
    }
}

/// JSON texts with odd but legal spelling, and names that are unique.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let space = "[ \n\r\t]{0,2}";
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        string(),
    ];
    leaf.prop_recursive(5, 60, 12, move |inner| {
        prop_oneof![
            (prop::collection::vec((space, inner.clone(), space), 0..12), space).prop_map(
                |(items, space)| {
                    let items: Vec<String> =
                        items.into_iter().map(|(a, it, b)| format!("{a}{it}{b}")).collect();
                    format!("[{}{space}]", items.join(","))
                }
            ),
            (prop::collection::vec((space, string(), space, inner), 0..12), space).prop_map(
                |(items, space)| {
                    // The position makes each name unique.
                    let items: Vec<String> = items
                        .into_iter()
                        .enumerate()
                        .map(|(n, (a, name, b, it))| {
                            format!("{a}{}{n}\"{b}:{a}{it}", &name[..name.len() - 1])
                        })
                        .collect();
                    format!("{{{}{space}}}", items.join(","))
                }
            ),
        ]
    })
}

/// JSON strings in any spelling that says something.
fn string() -> impl Strategy<Value = String> {
    prop::collection::vec((any::<char>(), 0u8..4), 0..20).prop_map(|chars| {
        let mut out = String::from("\"");
        for (char, way) in chars {
            let mut units = [0; 2];
            match (char, way) {
                ('"' | '\\' | '/', 0) => out.extend(['\\', char]),
                ('\n', 1) => out.push_str("\\n"),
                ('"' | '\\' | '\0'..='\u{1f}', _) | (_, 3) => {
                    for unit in char.encode_utf16(&mut units) {
                        write!(out, "\\u{unit:04X}").unwrap();
                    }
                }
                _ => out.push(char),
            }
        }
        out + "\""
    })
}

proptest! {
    #[test]
    fn whatever_is_json_is_taken_and_means_the_same(text in text()) {
        let document = Document::parse(text.as_bytes(), Limits::default()).unwrap();
        let theirs = serde_json::from_str(&text).unwrap();
        prop_assert!(same(&document.root().to_value(), &theirs));
        prop_assert_eq!(document.root().raw(), text.trim());
    }

    #[test]
    fn damaged_json_is_refused_when_serde_json_refuses_it(
        text in text(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..4),
    ) {
        let mut bytes = text.into_bytes();
        for (place, byte, how) in damage {
            let at = place.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                _ if at < bytes.len() => { bytes.remove(at); }
                _ => bytes.truncate(at / 2),
            }
        }
        agree(&bytes);
    }

    #[test]
    fn soup_of_json_is_judged_alike(soup in prop::collection::vec(
        prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"b\":", "\\", "\\u", "d800", "\\uDC00",
            "\\uD83D\\uDE00", "0", "1", "-", ".", "e", "E+", "9", "true", "false", "null", "nul",
            " ", "\n", "\u{0}", "\u{1f}", "\u{7f}", "é", "1e400", "\u{feff}", "/",
        ]), 0..24)) {
        agree(soup.concat().as_bytes());
    }

    #[test]
    fn bytes_are_judged_alike(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        agree(&bytes);
    }

    #[test]
    fn what_is_quoted_reads_back(text in any::<String>()) {
        let quoted = quote(&text);
        prop_assert_eq!(&serde_json::from_str::<String>(&quoted).unwrap(), &text);
        let document = Document::parse(quoted.as_bytes(), Limits::default()).unwrap();
        prop_assert!(document.root().says(&text));
    }
}

#[test]
fn each_fault_is_named_and_found() {
    use JsonError as E;
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    for (text, fault) in [
        (&b""[..], E::End { at: 0 }),
        (b"  ", E::End { at: 2 }),
        (b"[1,", E::End { at: 3 }),
        (b"{\"a\"", E::End { at: 4 }),
        (b"\"abc", E::End { at: 4 }),
        (b"\"abcdefghijk\\", E::End { at: 13 }),
        (b"\"a\xff\"", E::Utf8 { at: 2 }),
        (b"\"\xed\xa0\x80\"", E::Utf8 { at: 1 }),
        (b"\xef\xbb\xbf1", E::Unexpected { at: 0 }),
        (b"[1,]", E::Unexpected { at: 3 }),
        (b"{,}", E::Unexpected { at: 1 }),
        (b"{\"a\":1,}", E::Unexpected { at: 7 }),
        (b"[1}", E::Unexpected { at: 2 }),
        (b"[1 2]", E::Unexpected { at: 3 }),
        (b"{1:2}", E::Unexpected { at: 1 }),
        (b"{\"a\" 1}", E::Unexpected { at: 5 }),
        (b"nulL", E::Unexpected { at: 0 }),
        (b"1 2", E::Trailing { at: 2 }),
        (b"{}\0", E::Trailing { at: 2 }),
        (b"01", E::Number { at: 1 }),
        (b"-", E::Number { at: 1 }),
        (b"1.", E::Number { at: 2 }),
        (b"1e+", E::Number { at: 3 }),
        (b".5", E::Unexpected { at: 0 }),
        (b"\"a\tb\"", E::Control { at: 2 }),
        (b"\"0123456789\x00\"", E::Control { at: 11 }),
        (b"\"\\x\"", E::Escape { at: 1 }),
        (b"\"\\u12G4\"", E::Escape { at: 1 }),
        (b"\"\\u+123\"", E::Escape { at: 1 }),
        (b"\"\\uDC00\"", E::Surrogate { at: 1 }),
        (b"\"\\uD800\"", E::Surrogate { at: 1 }),
        (b"\"\\uD800x\"", E::Surrogate { at: 1 }),
        (b"\"\\uD800\\uD800\"", E::Surrogate { at: 1 }),
        (b"{\"a\":1,\"a\":1}", E::Duplicate { at: 0 }),
        (b"[{\"a\":{\"b\":1,\"\\u0062\":2}}]", E::Duplicate { at: 6 }),
        (b"{\"\":1,\"\":2}", E::Duplicate { at: 0 }),
        (deep.as_bytes(), E::Depth { at: 64 }),
    ] {
        let found = Document::parse(text, Limits::default()).err();
        assert_eq!(found, Some(fault), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn a_repeated_name_is_found_wherever_it_stands() {
    for members in 2..40usize {
        for spelled in [false, true] {
            let text = |twin: Option<usize>| {
                let mut names: Vec<String> = (0..members).map(|n| format!("name{n}")).collect();
                if let Some(twin) = twin {
                    let first = if spelled { "\\u006eame0" } else { "name0" };
                    names[twin] = first.to_owned();
                }
                let members: Vec<String> =
                    names.iter().map(|it| format!("\"{it}\":[{{}}]")).collect();
                format!("{{{}}}", members.join(","))
            };
            assert!(Document::parse(text(None).as_bytes(), Limits::default()).is_ok());
            for twin in 1..members {
                let found = Document::parse(text(Some(twin)).as_bytes(), Limits::default()).err();
                assert_eq!(found, Some(JsonError::Duplicate { at: 0 }));
            }
        }
    }
}

#[test]
fn a_huge_object_is_no_way_to_stop_the_scanner() {
    // Comparing each name with each other one would take hours here.
    let members: Vec<String> = (0..400_000).map(|n| format!("\"\\u0061{n}\":0")).collect();
    let text = format!("{{{}}}", members.join(","));
    assert!(Document::parse(text.as_bytes(), Limits::default()).is_ok());
    let nodes = Limits { nodes: 1000, ..Limits::default() };
    assert!(matches!(Document::parse(text.as_bytes(), nodes), Err(JsonError::Nodes { .. })));
}

#[test]
fn limits_count_to_the_last() {
    let text = b"[[1],{\"a\":2}]";
    let parse = |depth, nodes| Document::parse(text, Limits { depth, nodes }).err();
    assert_eq!(parse(2, 6), None);
    assert_eq!(parse(1, 6), Some(JsonError::Depth { at: 1 }));
    assert_eq!(parse(2, 5), Some(JsonError::Nodes { at: 10 }));
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let limits = Limits { depth: u32::MAX, nodes: u32::MAX };
    let found = Document::parse(deep.as_bytes(), limits).err();
    assert_eq!(found, Some(JsonError::Depth { at: DEPTH_CEILING as usize }));
}

#[test]
fn a_node_shows_what_stands_there() {
    let text = br#" {"a" : [1.50, "x\ny", true, null], "\u0062":{"c":{}} , "d":-0e1} "#;
    let document = Document::parse(text, Limits::default()).unwrap();
    let root = document.root();
    let a = root.member("a").unwrap();
    assert_eq!(a.raw(), r#"[1.50, "x\ny", true, null]"#);
    assert_eq!(&document.text()[a.span()], a.raw());
    let elements: Vec<Node<'_>> = a.elements().collect();
    assert_eq!(elements[0].lexeme(), Some("1.50"));
    assert_eq!(elements[1].text().as_deref(), Some("x\ny"));
    assert_eq!(elements[2].as_bool(), Some(true));
    assert!(elements[3].is_null() && elements.len() == 4);
    assert!(root.member("b").unwrap().member("c").unwrap().is_object());
    assert_eq!(root.members().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "d"]);
    assert!(root.member("c").is_none() && root.elements().next().is_none());
    assert!(a.members().next().is_none() && a.member("a").is_none() && a.text().is_none());
    assert!(elements[3].as_bool().is_none() && elements[3].lexeme().is_none());
    let shown = format!("{document:?} {root:?} {:?}", root.members());
    assert!(!shown.contains("x\\ny"), "a debug line shows content: {shown}");
}

#[test]
fn look_alikes_are_what_a_careless_parser_folds() {
    for (name, known, alike) in [
        ("Name", "name", true),
        ("NAME", "name", true),
        ("name", "name", false),
        ("nam", "name", false),
        ("named", "name", false),
        ("param\u{17f}", "params", true),
        ("to\u{212a}en", "token", true),
        ("námé", "name", false),
    ] {
        assert_eq!(looks_like(name, known), alike, "{name}");
    }
}
