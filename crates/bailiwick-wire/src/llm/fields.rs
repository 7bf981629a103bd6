//! Members of a body by name: there and of the right type, or the body is refused.

use std::borrow::Cow;

use bailiwick_core::Number;

use crate::Unintelligible;
use crate::json::{Kind, Node, twin};

pub(super) type Read<T> = Result<T, Unintelligible>;

/// That `node` is an object in which no name can be mistaken for one of `known`.
pub(super) fn object<'d>(
    node: Node<'d>,
    what: &'static str,
    known: &[&'static str],
) -> Read<Node<'d>> {
    if !node.is_object() {
        return Err(Unintelligible::IllTyped(what));
    }
    for (name, _) in node.members() {
        if let Some(known) = twin(&name, known) {
            return Err(Unintelligible::LookAlike(known));
        }
    }
    Ok(node)
}

/// A member that is there and not null.
pub(super) fn given<'d>(object: Node<'d>, name: &str) -> Option<Node<'d>> {
    object.member(name).filter(|it| !it.is_null())
}

/// The text of a member, where it is given.
pub(super) fn text<'d>(object: Node<'d>, name: &'static str) -> Read<Option<Cow<'d, str>>> {
    let text = |it: Node<'d>| it.text().ok_or(Unintelligible::IllTyped(name));
    given(object, name).map(text).transpose()
}

/// The text of a member that must be there.
pub(super) fn needed<'d>(object: Node<'d>, name: &'static str) -> Read<Cow<'d, str>> {
    text(object, name)?.ok_or(Unintelligible::Missing(name))
}

/// The member as an object, where it is given.
pub(super) fn inner<'d>(object: Node<'d>, name: &'static str) -> Read<Option<Node<'d>>> {
    typed(object, name, Kind::Object)
}

/// The member as an array, where it is given.
pub(super) fn list<'d>(object: Node<'d>, name: &'static str) -> Read<Option<Node<'d>>> {
    typed(object, name, Kind::Array)
}

/// What a member says to yes or no, where it is given.
pub(super) fn flag(object: Node<'_>, name: &'static str) -> Read<Option<bool>> {
    Ok(typed(object, name, Kind::Bool)?.and_then(Node::as_bool))
}

/// The whole number that a member gives, where it is given.
pub(super) fn count(object: Node<'_>, name: &'static str) -> Read<Option<u64>> {
    let Some(node) = typed(object, name, Kind::Number)? else { return Ok(None) };
    whole(node).map(Some).ok_or(Unintelligible::IllTyped(name))
}

/// The number that a value is, when it is a whole one and not below zero.
pub(super) fn whole(node: Node<'_>) -> Option<u64> {
    let lexeme = node.lexeme()?;
    let plain = lexeme.parse().ok();
    plain.or_else(|| u64::try_from(Number::from_lexeme(lexeme).as_i64()?).ok())
}

/// A member that must be of one kind, where it is given.
pub(super) fn typed<'d>(
    object: Node<'d>,
    name: &'static str,
    kind: Kind,
) -> Read<Option<Node<'d>>> {
    match given(object, name) {
        Some(node) if node.kind() != kind => Err(Unintelligible::IllTyped(name)),
        node => Ok(node),
    }
}
