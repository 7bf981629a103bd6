//! What the stories rely on.

use serde_json::json;

use super::*;

#[test]
fn answers_follow_from_the_ask() {
    let tools = json!([{ "type": "function", "function": { "name": "look" } }]);
    let body = json!({ "model": "parrot", "tools": tools,
        "messages": [{ "role": "user", "content": "a b  c" }] });
    let said = Answer::to(&body, 9, &Dialect::Chat.tools(&body));
    assert_eq!((said.text().as_str(), said.input), ("a b c I may use: look.", 3));
    assert_eq!(said.ending, Ending::Stop);
    let parts = json!([{ "type": "text", "text": "a b" }, { "type": "text", "text": "c" }]);
    let body = json!({ "model": "parrot", "max_tokens": 2, "messages": [{ "content": parts }] });
    let said = Answer::to(&body, 9, &[]);
    assert_eq!((said.words.len(), said.ending), (2, Ending::Length));
    let whole: Value = serde_json::from_str(&Dialect::Messages.whole(&said)).unwrap();
    assert_eq!(
        (&whole["stop_reason"], &whole["usage"]["output_tokens"]),
        (&json!("max_tokens"), &json!(2))
    );
}

#[test]
fn a_stream_carries_each_word_once() {
    let body = json!({ "model": "parrot", "messages": [{ "content": "a b c" }] });
    for dialect in [Dialect::Chat, Dialect::Messages] {
        let said = Answer::to(&body, 9, &[]);
        let words: String = said.words.iter().map(|it| dialect.word(it)).collect();
        for word in ["\"a\"", "\" b\"", "\" c\""] {
            assert_eq!(words.matches(word).count(), 1, "{words}");
        }
        assert!(dialect.closing(&said).contains('3'));
    }
}
