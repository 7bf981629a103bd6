//! Writing policies in Cedar, each with a comment that says what it rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::observed::{Deed, Observed, Weight};
use crate::output::instant;

/// From so many documents of one server on, one policy is proposed for all of them.
const DOCUMENTS_MAX: usize = 20;

/// One policy that is proposed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Proposal {
    pub(super) id: String,
    pub(super) principal: String,
    /// How many calls it rests on.
    pub(super) calls: u64,
    /// How many of them policy would have denied at the time.
    pub(super) would_deny: u64,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) text: String,
}

/// Deeds of one principal on one server.
type Deeds<'o> = Vec<(&'o Deed, &'o Weight)>;

/// A policy for each thing that was done, and nothing wider.
pub(super) fn proposals(observed: &Observed) -> Vec<Proposal> {
    let mut groups: BTreeMap<(&(&'static str, String), &str), Deeds<'_>> = BTreeMap::new();
    for (deed, weight) in &observed.deeds {
        groups.entry((&deed.principal, &deed.server)).or_default().push((deed, weight));
    }
    let mut writer = Writer::default();
    for ((principal, server), deeds) in groups {
        match principal.0 {
            "Person" => writer.ceiling(principal, server, &deeds),
            _ => writer.deeds(principal, server, &deeds),
        }
    }
    writer.proposals
}

#[derive(Default)]
struct Writer {
    ids: BTreeSet<String>,
    proposals: Vec<Proposal>,
}

/// What a policy is about, in Cedar's words.
struct Scope {
    /// What a reader should know of it.
    lead: String,
    actions: Vec<String>,
    resource: String,
}

impl Writer {
    /// One policy for a person: the most that any agent may do for them, as observed.
    fn ceiling(&mut self, who: &(&'static str, String), server: &str, deeds: &Deeds<'_>) {
        let actions: BTreeSet<String> = deeds.iter().filter_map(|(it, _)| action(it)).collect();
        let mut all = vec!["Action::\"discover\"".to_owned(), "Action::\"session\"".to_owned()];
        all.extend(actions);
        let scope = Scope {
            lead: "The most that an agent may do for this person here, as observed.".to_owned(),
            actions: all,
            resource: format!("resource in Server::{}", quoted(server)),
        };
        self.write(who, &format!("{}_{server}", who.1), &scope, deeds);
    }

    /// Policies for an agent or a server: one for its sessions, one for each thing it used.
    fn deeds(&mut self, who: &(&'static str, String), server: &str, deeds: &Deeds<'_>) {
        let (session, rest): (Deeds<'_>, Deeds<'_>) =
            deeds.iter().partition(|(it, _)| it.is_session);
        let slug = format!("{}_{server}", who.1);
        if !session.is_empty() {
            let actions = ["discover", "session"].map(|it| format!("Action::\"{it}\"")).into();
            let resource = format!("resource == Server::{}", quoted(server));
            let lead = "Connecting and listing. What is listed is what else is permitted.";
            let scope = Scope { lead: lead.to_owned(), actions, resource };
            self.write(who, &format!("{slug}_session"), &scope, &session);
        }
        let (documents, rest): (Deeds<'_>, Deeds<'_>) =
            rest.into_iter().partition(|(it, _)| it.resource.0 == "Document");
        if documents.len() > DOCUMENTS_MAX {
            let read: BTreeSet<String> =
                documents.iter().filter_map(|(it, _)| action(it)).collect();
            let mut actions = vec!["Action::\"discover\"".to_owned()];
            actions.extend(read);
            let resource = format!("resource is Document in Server::{}", quoted(server));
            let count = documents.len();
            let lead = format!("{count} different documents: too many to list, so this is all.");
            let scope = Scope { lead, actions, resource };
            self.write(who, &format!("{slug}_documents"), &scope, &documents);
        } else {
            self.each(who, &slug, &documents);
        }
        self.each(who, &slug, &rest);
    }

    fn each(&mut self, who: &(&'static str, String), slug: &str, deeds: &Deeds<'_>) {
        // What is done to one thing in several ways, such as reading it and subscribing, is one.
        let mut by_resource: BTreeMap<&(&'static str, String), Deeds<'_>> = BTreeMap::new();
        for (deed, weight) in deeds {
            by_resource.entry(&deed.resource).or_default().push((deed, weight));
        }
        for ((kind, name), deeds) in by_resource {
            let mut actions = vec!["Action::\"discover\"".to_owned()];
            actions.extend(deeds.iter().filter_map(|(it, _)| action(it)).collect::<BTreeSet<_>>());
            let resource = format!("resource == {kind}::{}", quoted(name));
            let short = name.split_once('/').map_or(name.as_str(), |(_, it)| it);
            let scope = Scope { lead: lead(kind, &deeds), actions, resource };
            self.write(who, &format!("{slug}_{short}"), &scope, &deeds);
        }
    }

    fn write(
        &mut self,
        (kind, name): &(&'static str, String),
        slug: &str,
        scope: &Scope,
        deeds: &Deeds<'_>,
    ) {
        let id = self.id(slug);
        let principal = format!("{kind}::{}", quoted(name));
        let calls = deeds.iter().map(|(_, it)| it.calls).sum();
        let would_deny = deeds.iter().map(|(_, it)| it.would_deny).sum();
        let first = deeds.iter().map(|(_, it)| it.first).min().map(instant).unwrap_or_default();
        let last = deeds.iter().map(|(_, it)| it.last).max().map(instant).unwrap_or_default();
        let mut text = format!("// {}\n// Rests on {calls} calls, {first} to {last}", scope.lead);
        text.push_str(if would_deny == 0 { ".\n" } else { ";\n" });
        if would_deny > 0 {
            let _ = writeln!(text, "// policy would have denied {would_deny} of them at the time.");
        }
        let findings: BTreeSet<&str> =
            deeds.iter().flat_map(|(_, it)| &it.findings).map(String::as_str).collect();
        if !findings.is_empty() {
            let found = findings.into_iter().collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "// READ TWICE: inspectors saw {} in them.", plain(&found));
        }
        let actions = scope.actions.join(", ");
        let _ = write!(
            text,
            "@id(\"{id}\")\npermit (\n    principal == {principal},\n    \
             action in [{actions}],\n    {}\n);\n",
            scope.resource
        );
        self.proposals.push(Proposal { id, principal, calls, would_deny, first, last, text });
    }

    /// An id that no other proposal has, in letters that need no escape.
    fn id(&mut self, slug: &str) -> String {
        let letter =
            |it: char| if it.is_ascii_alphanumeric() || "-_.".contains(it) { it } else { '_' };
        let slug: String = slug.chars().map(letter).take(120).collect();
        let numbered = (2u32..).map(|it| format!("suggested_{slug}_{it}"));
        let mut ids = std::iter::once(format!("suggested_{slug}")).chain(numbered);
        let id = ids.find(|it| !self.ids.contains(it)).unwrap_or_default();
        self.ids.insert(id.clone());
        id
    }
}

/// What a reader should know of a thing before permitting it.
fn lead(kind: &str, deeds: &Deeds<'_>) -> String {
    let effect = deeds.iter().map(|(it, _)| it.effect).next().unwrap_or("unknown");
    match (kind, effect) {
        ("Tool", "read") => "A tool that changes nothing, by its contract.".to_owned(),
        ("Tool", "unknown") => {
            "READ TWICE: a tool of which no contract says what it does.".to_owned()
        }
        ("Tool", effect) => format!("READ TWICE: a tool whose effect is {effect}."),
        ("Client", _) => "What this server asks of the person's client.".to_owned(),
        (kind, _) => format!("A {}.", kind.to_ascii_lowercase()),
    }
}

/// The action of a deed, as policies name it; none for what `session` holds.
fn action(deed: &Deed) -> Option<String> {
    if deed.is_session {
        return None;
    }
    let name = if deed.resource.0 == "Tool" { deed.resource.1.as_str() } else { deed.action };
    Some(format!("Action::{}", quoted(name)))
}

/// A text as Cedar reads it, quotes included.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            it if it.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(it));
            }
            it => out.push(it),
        }
    }
    out.push('"');
    out
}

/// A text that stays on its line.
fn plain(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use bailiwick_policy::{PolicySet, Source};

    use super::*;

    fn deed(
        principal: (&'static str, &str),
        action: &'static str,
        resource: (&'static str, &str),
    ) -> Deed {
        Deed {
            principal: (principal.0, principal.1.to_owned()),
            server: "s".to_owned(),
            action,
            resource: (resource.0, resource.1.to_owned()),
            is_session: action == "connect",
            effect: "unknown",
        }
    }

    fn text_of(deeds: Vec<Deed>) -> (String, usize) {
        let mut observed = Observed::default();
        for it in deeds {
            observed.deeds.insert(it, Weight { calls: 1, ..Weight::default() });
        }
        let proposals = proposals(&observed);
        (proposals.iter().map(|it| it.text.clone()).collect(), proposals.len())
    }

    #[test]
    fn hostile_names_write_no_policy_of_their_own() {
        let names = ["x\");permit(principal,action,resource);//", "a\nb", "\\", "\u{7}é\"", "*"];
        let mut deeds = Vec::new();
        for name in names {
            let tool = format!("s/{name}");
            deeds.push(deed(("Agent", name), "invoke_tool", ("Tool", &tool)));
            deeds.push(deed(("Person", name), "invoke_tool", ("Tool", &tool)));
            deeds.push(deed(("Agent", name), "read_resource", ("Document", &tool)));
        }
        let (text, count) = text_of(deeds);
        let set = PolicySet::load(&[Source { name: "suggested", text: &text }], None);
        let set = set.unwrap_or_else(|it| panic!("{it}\n{text}"));
        assert_eq!(set.len(), count);
    }

    #[test]
    fn many_documents_become_one_policy() {
        let names: Vec<String> = (0..=DOCUMENTS_MAX).map(|it| format!("s/file:///{it}")).collect();
        let one = |it: &String| deed(("Agent", "a"), "read_resource", ("Document", it));
        let (text, count) = text_of(names.iter().map(one).collect());
        assert_eq!(count, 1, "{text}");
        assert!(PolicySet::load(&[Source { name: "suggested", text: &text }], None).is_ok());
        let (text, count) = text_of(names.iter().skip(1).map(one).collect());
        assert_eq!(count, DOCUMENTS_MAX, "{text}");
    }
}
