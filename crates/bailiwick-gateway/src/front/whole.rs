//! The message that a client sends: whole, of bounded size, and in its time.

use std::time::Duration;

use bailiwick_core::RefusalReason;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::Incoming;

/// Why a message did not come: as it is recorded, and as it is told.
pub(crate) type Unheard = (RefusalReason, StatusCode, &'static str);

/// Read all of a message.
///
/// # Errors
/// [`Unheard`] when it is too large, too slow, or breaks off.
pub(crate) async fn whole(
    body: Incoming,
    bytes_max: usize,
    patience: Duration,
) -> Result<Bytes, Unheard> {
    match tokio::time::timeout(patience, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(problem)) if problem.is::<LengthLimitError>() => {
            let words = "the message is too large\n";
            Err((RefusalReason::Limit, StatusCode::PAYLOAD_TOO_LARGE, words))
        }
        Ok(Err(_)) => {
            Err((RefusalReason::Malformed, StatusCode::BAD_REQUEST, "the message broke off\n"))
        }
        Err(_) => {
            let words = "the message came too slowly\n";
            Err((RefusalReason::Limit, StatusCode::REQUEST_TIMEOUT, words))
        }
    }
}
