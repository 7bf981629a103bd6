//! The far side of `bench llm`: a provider of models that answers at once, or piece by piece.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use memchr::memmem;
use tokio::sync::mpsc;

use crate::Done;
use crate::clock::time_of_day_ns;
use crate::serving::served;

/// What a whole answer says: 450 bytes, as an answer has.
const ANSWER: &str = concat!(
    r#"{"id":"chatcmpl-bench","object":"chat.completion","created":1790000000,"model":"bench-1","#,
    r#""choices":[{"index":0,"message":{"role":"assistant","content":"Travel expenses of contrac"#,
    r#"tors are approved by whoever owns the project; above 500 they go to finance first."},"lo"#,
    r#"gprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":230,"completion_tokens":22"#,
    r#","total_tokens":252},"service_tier":"default","system_fingerprint":"fp_1"}"#,
);

/// How a stream ends: why, what it took, and its last event.
const END: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],",
    "\"model\":\"bench-1\"}\n\n",
    "data: {\"choices\":[],\"model\":\"bench-1\",\"usage\":{\"prompt_tokens\":230,",
    "\"completion_tokens\":40,\"total_tokens\":270}}\n\ndata: [DONE]\n\n",
);

type Body = Either<Full<Bytes>, Pieces>;

/// A body that is written while it is sent.
pub(crate) struct Pieces(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|it| it.map(|piece| Ok(Frame::data(piece))))
    }
}

/// Serve.
pub(crate) fn serve() -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(served(|socket| async move {
        let io = TokioIo::new(socket);
        let service = service_fn(answer);
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
    }))
}

/// How a stream of this model goes: how many chunks, and how far apart.
fn pace(body: &[u8]) -> Option<(usize, Duration)> {
    memmem::find(body, b"\"stream\":true")?;
    let is = |model: &str| memmem::find(body, model.as_bytes()).is_some();
    Some(if is("stream-200") {
        (200, Duration::ZERO)
    } else if is("stream-paced") {
        (200, Duration::from_millis(1))
    } else if is("stream-slow") {
        (200, Duration::from_millis(50))
    } else {
        (40, Duration::ZERO)
    })
}

async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Body>> {
    let body = request.into_body().collect().await?.to_bytes();
    let (kind, body) = match pace(&body) {
        None => {
            ("application/json", Either::Left(Full::new(Bytes::from_static(ANSWER.as_bytes()))))
        }
        Some((chunks, apart)) => ("text/event-stream", Either::Right(stream(chunks, apart))),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

fn stream(chunks: usize, apart: Duration) -> Pieces {
    let (feed, fed) = mpsc::channel(1);
    tokio::spawn(async move {
        for _ in 0..chunks {
            if feed.send(chunk()).await.is_err() {
                return;
            }
            if !apart.is_zero() {
                tokio::time::sleep(apart).await;
            }
        }
        let _ = feed.send(Bytes::from_static(END.as_bytes())).await;
    });
    Pieces(fed)
}

/// A chunk that says when it was written, in nanoseconds: both ends have the same clock.
fn chunk() -> Bytes {
    let passed = time_of_day_ns();
    Bytes::from(format!(
        "data: {{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\
         \"created\":1790000000,\
         \"model\":\"bench-1\",\"choices\":[{{\"index\":0,\
         \"delta\":{{\"content\":\" at={passed}.\"}},\
         \"finish_reason\":null}}]}}\n\n"
    ))
}
