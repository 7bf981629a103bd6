//! Members that may be there, and values that say nothing.

use super::{Done, Untranslatable};
use crate::Unintelligible;
use crate::json::Node;
use crate::llm::fields::given;

/// That an object has no other members than these; null says nothing.
pub(super) fn only(object: Node<'_>, what: &'static str, known: &[&str]) -> Done<()> {
    if !object.is_object() {
        return Err(Unintelligible::IllTyped(what).into());
    }
    match object.members().find(|(name, it)| !it.is_null() && !known.contains(&&**name)) {
        Some((name, _)) => Err(Untranslatable::member(&name)),
        None => Ok(()),
    }
}

/// That a member says, if anything, one of these, which the other dialect does anyhow.
pub(super) fn neutral(object: Node<'_>, name: &str, harmless: &[&str]) -> Done<()> {
    match given(object, name) {
        Some(value) if !harmless.contains(&value.raw()) => Err(Untranslatable::member(name)),
        Some(_) | None => Ok(()),
    }
}

/// The word that a member's word is in the other dialect, where the member is given.
pub(super) fn word(
    object: Node<'_>,
    name: &'static str,
    words: &[(&str, &'static str)],
) -> Done<Option<&'static str>> {
    let Some(node) = given(object, name) else { return Ok(None) };
    let found = words.iter().find(|(theirs, _)| node.says(theirs));
    found.map(|(_, ours)| Some(*ours)).ok_or_else(|| Untranslatable::member(name))
}

/// The same list seen from its place, element by element.
pub(super) fn each<'d, T>(
    list: Node<'d>,
    name: &str,
    mut turn: impl FnMut(Node<'d>) -> Done<T>,
) -> Done<Vec<T>> {
    let numbered = list.elements().enumerate();
    let turned =
        numbered.map(|(at, it)| turn(it).map_err(|why| why.within(&format!("{name}[{at}]"))));
    turned.collect()
}

/// The media type and the data of a `data:` URL in base64.
pub(super) fn data_url(url: &str) -> Option<(&str, &str)> {
    let (kind, data) = url.strip_prefix("data:")?.split_once(',')?;
    Some((kind.strip_suffix(";base64")?, data))
}
