//! Catalogues: what each server offers, so that a name that is not there is refused like one that
//! is hidden, without asking the server.
//!
//! The gateway lists a server by calls of its own, through the corridor like any other, as the
//! principal `System::"catalogue"`. What agents' own lists show is added.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bailiwick_contracts::{Definition, Pin};
use bailiwick_core::{Action, Digest, Resource};
use bailiwick_wire::json::{Document, Node};
use bailiwick_wire::mcp::modern::Marked;
use bailiwick_wire::mcp::template::{Search, Template};
use bailiwick_wire::mcp::{ListKind, Listed};
use tokio::sync::{Notify, watch};

use crate::fitting::Fittings;

/// The most names of one server that are held.
const NAMES_MAX: usize = 100_000;
/// The most templates of one server that are held: each is tried for each URI.
const TEMPLATES_MAX: usize = 1000;
/// The most bytes of tools' definitions of one server that are held, and of one of them: a server
/// could send more than there is memory. What is more does not exist.
const DEFINITIONS_BYTES_MAX: usize = 8 << 20;
const DEFINITION_BYTES_MAX: usize = 256 << 10;
/// How many steps it may take to tell whether a URI is of one of a server's templates: some
/// milliseconds.
const STEPS_MAX: usize = 1 << 20;
/// What it counts for to look for a name at all.
const LOOK_STEPS: usize = 8;
/// How long a call waits for the first listing.
const PATIENCE: Duration = Duration::from_secs(20);

/// A tool as its server shows it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// How many bytes its definition is written in.
    bytes: usize,
    /// Of the exact text: two listings that say the same need not be read twice.
    text: Digest,
    /// Of what the text says.
    pub(crate) pin: Pin,
    /// What it says.
    pub(crate) definition: Arc<Definition>,
}

/// What one server offers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    tools: HashMap<Box<str>, Shown>,
    /// How many bytes the definitions of all tools are written in.
    tools_bytes: usize,
    prompts: HashSet<Box<str>>,
    documents: HashSet<Box<str>>,
    templates: HashMap<Box<str>, Template>,
    /// The arguments of tools that are repeated in headers.
    marked: HashMap<Box<str>, Vec<Marked>>,
}

impl Known {
    /// Whether there is such a thing. What takes too long to be told is not there.
    pub(crate) fn has(&self, resource: &Resource) -> bool {
        self.has_within(resource, &Cell::new(STEPS_MAX))
    }

    /// The same, in no more steps than are left for many such questions.
    pub(crate) fn has_within(&self, resource: &Resource, steps: &Cell<usize>) -> bool {
        let left = steps.get().saturating_sub(LOOK_STEPS);
        steps.set(left);
        match resource {
            Resource::Tool { name, .. } => self.tools.contains_key(name),
            Resource::Prompt { name, .. } => self.prompts.contains(name),
            Resource::Template { uri, .. } => self.templates.contains_key(uri),
            Resource::Document { uri, .. } => {
                // Every template is tried, also when the answer is known: a document that is there
                // and hidden must not be told from one that is not by the time that this takes.
                if self.templates.is_empty() {
                    return self.documents.contains(uri);
                }
                let mut search = Search::new(uri, left.saturating_sub(uri.len()));
                let tried = self.templates.values().map(|it| search.is_of(it));
                let is_there = self.documents.contains(uri);
                let is_there = tried.fold(is_there, |found, matches| found | matches);
                steps.set(search.left());
                is_there
            }
            Resource::Server(_) | Resource::Client { .. } | Resource::Method { .. } => true,
            // A server of tools serves no models, and keeps nothing for them.
            Resource::Model { .. } | Resource::State { .. } => false,
        }
    }

    /// The digest of a tool's definition.
    pub(crate) fn pin(&self, resource: &Resource) -> Option<Digest> {
        match resource {
            Resource::Tool { name, .. } => self.tools.get(name).map(|it| it.pin.digest()),
            Resource::Server(_)
            | Resource::Prompt { .. }
            | Resource::Document { .. }
            | Resource::Template { .. }
            | Resource::Model { .. }
            | Resource::State { .. }
            | Resource::Client { .. }
            | Resource::Method { .. } => None,
        }
    }

