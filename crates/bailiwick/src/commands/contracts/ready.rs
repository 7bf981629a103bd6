//! Which entry of the catalogue a configured server is of.

use std::path::Path;

use bailiwick_gateway::config::{Launch, ServerSettings};

use crate::catalogue::{self, Entry};

/// The entry that fits a server's command.
pub(in crate::commands) fn of_server<'e>(
    entries: &'e [Entry],
    server: &ServerSettings,
) -> Option<&'e Entry> {
    let (words, folder) = launch(server)?;
    catalogue::of_command(entries, &words, folder)
}

/// The words of a server's command, and the folder in which it starts.
pub(super) fn launch(server: &ServerSettings) -> Option<(Vec<String>, &Path)> {
    match &server.launch {
        Launch::Child { program, arguments, directory, .. } => {
            Some((std::iter::once(program).chain(arguments).cloned().collect(), directory))
        }
        Launch::Http(..) => None,
    }
}
