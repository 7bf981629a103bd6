//! Whether a model thinks before it writes: providers charge for that, and mostly do not show it.

use crate::json::{Kind, Node};

/// Families of models that think unless they are told not to, and show little of it.
const THINKING: [&str; 5] = ["codex", "gemini-2.5", "gemini-3", "gpt-5", "grok-4"];

/// Words for no thought at all, where it is said how much there is to be.
const NONE: [&str; 2] = ["disabled", "none"];

/// Whether a model of this name thinks when nobody says whether it is to.
pub fn thinks(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    let is_o =
        name.strip_prefix('o').is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    let is_of_family = THINKING.iter().any(|it| name.starts_with(it));
    is_o || is_of_family || name.contains("thinking") || name.contains("reason")
}

/// Whether the model is to think, as far as a body says it in any of the words that there are.
pub(super) fn asked(root: Node<'_>) -> Option<bool> {
    let is_about = |name: &str| name.contains("reason") || name.contains("think");
    let effort = root.member("output_config").and_then(|it| it.member("effort"));
    let about = root.members().filter(|(name, _)| is_about(name)).map(|(_, it)| it);
    let said: Vec<bool> = about.chain(effort).filter_map(says).collect();
    said.iter().copied().reduce(|one, other| one || other)
}

fn says(node: Node<'_>) -> Option<bool> {
    match node.kind() {
        Kind::Null => None,
        Kind::Bool => Some(node.raw() == "true"),
        Kind::Number => Some(node.raw() != "0"),
        Kind::String => Some(!NONE.iter().any(|it| node.says(it))),
        Kind::Array => Some(true),
        Kind::Object => {
            let inner = ["type", "effort", "enabled"].into_iter().find_map(|it| node.member(it));
            Some(inner.and_then(says).unwrap_or(true))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits};

    #[test]
    fn names_and_bodies_say_whether_a_model_thinks() {
        for (model, expected) in [
            ("o3-mini", true),
            ("openai/o1", true),
            ("GPT-5.1", true),
            ("kimi-k2-thinking", true),
            ("gpt-4o", false),
            ("omni", false),
            ("claude-3", false),
        ] {
            assert_eq!(thinks(model), expected, "{model}");
        }
        for (body, expected) in [
            ("{}", None),
            (r#"{"reasoning":null}"#, None),
            (r#"{"reasoning_effort":"none"}"#, Some(false)),
            (r#"{"reasoning_effort":"low"}"#, Some(true)),
            (r#"{"reasoning":{"summary":"auto"}}"#, Some(true)),
            (r#"{"reasoning":{"effort":"none"}}"#, Some(false)),
            (r#"{"thinking":{"type":"disabled"}}"#, Some(false)),
            (r#"{"thinking":{"type":"disabled"},"output_config":{"effort":"high"}}"#, Some(true)),
            (r#"{"enable_thinking":true,"reasoning":{"effort":"none"}}"#, Some(true)),
            (r#"{"thinking_budget":0}"#, Some(false)),
        ] {
            let document = Document::parse(body.as_bytes(), Limits::default()).unwrap();
            assert_eq!(asked(document.root()), expected, "{body}");
        }
    }
}
