//! Edits on bytes against the same edits on a parsed tree.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::*;
use crate::json::{Document, Limits};

/// What every replacement says; no generated text holds it.
const MARK: &str = "\"@@\"";

#[derive(Clone, Debug)]
enum Op {
    Remove(Index, Vec<bool>),
    RemoveMember(Index, Index),
    Set(Index, Index),
    SetNew(Index, &'static str),
    RemoveNew(Index, &'static str),
    Replace(Index),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let new = || prop::sample::select(vec!["new", "n\"w", "é"]);
    let op = prop_oneof![
        (any::<Index>(), prop::collection::vec(any::<bool>(), 0..12))
            .prop_map(|(at, keep)| Op::Remove(at, keep)),
        (any::<Index>(), any::<Index>()).prop_map(|(at, it)| Op::RemoveMember(at, it)),
        (any::<Index>(), any::<Index>()).prop_map(|(at, it)| Op::Set(at, it)),
        (any::<Index>(), new()).prop_map(|(at, it)| Op::SetNew(at, it)),
        (any::<Index>(), new()).prop_map(|(at, it)| Op::RemoveNew(at, it)),
        any::<Index>().prop_map(Op::Replace),
    ];
    prop::collection::vec(op, 0..6)
}

/// The reference: what was done to which value, by where the value begins.
#[derive(Default)]
struct Model {
    replaced: BTreeSet<usize>,
    gone: BTreeSet<(usize, usize)>,
    added: BTreeMap<usize, Vec<&'static str>>,
}

impl Model {
    /// The value after all edits; raw texts of leaves that stay are added to `left`.
    fn read(&self, node: Node<'_>, left: &mut Vec<String>) -> Value {
        let at = node.span().start;
        if self.replaced.contains(&at) {
            return serde_json::from_str(MARK).unwrap();
        }
        let stays = |index| !self.gone.contains(&(at, index));
        match node.kind() {
            Kind::Array => node
                .elements()
                .enumerate()
                .filter(|(index, _)| stays(*index))
                .map(|(_, it)| self.read(it, left))
                .collect(),
            Kind::Object => {
                let mut members = serde_json::Map::new();
                for (index, (name, value)) in node.members().enumerate() {
                    if stays(index) {
                        members.insert(name.into_owned(), self.read(value, left));
                    }
                }
                for name in self.added.get(&at).into_iter().flatten() {
                    members.insert((*name).to_owned(), serde_json::from_str(MARK).unwrap());
                }
                Value::Object(members)
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
                left.push(node.raw().to_owned());
                serde_json::from_str(node.raw()).unwrap()
            }
        }
    }
}

fn walk<'d>(node: Node<'d>, all: &mut Vec<Node<'d>>) {
    all.push(node);
    node.elements().for_each(|it| walk(it, all));
    node.pairs().for_each(|(_, it)| walk(it, all));
}

fn apply<'b>(op: &Op, all: &[Node<'_>], splice: &mut Splice<'b>, model: &mut Model) {
    let of_kind = |kind, at: &Index| {
        let some: Vec<Node<'_>> = all.iter().copied().filter(|it| it.kind() == kind).collect();
        (!some.is_empty()).then(|| *at.get(&some))
    };
    let member = |object: Node<'_>, at: &Index| {
        let members: Vec<_> = object.members().enumerate().collect();
        (!members.is_empty()).then(|| {
            let (index, (name, value)) = at.get(&members);
            (*index, name.clone().into_owned(), value.span().start)
        })
    };
    match op {
        Op::Remove(at, keep) => {
            let Some(array) = of_kind(Kind::Array, at) else { return };
            let start = array.span().start;
            for index in 0..array.elements().count() {
                if !keep.get(index).copied().unwrap_or(false) {
                    model.gone.insert((start, index));
                }
            }
            if let (0, [false]) = (array.elements().count().saturating_sub(1), &keep[..]) {
                splice.remove_element(array, 0);
            } else {
                splice.remove_elements(array, keep);
            }
        }
        Op::RemoveMember(at, it) => {
            let Some(object) = of_kind(Kind::Object, at) else { return };
            let Some((index, name, _)) = member(object, it) else { return };
            model.gone.insert((object.span().start, index));
            splice.remove_member(object, &name);
        }
        Op::Set(at, it) => {
            let Some(object) = of_kind(Kind::Object, at) else { return };
            let Some((index, name, value)) = member(object, it) else { return };
            model.gone.remove(&(object.span().start, index));
            model.replaced.insert(value);
            splice.set_member(object, &name, MARK.as_bytes());
        }
        Op::SetNew(at, name) => {
            let Some(object) = of_kind(Kind::Object, at) else { return };
            let added = model.added.entry(object.span().start).or_default();
            added.retain(|it| it != name);
            added.push(name);
            splice.set_member(object, name, MARK.as_bytes());
        }
        Op::RemoveNew(at, name) => {
            let Some(object) = of_kind(Kind::Object, at) else { return };
            model.added.entry(object.span().start).or_default().retain(|it| it != name);
            splice.remove_member(object, name);
        }
        Op::Replace(at) => {
            let node = *at.get(all);
            model.replaced.insert(node.span().start);
            splice.replace(node.span(), MARK.as_bytes());
        }
    }
}

