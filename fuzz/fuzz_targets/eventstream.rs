//! Amazon's frames: however a stream is cut into chunks, the frames are the same; what comes out of
//! them is whole events.
#![no_main]

use bailiwick_wire::eventstream::{Frame, FrameError, Frames, frame};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::llm::{BedrockStream, bedrock_body, bedrock_error};
use bailiwick_wire::sse::Decoder;
use libfuzzer_sys::fuzz_target;

const MAX_FRAME_BYTES: usize = 1 << 20;

fuzz_target!(|input: (u8, &str, &[u8])| {
    let (cut, header, bytes) = input;
    let size = usize::from(cut).max(1);
    assert_eq!(frames(bytes, bytes.len().max(1)), frames(bytes, size), "the cuts show");
    // With right checksums, which no chance finds.
    let name: String = header.chars().take(16).collect();
    let headers = [(":event-type", "chunk"), (":message-type", "event"), (&*name, "value")];
    let framed = frame(&headers, bytes);
    let (read, _) = frames(&framed, size);
    assert!(read.iter().all(|it| it.payload == bytes && it.header(":event-type").is_some()));
    turned(&framed);
    turned(bytes);
    if let Ok(body) = bedrock_body(&bytes.to_vec().into(), header) {
        Document::parse(&body, Limits::default()).expect("a body stays JSON");
    }
    Document::parse(&bedrock_error(500, header, bytes), Limits::default()).expect("JSON");
});

fn frames(bytes: &[u8], size: usize) -> (Vec<Frame>, Option<FrameError>) {
    let (mut frames, mut out) = (Frames::new(MAX_FRAME_BYTES), Vec::new());
    for chunk in bytes.chunks(size) {
        frames.push(chunk);
        loop {
            match frames.next_frame() {
                Ok(Some(frame)) => out.push(frame),
                Ok(None) => break,
                Err(why) => return (out, Some(why)),
            }
        }
    }
    (out, None)
}

/// Whatever comes out is events, each of which has data that is JSON.
fn turned(bytes: &[u8]) {
    let out = BedrockStream::new(MAX_FRAME_BYTES).push(bytes);
    let mut decoder = Decoder::new(out.len() + 1);
    decoder.push(&out).expect("the limit is above any input");
    let mut length = 0;
    while let Some(event) = decoder.next_event() {
        length += event.raw.len();
        Document::parse(&event.data, Limits::default()).expect("data is JSON");
    }
    assert_eq!(length, out.len());
}
