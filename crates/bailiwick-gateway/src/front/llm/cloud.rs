//! What the clouds want otherwise than the vendor whose API they serve: where things stand.

use bailiwick_wire::llm::{Changes, Operation, bedrock_body, changed, list_models, one_model};
use bytes::Bytes;
use hyper::Method;

use super::Visit;
use super::shape::Shaped;
use crate::config::Api;
use crate::upstream::{Asking, Head, Route};

const BETAS: &str = "anthropic-beta";

/// What Azure's clients ask: the model stands in the path, and what the body says does not count.
///
/// # Errors
/// Why the body cannot be read.
pub(super) fn of_deployment(
    operation: Operation,
    body: &Bytes,
    deployment: &str,
) -> Result<Bytes, String> {
    let changes = Changes { model: Some(deployment), ..Changes::default() };
    changed(operation, body, &changes).map_err(|it| it.to_string())
}

/// The body as the provider takes it.
///
/// # Errors
/// Why it cannot be said to it, in words for its caller.
pub(super) fn body(visit: &Visit, shaped: &Shaped, route: &Route) -> Result<Bytes, String> {
    match route.provider.api {
        Api::Openai | Api::Anthropic | Api::Azure => Ok(shaped.body.clone()),
        Api::Bedrock => {
            let head = visit.choices.head.0.iter();
            // What a client chose of another API means nothing here.
            let chosen = head.filter(|(name, _)| name == BETAS && shaped.crossing.is_none());
            let betas = chosen.map(|(_, it)| it.to_str()).last().transpose();
            let betas = betas.map_err(|it| it.to_string())?.unwrap_or_default();
            bedrock_body(&shaped.body, betas).map_err(|it| it.to_string())
        }
    }
}

/// What is sent besides the body; `None` when there is no such address.
pub(super) fn asking(visit: &Visit, shaped: &Shaped, route: &Route) -> Option<Asking> {
    let streams = shaped.ask.stream;
    let path = shaped.operation.path();
    let (path, head) = if shaped.crossing.is_some() {
        (path.to_owned(), Head::of(shaped.operation.dialect()))
    } else {
        (format!("{path}{}", visit.choices.query), visit.choices.head.clone())
    };
    let addresses = &route.provider.addresses;
    let path = addresses.of_ask((shaped.operation, &path), &route.model, streams)?;
    let head = match route.provider.api {
        Api::Openai | Api::Anthropic | Api::Azure => head,
        // All of it stands in the body.
        Api::Bedrock => Head::default(),
    };
    Some(Asking { method: Method::POST, path, head, streams, known: None })
}

/// What a provider without a list would list, as far as the operator names it: all of it, or the
/// one model of the route. `None`: it is asked itself.
pub(super) fn listed(route: &Route) -> Option<Bytes> {
    if route.provider.addresses.has_list() {
        return None;
    }
    let dialect = route.provider.api.dialect();
    if route.model.is_empty() {
        let names: Vec<&str> = route.provider.named().collect();
        return Some(list_models(dialect, &names));
    }
    Some(one_model(dialect, &route.model))
}
