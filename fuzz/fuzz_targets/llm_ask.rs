//! Bodies for models: whatever is read can be changed, and what was changed reads as it should.
#![no_main]

use bailiwick_core::Digest;
use bailiwick_wire::Unintelligible;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::llm::{self, Ask, Changes, Operation};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

const OPERATIONS: [Operation; 5] = [
    Operation::Chat,
    Operation::Responses,
    Operation::Embeddings,
    Operation::Messages,
    Operation::CountTokens,
];

fuzz_target!(|bytes: &[u8]| {
    let body = Bytes::copy_from_slice(bytes);
    // Which tools stay is as arbitrary as the body, and the same whenever it comes again.
    let bits = u64::from(Digest::of(bytes).as_bytes()[0]) * 0x0101_0101_0101_0101;
    for operation in OPERATIONS {
        check(operation, bits, &body);
        let _ = llm::told(operation, &body);
        for text in llm::texts(operation, &body) {
            assert!(body.get(text.span).is_some_and(|it| it.starts_with(b"\"")));
        }
        let _ = llm::translate::answer(operation, &body, 0);
        translated(operation, &body);
        let _ = llm::spoken(operation, &body);
        let _ = llm::models(operation.dialect(), &body, |it| it.len() % 2 == 0);
    }
});

/// What is decided on is the same in both dialects.
fn translated(operation: Operation, body: &Bytes) {
    let Ok(turned) = llm::translate::request(operation, body) else { return };
    let other = llm::translate::counterpart(operation).expect("it was translated");
    let Ok(ask) = read(operation, body) else { return };
    let again = read(other, &turned).expect("what was translated can be read");
    assert_eq!((again.model, again.stream), (ask.model, ask.stream));
    assert_eq!((again.output_max, again.choices), (ask.output_max, ask.choices));
    assert_eq!((again.tools, again.chosen), (ask.tools, ask.chosen));
}

fn read(operation: Operation, body: &Bytes) -> Result<Ask, Unintelligible> {
    let document = Document::parse(body, Limits::default());
    llm::read(operation, &document.map_err(|_| Unintelligible::NotJson)?)
}

fn check(operation: Operation, bits: u64, body: &Bytes) {
    let Ok(ask) = read(operation, body) else { return };
    let none = Changes::default();
    let same = llm::changed(operation, body, &none).expect("it was read");
    assert_eq!(same.as_ptr(), body.as_ptr());
    let keep: Vec<bool> = (0..ask.tools.len()).map(|it| bits >> (it % 64) & 1 == 1).collect();
    let changes = Changes {
        model: Some("a/\"b"),
        keep: Some(&keep),
        output_max: Some(7),
        include_usage: true,
    };
    let changed = llm::changed(operation, body, &changes).expect("it was read");
    let again = read(operation, &changed).expect("what was changed can be read");
    let left: Vec<_> = ask.tools.iter().zip(&keep).filter(|it| *it.1).map(|it| it.0).collect();
    assert_eq!(again.tools.iter().collect::<Vec<_>>(), left);
    assert_eq!((&*again.model, again.stream), ("a/\"b", ask.stream));
    let is_bound =
        matches!(operation, Operation::Chat | Operation::Responses | Operation::Messages);
    assert_eq!(again.output_max, is_bound.then_some(7));
    assert_eq!((again.items, again.choices), (ask.items, ask.choices));
    assert!(again.tells_usage || operation == Operation::Chat && !ask.stream || ask.tells_usage);
}
