//! Edits on the bytes that came: what no edit touches goes on exactly as it was.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;

use crate::json::{Kind, Node, quote};

/// A body and the edits to be made to it.
///
/// Nodes and spans must come from a document parsed from the same body, and raw values must be
/// JSON: neither is checked here. Where one edit lies inside another, the outer one wins; of two
/// for the same span, the later.
#[derive(Debug)]
pub struct Splice<'b> {
    body: &'b Bytes,
    edits: Vec<Edit<'b>>,
    /// What happens to the items of arrays and objects, by where these begin.
    containers: BTreeMap<usize, Container<'b>>,
}

#[derive(Debug)]
struct Edit<'b> {
    span: Range<usize>,
    text: Cow<'b, [u8]>,
}

/// An array or object some of whose items go, or that gets new ones.
#[derive(Debug)]
struct Container<'b> {
    /// What lies between the brackets.
    inside: Range<usize>,
    items: Vec<(Range<usize>, bool)>,
    added: Vec<(Box<str>, Cow<'b, [u8]>)>,
}

impl<'b> Splice<'b> {
    /// No edits yet.
    pub const fn new(body: &'b Bytes) -> Self {
        Self { body, edits: Vec::new(), containers: BTreeMap::new() }
    }

    /// Put `text` in the place of a span.
    pub fn replace(&mut self, span: Range<usize>, text: impl Into<Cow<'b, [u8]>>) -> &mut Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    /// Take one element out of an array, with one comma. Nothing happens when there is none.
    pub fn remove_element(&mut self, array: Node<'_>, index: usize) -> &mut Self {
        if array.kind() == Kind::Array {
            self.container(array).mark(index, false);
        }
        self
    }

    /// Leave only those elements of an array in it whose flag in `keep` is set. What `keep` says
    /// nothing about goes.
    pub fn remove_elements(&mut self, array: Node<'_>, keep: &[bool]) -> &mut Self {
        if array.kind() == Kind::Array {
            let flags = keep.iter().copied().chain(std::iter::repeat(false));
            for ((_, kept), keep) in self.container(array).items.iter_mut().zip(flags) {
                *kept &= keep;
            }
        }
        self
    }

    /// Take a member out of an object, with one comma. Nothing happens when there is none.
    pub fn remove_member(&mut self, object: Node<'_>, name: &str) -> &mut Self {
        if let Some(index) = object.pairs().position(|(it, _)| it.says(name)) {
            self.container(object).mark(index, false);
        } else if let Some(container) = self.containers.get_mut(&object.span().start) {
            container.added.retain(|(it, _)| &**it != name);
        }
        self
    }

    /// Give an object's member a value, in its place when it is there, else as the last one.
    pub fn set_member(
        &mut self,
        object: Node<'_>,
        name: &str,
        raw_value: impl Into<Cow<'b, [u8]>>,
    ) -> &mut Self {
        if object.kind() != Kind::Object {
            return self;
        }
        let place = object.pairs().enumerate().find(|(_, (it, _))| it.says(name));
        if let Some((index, (_, value))) = place {
            if let Some(container) = self.containers.get_mut(&object.span().start) {
                container.mark(index, true);
            }
            return self.replace(value.span(), raw_value);
        }
        let container = self.container(object);
        container.added.retain(|(it, _)| &**it != name);
        container.added.push((name.into(), raw_value.into()));
        self
    }

    /// The body with all edits made; the very same bytes, uncopied, when there are none.
    pub fn finish(self) -> Bytes {
        let Self { body, mut edits, containers } = self;
        containers.into_values().for_each(|container| container.write_to(&mut edits));
        if edits.is_empty() {
            return body.clone();
        }
        // Insertions stand before what they are inserted in front of; then the widest edit of a
        // place comes first, and of equal ones the latest, so that the others lie inside it.
        let mut order: Vec<(usize, Edit<'_>)> = edits.into_iter().enumerate().collect();
        order.sort_by_key(|(number, edit)| {
            let empty = edit.span.is_empty();
            (
                edit.span.start,
                !empty,
                Reverse(edit.span.end),
                Reverse(if empty { 0 } else { *number }),
            )
        });
        let added: usize = order.iter().map(|(_, edit)| edit.text.len()).sum();
        let mut out = Vec::with_capacity(body.len() + added);
        let mut done = 0;
        for (_, edit) in order {
            if edit.span.start < done {
                // Inside an outer edit. Should it reach beyond, nothing of it survives either.
                done = done.max(edit.span.end);
                continue;
            }
            out.extend_from_slice(body.get(done..edit.span.start).unwrap_or_default());
            out.extend_from_slice(&edit.text);
            done = edit.span.end;
        }
        out.extend_from_slice(body.get(done..).unwrap_or_default());
        Bytes::from(out)
    }

    fn container(&mut self, node: Node<'_>) -> &mut Container<'b> {
        let Range { start, end } = node.span();
        self.containers.entry(start).or_insert_with(|| {
            let elements = node.elements().map(|it| (it.span(), true));
            let members =
                node.pairs().map(|(name, value)| (name.span().start..value.span().end, true));
            Container {
                inside: start + 1..end.saturating_sub(1),
                items: elements.chain(members).collect(),
                added: Vec::new(),
            }
        })
    }
}

impl<'b> Container<'b> {
    fn mark(&mut self, index: usize, keep: bool) {
        if let Some((_, kept)) = self.items.get_mut(index) {
            *kept = keep;
        }
    }

    /// The edits that take out what is not kept and put in what is added.
    ///
    /// A run of items that goes takes the text from the end of the kept item before it with it, so
    /// that the comma in front of the next kept item stays as it was; at the front, where nothing
    /// is kept before, the text up to the next kept item. Where nothing is kept at all, the space
    /// between the brackets goes too: an emptied list looks like one that was always empty.
    fn write_to(self, edits: &mut Vec<Edit<'b>>) {
        let mut last = self.items.last().map_or(self.inside.start, |(span, _)| span.end);
        let mut kept_end: Option<usize> = None;
        let mut gone: Option<Range<usize>> = None;
        let mut cut = |span| edits.push(Edit { span, text: Cow::Borrowed(&[]) });
        for (span, keep) in self.items {
            match (keep, gone.take()) {
                (false, None) => gone = Some(kept_end.unwrap_or(span.start)..span.end),
                (false, Some(run)) => gone = Some(run.start..span.end),
                (true, Some(run)) if kept_end.is_none() => cut(run.start..span.start),
                (true, Some(run)) => cut(run),
                (true, None) => {}
            }
            if keep {
                kept_end = Some(span.end);
            }
        }
        match (gone, kept_end) {
            (Some(run), Some(_)) => cut(run),
            (Some(_), None) => {
                last = self.inside.end;
                cut(self.inside);
            }
            (None, _) => {}
        }
        if self.added.is_empty() {
            return;
        }
        let mut text = Vec::new();
        let mut comma = kept_end.is_some();
        for (name, value) in self.added {
            if comma {
                text.push(b',');
            }
            comma = true;
            text.extend_from_slice(quote(&name).as_bytes());
            text.push(b':');
            text.extend_from_slice(&value);
        }
        edits.push(Edit { span: last..last, text: Cow::Owned(text) });
    }
}

#[cfg(test)]
mod tests;
