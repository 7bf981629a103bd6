//! What servers are called here: policies go by the name, so the same launch has the same one, and
//! another has another.

use std::collections::BTreeSet;

use super::wrapping::{Extras, Inner, server_name};

/// What tells one server from another: how it is started, and with what.
pub(super) type Identity = (Inner, Extras);

/// Names that are taken, and what for.
#[derive(Default)]
pub(super) struct Names(Vec<(String, Identity)>);

impl Names {
    /// This name is taken already.
    pub(super) fn take(&mut self, name: &str, what: Identity) {
        self.0.push((name.to_owned(), what));
    }

    /// The name of a server: the same for the same launch, another for another.
    pub(super) fn of(&mut self, said: &str, what: Identity) -> String {
        if let Some((name, _)) = self.0.iter().find(|(_, it)| *it == what) {
            return name.clone();
        }
        let wanted = server_name(said);
        let taken: BTreeSet<&str> = self.0.iter().map(|(it, _)| it.as_str()).collect();
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        let name = names.find(|it| !taken.contains(it.as_str())).unwrap_or(wanted);
        self.take(&name, what);
        name
    }
}
