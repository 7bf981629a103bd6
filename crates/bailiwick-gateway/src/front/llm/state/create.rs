//! Something is to be kept from now on: what a form or a body says of it.

use std::sync::Arc;

use bailiwick_core::{Action, Call, ExchangeId, ModelAsk, Number, Resource, Value};
use bailiwick_facts::MicroDollars;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::llm::{Collection, Creation, Dialect, body_lines, creation, file_lines};
use bailiwick_wire::multipart;
use bytes::Bytes;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::super::super::body::Body;
use super::super::{Visit, reply};
use super::address::Address;
use super::{Asked, bad, carried, interpreted, lines};
use crate::entropy;
use crate::models::Unpriced;
use crate::upstream::Provider;

/// What a form or a body says.
pub(super) struct Said {
    /// Ids that it names of what the provider keeps.
    pub(super) state: Vec<Box<str>>,
    /// What policy may read.
    pub(super) parameters: Value,
    /// What goes with it, besides what goes with every call.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    model: Option<Box<str>>,
    lines: Option<(Box<str>, Box<str>)>,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            state: Vec::new(),
            parameters: Value::Record(Vec::new()),
            headers: Vec::new(),
            model: None,
            lines: None,
        }
    }
}

/// Read what is to be kept.
///
/// # Errors
/// Why it cannot be decided on, for the caller.
pub(super) fn read(visit: &Visit, address: &Address, body: &Bytes) -> Result<Said, String> {
    let kind = visit.choices.content_type.as_ref();
    let kind = kind.and_then(|it| it.to_str().ok()).unwrap_or_default();
    if kind.to_ascii_lowercase().starts_with("multipart/") {
        return form(address, kind, body);
    }
    if address.collection == Collection::Files {
        return Err("a file comes in a form: multipart/form-data".to_owned());
    }
    let document = Document::parse(body, Limits::default()).map_err(|it| it.to_string())?;
    let read = creation(address.collection, &document).map_err(|it| it.to_string())?;
    let Creation { state, model, lines, parameters } = read;
    Ok(Said { state, parameters, headers: Vec::new(), model, lines })
}

/// A form with a file.
fn form(address: &Address, kind: &str, body: &Bytes) -> Result<Said, String> {
    let takes_forms = match address.collection {
        Collection::Files | Collection::Containers => true,
        Collection::Responses | Collection::Batches | Collection::FineTuning => false,
    };
    let parts = multipart::read(kind, body).map_err(|it| it.to_string())?;
    let mut members: Vec<(Box<str>, Value)> = Vec::new();
    let mut state = Vec::new();
    for part in parts {
        let text = || std::str::from_utf8(part.body).map_err(|_| "a field is no text".to_owned());
        match part.name {
            "file" if part.is_file => {
                let size = Number::from_lexeme(&part.body.len().to_string());
                members.push(("bytes".into(), Value::Number(size)));
            }
            "file_id" => state.push(text()?.into()),
            name @ ("purpose" | "expires_after[anchor]" | "expires_after[seconds]") => {
                members.push((name.into(), Value::Text(text()?.into())));
            }
            _ => return Err("the form has a field that is not known here".to_owned()),
        }
    }
    if !takes_forms {
        return Err("this does not come in a form".to_owned());
    }
    let kind = HeaderValue::from_str(kind).map_err(|it| it.to_string())?;
    let parameters = Value::Record(members);
    Ok(Said { state, parameters, headers: vec![(CONTENT_TYPE, kind)], ..Said::default() })
}

