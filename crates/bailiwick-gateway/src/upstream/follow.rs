//! What some messages mean for what comes after them: a call is called off, a resource is
//! subscribed to. Learned where messages go out, so that no way to a server is left out.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use bailiwick_core::{Action, Call, Resource};
use bailiwick_wire::mcp::Notice;
use bailiwick_wire::rpc::Id;

use crate::reading::{self, Heard};

/// How many resources one session may be subscribed to.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 1024;
/// The longest URI that may be subscribed to: it is kept for as long as the session lasts.
const URI_BYTES_MAX: usize = 4096;

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

/// What became of a wish to be told of a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Added {
    /// It is told of from now on.
    New,
    /// It was told of before.
    Again,
    /// There are too many, or it is called too long.
    TooMuch,
}

impl Subscriptions {
    pub(super) fn add(&self, uri: &str) -> Added {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains(uri) {
            return Added::Again;
        }
        if all.len() >= SUBSCRIPTIONS_MAX || uri.len() > URI_BYTES_MAX {
            return Added::TooMuch;
        }
        all.insert(uri.into());
        Added::New
    }

    pub(super) fn remove(&self, uri: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }

    /// Whether a change of this resource is wanted: it, or one that it is a part of, as the
    /// specification has it, was subscribed to.
    pub(crate) fn cover(&self, uri: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wholes(uri).any(|(whole, _)| all.contains(whole))
    }
}

impl FromIterator<Box<str>> for Subscriptions {
    fn from_iter<I: IntoIterator<Item = Box<str>>>(uris: I) -> Self {
        Self(Mutex::new(uris.into_iter().collect()))
    }
}

/// What a resource is a part of, itself first, and what of its URI is the part's own.
pub(crate) fn wholes(uri: &str) -> impl Iterator<Item = (&str, &str)> {
    let ends = uri.char_indices().filter(|(_, it)| matches!(it, '/' | '?' | '#'));
    // With the mark that ends it, or without.
    let cuts = ends.flat_map(|(at, _)| [at, at + 1]);
    std::iter::once((uri, "")).chain(cuts.filter_map(|at| uri.split_at_checked(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_what_is_subscribed_to_is_covered_and_nothing_else() {
        let all = Subscriptions::default();
        for (uri, added) in [
            ("file:///notes", Added::New),
            ("file:///box/", Added::New),
            ("file:///notes", Added::Again),
            (&*"x".repeat(URI_BYTES_MAX + 1), Added::TooMuch),
        ] {
            assert_eq!(all.add(uri), added);
        }
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

    #[test]
    fn a_full_table_takes_nothing_new() {
        let all = Subscriptions::default();
        for n in 0..SUBSCRIPTIONS_MAX {
            assert_eq!(all.add(&format!("x:{n}")), Added::New);
        }
        assert_eq!((all.add("x:new"), all.add("x:0")), (Added::TooMuch, Added::Again));
    }
}
