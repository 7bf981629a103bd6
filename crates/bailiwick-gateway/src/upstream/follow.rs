//! What some messages mean for what comes after them: a call is called off, a resource is
//! subscribed to. Learned where messages go out, so that no way to a server is left out.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use bailiwick_core::{Action, Call, Resource};
use bailiwick_wire::mcp::Notice;
use bailiwick_wire::rpc::Id;

use crate::reading::{self, Heard};

/// How many resources one session may be subscribed to.
const SUBSCRIPTIONS_MAX: usize = 4096;

/// What a call means for what comes after it.
pub(super) enum Follow {
    Nothing,
    CallOff(Id),
    Subscribe(Box<str>),
    Unsubscribe(Box<str>),
}

impl Follow {
    pub(super) fn of(call: &Call) -> Self {
        match (call.action(), call.resource()) {
            (Action::Notify, _) => match reading::hear(call.ask()) {
                Some(Heard::Notice(Some(Notice::Cancelled { request }))) => Self::CallOff(request),
                Some(_) | None => Self::Nothing,
            },
            (Action::Subscribe, Resource::Document { uri, .. }) => {
                match reading::method(call.ask()).as_deref() {
                    Some("resources/subscribe") => Self::Subscribe(uri.clone()),
                    Some(_) | None => Self::Unsubscribe(uri.clone()),
                }
            }
            (_, _) => Self::Nothing,
        }
    }
}

/// The resources that one session is subscribed to.
#[derive(Default)]
pub(crate) struct Subscriptions(Mutex<HashSet<Box<str>>>);

impl Subscriptions {
    /// False when there are too many.
    pub(super) fn add(&self, uri: Box<str>) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = all.len() < SUBSCRIPTIONS_MAX;
        if room {
            all.insert(uri);
        }
        room
    }

    pub(super) fn remove(&self, uri: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }

    /// Whether a change of this resource is wanted: it, or one that it is a part of, as the
    /// specification has it, was subscribed to.
    pub(crate) fn cover(&self, uri: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.contains(uri)
            || uri.char_indices().any(|(at, it)| {
                let (whole, part) = uri.split_at_checked(at).unwrap_or((uri, ""));
                let with_slash = part.get(..1).map(|it| [whole, it].concat());
                matches!(it, '/' | '?' | '#')
                    && (all.contains(whole) || with_slash.is_some_and(|it| all.contains(&*it)))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_what_is_subscribed_to_is_covered_and_nothing_else() {
        let all = Subscriptions::default();
        assert!(all.add("file:///notes".into()) && all.add("file:///box/".into()));
        for (uri, covered) in [
            ("file:///notes", true),
            ("file:///notes/a.txt", true),
            ("file:///notes?v=2", true),
            ("file:///box/\u{fc}/b", true),
            ("file:///box", false),
            ("file:///notes2", false),
            ("file:///", false),
            ("", false),
        ] {
            assert_eq!(all.cover(uri), covered, "{uri}");
        }
        all.remove("file:///notes");
        assert!(!all.cover("file:///notes"));
    }
}
