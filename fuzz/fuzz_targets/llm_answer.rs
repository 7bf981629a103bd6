//! Streamed answers: every text is where it is said to be, and from anywhere a stream can be ended
//! well.
#![no_main]

use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::llm::translate::Translating;
use bailiwick_wire::llm::{Ending, Following, Operation, called, with_text};
use bailiwick_wire::sse::{Decoder, Event};
use libfuzzer_sys::fuzz_target;

const OPERATIONS: [Operation; 3] = [Operation::Chat, Operation::Responses, Operation::Messages];

fuzz_target!(|bytes: &[u8]| {
    let events = events(bytes);
    for operation in OPERATIONS {
        translated(operation, &events);
        let _ = called(operation, bytes);
        let mut following = Following::new(operation);
        for event in &events {
            let before = following.output_bytes();
            let step = following.event(event);
            for delta in &step.deltas {
                masked(event, delta.span.clone());
            }
            let carried: u64 = step.deltas.iter().map(|it| it.text.len() as u64).sum();
            assert!(following.output_bytes() - before <= carried);
            if step.is_last {
                break;
            }
        }
        for why in [Ending::Length, Ending::Filter] {
            ended(operation, &following, why);
        }
        let _ = following.into_told();
    }
});

/// Whatever comes out of a translation is whole events of JSON.
fn translated(operation: Operation, stream: &[Event]) {
    let Some(mut translating) = Translating::new(operation, true, 0) else { return };
    for event in stream {
        let Ok(turned) = translating.event(event) else { return };
        for event in turned.iter().filter(|it| !it.data.is_empty() && &it.data[..] != b"[DONE]") {
            Document::parse(&event.data, Limits::default()).expect("data is JSON");
            assert_eq!(&events(&event.raw)[..], std::slice::from_ref(event));
        }
    }
}

fn events(bytes: &[u8]) -> Vec<Event> {
    let mut decoder = Decoder::new(1 << 16);
    let _ = decoder.push(bytes);
    std::iter::from_fn(|| decoder.next_event()).collect()
}

/// A text is replaced and nothing else: what comes out is one event whose data is JSON.
fn masked(event: &Event, span: std::ops::Range<usize>) {
    let other = with_text(event, span, "mask\"\n");
    // Alone it would be read as the first of a stream, where a byte order mark says nothing.
    if other.starts_with(b"\xEF\xBB\xBF") {
        return;
    }
    let [again] = &events(&other)[..] else { panic!("one event stays one: {event:?}") };
    assert_eq!((&again.event, &again.id, again.retry), (&event.event, &event.id, event.retry));
    let document = Document::parse(&again.data, Limits::default()).expect("data stays JSON");
    assert!(document.text().contains(r#""mask\"\n""#));
}

fn ended(operation: Operation, following: &Following, why: Ending) {
    let ending = following.ending(why);
    assert_eq!(ending.is_empty(), following.has_ended());
    let closing = events(&ending);
    assert_eq!(closing.iter().map(|it| it.raw.len()).sum::<usize>(), ending.len());
    let mut after = Following::new(operation);
    for event in &closing {
        assert!(!after.event(event).is_unreadable, "{ending:?}");
    }
    assert!(after.has_ended() || following.has_ended(), "{ending:?}");
}
