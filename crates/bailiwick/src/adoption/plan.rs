//! What adoption would change: decided whole before a byte is written.

use std::path::{Path, PathBuf};

use super::clients::Found;
use super::edit::{Hunk, apply};
use super::entry::{Entry, Launch, Remote};
use super::names::Names;
use super::ours::{Doubt, Ours};
use super::read::TEXT_BYTES_MAX;
use super::rewrite::{Rewrite, Rewritten};
use super::secrecy::is_secret;
use super::wrapping::{Wrapped, Wrapping};

/// How one entry stands.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// It goes through Bailiwick.
    Governed(Wrapped),
    /// It says that it does, and is not believed.
    Doubted(Wrapped, Doubt),
    /// It will, under this name.
    Change(String),
    /// It stays as it is, and why.
    LeftAlone(String),
}

/// What happens to one file.
#[derive(Clone, Debug)]
pub(crate) struct FilePlan {
    pub(crate) found: Found,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) hunks: Vec<Hunk>,
    /// Secrets that move out of it, by the file that they move to.
    pub(crate) secrets: Vec<(PathBuf, String)>,
    pub(crate) entries: Vec<(Entry, Standing)>,
    /// Why the whole file is left alone.
    pub(crate) problem: Option<String>,
}

/// What happens to everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) files: Vec<FilePlan>,
}

impl Plan {
    /// What would change in these files. Secrets would move into the folder `secrets`.
    pub(crate) fn make(found: &[Found], wrapping: &Wrapping, secrets: &Path) -> Self {
        let mut plan =
            Self { files: found.iter().map(|it| FilePlan::read(it, &wrapping.ours)).collect() };
        let mut names = Names::default();
        for (_, standing) in plan.files.iter().flat_map(|it| &it.entries) {
            if let Standing::Governed(Wrapped { name: Some(name), inner, extras, .. }) = standing {
                names.take(name, (inner.clone(), extras.with_values()));
            }
        }
        for file in &mut plan.files {
            file.rewrite(&mut names, wrapping, secrets);
        }
        plan
    }

    /// The files that change.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &FilePlan> {
        self.files.iter().filter(|it| !it.hunks.is_empty())
    }
}

impl FilePlan {
    /// How the entries of a file stand. Nothing is rewritten.
    pub(crate) fn read(found: &Found, ours: &Ours) -> Self {
        let mut plan = Self {
            found: found.clone(),
            before: String::new(),
            after: String::new(),
            hunks: Vec::new(),
            secrets: Vec::new(),
            entries: Vec::new(),
            problem: None,
        };
        match text(&found.file) {
            Ok(text) => plan.before = text,
            Err(problem) => plan.problem = Some(problem),
        }
        plan.after = plan.before.clone();
        match found.shape.entries(&plan.before) {
            Ok(entries) => {
                plan.entries = entries.into_iter().map(|it| standing(it, ours)).collect()
            }
            Err(problem) => plan.problem = Some(problem),
        }
        plan
    }

    fn rewrite(&mut self, names: &mut Names, wrapping: &Wrapping, folder: &Path) {
        let rewrite = Rewrite { text: &self.before, client: self.found.client, wrapping, folder };
        for (entry, standing) in &mut self.entries {
            let Standing::Change(name) = standing else { continue };
            let rewritten = match &entry.launch {
                Launch::Command(it) => rewrite.command(&entry.name, it, names),
                Launch::Remote(it) => rewrite.remote(&entry.name, it, names),
                Launch::Other(_) => continue,
            };
            let Rewritten { name: named, edits, mut secrets } = rewritten;
            *name = named;
            match Hunk::of(&entry.place, &self.before, edits) {
                Some(hunk) => {
                    self.hunks.push(hunk);
                    self.secrets.append(&mut secrets);
                }
                None => *standing = Standing::LeftAlone("it cannot be told apart".to_owned()),
            }
        }
        if let Some(after) = apply(&self.before, &self.hunks) {
            self.after = after;
        } else {
            self.hunks.clear();
            self.secrets.clear();
            self.problem = Some("its entries are written through each other".to_owned());
        }
    }
}

fn text(file: &Path) -> Result<String, String> {
    let told = |it: std::io::Error| format!("it cannot be read: {it}");
    if std::fs::metadata(file).map_err(told)?.len() > TEXT_BYTES_MAX {
        return Err(format!("it is larger than {} MiB", TEXT_BYTES_MAX >> 20));
    }
    String::from_utf8(std::fs::read(file).map_err(told)?).map_err(|_| "it is not UTF-8".to_owned())
}

fn standing(entry: Entry, ours: &Ours) -> (Entry, Standing) {
    let standing = match &entry.launch {
        Launch::Command(it) => match Wrapped::read(&it.words()) {
            Some(wrapped) => match ours.doubt(&wrapped.program, wrapped.config.as_deref()) {
                Some(doubt) => Standing::Doubted(wrapped, doubt),
                None => Standing::Governed(wrapped),
            },
            None => Standing::Change(String::new()),
        },
        Launch::Remote(it) => match obstacle(it) {
            Some(why) => Standing::LeftAlone(why.to_owned()),
            None => Standing::Change(String::new()),
        },
        Launch::Other(why) => Standing::LeftAlone((*why).to_owned()),
    };
    (entry, standing)
}

/// Why a remote server cannot be taken over without the risk that it stops working.
fn obstacle(remote: &Remote) -> Option<&'static str> {
    let rest = remote.url.strip_prefix("https://").or(remote.url.strip_prefix("http://"));
    let Some(rest) = rest else { return Some("its address is not http:// or https://") };
    let values = remote.headers.iter().map(|(_, value)| value.as_str());
    if values.chain([remote.url.as_str()]).any(|it| it.contains("${")) {
        return Some("it is filled in by the client, which only the client can do");
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let query = rest.split_once('?').map_or("", |(_, it)| it).split(['&', '#']);
    let mut pairs = query.map(|it| it.split_once('=').unwrap_or(("", it)));
    let mut steps = rest.split(['/', '?', '#']).skip(1);
    if host.contains('@')
        || steps.any(|it| is_secret("", it))
        || pairs.any(|(name, value)| is_secret(name, value))
    {
        return Some("its address holds a key, which would stand on a command line");
    }
    let local = ["127.0.0.1", "localhost", "[::1]"];
    let local = local.iter().any(|it| {
        host.strip_prefix(it).is_some_and(|port| port.is_empty() || port.starts_with(':'))
    });
    let open = remote.headers.is_empty() && !local;
    open.then_some("it has no key of its own, so the client may have signed in by itself")
}