proptest! {
    #[test]
    fn edits_on_bytes_are_edits_on_the_tree(text in crate::json::tests::text(), ops in ops()) {
        let body = Bytes::from(text);
        let document = Document::parse(&body, Limits::default()).unwrap();
        let mut all = Vec::new();
        walk(document.root(), &mut all);
        let (mut splice, mut model) = (Splice::new(&body), Model::default());
        ops.iter().for_each(|op| apply(op, &all, &mut splice, &mut model));
        let out = splice.finish();
        let mut left = Vec::new();
        let wanted = model.read(document.root(), &mut left);
        let found: Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(found, wanted, "{:?}", out);
        // Whatever stays is spelled as it was.
        let edited = Document::parse(&out, Limits::default()).unwrap();
        let mut all = Vec::new();
        walk(edited.root(), &mut all);
        let leaves = all.iter().filter(|it| !matches!(it.kind(), Kind::Array | Kind::Object));
        let leaves: Vec<&str> = leaves.map(|it| it.raw()).filter(|it| *it != MARK).collect();
        prop_assert_eq!(leaves, left);
    }

    #[test]
    fn all_but_the_removed_elements_and_their_commas_stays(
        text in crate::json::tests::text(),
        which in any::<Index>(),
        keep in prop::collection::vec(any::<bool>(), 12),
    ) {
        let body = Bytes::from(text);
        let document = Document::parse(&body, Limits::default()).unwrap();
        let mut all = Vec::new();
        walk(document.root(), &mut all);
        all.retain(|it| it.kind() == Kind::Array && it.elements().next().is_some());
        prop_assume!(!all.is_empty());
        let array = *which.get(&all);
        let spans: Vec<Range<usize>> = array.elements().map(Node::span).collect();
        let kept: Vec<usize> = (0..spans.len()).filter(|it| keep[*it]).collect();
        let (open, close) = (array.span().start + 1, array.span().end - 1);
        let mut wanted = body[..if kept.is_empty() { open } else { spans[0].start }].to_vec();
        for (count, index) in kept.iter().copied().enumerate() {
            if count > 0 {
                wanted.extend_from_slice(&body[spans[index - 1].end..spans[index].start]);
            }
            wanted.extend_from_slice(&body[spans[index].clone()]);
        }
        let rest = if kept.is_empty() { close } else { spans[spans.len() - 1].end };
        wanted.extend_from_slice(&body[rest..]);
        let mut splice = Splice::new(&body);
        splice.remove_elements(array, &keep);
        prop_assert_eq!(splice.finish(), wanted);
    }
}

#[test]
fn no_edit_is_no_copy() {
    let body = Bytes::from_static(br#"{"a":[1,2]}"#);
    let document = Document::parse(&body, Limits::default()).unwrap();
    let list = document.root().member("a").unwrap();
    let mut splice = Splice::new(&body);
    splice.remove_member(document.root(), "b").remove_elements(list, &[true, true]);
    splice.remove_element(list, 2).remove_element(document.root(), 0);
    splice.set_member(list, "a", &b"1"[..]);
    assert_eq!(splice.finish().as_ptr(), body.as_ptr());
}

#[test]
fn edits_stand_where_one_expects_them() {
    let body = Bytes::from_static(br#"{ "a" : 1 , "b" : [ 1, 2 ,3 ], "c":{} }"#);
    let document = Document::parse(&body, Limits::default()).unwrap();
    let root = document.root();
    let (list, empty) = (root.member("b").unwrap(), root.member("c").unwrap());
    type Case<'c> = (&'c str, &'c dyn Fn(&mut Splice<'_>));
    let cases: [Case<'_>; 8] = [
        (r#"{ "b" : [ 1, 2 ,3 ], "c":{} }"#, &|it| {
            it.remove_member(root, "a");
        }),
        (r#"{ "a" : 1 , "b" : [ 1, 2 ,3 ] }"#, &|it| {
            it.remove_member(root, "c");
        }),
        (r#"{ "a" : 1 , "b" : [ 1 ,3 ], "c":{} }"#, &|it| {
            it.remove_element(list, 1);
        }),
        (r#"{ "a" : 1 , "b" : [], "c":{} }"#, &|it| {
            it.remove_elements(list, &[]);
        }),
        (r#"{ "a" : 1 , "b" : [ 1, 2 ,3 ], "c":{"x":7} }"#, &|it| {
            it.set_member(empty, "x", &b"7"[..]);
        }),
        (r#"{ "a" : 2 , "b" : [ 1, 2 ,3 ], "c":{},"x\n":7 }"#, &|it| {
            it.set_member(root, "a", &b"2"[..]).set_member(root, "x\n", &b"7"[..]);
        }),
        (r#"{"x":7}"#, &|it| {
            it.remove_member(root, "a").remove_member(root, "b").remove_member(root, "c");
            it.set_member(root, "x", &b"7"[..]);
        }),
        ("0", &|it| {
            it.replace(list.span(), &b"1"[..]).replace(root.span(), &b"0"[..]);
        }),
    ];
    for (wanted, edit) in cases {
        let mut splice = Splice::new(&body);
        edit(&mut splice);
        assert_eq!(splice.finish(), wanted.as_bytes(), "{wanted}");
    }
}

#[test]
fn spans_that_cross_leave_nothing_of_either() {
    let body = Bytes::from_static(b"0123456789");
    let mut splice = Splice::new(&body);
    splice.replace(2..5, &b"a"[..]).replace(4..8, &b"b"[..]).replace(0..0, &b"<"[..]);
    assert_eq!(splice.finish(), &b"<01a89"[..]);
}
