//! What is wrong with a contract itself, beside the tools that it is about.

use super::{Place, Remark, Rule, Subject};
use crate::cell::Cell;
use crate::contract::{Contract, Tool};
use crate::draft::draft;
use crate::effect::EffectWord;

pub(super) fn look(subject: &Subject<'_>, remarks: &mut Vec<Remark>) {
    let mut tell = |rule, tool: &str, place, message: String| {
        let (server, tool) = (subject.server.to_owned(), tool.to_owned());
        remarks.push(Remark { rule, server, tool, place, message });
    };
    let Some((file, text)) = subject.contract else { return };
    let contract = match Contract::read(text) {
        Ok(contract) => contract,
        Err(fault) => {
            let start = fault.span.as_ref().map_or(0, |it| it.start);
            let place = Place::Contract(file.to_owned(), line_at(text, start));
            tell(Rule::FaultyContract, "", place, fault.what);
            return;
        }
    };
    let drafted = draft(subject.server, subject.definitions);
    for (name, guess) in &drafted.tools {
        let Some(tool) = contract.tools.get(name) else {
            let told = "write what it does: `bailiwick contracts draft` appends it";
            tell(Rule::NoContract, name, Place::Definition(String::new()), told.into());
            continue;
        };
        let place = Place::Contract(file.to_owned(), line_of(text, name));
        let (said, why) = (tool.effect.said(), guess.effect.evidence().unwrap_or_default());
        if *said == EffectWord::Read && *guess.effect.said() != EffectWord::Read {
            let told = format!("it says `read`, but {why}: make sure that it changes nothing");
            tell(Rule::MilderThanDraft, name, place.clone(), told);
        }
        let cells = unverified(tool);
        if !cells.is_empty() {
            let told = format!("nobody has verified {}", cells.join(", "));
            tell(Rule::Unverified, name, place, told);
        }
    }
    if subject.definitions.is_empty() {
        return;
    }
    for name in contract.tools.keys().filter(|it| !drafted.tools.contains_key(*it)) {
        let place = Place::Contract(file.to_owned(), line_of(text, name));
        let told = "the server has no such tool: correct the name, or remove it";
        tell(Rule::UnknownTool, name, place, told.into());
    }
}

/// The cells of a tool that nobody has verified.
fn unverified(tool: &Tool) -> Vec<&'static str> {
    fn is_guess<T>(cell: Option<&Cell<T>>) -> bool {
        cell.is_some_and(|it| it.verified().is_none())
    }
    let cells = [
        ("`effect`", is_guess(Some(&tool.effect))),
        ("`recipients`", tool.recipients.values().any(|it| is_guess(Some(it)))),
        ("`data_in`", is_guess(tool.data_in.as_ref())),
        ("`data_out`", is_guess(tool.data_out.as_ref())),
        ("`trust`", is_guess(tool.trust.as_ref())),
        ("`undo`", is_guess(tool.undo.as_ref())),
        ("`worst_case`", is_guess(tool.worst_case.as_ref())),
    ];
    cells.into_iter().filter_map(|(name, is_guess)| is_guess.then_some(name)).collect()
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|it| *it == b'\n').count()
}

/// The line on which a tool's section begins; the first, where it has none of its own.
fn line_of(text: &str, name: &str) -> usize {
    let begins = |line: &str| {
        let key = line.trim().strip_prefix("[tools.").and_then(|it| it.strip_suffix(']'));
        key.is_some_and(|it| it == name || it.trim_matches(['"', '\'']) == name)
    };
    text.lines().position(begins).map_or(1, |it| it + 1)
}
