//! Lists of what providers keep. A list is made of what its caller has, each asked for by its own
//! id: a provider's pages would show how much there is of others.

use bailiwick_core::ServerId;
use bailiwick_wire::llm::{kept, list_kept};
use bytes::Bytes;
use hyper::{Response, StatusCode};

use super::super::super::body::Body;
use super::super::super::knock;
use super::super::super::reply::{headers, json};
use super::super::{Visit, reply};
use super::address::Address;
use super::{Asked, carried};

/// How many entries a page has where its caller does not say.
const PAGE: usize = 20;
/// The most entries of a page, and the most that are asked for to fill one.
const PAGE_MAX: usize = 100;

/// Which page is asked for.
struct Page {
    limit: usize,
    after: Option<String>,
    before: Option<String>,
    is_ascending: bool,
    purpose: Option<String>,
}

impl Page {
    fn of(query: &str) -> Self {
        let mut page =
            Self { limit: PAGE, after: None, before: None, is_ascending: false, purpose: None };
        for (name, value) in
            query.trim_start_matches('?').split('&').filter_map(|it| it.split_once('='))
        {
            let said = Some(value.to_owned()).filter(|it| !it.is_empty());
            match name {
                "limit" => page.limit = value.parse().unwrap_or(PAGE).clamp(1, PAGE_MAX),
                "after" | "after_id" => page.after = said,
                "before" | "before_id" => page.before = said,
                "order" => page.is_ascending = value == "asc",
                "purpose" => page.purpose = said,
                _ => {}
            }
        }
        page
    }

    /// What of all that there is may be on the page. Behind what is not there stands nothing.
    fn cut<T>(&self, mut all: Vec<T>, id: impl Fn(&T) -> &str) -> Vec<T> {
        if self.is_ascending {
            all.reverse();
        }
        let at = |all: &[T], wanted: &str| all.iter().position(|it| id(it) == wanted);
        if let Some(after) = &self.after {
            let from = at(&all, after).map_or(all.len(), |it| it + 1);
            all.drain(..from);
        }
        if let Some(before) = &self.before {
            let to = at(&all, before).unwrap_or(0);
            all.truncate(to);
            all.drain(..to.saturating_sub(self.limit));
        }
        all
    }
}

/// `GET files` and its like.
pub(super) async fn list(visit: &Visit, address: Address) -> Response<Body> {
    let (api, collection) = (visit.dialect, address.collection);
    let models = &visit.gate.parts.models;
    let keeper = models.keeper(api).cloned();
    let Some(whole) = carried(visit, Asked::new(address, keeper)).await else {
        return reply::unrecorded(visit.dialect);
    };
    if whole.released.denial().is_some() || whole.address.id.is_some() {
        return whole.told(visit);
    }
    let page = Page::of(&visit.choices.kept);
    let speaks = |name: &ServerId| models.speaking(api).find(|it| it.name == *name).cloned();
    let mine = models.owned(collection, &visit.who);
    let mut left = page.cut(mine, |(_, id)| id).into_iter();
    let parent = whole.released.exchange();
    let (mut entries, mut looked) = (Vec::new(), 0);
    while entries.len() < page.limit && looked < PAGE_MAX {
        let Some((provider, id)) = left.next() else { break };
        let Some(keeper) = speaks(&provider) else { continue };
        looked += 1;
        // Each is a request at the provider.
        if let Err(it) = visit.gate.take_pace(&visit.who, 1) {
            let refusal = knock::too_fast(&visit.gate, &visit.who, it);
            return reply::translated(visit.dialect, refusal);
        }
        let asked = Asked::new(Address::one(collection, &id, ""), Some(keeper));
        let Some(one) = carried(visit, Asked { parent: Some(parent), ..asked }).await else {
            return reply::unrecorded(visit.dialect);
        };
        if one.is_answered() {
            let body = Bytes::copy_from_slice(one.released.bytes());
            if page.purpose.is_none() || page.purpose.as_deref() == kept(&body).purpose.as_deref() {
                entries.push((id, body));
            }
        } else if one.status() == Some(StatusCode::NOT_FOUND) {
            models.forget(&provider, &id);
        } else if one.released.denial().is_none() {
            return one.told(visit);
        }
    }
    let mut reply = json(StatusCode::OK, list_kept(visit.dialect, &entries, left.len() > 0));
    let decision = whole.released.decision();
    headers(&mut reply, &decision.exchange().to_string(), decision.position().index());
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut_from_what_there_is() {
        let all = || vec!["d", "c", "b", "a"];
        for (query, left) in [
            ("", "dcba"),
            ("?after=c&limit=1", "ba"),
            ("?after_id=x", ""),
            ("?order=asc&after=b", "cd"),
            ("?before_id=a&limit=2", "cb"),
            ("?before_id=x", ""),
        ] {
            assert_eq!(Page::of(query).cut(all(), |it| it).concat(), left, "{query}");
        }
        assert_eq!(Page::of("?limit=100000").limit, PAGE_MAX);
    }
}
