//! What adoption would change: decided whole before a byte is written.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::clients::Found;
use super::edit::{Edit, Hunk, apply, quoted};
use super::entry::{Arguments, CommandLine, Entry, Launch, Remote};
use super::read::TEXT_BYTES_MAX;
use super::wrapping::{Inner, Wrapped, Wrapping, server_name};

/// How one entry stands.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// It goes through Bailiwick.
    Governed(Wrapped),
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
    pub(crate) entries: Vec<(Entry, Standing)>,
    /// Why the whole file is left alone.
    pub(crate) problem: Option<String>,
}

/// What happens to everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) files: Vec<FilePlan>,
    /// Secrets that move out of clients' files, by the file that they move to.
    pub(crate) secrets: Vec<(PathBuf, String)>,
}

/// Names that are taken, and what for.
#[derive(Default)]
struct Names(Vec<(String, Inner)>);

impl Names {
    /// The name of a server: the same for the same launch, another for another.
    fn of(&mut self, said: &str, inner: &Inner) -> String {
        if let Some((name, _)) = self.0.iter().find(|(_, it)| it == inner) {
            return name.clone();
        }
        let wanted = server_name(said);
        let taken: BTreeSet<&str> = self.0.iter().map(|(it, _)| it.as_str()).collect();
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        let name = names.find(|it| !taken.contains(it.as_str())).unwrap_or(wanted);
        self.0.push((name.clone(), inner.clone()));
        name
    }
}

impl Plan {
    /// What would change in these files. Secrets would move into the folder `secrets`.
    pub(crate) fn make(found: &[Found], wrapping: &Wrapping, secrets: &Path) -> Self {
        let mut plan =
            Self { files: found.iter().map(FilePlan::read).collect(), ..Self::default() };
        if !wrapping.bridges {
            plan.leave_remotes();
        }
        let mut names = Names::default();
        for (_, standing) in plan.files.iter().flat_map(|it| &it.entries) {
            if let Standing::Governed(Wrapped { name: Some(name), inner, .. }) = standing {
                names.0.push((name.clone(), inner.clone()));
            }
        }
        for file in &mut plan.files {
            plan.secrets.append(&mut file.rewrite(&mut names, wrapping, secrets));
        }
        plan
    }

    fn leave_remotes(&mut self) {
        for (entry, standing) in self.files.iter_mut().flat_map(|it| &mut it.entries) {
            if matches!(entry.launch, Launch::Remote(_)) && matches!(standing, Standing::Change(_))
            {
                let why = "it is at an address, and `wrap` stands before programs only";
                *standing = Standing::LeftAlone(why.to_owned());
            }
        }
    }

    /// The files that change.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &FilePlan> {
        self.files.iter().filter(|it| !it.hunks.is_empty())
    }
}

impl FilePlan {
    /// How the entries of a file stand. Nothing is rewritten.
    pub(crate) fn read(found: &Found) -> Self {
        let mut plan = Self {
            found: found.clone(),
            before: String::new(),
            after: String::new(),
            hunks: Vec::new(),
            entries: Vec::new(),
            problem: None,
        };
        match text(&found.file) {
            Ok(text) => plan.before = text,
            Err(problem) => plan.problem = Some(problem),
        }
        plan.after = plan.before.clone();
        match found.shape.entries(&plan.before) {
            Ok(entries) => plan.entries = entries.into_iter().map(standing).collect(),
            Err(problem) => plan.problem = Some(problem),
        }
        plan
    }