    /// A tool as its server shows it.
    pub(crate) fn tool(&self, name: &str) -> Option<&Shown> {
        self.tools.get(name)
    }

    /// Every tool, by name.
    pub(crate) fn tools(&self) -> impl Iterator<Item = (&str, &Shown)> {
        self.tools.iter().map(|(name, shown)| (&**name, shown))
    }

    /// Whether an entry of a list is the one that is known by its name: of two that share one, a
    /// server could have had the other approved.
    pub(crate) fn is_of_text(&self, name: &str, text: &Digest) -> bool {
        self.tools.get(name).is_some_and(|it| it.text == *text)
    }

    /// The arguments of a tool that are repeated in headers.
    pub(crate) fn marked(&self, resource: &Resource) -> &[Marked] {
        self.marked.get(resource.name()).map_or(&[], Vec::as_slice)
    }

    /// Everything that has a name, with what it is for.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Action, &str)> {
        let tools = self.tools.keys().map(|it| (Action::InvokeTool, &**it));
        let templates = self.templates.keys().map(|it| (Action::CompleteArgument, &**it));
        let others = [(Action::GetPrompt, &self.prompts), (Action::ReadResource, &self.documents)];
        let others = others
            .into_iter()
            .flat_map(|(action, names)| names.iter().map(move |it| (action, &**it)));
        tools.chain(others).chain(templates)
    }

    /// Add what a list shows.
    pub(crate) fn add(&mut self, listed: &Listed, document: &Document<'_>) {
        self.add_if(listed, document, |_, _| true);
    }

    /// Add those of a list that are `wanted`, by their place and name.
    fn add_if(
        &mut self,
        listed: &Listed,
        document: &Document<'_>,
        wanted: impl Fn(usize, &str) -> bool,
    ) {
        let room = NAMES_MAX.saturating_sub(
            self.tools.len() + self.prompts.len() + self.documents.len() + self.templates.len(),
        );
        let entries = listed.names.iter().zip(listed.entries(document)).enumerate();
        let news = entries.filter(|(n, (name, _))| !name.is_empty() && wanted(*n, name));
        for (n, (name, entry)) in news.take(room) {
            self.add_one(listed, n, name, entry);
        }
    }

    fn add_one(&mut self, listed: &Listed, n: usize, name: &str, entry: Node<'_>) {
        match listed.kind {
            ListKind::Tools => {
                if let Some(marked) = listed.marked.get(n).filter(|it| !it.is_empty()) {
                    self.marked.insert(name.into(), marked.clone());
                }
                if let Some(text) = listed.digests.get(n) {
                    self.add_tool(name, *text, entry);
                }
            }
            ListKind::Prompts => drop(self.prompts.insert(name.into())),
            ListKind::Templates if self.templates.len() >= TEMPLATES_MAX => {}
            ListKind::Templates => {
                self.templates.insert(name.into(), Template::read(name));
            }
            ListKind::Resources => drop(self.documents.insert(name.into())),
        }
    }

    fn add_tool(&mut self, name: &str, text: Digest, entry: Node<'_>) {
        let bytes = entry.raw().len();
        let others = self.tools_bytes - self.tools.get(name).map_or(0, |it| it.bytes);
        if bytes > DEFINITION_BYTES_MAX || others + bytes > DEFINITIONS_BYTES_MAX {
            return;
        }
        if let Ok(definition) = Definition::of(&entry.to_value()) {
            let pin = Pin::of(&definition);
            let shown = Shown { bytes, text, pin, definition: Arc::new(definition) };
            self.tools.insert(name.into(), shown);
            self.tools_bytes = others + bytes;
        }
    }

    /// Whether both have the same things, of the same definitions.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let has = |name: &str, pin| other.tools.get(name).is_some_and(|it| it.pin == pin);
        self.tools.len() == other.tools.len()
            && self.tools.iter().all(|(name, shown)| has(name, shown.pin))
            && self.prompts == other.prompts
            && self.documents == other.documents
            && self.templates == other.templates
    }

    /// Add what another knows besides.
    fn join(&mut self, other: &Self) {
        for (name, shown) in &other.tools {
            if !self.tools.contains_key(name)
                && self.tools_bytes + shown.bytes <= DEFINITIONS_BYTES_MAX
            {
                self.tools_bytes += shown.bytes;
                self.tools.insert(name.clone(), shown.clone());
            }
        }
        for (name, marked) in &other.marked {
            self.marked.entry(name.clone()).or_insert_with(|| marked.clone());
        }
        self.prompts.extend(other.prompts.iter().cloned());
        self.documents.extend(other.documents.iter().cloned());
        let templates = other.templates.iter().map(|(name, it)| (name.clone(), it.clone()));
        self.templates.extend(templates);
    }

    fn lacks(&self, listed: &Listed, n: usize, name: &str) -> bool {
        match listed.kind {
            ListKind::Tools => {
                !listed.digests.get(n).is_some_and(|text| self.is_of_text(name, text))
            }
            ListKind::Prompts => !self.prompts.contains(name),
            ListKind::Templates => !self.templates.contains_key(name),
            ListKind::Resources => !self.documents.contains(name),
        }
    }
}

