//! The tool that undoes another, where a server has both: `archive_note` and `unarchive_note`.

use super::words::split;
use crate::cell::Cell;
use crate::contract::Undo;
use crate::definition::Definition;

/// What undoes what, and may stand at either end of a name.
const PAIRS: &[(&str, &str)] = &[
    ("create", "delete"),
    ("create", "remove"),
    ("add", "remove"),
    ("add", "delete"),
    ("insert", "delete"),
    ("archive", "unarchive"),
    ("archive", "restore"),
    ("trash", "restore"),
    ("enable", "disable"),
    ("disable", "enable"),
    ("activate", "deactivate"),
    ("deactivate", "activate"),
    ("start", "stop"),
    ("lock", "unlock"),
    ("pin", "unpin"),
    ("star", "unstar"),
    ("mute", "unmute"),
    ("follow", "unfollow"),
    ("assign", "unassign"),
    ("subscribe", "unsubscribe"),
    ("book", "cancel"),
    ("schedule", "cancel"),
    ("close", "reopen"),
    ("block", "unblock"),
    ("like", "unlike"),
    ("mount", "unmount"),
    ("attach", "detach"),
    ("link", "unlink"),
];

/// The tool of the same server that undoes this one.
pub(super) fn of(definition: &Definition, names: &[(Vec<String>, &str)]) -> Option<Cell<Undo>> {
    let words = split(definition.name());
    let undoing = PAIRS.iter().filter_map(|(does, undoes)| {
        let at = words.iter().position(|it| it == does)?;
        let mut wanted = words.clone();
        *wanted.get_mut(at)? = (*undoes).to_owned();
        let place = names.binary_search_by(|it| it.0.cmp(&wanted)).ok()?;
        names.get(place).map(|it| it.1)
    });
    let tool = undoing.into_iter().next()?.to_owned();
    let why = format!("the server has `{tool}`, too");
    let how = format!("call `{tool}` for the same thing");
    let undo = Undo { how, tool: Some(tool), window: None, approver: None, tested: None };
    Some(Cell::guess(undo, why))
}
