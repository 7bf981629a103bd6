//! What is reckoned of a call before it goes out, for when its provider does not tell all it took.

use bailiwick_wire::llm::{Ask, Told, ToolKind, thinks};

use super::route::Route;

/// What is reckoned of a call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reckoned {
    /// About how many tokens of input it has.
    pub(crate) input: u64,
    /// Whether the provider adds what nobody here sees: what it keeps, what its tools bring in.
    adds: bool,
    /// Whether the model is to think, as far as the ask says it.
    is_to_think: Option<bool>,
    /// Whether its name says so.
    thinks: bool,
}

impl Reckoned {
    /// Of an ask that has about so many tokens of input.
    pub(crate) fn of(route: &Route, ask: &Ask, input: u64) -> Self {
        let has_hosted = ask.tools.iter().any(|it| matches!(it.kind, ToolKind::Hosted(_)));
        Self {
            input,
            adds: has_hosted || !ask.state.is_empty(),
            is_to_think: ask.is_to_think,
            thinks: thinks(&route.model),
        }
    }

    /// Whether more may have been read or written than was told and seen of an answer that was not
    /// heard to its end.
    pub(crate) fn hides(&self, told: &Told) -> bool {
        // Usage that comes with the reason why it ended is all there is.
        if told.usage.is_some() && told.stop.is_some() && !told.is_error {
            return false;
        }
        // A deployment may have any name; the answer says whose model it is.
        let by_name = || self.thinks || told.model.as_deref().is_some_and(thinks);
        self.adds || self.is_to_think.unwrap_or_else(by_name)
    }
}
