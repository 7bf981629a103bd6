//! The one mapping of every way to fail to what the caller is told: status, code and public words.
//!
//! What may not be discovered gets the answer of what never was. What may be known and not done is
//! told so, with the decision's id and nothing else.

use bailiwick_core::{Action, Cause, Denial, Disposition, ExchangeId, Resource, Unproved};
use bailiwick_wire::mcp::reply;
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use hyper::StatusCode;

/// What the caller is told when there is no answer of an upstream's.
pub(crate) struct Words {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Words {
    fn json(body: Bytes) -> Self {
        Self { status: StatusCode::OK, body }
    }

    fn bare(status: StatusCode) -> Self {
        Self { status, body: Bytes::new() }
    }
}

/// There is no server of this name, or the caller may not know of it.
pub(crate) fn no_such_server() -> Words {
    Words { status: StatusCode::NOT_FOUND, body: Bytes::from_static(b"no such server\n") }
}

/// A denial.
pub(crate) fn denied(
    denial: &Denial,
    exchange: &ExchangeId,
    id: Option<&Id>,
    is_modern: bool,
) -> Words {
    let call = denial.call();
    if denial.visible() {
        return match id {
            Some(id) if let (Cause::Unfit, Some(why)) = (denial.cause(), call.misfit()) => {
                Words::json(reply::unfit(id, why, exchange))
            }
            Some(id) => Words::json(reply::denied(id, exchange)),
            None => Words::bare(StatusCode::FORBIDDEN),
        };
    }
    match (call.resource(), id) {
        (Resource::Server(_), _) if call.action() != Action::Notify => no_such_server(),
        (Resource::Tool { .. }, Some(id)) => Words::json(reply::unknown_tool(id)),
        (Resource::Prompt { .. }, Some(id)) => Words::json(reply::unknown_prompt(id)),
        (Resource::Document { uri, .. } | Resource::Template { uri, .. }, Some(id))
            if is_modern =>
        {
            Words::json(reply::unknown_document(id, uri))
        }
        (Resource::Document { .. } | Resource::Template { .. }, Some(id)) => {
            Words::json(reply::unknown_resource(id))
        }
        (Resource::Method { .. } | Resource::Client { .. }, Some(id)) => {
            Words::json(reply::method_not_found(id))
        }
        (_, _) => no_such_server(),
    }
}

/// A call that ended without an answer that may leave.
pub(crate) fn ended(id: &Id, disposition: Disposition) -> Bytes {
    match disposition {
        Disposition::TimedOut => reply::timed_out(id),
        Disposition::Withheld => reply::withheld(id),
        // Who was killed need not know by whom.
        Disposition::Cancelled | Disposition::Killed => {
            reply::unavailable(id, "The request was cancelled")
        }
        Disposition::Unmet => reply::unavailable(id, "A duty of the policy was not met"),
        Disposition::Answered
        | Disposition::ToolFailed
        | Disposition::Erred
        | Disposition::Accepted
        | Disposition::Unreachable => reply::unavailable(id, "The server gave no answer"),
    }
}

/// A call that ended without an answer, as a reply of its own.
pub(crate) fn without_answer(id: Option<&Id>, disposition: Disposition) -> Words {
    match (id, disposition) {
        (Some(id), _) => Words::json(ended(id, disposition)),
        (None, Disposition::Accepted) => Words::bare(StatusCode::ACCEPTED),
        (None, Disposition::Erred) => Words::bare(StatusCode::METHOD_NOT_ALLOWED),
        (None, Disposition::TimedOut) => Words::bare(StatusCode::GATEWAY_TIMEOUT),
        (None, _) => Words::bare(StatusCode::BAD_GATEWAY),
    }
}

/// Something could not be written down.
pub(crate) fn unrecorded(id: Option<&Id>) -> Words {
    let body = id.map_or_else(Bytes::new, reply::unrecorded);
    Words { status: StatusCode::SERVICE_UNAVAILABLE, body }
}

/// Nobody was proven.
pub(crate) fn unproved(why: Unproved) -> Words {
    let body: &[u8] = match why {
        Unproved::Missing => b"a key is needed: send `Authorization: Bearer bwk_...`\n",
        // Whether a key ever existed is nobody's business.
        Unproved::Invalid | Unproved::Revoked => b"the key is not valid\n",
    };
    Words { status: StatusCode::UNAUTHORIZED, body: Bytes::from_static(body) }
}
