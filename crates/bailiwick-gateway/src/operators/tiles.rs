//! `/log/checkpoint` and `/log/tile/*`: the log, readable by any tlog-tiles client.

use std::path::PathBuf;

use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use crate::front::{Body, text};
use crate::gate::Gate;

/// Serve one file of the log's public part.
pub(super) fn serve(gate: &Gate, steps: &[&str]) -> Response<Body> {
    let (is_public, is_checkpoint) = match steps {
        ["checkpoint"] => (true, true),
        ["tile", rest @ ..] => (!rest.is_empty() && rest.iter().all(|it| is_tile_step(it)), false),
        _ => (false, false),
    };
    if !is_public {
        return text(StatusCode::NOT_FOUND, "the log has no such file\n");
    }
    let file: PathBuf = steps.iter().collect();
    let Ok(bytes) = std::fs::read(crate::paths::log(&gate.settings().data).join(file)) else {
        return text(StatusCode::NOT_FOUND, "the log has no such file\n");
    };
    let mut reply = Response::new(Body::Whole(Some(bytes.into())));
    let (kind, cache) = if is_checkpoint {
        ("text/plain; charset=utf-8", "no-cache")
    } else {
        ("application/octet-stream", "max-age=31536000, immutable")
    };
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    reply
}

/// Names of tiles are made of digits, `x`, `entries` and `.p`; nothing else leads to a file.
fn is_tile_step(step: &str) -> bool {
    step == "entries"
        || !step.is_empty()
            && step
                .trim_start_matches('x')
                .trim_end_matches(".p")
                .bytes()
                .all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_tile_step;

    #[test]
    fn only_names_of_tiles_lead_to_files() {
        for step in ["0", "x001", "067", "entries", "000.p", "12"] {
            assert!(is_tile_step(step), "{step}");
        }
        for step in ["", "..", ".", "key", "x00/..", "%2e"] {
            assert!(!is_tile_step(step), "{step}");
        }
    }
}
