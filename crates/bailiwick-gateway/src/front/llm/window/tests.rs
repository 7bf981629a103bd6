//! What holds of the window, however a text is cut into pieces.

use super::*;
use bailiwick_wire::llm::Following;

const SECRET: &str = "gsk_FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes";

fn event(text: &str) -> Event {
    let text = bailiwick_wire::json::quote(text);
    let chunk = format!(r#"{{"choices":[{{"index":0,"delta":{{"content":{text}}}}}]}}"#);
    reread(&Bytes::from(format!("data: {chunk}\n\n"))).unwrap()
}

/// What a client reads of a text that comes in these pieces, and how much came at once.
fn read(masks: bool, pieces: &[&str]) -> (String, usize) {
    let mut following = Following::new(Operation::Chat);
    let mut window = Window::new(Operation::Chat, masks, None);
    let mut reader = Following::new(Operation::Chat);
    let (mut out, mut at_once) = (String::new(), 0);
    let mut hear = |freed: Freed, out: &mut String| {
        for raw in freed.events {
            let step = reader.event(&reread(&raw).unwrap());
            step.deltas.iter().for_each(|it| out.push_str(&it.text));
        }
    };
    for piece in pieces {
        let event = event(piece);
        let step = following.event(&event);
        let freed = window.take(event, &step);
        at_once += usize::from(!freed.events.is_empty());
        hear(freed, &mut out);
    }
    hear(window.free(), &mut out);
    (out, at_once)
}

#[test]
fn ordinary_text_leaves_at_once() {
    let pieces = ["Once ", "upon a ", "time, there", " was a \\ \"queen\"."];
    let (out, at_once) = read(false, &pieces);
    assert_eq!((out, at_once), (pieces.concat(), 4));
}

#[test]
fn what_is_before_a_possible_secret_does_not_wait_with_it() {
    let mut following = Following::new(Operation::Chat);
    let mut window = Window::new(Operation::Chat, false, None);
    let mut sent = Vec::new();
    // Each piece ends with what may go on to be a key.
    for _ in 0..100 {
        let event = event(" and gsk_4f2A");
        let step = following.event(&event);
        sent.push(window.take(event, &step).events.len());
    }
    assert_eq!((sent[0], sent[1..].iter().all(|it| *it == 1)), (0, true), "{sent:?}");
    assert_eq!(window.free().events.len(), 1);
}

#[test]
fn of_secrets_that_overlap_nothing_is_left() {
    // The password of an address is a key of its own.
    let text = format!("at postgres://ada:{SECRET}@db.example.com/pay, then");
    for size in [1, 2, 5, 11, 40, text.len()] {
        let pieces: Vec<&str> =
            (0..text.len()).step_by(size).map(|it| &text[it..text.len().min(it + size)]).collect();
        let (out, _) = read(true, &pieces);
        assert!(!out.contains("FAKE0Not") && !out.contains("ForTes"), "{size}: {out}");
        assert!(out.starts_with("at ") && out.ends_with(", then"), "{size}: {out}");
    }
}

#[test]
fn a_secret_in_pieces_is_replaced_wherever_it_is_split() {
    let text = format!("your token is {SECRET}, use it \"well\"");
    let token = text.find(SECRET).unwrap();
    for size in 1..text.len() {
        let pieces: Vec<String> = text
            .as_bytes()
            .chunks(size)
            .map(|it| String::from_utf8(it.to_vec()).unwrap())
            .collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let (out, _) = read(true, &pieces);
        assert!(!out.contains(&SECRET[8..]), "{size}: {out}");
        assert!(out.contains("[secret:"), "{size}: {out}");
        assert!(out.ends_with(", use it \"well\""), "{size}: {out}");
        assert!(out.starts_with(&text[..token]), "{size}: {out}");
        // Where nothing is replaced, nothing is changed.
        assert_eq!(read(false, &pieces).0, text);
    }
}
