//! An entry of a client's file: how one server is started, and where in the text that stands.

use std::ops::Range;

/// One server of a client.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What the client calls it.
    pub(crate) name: String,
    /// Where it stands, such as `projects./home/ada.mcpServers.git`.
    pub(crate) place: String,
    pub(crate) launch: Launch,
    /// Values that no screen should show, of its environment and its headers: as they are spelled.
    pub(crate) secrets: Vec<String>,
}

/// How a server is started.
#[derive(Clone, Debug)]
pub(crate) enum Launch {
    /// As a program of the client's.
    Command(CommandLine),
    /// At an address.
    Remote(Remote),
    /// In a way that is left alone, and why.
    Other(&'static str),
}

/// A text that stands somewhere, quotes included.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) span: Range<usize>,
    pub(crate) says: String,
}

impl Said {
    /// How it is spelled in its text, without the quotes around it.
    pub(super) fn spelled<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.span.clone()).unwrap_or_default().trim_matches(['"', '\''])
    }
}

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    pub(crate) program: Said,
    pub(crate) arguments: Arguments,
    /// What stands in the entry for the server's environment, by variable.
    pub(crate) environment: Vec<(String, Said)>,
}

impl CommandLine {
    /// Program and arguments as one list.
    pub(crate) fn words(&self) -> Vec<String> {
        let arguments = match &self.arguments {
            Arguments::List { says, .. } => says.as_slice(),
            Arguments::Missing { .. } => &[],
        };
        std::iter::once(&self.program.says).chain(arguments).cloned().collect()
    }
}

/// The arguments, or where they would stand.
#[derive(Clone, Debug)]
pub(crate) enum Arguments {
    /// A list whose inside begins at `open`, and its first item at `first`.
    List { open: usize, first: Option<usize>, says: Vec<String> },
    /// None. `lead` is what has to be written after the program to begin a list.
    Missing { lead: String },
}

/// A server at an address.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) url: String,
    /// The name and value of the member that holds the address.
    pub(crate) member: Range<usize>,
    /// What stands before the name of the program, where the member stood, such as `"command": `.
    pub(crate) command: String,
    /// What has to be written after the program to begin the list of arguments.
    pub(crate) lead: String,
    /// The word for the transport.
    pub(crate) kind: Option<Said>,
    /// Its headers, and the bytes that go when they do.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) headers_span: Option<Range<usize>>,
}
