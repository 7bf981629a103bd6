//! `bailiwick contracts diff`: what stands between a tool and its approval.

use bailiwick_contracts::{Change, Definition, changes};
use bailiwick_gateway::admission::Admitted;
use bailiwick_gateway::approving::ToolStands;
use clap::Args;
use serde_json::{Value, json};

use super::stands;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

/// How much of one value is shown to people; `--json` has all of it.
const SHOWN_MAX: usize = 400;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The servers; all that are configured, when none is named.
    servers: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let gateway = stands::gateway(&settings)?;
    let (mut told, mut held) = (Vec::new(), 0);
    for server in stands::servers(&settings, &arguments.servers)? {
        let all = match stands::of(&gateway, &server) {
            Ok(all) => all,
            // One server that cannot be listed hides nothing of the others.
            Err(why) => {
                eprintln!("server {server}: {}", why.0);
                held += 1;
                continue;
            }
        };
        for tool in all {
            held += usize::from(tool.admitted != Admitted::Approved);
            if common.json {
                told.push(as_json(&server, &tool)?);
            } else {
                print(&server, &tool)?;
            }
        }
    }
    if common.json {
        output::json(&told)?;
    } else if held == 0 {
        say("every tool is as it was approved");
    }
    if held == 0 { YES } else { no() }
}

/// What is different between what was approved and what is shown.
fn difference(tool: &ToolStands) -> Result<Vec<Change>, Failure> {
    match (&tool.admitted, &tool.approved) {
        (Admitted::Changed, Some(approved)) => Ok(changes(
            &stands::definition(&approved.definition)?,
            &stands::definition(&tool.definition)?,
        )),
        (Admitted::Approved | Admitted::Unapproved | Admitted::Changed, _) => Ok(Vec::new()),
    }
}

fn as_json(server: &str, tool: &ToolStands) -> Result<Value, Failure> {
    let changes: Vec<_> = difference(tool)?
        .into_iter()
        .map(|it| json!({ "part": it.part, "at": it.at, "before": it.before, "after": it.after }))
        .collect();
    let definition: Value = serde_json::from_str(&tool.definition)?;
    Ok(json!({
        "server": server, "tool": tool.name, "admitted": tool.admitted, "pin": tool.pin,
        "definition": definition, "approved": tool.approved, "changes": changes,
    }))
}

fn print(server: &str, tool: &ToolStands) -> Result<(), Failure> {
    match tool.admitted {
        Admitted::Approved => {}
        Admitted::Unapproved => {
            say(format!("+ {server}/{}   nobody approved it", shown(&tool.name)));
            introduce(&stands::definition(&tool.definition)?);
        }
        Admitted::Changed => {
            let approved = tool.approved.as_ref();
            let when = approved.map_or_else(String::new, |it| {
                format!(" (approved by {} on {}: {})", it.by, it.on.0, shown(&it.why))
            });
            say(format!("~ {server}/{}   changed{when}", shown(&tool.name)));
            for change in difference(tool)? {
                say(format!("    {}{}", change.part, shown(&change.at)));
                let lines = [("-", &change.before), ("+", &change.after)];
                for (mark, text) in lines {
                    if let Some(text) = text {
                        say(format!("    {mark} {}", shown(text)));
                    }
                }
            }
        }
    }
    Ok(())
}

fn introduce(definition: &Definition) {
    if !definition.description().is_empty() {
        say(format!("    {}", shown(definition.description())));
    }
    let arguments: Vec<_> = definition.properties().map(|(name, _)| shown(name)).collect();
    if !arguments.is_empty() {
        say(format!("    arguments: {}", arguments.join(", ")));
    }
}

/// Letters that show nothing, or turn the line around.
const UNSEEN: [std::ops::RangeInclusive<char>; 5] = [
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{e0000}'..='\u{e007f}',
];

/// What a server says, before a person's eyes: on one line, and nothing that a terminal obeys or
/// that is not seen.
pub(super) fn shown(text: &str) -> String {
    let is_seen = |it: char| !it.is_control() && !UNSEEN.iter().any(|range| range.contains(&it));
    let mut out = String::new();
    for letter in text.chars() {
        if out.len() > SHOWN_MAX {
            out.push_str(" ...");
            break;
        }
        if is_seen(letter) {
            out.push(letter);
        } else if letter == '\n' {
            out.push_str("\\n");
        } else {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(letter)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_can_do_nothing_to_a_terminal() {
        assert_eq!(shown("a\u{1b}[31mb\nc\u{200b}\u{202e}"), "a\\u{1b}[31mb\\nc\\u{200b}\\u{202e}");
        assert!(shown(&"x".repeat(5000)).len() < 500);
    }
}
