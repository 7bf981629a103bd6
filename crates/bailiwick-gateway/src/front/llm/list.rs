//! The models that a caller may know of: each provider is asked, and what it lists is cut.

use std::time::Duration;

use bailiwick_core::{
    Action, Call, Disposition, Effect, Interpreted, Released, Resource, ServerId, Value,
};
use bailiwick_wire::llm::{Dialect, goes_on_behind, list_models, models, one_model, page_of};
use bytes::Bytes;
use hyper::header::HeaderName;
use hyper::{Method, Response, StatusCode};

use super::super::body::Body;
use super::super::reply::{json, stamp_at};
use super::{Visit, cloud, reply};
use crate::entropy;
use crate::exchange::exchange_whole;
use crate::upstream::{Asking, Envelope, Head, Leg, ProviderCall, Route, Upstream, segment};

const MODELS: &str = "/models";
/// How many models a page of Anthropic's has where nothing is said, and at most.
const PAGE: usize = 20;
const PAGE_MAX: usize = 1_000;
/// How many pages of a provider are read.
const PAGES_MAX: usize = 10;

/// `GET models`: what the one provider lists, or a list of ours of what all do.
pub(super) async fn list(visit: Visit) -> Response<Body> {
    let registered = &visit.gate.parts.models;
    let routes: Vec<Route> =
        registered.speaking(visit.dialect).map(|it| Route::new(it, "")).collect();
    let has_aliases = registered.aliases().next().is_some();
    if let ([only], false) = (routes.as_slice(), has_aliases) {
        return match visit.dialect {
            Dialect::OpenAi => only_list(&visit, only).await,
            Dialect::Anthropic => pages(&visit, only).await,
        };
    }
    let mut names = Vec::new();
    let mut rests_on = Vec::new();
    for (name, route) in registered.aliases() {
        let resource = model(&route.provider.name, &route.model);
        if visit.gate.is_visible(&visit.who, Action::Complete, &resource) {
            names.push(name.to_owned());
        }
    }
    for route in routes {
        let (server, provider) = (route.provider.name.clone(), route.provider.clone());
        let listed =
            asked(&visit, route, all_models(visit.dialect), (Resource::Server(server), true)).await;
        let Some((released, _)) = listed else { return reply::unrecorded(visit.dialect) };
        if released.disposition() != Some(Disposition::Answered) {
            continue;
        }
        rests_on.push((released.exchange(), released.decision().position().index()));
        let _ = models(visit.dialect, &released.into_bytes(), |name| {
            let leads_there = registered
                .route(visit.dialect, true, name)
                .is_ok_and(|it| it.provider.name == provider.name && *it.model == *name);
            // What leads elsewhere by its bare name is asked for as `provider/model`.
            let spelled = || format!("{}/{name}", provider.name);
            match (leads_there, provider.takes(name)) {
                (true, _) => names.push(name.to_owned()),
                (false, true) => names.push(spelled()),
                // By no name is it asked for there.
                (false, false) => {}
            }
            true
        });
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut reply = json(StatusCode::OK, list_models(visit.dialect, &names));
    for (exchange, leaf) in rests_on {
        super::super::reply::headers(&mut reply, &exchange.to_string(), leaf);
    }
    reply
}

/// The list of the only provider, which comes in one piece.
async fn only_list(visit: &Visit, only: &Route) -> Response<Body> {
    let resource = Resource::Server(only.provider.name.clone());
    match asked(visit, only.clone(), MODELS.to_owned(), (resource, true)).await {
        Some((released, call)) => {
            reply::whole(visit.dialect, released, (call.provider(), "models"), None)
        }
        None => reply::unrecorded(visit.dialect),
    }
}

/// One page of the list of the only provider. All that it lists is read and cut first: in its own
/// pages the gaps would show where something is hidden.
async fn pages(visit: &Visit, only: &Route) -> Response<Body> {
    let resource = Resource::Server(only.provider.name.clone());
    let said = |name: &str| {
        let parameters = visit.choices.query.trim_start_matches('?').split('&');
        parameters.filter_map(|it| it.split_once('=')).find(|it| it.0 == name).map(|it| it.1)
    };
    let mut read = Vec::new();
    let mut page = all_models(visit.dialect);
    // The provider's name for the request: of several, that of the page where the client's begins.
    let mut request_id = None;
    let released = loop {
        let what = (resource.clone(), true);
        let Some((released, call)) = asked(visit, only.clone(), page, what).await else {
            return reply::unrecorded(visit.dialect);
        };
        if released.disposition() != Some(Disposition::Answered) {
            return reply::whole(visit.dialect, released, (call.provider(), "models"), None);
        }
        let heading = call.provider().and_then(ProviderCall::heading);
        let named = heading.and_then(|it| it.headers.get("request-id")).cloned();
        request_id = request_id.or(named);
        read.push(Bytes::copy_from_slice(released.bytes()));
        match goes_on_behind(released.bytes()).filter(|_| read.len() < PAGES_MAX) {
            Some(last) => {
                if said("after_id") == Some(&*last) {
                    request_id = None;
                }
                let last = segment(&last).unwrap_or_default();
                page = format!("{}&after_id={last}", all_models(visit.dialect));
            }
            None => break released,
        }
    };
    let ends = (said("after_id"), said("before_id"));
    let most = said("limit").and_then(|it| it.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let mut reply = match page_of(&read, ends, most) {
        Some(page) => json(StatusCode::OK, page),
        None => reply::error(visit.dialect, StatusCode::BAD_GATEWAY, "The provider gave no list"),
    };
    reply.headers_mut().extend(request_id.map(|it| (HeaderName::from_static("request-id"), it)));
    stamp_at(&mut reply, released.decision());
    reply
}

/// `GET models/{name}`
pub(super) async fn one(visit: Visit, name: String) -> Response<Body> {
    let registered = &visit.gate.parts.models;
    let Ok(route) = registered.route(visit.dialect, true, &name) else {
        return nobody(&visit, &name).await;
    };
    let resource = model(&route.provider.name, &route.model);
    let visible = visit.gate.is_visible(&visit.who, Action::Complete, &resource);
    let Some(escaped) = segment(&route.model) else { return nobody(&visit, &name).await };
    let crosses = route.provider.api.dialect() != visit.dialect;
    let query = if crosses { "" } else { &*visit.choices.query };
    let path = format!("{MODELS}/{escaped}{query}");
    match asked(&visit, route, path, (resource, visible)).await {
        Some((released, _)) if released.disposition() == Some(Disposition::Answered) && crosses => {
            // What its provider says of it is said in another dialect.
            let mut reply = json(StatusCode::OK, one_model(visit.dialect, &name));
            stamp_at(&mut reply, released.decision());
            reply
        }
        Some((released, _)) if released.disposition() == Some(Disposition::Erred) && crosses => {
            let mut reply = reply::no_such_model(visit.dialect, &name);
            stamp_at(&mut reply, released.decision());
            reply
        }
        Some((released, call)) => {
            reply::whole(visit.dialect, released, (call.provider(), &name), None)
        }
        None => reply::unrecorded(visit.dialect),
    }
}

async fn nobody(visit: &Visit, name: &str) -> Response<Body> {
    let nobody = ServerId::from(visit.dialect_word());
    let call = call(visit, (model(&nobody, name), false));
    let Some(call) = call else { return reply::unrecorded(visit.dialect) };
    let envelope = Envelope::new(Leg::Message, None);
    match exchange_whole(&visit.gate, &Upstream::Nowhere, call, &envelope).await {
        Ok(released) => {
            let mut reply = reply::no_such_model(visit.dialect, name);
            stamp_at(&mut reply, released.decision());
            reply
        }
        Err(_) => reply::unrecorded(visit.dialect),
    }
}

/// The address of one page with every model.
fn all_models(dialect: Dialect) -> String {
    match dialect {
        Dialect::OpenAi => MODELS.to_owned(),
        // As many as it gives at once.
        Dialect::Anthropic => format!("{MODELS}?limit={PAGE_MAX}"),
    }
}

fn model(provider: &ServerId, name: &str) -> Resource {
    Resource::Model { server: provider.clone(), name: name.into() }
}

/// Ask a provider for something that it lists. `None`: it could not be recorded.
async fn asked(
    visit: &Visit,
    route: Route,
    path: String,
    what: (Resource, bool),
) -> Option<(Released, Upstream)> {
    let dialect = route.provider.api.dialect();
    let head =
        if dialect == visit.dialect { visit.choices.head.clone() } else { Head::of(dialect) };
    let (path, known) = (route.provider.addresses.of(&path)?, cloud::listed(&route));
    let asking = Asking { method: Method::GET, path, head, streams: false, known };
    let call = call(visit, what)?;
    let provider = ProviderCall::new(route, None, asking, visit.away.clone());
    let upstream = Upstream::Provider(Box::new(provider));
    let patience = Duration::from_secs(visit.gate.settings().limits.gather_seconds);
    let envelope = Envelope { patience: Some(patience), ..Envelope::new(Leg::Message, None) };
    let released = exchange_whole(&visit.gate, &upstream, call, &envelope).await.ok()?;
    Some((released, upstream))
}

fn call(visit: &Visit, (resource, exists): (Resource, bool)) -> Option<Call> {
    let now = visit.gate.now();
    let what = Interpreted {
        action: Action::ListModels,
        resource,
        arguments: Value::Record(Vec::new()),
        ask: Bytes::new(),
        effect: Effect::Read,
        named: Vec::new(),
        exists,
        pin: None,
        trace: visit.choices.trace.clone(),
        model: None,
    };
    Some(Call::new(entropy::exchange_id(now).ok()?, now, visit.who.clone(), what))
}
