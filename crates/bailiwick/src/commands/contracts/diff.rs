//! `bailiwick contracts diff`: what stands between a tool and its approval.

use bailiwick_contracts::{Change, Definition, changes, is_unseen};
use bailiwick_gateway::admission::Admitted;
use bailiwick_gateway::approving::ToolStands;
use clap::Args;
use serde_json::{Value, json};

use super::stands;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

/// How many letters of a name are shown.
const SHOWN_MAX: usize = 400;
/// How much of one part of a definition is shown: what is longer, nobody reads to its end, so where
/// it was cut is said. `--json` has all of it.
const PART_MAX: usize = 64 << 10;

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
            say(format!("    {}", tool.pin));
            introduce(&stands::definition(&tool.definition)?);
        }
        Admitted::Changed => {
            let approved = tool.approved.as_ref();
            let when = approved.map_or_else(String::new, |it| {
                format!(" (approved by {} on {}: {})", shown(&it.by), it.on.0, shown(&it.why))
            });
            say(format!("~ {server}/{}   changed{when}", shown(&tool.name)));
            say(format!("    {}", tool.pin));
            say_changes(&difference(tool)?);
        }
    }
    Ok(())
}

/// What is different, by its place.
pub(super) fn say_changes(changes: &[Change]) {
    for change in changes {
        say(format!("    {}{}", change.part, shown(&change.at)));
        let lines = [("-", &change.before), ("+", &change.after)];
        for (mark, text) in lines {
            if let Some(text) = text {
                say(format!("    {mark} {}", whole(text)));
            }
        }
    }
}

/// All that a model would be told of a tool: a person approves that, and not a part of it.
fn introduce(definition: &Definition) {
    for (part, text) in definition.texts() {
        say(format!("    {part:<13} {}", whole(&text)));
    }
}

/// What a server says, before a person's eyes: on one line, and nothing that a terminal obeys or
/// that is not seen.
pub(super) fn shown(text: &str) -> String {
    up_to(text, SHOWN_MAX)
}

/// The same of a part of a definition.
fn whole(text: &str) -> String {
    up_to(text, PART_MAX)
}

/// What is seen only in what stands before it, such as the colour of an emoji, and ends of lines:
/// no sign of a lie by itself, but what hides a text from a person.
const fn is_of_others(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}' | '\u{2065}' | '\u{fe00}'..='\u{fe0f}')
}

fn up_to(text: &str, most: usize) -> String {
    let mut out = String::new();
    for (at, letter) in text.char_indices() {
        if out.len() > most {
            out.push_str(&format!(" ... and {} bytes more: see --json", text.len() - at));
            break;
        }
        if letter == '\n' {
            out.push_str("\\n");
        } else if letter.is_control() || is_unseen(letter) || is_of_others(letter) {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(letter)));
        } else {
            out.push(letter);
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
