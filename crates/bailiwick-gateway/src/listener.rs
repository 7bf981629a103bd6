//! Where callers come in.

/// A place at which somebody calls, and may be turned away.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Listener {
    /// Agents, over HTTP.
    Agents,
    /// Operators, over HTTP.
    Operators,
    /// The one client of a wrap, on standard input.
    Stdio,
}

impl Listener {
    /// What records call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Operators => "operators",
            Self::Stdio => "stdio",
        }
    }
}
