//! The operator's entities: Cedar's standard JSON, read one entity at a time so that each fault
//! has its place.

use cedar_policy_core::ast::Entity;
use cedar_policy_core::entities::err::EntitiesError;
use cedar_policy_core::entities::{EntityJsonParser, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;
use miette::Diagnostic as _;

use super::names::is_word;
use super::parse::Fault;

/// The entities of a file, with the byte at which each begins.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn entities(text: &str) -> Result<Vec<(usize, Entity)>, Vec<Fault>> {
    if let Err(error) = serde_json::from_str::<Vec<serde::de::IgnoredAny>>(text) {
        let offset = offset_of(text, error.line(), error.column());
        let help = "the file holds one JSON array of entities: \
                    [{\"uid\": {\"type\": \"Person\", \"id\": \"ada\"}, \"attrs\": {}, \
                    \"parents\": []}]";
        return Err(vec![Fault {
            offset,
            message: error.to_string(),
            help: Some(help.to_owned()),
        }]);
    }
    let parser = EntityJsonParser::new(
        None::<&NoEntitiesSchema>,
        Extensions::all_available(),
        TCComputation::ComputeNow,
    );
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for (offset, element) in elements(text) {
        match parser.single_from_json_str(element) {
            Ok(entity) => found.push((offset, entity)),
            Err(error) => faults.push(fault(offset, &error)),
        }
    }
    faults.extend(found.iter().filter_map(|(offset, entity)| misuse(*offset, entity)));
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn fault(offset: usize, error: &EntitiesError) -> Fault {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    let help = error.help().map(|help| help.to_string());
    Fault { offset, message, help }
}

/// What an entities file may not say, although Cedar would take it.
fn misuse(offset: usize, entity: &Entity) -> Option<Fault> {
    let uid = entity.uid();
    let ours = std::iter::once(uid)
        .chain(entity.parents())
        .find(|it| it.entity_type().to_string().starts_with("Bailiwick::"));
    if let Some(ours) = ours {
        return Some(Fault {
            offset,
            message: format!("{ours}: the namespace Bailiwick is kept for the gateway"),
            help: Some("give the entity a type of your own".to_owned()),
        });
    }
    let taken = std::iter::once(uid)
        .chain(entity.parents())
        .find(|it| it.is_action() && is_word(it.eid().as_ref()))?;
    Some(Fault {
        offset,
        message: format!("{taken} is defined by the gateway: effects come from contracts only"),
        help: Some("put tools into a group with a name of its own".to_owned()),
    })
}

/// The elements of a JSON array that is known to be well formed, with their offsets.
fn elements(text: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    let mut begin = None;
    let mut found = Vec::new();
    for (offset, byte) in text.bytes().enumerate() {
        if quoted {
            (quoted, escaped) = match byte {
                _ if escaped => (true, false),
                b'\\' => (true, true),
                b'"' => (false, false),
                _ => (true, false),
            };
            continue;
        }
        let ends = depth == 1 && matches!(byte, b',' | b']');
        if ends && let Some(start) = begin.take() {
            found.extend(text.get(start..offset).map(|it| (start, it)));
        }
        let starts = depth == 1 && begin.is_none() && !ends && !byte.is_ascii_whitespace();
        if starts {
            begin = Some(offset);
        }
        match byte {
            b'"' => quoted = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// The byte at a line and column, both from one.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Json::from),
            any::<bool>().prop_map(Json::from),
            r#"[\[\]{}",:\\a\n ]{0,6}"#.prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let members = prop::collection::btree_map("[\\[\\],\"a]{0,3}", inner.clone(), 0..3);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Json::from),
                members.prop_map(|it| Json::Object(it.into_iter().collect())),
            ]
        })
    }

    /// What entities files are made of, in any order.
    const PIECES: &str = concat!(
        r#"\[?(\{"uid": \{"type": "[A-Z:]{0,3}", "id": "[a"\\]{0,2}"\}, |"attrs": \{\}, |"#,
        r#""parents": \[[{}1]?\]\},?|[\[\]{}",é]){0,9}\]?"#,
    );

    proptest! {
        #[test]
        fn an_array_falls_into_its_elements(items in prop::collection::vec(json(), 0..6)) {
            for text in [
                serde_json::to_string(&items).unwrap(),
                serde_json::to_string_pretty(&items).unwrap(),
            ] {
                let parts = elements(&text);
                let parsed: Vec<Json> =
                    parts.iter().map(|(_, it)| serde_json::from_str(it).unwrap()).collect();
                prop_assert_eq!(&parsed, &items);
                for (offset, part) in parts {
                    prop_assert!(text[offset..].starts_with(part));
                }
            }
        }

        #[test]
        fn whatever_the_file_holds_it_is_read_or_refused(
            text in PIECES,
        ) {
            // That it neither panics nor points outside the text is all that is asked.
            for fault in entities(&text).err().into_iter().flatten() {
                prop_assert!(fault.offset <= text.len());
            }
        }
    }
}
