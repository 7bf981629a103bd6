//! Whose progress a server may tell: that of a call which the client asked it to make. Else one
//! server could speak under the call of another.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bailiwick_core::ServerId;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::rpc::Id;

/// How many tokens of one session are remembered. The oldest goes first.
const TOKENS_MAX: usize = 1024;
/// The longest token that is remembered.
const TOKEN_BYTES_MAX: usize = 1024;

/// The progress tokens of one client, and the servers that were given them.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<Given>);

#[derive(Default)]
struct Given {
    to: HashMap<Box<str>, Vec<ServerId>>,
    order: VecDeque<Box<str>>,
}

impl Tokens {
    fn given(&self) -> MutexGuard<'_, Given> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client uses the token for a new call: whoever had it before has it no more.
    pub(crate) fn renew(&self, token: &str) {
        if let Some(servers) = self.given().to.get_mut(&plain(token)) {
            servers.clear();
        }
    }

    /// The call with this token goes to this server.
    pub(crate) fn give(&self, token: &str, server: &ServerId) {
        if token.len() > TOKEN_BYTES_MAX {
            return;
        }
        let (token, mut given) = (plain(token), self.given());
        if !given.to.contains_key(&token) {
            if given.order.len() >= TOKENS_MAX
                && let Some(oldest) = given.order.pop_front()
            {
                given.to.remove(&oldest);
            }
            given.order.push_back(token.clone());
        }
        let servers = given.to.entry(token).or_default();
        if !servers.contains(server) {
            servers.push(server.clone());
        }
    }

    /// Whether the call with this token went to this server.
    pub(crate) fn has(&self, token: &str, server: &ServerId) -> bool {
        self.given().to.get(&plain(token)).is_some_and(|it| it.contains(server))
    }
}

/// A token in its plainest spelling: a server may spell it in its own way.
fn plain(token: &str) -> Box<str> {
    let document = Document::parse(token.as_bytes(), Limits::default()).ok();
    let scalar = document.and_then(|it| Id::read(it.root()).ok());
    scalar.map_or_else(|| token.into(), |it| it.plain().raw().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_whom_it_was_given_last() {
        let (tokens, a, b) = (Tokens::default(), ServerId::from("a"), ServerId::from("b"));
        tokens.give(r#""\u0061""#, &a);
        tokens.give("1.5", &a);
        assert!(tokens.has(r#""a""#, &a) && tokens.has("1.5", &a));
        assert!(!tokens.has(r#""a""#, &b) && !tokens.has("a", &a));
        tokens.give(r#""a""#, &b);
        assert!(tokens.has(r#""a""#, &a) && tokens.has(r#""a""#, &b));
        tokens.renew(r#""a""#);
        tokens.give(r#""a""#, &b);
        assert!(!tokens.has(r#""a""#, &a) && tokens.has(r#""a""#, &b));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (tokens, a) = (Tokens::default(), ServerId::from("a"));
        for token in 0..=TOKENS_MAX {
            tokens.give(&token.to_string(), &a);
        }
        assert!(!tokens.has("0", &a) && tokens.has("1", &a));
        let long = format!("\"{}\"", "x".repeat(TOKEN_BYTES_MAX));
        tokens.give(&long, &a);
        assert!(!tokens.has(&long, &a));
    }
}
