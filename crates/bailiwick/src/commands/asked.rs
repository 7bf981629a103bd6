//! A call in one line: who asks for what, with which arguments.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use bailiwick_core::{Inputs, Link, Value};

/// Characters that are not seen, and those that turn the direction of what follows.
const MARKS: [RangeInclusive<char>; 5] = [
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{e0000}'..='\u{e007f}',
];

/// How much of the arguments is shown.
const SHOWN_CHARS_MAX: usize = 400;

/// `my-agent for ada of acme: read files/read_text_file {"path":"diary.txt"}`, in characters that
/// change nothing on a terminal but what they show.
pub(super) fn in_a_line(inputs: &Inputs) -> String {
    let principal = &inputs.principal;
    let links: Vec<&str> = principal.chain.iter().rev().map(named).collect();
    let (who, tenant) = (links.join(" for "), principal.tenant.as_str());
    let (verb, resource) = (inputs.action.as_str(), &inputs.resource);
    let name = match resource.name() {
        "" => resource.server().to_string(),
        name => format!("{}/{name}", resource.server()),
    };
    let mut arguments = String::new();
    write(&inputs.arguments, &mut arguments);
    let is_long = arguments.chars().count() > SHOWN_CHARS_MAX;
    let mut shown: String = arguments.chars().take(SHOWN_CHARS_MAX).collect();
    if is_long {
        shown.push_str(" ...");
    }
    visible(&format!("{who} of {tenant}: {verb} {name} {shown}"))
}

fn named(link: &Link) -> &str {
    match link {
        Link::Person(it) => it.as_str(),
        Link::Agent(it) => it.as_str(),
        Link::System(it) => it.as_str(),
        Link::Server(it) => it.as_str(),
    }
}

/// As JSON. Numbers stay as they were spelled.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
        Value::Number(it) => out.push_str(it.lexeme()),
        Value::Text(it) => quoted(it, out),
        Value::List(all) => {
            out.push('[');
            for (at, it) in all.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                write(it, out);
            }
            out.push(']');
        }
        Value::Record(members) => {
            out.push('{');
            for (at, (name, it)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                quoted(name, out);
                out.push(':');
                write(it, out);
            }
            out.push('}');
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    // A string always is JSON.
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// With escapes for what a terminal would obey or not show.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for it in text.chars() {
        let is_mark = MARKS.iter().any(|marks| marks.contains(&it));
        if it.is_control() || is_mark {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(it));
        } else {
            shown.push(it);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use bailiwick_core::{Action, AgentId, Effect, PersonId, Principal, Resource, TenantId};

    use super::*;

    #[test]
    fn a_call_is_one_line_that_no_terminal_obeys() {
        let person = Link::Person(PersonId::from("ada"));
        let agent = Link::Agent(AgentId::from("my-agent"));
        let text = |it: &str| Value::Text(it.into());
        let path = ("path".into(), text("a\u{1b}[2J\u{202e}\"b"));
        let inputs = Inputs {
            principal: Principal {
                chain: vec![person, agent],
                tenant: TenantId::from("acme"),
                credential: None,
                task: None,
                session: None,
            },
            action: Action::InvokeTool,
            resource: Resource::Tool { server: "files".into(), name: "read".into() },
            effect: Effect::Read,
            exists: true,
            named: Vec::new(),
            arguments: Value::Record(vec![path, ("all".into(), text(&"x".repeat(999)))]),
        };
        let line = in_a_line(&inputs);
        let head =
            r#"my-agent for ada of acme: invoke_tool files/read {"path":"a\u001b[2J\u{202e}\"b","#;
        assert!(line.starts_with(head), "{line}");
        assert!(line.ends_with(" ...") && line.len() < 600, "{line}");
    }
}
