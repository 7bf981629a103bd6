//! The edits that make one entry go through Bailiwick, and the secrets that leave the file by them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::edit::{Edit, quoted};
use super::entry::{Arguments, CommandLine, Remote};
use super::names::Names;
use super::secrecy::is_secret;
use super::wrapping::{Extras, Inner, Wrapping, server_name};

/// What the entries of one file have in common.
pub(super) struct Rewrite<'a> {
    pub(super) text: &'a str,
    pub(super) client: &'static str,
    pub(super) wrapping: &'a Wrapping,
    /// Where secrets move to.
    pub(super) folder: &'a Path,
}

/// What becomes of one entry.
pub(super) struct Rewritten {
    pub(super) name: String,
    pub(super) edits: Vec<Edit>,
    pub(super) secrets: Vec<(PathBuf, String)>,
}

/// Variables or headers by name, of which some are secrets.
type Pairs = Vec<(String, String)>;

impl Rewrite<'_> {
    /// The edits for a server that is started as a program.
    pub(super) fn command(&self, said: &str, it: &CommandLine, names: &mut Names) -> Rewritten {
        // What the client fills in it must fill in itself: there is no key in the file.
        let moves = |name: &str, value: &str| !value.contains("${") && is_secret(name, value);
        let moved: Vec<_> =
            it.environment.iter().filter(|(name, value)| moves(name, &value.says)).collect();
        let values = moved.iter().map(|(name, value)| (name.clone(), value.says.clone())).collect();
        // What stands in the list stays there, comments and all: ours goes before it.
        let first = Inner::Command(vec![it.program.says.clone()]);
        let what = (Inner::Command(it.words()), &first);
        let (name, words, secrets) = self.words(said, what, (Vec::new(), values), names);
        let mut edits = self.program(it, &words);
        // Emptied, not taken out: commas and comments around it stay as they are.
        edits.extend(moved.iter().map(|(_, it)| Edit { span: it.span.clone(), text: quoted("") }));
        Rewritten { name, edits, secrets }
    }

    /// The edits for a server at an address.
    pub(super) fn remote(&self, said: &str, it: &Remote, names: &mut Names) -> Rewritten {
        let sse = it.kind.as_ref().is_some_and(|it| it.says == "sse");
        let inner = Inner::Remote { url: it.url.clone(), sse };
        let (secret, open): (Pairs, Pairs) =
            it.headers.iter().cloned().partition(|(name, value)| is_secret(name, value));
        let what = (inner.clone(), &inner);
        let (name, words, secrets) = self.words(said, what, (open, secret), names);
        let (before, lead) = (&it.command, &it.lead);
        let program = quoted(&self.wrapping.ours.program);
        let line = format!("{before}{program}{lead}[{}]", listed(&words).join(", "));
        let mut edits = vec![Edit { span: it.member.clone(), text: line }];
        let kind = it.kind.as_ref();
        edits.extend(kind.map(|it| Edit { span: it.span.clone(), text: quoted("stdio") }));
        let headers = it.headers_span.clone();
        edits.extend(headers.map(|span| Edit { span, text: String::new() }));
        Rewritten { name, edits, secrets }
    }

    /// The name of a server, our arguments in front of `shown`, and where its secrets move to.
    fn words(
        &self,
        said: &str,
        (inner, shown): (Inner, &Inner),
        (open, secret): (Pairs, Pairs),
        names: &mut Names,
    ) -> (String, Vec<String>, Vec<(PathBuf, String)>) {
        let identity = Extras { open: open.clone(), files: secret.clone() };
        let name = names.of(said, (inner, identity));
        let (mut files, mut secrets): (Pairs, Vec<(PathBuf, String)>) = (Vec::new(), Vec::new());
        for (of, value) in secret {
            let wanted = self.folder.join(format!("{name}.{}", server_name(&of)));
            let is_taken = |file: &PathBuf| secrets.iter().any(|(it, _)| it == file);
            let numbered = (2..).map(|number| wanted.with_extension(format!("{number}")));
            let mut places = std::iter::once(wanted.clone()).chain(numbered);
            let file = places.find(|it| !is_taken(it)).unwrap_or(wanted);
            files.push((of, file.display().to_string()));
            secrets.push((file, value));
        }
        let extras = Extras { open, files };
        let words = self.wrapping.arguments(self.client, &name, (shown, &extras));
        (name, words, secrets)
    }

    fn program(&self, it: &CommandLine, words: &[String]) -> Vec<Edit> {
        let program = quoted(&self.wrapping.ours.program);
        let replaced = Edit { span: it.program.span.clone(), text: program };
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
                let gap = gap(self.text, *open..*first);
                let text = words.iter().map(|it| format!("{it},{gap}")).collect();
                Edit { span: *first..*first, text }
            }
        };
        vec![replaced, added]
    }
}

/// A list of texts in quotes, each behind the other.
fn listed(words: &[String]) -> Vec<String> {
    words.iter().map(|it| quoted(it)).collect()
}

/// What separates the items of a list: a line break and the indent of the first, or a space.
fn gap(text: &str, before_first: Range<usize>) -> &str {
    let before = text.get(before_first).unwrap_or_default();
    let kept = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
    let space = before.get(kept..).unwrap_or_default();
    if space.contains('\n') { space } else { " " }
}