/// The entries of a page whose name can be read, with their places.
fn named(listed: &Listed) -> impl Iterator<Item = (usize, &Box<str>)> {
    listed.names.iter().enumerate().filter(|(_, name)| !name.is_empty())
}

/// How the listings went so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tries {
    begun: u64,
    succeeded: u64,
    failed: u64,
    /// Whether the last one failed.
    failing: bool,
}

impl Tries {
    const fn ended(&self) -> u64 {
        self.succeeded + self.failed
    }
}

/// The catalogue of one server, kept up to date in the background.
pub(crate) struct Catalogue {
    known: RwLock<Arc<Known>>,
    observed: RwLock<Known>,
    tries: watch::Sender<Tries>,
    /// The schemas of its tools.
    pub(crate) fittings: Fittings,
    /// Why the last try failed.
    failure: Mutex<Option<String>>,
    /// Somebody misses something: it is listed again in a while.
    pub(crate) wanted: Notify,
    /// The server says that it changed, and whoever waits to be told waits for a listing.
    pub(crate) changed: Notify,
}

impl Default for Catalogue {
    fn default() -> Self {
        let tries = watch::Sender::new(Tries::default());
        let (known, observed, fittings, failure) = Default::default();
        let (wanted, changed) = Default::default();
        Self { known, observed, tries, fittings, failure, wanted, changed }
    }
}

impl Catalogue {
    /// What is known by now.
    pub(crate) fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many listings succeeded. At none, nothing is known.
    pub(crate) fn rounds(&self) -> u64 {
        self.tries.borrow().succeeded
    }