/// `POST files` and its like.
pub(super) async fn create(visit: &Visit, address: Address, body: Bytes) -> Response<Body> {
    let said = match read(visit, &address, &body) {
        Ok(said) => said,
        Err(words) => return bad(visit, &words),
    };
    let Ok(id) = entropy::exchange_id(visit.gate.now()) else {
        return reply::unrecorded(visit.dialect);
    };
    let api = visit.dialect;
    let models = &visit.gate.parts.models;
    let named = said.state.first().and_then(|it| models.keeping(api, it, &visit.who));
    let keeper = named.or_else(|| models.keeper(api)).cloned();
    let lacks = keeper.as_ref().and_then(|it| models.lacks(&it.name, &said.state, &visit.who));
    let missing = lacks.map(|it| (Collection::Files, Box::from(it)));
    let is_there = missing.is_none();
    let mut asked =
        Asked { missing, body, said, id: Some(id), ..Asked::new(address, keeper.clone()) };
    if is_there && let Some(keeper) = keeper {
        let costs = match asked.address.collection {
            Collection::Batches => batch(visit, &mut asked, &keeper, id).await,
            Collection::FineTuning => job(visit, &mut asked, &keeper),
            Collection::Responses | Collection::Files | Collection::Containers => Ok(None),
        };
        match costs {
            Ok(None) => {}
            Ok(Some(bound)) => {
                if reserved(visit, &mut asked, bound).is_none() {
                    return reply::unrecorded(visit.dialect);
                }
            }
            Err(reply) => return *reply,
        }
    }
    carried(visit, asked)
        .await
        .map_or_else(|| reply::unrecorded(visit.dialect), |it| it.told(visit))
}

/// The most that something costs, where it does.
type Costs = Result<Option<Result<MicroDollars, Unpriced>>, Box<Response<Body>>>;

/// Every line of a batch is decided before the batch is, and all of them are paid for together.
async fn batch(visit: &Visit, asked: &mut Asked, keeper: &Arc<Provider>, id: ExchangeId) -> Costs {
    // Whoever may make none has no line decided, and no file read.
    if !may_make(visit, asked, keeper, id) {
        asked.is_refused = true;
        return Ok(None);
    }
    let read = match (visit.dialect, &asked.said.lines) {
        (Dialect::Anthropic, _) => body_lines(&asked.body),
        (Dialect::OpenAi, Some((file, endpoint))) => {
            let content = Address::one(Collection::Files, file, "/content");
            let content = Asked { parent: Some(id), ..Asked::new(content, Some(keeper.clone())) };
            let Some(file) = carried(visit, content).await else {
                return Err(Box::new(reply::unrecorded(visit.dialect)));
            };
            if !file.is_answered() {
                return Err(Box::new(file.told(visit)));
            }
            file_lines(&file.released.into_bytes(), endpoint)
        }
        (Dialect::OpenAi, None) => {
            return Err(Box::new(bad(visit, "missing member: input_file_id")));
        }
    };
    let read = read.map_err(|it| Box::new(bad(visit, &it.to_string())))?;
    let count = Number::from_lexeme(&read.len().to_string());
    if let Value::Record(members) = &mut asked.said.parameters {
        members.push(("lines".into(), Value::Number(count)));
    }
    let bound = lines::decided(visit, keeper, read, id).await.map_err(Box::new)?;
    Ok(Some(Ok(bound)))
}

/// Whether the caller may make a batch at all, of one line at least.
fn may_make(visit: &Visit, asked: &Asked, keeper: &Arc<Provider>, id: ExchangeId) -> bool {
    let mut said = asked.said.parameters.clone();
    if let Value::Record(members) = &mut said {
        members.push(("lines".into(), Value::Number(Number::from_lexeme("1"))));
    }
    let what = interpreted(visit, &asked.address, keeper.name.clone(), said);
    visit.gate.may(&Call::new(id, visit.gate.now(), visit.who.clone(), what))
}

/// A job trains a model that its caller must be allowed to know of. What it costs nobody can say.
fn job(visit: &Visit, asked: &mut Asked, keeper: &Arc<Provider>) -> Costs {
    let name = asked.said.model.clone().unwrap_or_default();
    let model = Resource::Model { server: keeper.name.clone(), name: name.clone() };
    if !visit.gate.is_visible(&visit.who, Action::Complete, &model) || !keeper.takes(&name) {
        return Err(Box::new(reply::no_such_model(visit.dialect, &name)));
    }
    Ok(Some(visit.gate.parts.models.money.training(&name)))
}

/// What goes out only when it is paid for. `None`: it could not be recorded.
pub(super) fn reserved(
    visit: &Visit,
    asked: &mut Asked,
    bound: Result<MicroDollars, Unpriced>,
) -> Option<()> {
    let gate = &visit.gate;
    let known = bound.as_ref().ok().map(|it| it.micro());
    let money = &gate.parts.models.money;
    let reserving = money.reserving(gate.log(), &gate.parts.store, &visit.who, bound).ok()?;
    asked.model = Some(ModelAsk { bound: known, ..ModelAsk::default() });
    asked.reserving = Some(Arc::new(reserving));
    Some(())
}
