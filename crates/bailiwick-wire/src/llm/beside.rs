//! What servers add to the chunks of a chat beside what its API has: reasoning under other names,
//! the whole text so far. Each string in it may be a text, or a piece of one.

use super::delta::{Channel, Delta, channel};
use super::fields::whole;
use super::found::{is_input, is_mute};
use crate::json::{Kind, Node};

/// Members of a choice that are read elsewhere, or hold no text.
const OF_CHOICE: &[&str] = &["index", "delta", "finish_reason", "logprobs"];
/// The same of what a chunk adds to a message.
const OF_DELTA: &[&str] = &[
    "role",
    "content",
    "refusal",
    "reasoning_content",
    "reasoning",
    "audio",
    "tool_calls",
    "function_call",
    "annotations",
];

/// A server may name what it likes: texts of more names than these run together.
const TEXTS_MAX: u64 = 251;

/// The strings of a choice that nothing else reads. What stands under the same names in the next
/// chunk goes on with them.
pub(super) fn in_choice(at: u64, choice: Node<'_>, into: &mut Vec<Delta>) {
    let mut others = |holder: Node<'_>, known: &[&str]| {
        for (name, value) in holder.members() {
            // Most that stands beside a text holds none: its name need not be looked up.
            let holds = matches!(value.kind(), Kind::String | Kind::Array | Kind::Object);
            if holds && !known.contains(&&*name) && !is_mute(&name, value) {
                strings(at, below(0, name.as_bytes()), value, is_input(&name), into);
            }
        }
    };
    others(choice, OF_CHOICE);
    if let Some(delta) = choice.member("delta") {
        others(delta, OF_DELTA);
    }
}

/// It recurses as deep as the document, which is limited.
fn strings(at: u64, path: u64, node: Node<'_>, is_given: bool, into: &mut Vec<Delta>) {
    match node.kind() {
        Kind::String => {
            into.extend(Delta::of(channel(at, path % TEXTS_MAX, Channel::Beside), node, false));
        }
        Kind::Array => {
            for (element, place) in node.elements().zip(0..) {
                let place = element.member("index").and_then(whole).unwrap_or(place);
                strings(at, below(path, &place.to_be_bytes()), element, is_given, into);
            }
        }
        Kind::Object => {
            for (spelled, value) in node.pairs() {
                let name = spelled.text().unwrap_or_default();
                let path = below(path, name.as_bytes());
                if is_given {
                    let own = channel(at, below(path, b"name") % TEXTS_MAX, Channel::Beside);
                    into.extend(Delta::name(own, spelled));
                }
                if is_given || !is_mute(&name, value) {
                    strings(at, path, value, is_given || is_input(&name), into);
                }
            }
        }
        Kind::Null | Kind::Bool | Kind::Number => {}
    }
}

/// A number for a place below another one.
fn below(path: u64, name: &[u8]) -> u64 {
    name.iter().fold(path.rotate_left(7) ^ 0xA5, |path, byte| {
        path.wrapping_mul(0x0100_0193).wrapping_add(u64::from(*byte) + 1)
    })
}
