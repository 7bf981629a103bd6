//! A body: what it asks, and what is sent in its place.

use bailiwick_core::Value;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::llm::{Ask, Changes, Operation, changed, read};
use bytes::Bytes;

use crate::upstream::{Crossing, Route};

/// A body as it goes out.
pub(super) struct Shaped {
    pub(super) operation: Operation,
    pub(super) ask: Ask,
    pub(super) body: Bytes,
    pub(super) crossing: Option<Crossing>,
}

/// What a body asks.
///
/// # Errors
/// Why it is refused, in words for its caller.
pub(super) fn understood(operation: Operation, body: &Bytes) -> Result<Ask, String> {
    let document = Document::parse(body, Limits::default()).map_err(|it| it.to_string())?;
    let ask = read(operation, &document).map_err(|it| it.to_string())?;
    // It would go on when its call is over, and nobody would know what it costs.
    if is_set(&ask.parameters, "background") {
        return Err("background is not carried: leave it out".to_owned());
    }
    Ok(ask)
}

fn is_set(parameters: &Value, name: &str) -> bool {
    let Value::Record(members) = parameters else { return false };
    members.iter().any(|(it, value)| &**it == name && *value == Value::Bool(true))
}

/// The body as it goes out: all that is changed is changed here, before the decision.
///
/// # Errors
/// Why it cannot be said to that model, in words for its caller.
pub(super) fn shaped(
    operation: Operation,
    ask: Ask,
    body: Bytes,
    route: &Route,
    keep: &[bool],
) -> Result<Shaped, String> {
    let tells_usage = ask.tells_usage || !ask.stream;
    let crosses = route.provider.api.dialect() != operation.dialect();
    let bounded = ask.output_max.is_some() || !operation.writes();
    let changes = Changes {
        model: (route.model != ask.model).then_some(&*route.model),
        keep: keep.contains(&false).then_some(keep),
        output_max: (!bounded).then_some(route.provider.output_tokens),
        include_usage: !crosses && !tells_usage,
    };
    let out = changed(operation, &body, &changes)
        .map_err(|_| "The body cannot be changed as policy wants it".to_owned())?;
    if crosses {
        let crossing = Crossing::new(operation, tells_usage);
        let crossing = crossing.ok_or_else(|| "The model is not asked in this way".to_owned())?;
        let body = crossing.ask(&out).map_err(|it| it.to_string())?;
        let (operation, ask) = (crossing.made(), understood(crossing.made(), &body)?);
        return Ok(Shaped { operation, ask, body, crossing: Some(crossing) });
    }
    let ask = if out.as_ptr() == body.as_ptr() && out.len() == body.len() {
        ask
    } else {
        // What policy reads is what goes out.
        understood(operation, &out)?
    };
    Ok(Shaped { operation, ask, body: out, crossing: None })
}