    fn rewrite(
        &mut self,
        names: &mut Names,
        wrapping: &Wrapping,
        folder: &Path,
    ) -> Vec<(PathBuf, String)> {
        let client = self.found.client;
        let mut secrets = Vec::new();
        for (entry, standing) in &mut self.entries {
            let Standing::Change(name) = standing else { continue };
            let (edits, mut moved) = match &entry.launch {
                Launch::Command(it) => {
                    let inner = Inner::Command(it.words());
                    *name = names.of(&entry.name, &inner);
                    // What stands in the list stays there, comments and all: ours goes before it.
                    let first = Inner::Command(vec![it.program.says.clone()]);
                    let words = wrapping.arguments(client, name, &first);
                    (command(&self.before, it, &wrapping.program, &words), Vec::new())
                }
                Launch::Remote(it) => {
                    let key = Inner::Remote { url: it.url.clone(), headers: it.headers.clone() };
                    *name = names.of(&entry.name, &key);
                    let headers = headers(it, name, folder);
                    let words = wrapping.arguments(client, name, &headers.0);
                    (remote(it, &wrapping.program, &words), headers.1)
                }
                Launch::Other(_) => continue,
            };
            match Hunk::of(&entry.place, &self.before, edits) {
                Some(hunk) => {
                    self.hunks.push(hunk);
                    secrets.append(&mut moved);
                }
                None => *standing = Standing::LeftAlone("it cannot be told apart".to_owned()),
            }
        }
        match apply(&self.before, &self.hunks) {
            Some(after) => {
                self.after = after;
                secrets
            }
            None => {
                self.hunks.clear();
                self.problem = Some("its entries are written through each other".to_owned());
                Vec::new()
            }
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

fn standing(entry: Entry) -> (Entry, Standing) {
    let standing = match &entry.launch {
        Launch::Command(it) => match Wrapped::read(&it.words()) {
            Some(wrapped) => Standing::Governed(wrapped),
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
    let local = ["127.0.0.1", "localhost", "[::1]"];
    let local = local.iter().any(|it| {
        host.strip_prefix(it).is_some_and(|port| port.is_empty() || port.starts_with(':'))
    });
    let open = remote.headers.is_empty() && !local;
    open.then_some("it has no key of its own, so the client may have signed in by itself")
}

/// A list of texts in quotes, each behind the other.
fn listed(words: &[String]) -> Vec<String> {
    words.iter().map(|it| quoted(it)).collect()
}

fn command(text: &str, it: &CommandLine, program: &str, words: &[String]) -> Vec<Edit> {
    let replaced = Edit { span: it.program.span.clone(), text: quoted(program) };
    let words = listed(words);
    let added = match &it.arguments {
        Arguments::Missing { lead } => {
            let end = it.program.span.end;
            Edit { span: end..end, text: format!("{lead}[{}]", words.join(", ")) }
        }
        Arguments::List { open, first: None, .. } => {
            Edit { span: *open..*open, text: words.join(", ") }
        }
        Arguments::List { open, first: Some(first), .. } => {
            let gap = gap(text, *open..*first);
            let text = words.iter().map(|it| format!("{it},{gap}")).collect();
            Edit { span: *first..*first, text }
        }
    };
    vec![replaced, added]
}

/// What separates the items of a list: a line break and the indent of the first, or a space.
fn gap(text: &str, before_first: Range<usize>) -> &str {
    let before = text.get(before_first).unwrap_or_default();
    let kept = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
    let space = before.get(kept..).unwrap_or_default();
    if space.contains('\n') { space } else { " " }
}

/// Where the values of a server's headers move to, and the launch that says so.
fn headers(it: &Remote, name: &str, folder: &Path) -> (Inner, Vec<(PathBuf, String)>) {
    let place = |header: &str| folder.join(format!("{name}.{}", server_name(header)));
    let secrets: Vec<_> =
        it.headers.iter().map(|(header, value)| (place(header), value.clone())).collect();
    let named = it.headers.iter().zip(&secrets);
    let named = named.map(|((it, _), (file, _))| (it.clone(), file.display().to_string()));
    (Inner::Remote { url: it.url.clone(), headers: named.collect() }, secrets)
}

fn remote(it: &Remote, program: &str, words: &[String]) -> Vec<Edit> {
    let (before, lead) = (&it.command, &it.lead);
    let line = format!("{before}{}{lead}[{}]", quoted(program), listed(words).join(", "));
    let mut edits = vec![Edit { span: it.member.clone(), text: line }];
    if let Some(kind) = &it.kind {
        edits.push(Edit { span: kind.span.clone(), text: quoted("stdio") });
    }
    if let Some(span) = &it.headers_span {
        edits.push(Edit { span: span.clone(), text: String::new() });
    }
    edits
}
