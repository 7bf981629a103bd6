//! Pages of several servers as one. The cursor of such a page holds those of the servers that have
//! more, each as it was spelled, so that nothing need be remembered between two pages.

use bailiwick_core::Action;
use bytes::Bytes;

use super::discover::kept;
use super::names::{joined, joined_uri};
use crate::Unintelligible;
use crate::json::{Document, Limits, Node, quote};
use crate::mcp::list::{ListKind, page_of};
use crate::rpc::Id;
use crate::splice::Splice;

/// Where to go on with each server, by its name; its cursor is as the server spelled it.
pub type Cursors = Vec<(Box<str>, Box<str>)>;

/// Where a request for a page wants to go on; `None` when it begins.
///
/// # Errors
/// [`Unintelligible`] for a cursor that is not ours.
pub fn read_cursors(params: Option<Node<'_>>) -> Result<Option<Cursors>, Unintelligible> {
    const FAULT: Unintelligible = Unintelligible::IllTyped("cursor");
    let cursor = params.and_then(|it| it.member("cursor")).filter(|it| !it.is_null());
    let Some(cursor) = cursor else { return Ok(None) };
    let text = cursor.text().ok_or(FAULT)?;
    let document = Document::parse(text.as_bytes(), Limits::default()).map_err(|_| FAULT)?;
    if !document.root().is_object() {
        return Err(FAULT);
    }
    let each = document.root().members();
    Ok(Some(each.map(|(server, own)| (server.into(), own.raw().into())).collect()))
}

/// The request for a page as one server is asked it: with its own cursor. `None` without params.
pub fn page_asked(body: &Bytes, own: &str) -> Option<Bytes> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let params = document.root().member("params")?;
    let mut splice = Splice::new(body);
    splice.set_member(params, "cursor", own.as_bytes().to_vec());
    Some(splice.finish())
}

/// The pages of several servers as one answer. Entries keep their bytes but for the name: tools and
/// prompts always say whose they are, resources and templates where `ambiguous` says they must.
/// `None` when the action lists nothing. A page that cannot be read adds nothing. In the modern era
/// a list says for how long it is good.
pub fn merged_list(
    action: Action,
    id: &Id,
    pages: &[(&str, &Bytes)],
    ambiguous: impl Fn(&str, &str) -> bool,
    good_ms: Option<u64>,
) -> Option<Bytes> {
    let kind = ListKind::of(action)?;
    let bytes: usize = pages.iter().map(|(_, body)| body.len()).sum();
    let mut entries = String::with_capacity(bytes + bytes / 8);
    let mut cursors = Vec::new();
    for (server, body) in pages {
        let Ok(document) = Document::parse(body, Limits::default()) else { continue };
        let Ok((result, list)) = page_of(&document, kind) else { continue };
        for entry in list.elements() {
            push(&mut entries, kind, server, entry, &ambiguous);
        }
        let cursor = result.member("nextCursor").filter(|it| !it.is_null());
        cursors.extend(cursor.map(|it| format!("{}:{}", quote(server), it.raw())));
    }
    let next = match cursors.is_empty() {
        true => String::new(),
        false => format!(r#","nextCursor":{}"#, quote(&format!("{{{}}}", cursors.join(",")))),
    };
    let member = kind.member();
    let kept = good_ms.map_or(String::new(), |ms| format!(",{}", kept(ms)));
    Some(Bytes::from(format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"{member}":[{entries}]{next}{kept}}}}}"#
    )))
}

fn push(
    out: &mut String,
    kind: ListKind,
    server: &str,
    entry: Node<'_>,
    ambiguous: impl Fn(&str, &str) -> bool,
) {
    let Some(name) = entry.member(kind.key()) else { return };
    let Some(text) = name.text() else { return };
    let Some(spelled) = name.raw().strip_prefix('"').and_then(|it| it.strip_suffix('"')) else {
        return;
    };
    let shown = match kind {
        ListKind::Tools | ListKind::Prompts => Some(joined(server, spelled)),
        ListKind::Resources | ListKind::Templates if ambiguous(server, &text) => {
            Some(joined_uri(server, spelled))
        }
        ListKind::Resources | ListKind::Templates => None,
    };
    if !out.is_empty() {
        out.push(',');
    }
    let raw = entry.raw();
    let Some(shown) = shown else {
        out.push_str(raw);
        return;
    };
    let begin = name.span().start.saturating_sub(entry.span().start);
    let end = name.span().end.saturating_sub(entry.span().start);
    out.push_str(raw.get(..begin).unwrap_or_default());
    out.push('"');
    out.push_str(&shown);
    out.push('"');
    out.push_str(raw.get(end..).unwrap_or_default());
}
