//! Server-sent events: however a stream is cut into chunks, the events are the same, and their raw
//! bytes are the stream.
#![no_main]

use bailiwick_wire::sse::{Decoder, Event};
use libfuzzer_sys::fuzz_target;

const MAX_EVENT_BYTES: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let Some((&cut, stream)) = input.split_first() else { return };
    let whole = events(stream.chunks(stream.len().max(1)));
    let bits = events(stream.chunks(usize::from(cut).max(1)));
    assert_eq!(whole, bits, "the cuts show");
    let raw: Vec<u8> = whole.iter().flat_map(|event| event.raw.iter().copied()).collect();
    assert!(stream.starts_with(&raw), "relayed bytes are not those that came");
});

fn events<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut decoder = Decoder::new(MAX_EVENT_BYTES);
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(chunk).expect("the limit is above any input");
        events.extend(std::iter::from_fn(|| decoder.next_event()));
    }
    events.extend(decoder.finish());
    events
}