    /// Whether the last listing failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.tries.borrow().failing
    }

    /// Tells of each try at a listing.
    pub(crate) fn watch(&self) -> watch::Receiver<Tries> {
        self.tries.subscribe()
    }

    /// What is known, waiting for one try at the first listing; `None` when it fails.
    pub(crate) async fn ready(&self) -> Option<Arc<Known>> {
        if self.rounds() > 0 {
            return Some(self.known());
        }
        // The one that is under way will do.
        self.wanted.notify_one();
        self.listed(|it| it.ended()).await
    }

    /// What is known after one more try at a listing; `None` when it fails or takes too long. One
    /// that is under way may have looked before there was anything to see.
    pub(crate) async fn listed_again(&self) -> Option<Arc<Known>> {
        self.changed.notify_one();
        self.listed(|it| it.begun).await
    }

    /// What is known when more tries have ended than these.
    async fn listed(&self, enough: impl Fn(&Tries) -> u64) -> Option<Arc<Known>> {
        let mut watched = self.tries.subscribe();
        let before = *watched.borrow_and_update();
        let more = watched.wait_for(|it| it.ended() > enough(&before));
        let after = *tokio::time::timeout(PATIENCE, more).await.ok()?.ok()?;
        (!after.failing).then(|| self.known())
    }

    /// A listing begins. One is made at a time, and only its end is news.
    pub(crate) fn begin(&self) {
        self.tries.send_if_modified(|it| {
            it.begun += 1;
            false
        });
    }

    /// A whole listing succeeded.
    pub(crate) fn replace(&self, known: Known) {
        let mut known = known;
        // What sessions showed besides is there for them, though the gateway's own does not see it.
        known.join(&self.observed.read().unwrap_or_else(PoisonError::into_inner));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        self.tries.send_modify(|it| {
            it.succeeded += 1;
            it.failing = false;
        });
    }

    /// Why it cannot be listed, while that is so.
    pub(crate) fn failure(&self) -> Option<String> {
        let why = || self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.is_failing().then(why).flatten()
    }

    /// A listing failed: nobody waits for it any longer.
    pub(crate) fn failed(&self, why: String) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        self.tries.send_modify(|it| {
            it.failed += 1;
            it.failing = true;
        });
    }

    /// An agent's list shows this: what the gateway's own does not is remembered besides.
    pub(crate) fn observe(&self, listed: &Listed, document: &Document<'_>) {
        let known = self.known();
        if !named(listed).any(|(n, name)| known.lacks(listed, n, name)) {
            return;
        }
        let mut observed = self.observed.write().unwrap_or_else(PoisonError::into_inner);
        observed.add_if(listed, document, |n, name| known.lacks(listed, n, name));
        drop(observed);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut known).add(listed, document);
        drop(known);
        // The gateway looks for itself, and tells of what changed.
        self.wanted.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use bailiwick_wire::json::Limits;
    use bailiwick_wire::mcp::read_list;

    use super::*;

    fn add(known: &mut Known, action: Action, list: &str) {
        let text = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{{list}}}}}");
        let document = Document::parse(text.as_bytes(), Limits::default()).unwrap();
        known.add(&read_list(action, &document).unwrap(), &document);
    }

    fn many(key: &str, count: usize) -> String {
        let each: Vec<_> = (0..count).map(|n| format!("{{\"{key}\":\"x{n}://{{y}}\"}}")).collect();
        each.join(",")
    }

    #[test]
    fn what_is_held_of_one_server_is_bounded() {
        let has = |known: &Known, uri: String| {
            known.has(&Resource::Document { server: "a".into(), uri: uri.into() })
        };
        let mut known = Known::default();
        for more in [1, 2] {
            let list = many("uriTemplate", TEMPLATES_MAX + more);
            add(&mut known, Action::ListTemplates, &format!("\"resourceTemplates\":[{list}]"));
        }
        assert_eq!(known.templates.len(), TEMPLATES_MAX);
        assert!(has(&known, "x0://1".into()));
        assert!(!has(&known, format!("x{TEMPLATES_MAX}://1")));
        // Whatever is looked for takes of what is left.
        let steps = Cell::new(2 * LOOK_STEPS);
        for uri in ["x0://{y}", "x1://{y}"] {
            let template = Resource::Template { server: "a".into(), uri: uri.into() };
            assert!(known.has_within(&template, &steps));
        }
        assert_eq!(steps.get(), 0);
        let list = many("uri", NAMES_MAX);
        add(&mut known, Action::ListResources, &format!("\"resources\":[{list}]"));
        assert_eq!(known.names().count(), NAMES_MAX);
    }

    #[test]
    fn definitions_take_no_more_memory_than_they_may() {
        let mut known = Known::default();
        let tool = |n: usize, len: usize| {
            format!("{{\"name\":\"t{n}\",\"description\":\"{}\"}}", "x".repeat(len))
        };
        let mut list = |tools: &[String]| {
            let list = format!("\"tools\":[{}]", tools.join(","));
            add(&mut known, Action::ListTools, &list);
            (known.tools.len(), known.tools_bytes)
        };
        assert_eq!(list(&[tool(0, DEFINITION_BYTES_MAX)]).0, 0, "one that is too long");
        let many: Vec<_> = (0..50).map(|n| tool(n, DEFINITION_BYTES_MAX - 100)).collect();
        let (count, bytes) = list(&many);
        assert!(count < 50 && bytes <= DEFINITIONS_BYTES_MAX, "{count} {bytes}");
        // What takes the place of another takes its room, too.
        let (again, smaller) = list(&[tool(0, 10)]);
        assert!(again == count && smaller < bytes, "{again} {smaller}");
    }
}
