//! Both ways, on shapes that the vendors document.

mod requests;
mod streams;
mod whole;

use super::*;
use crate::json::Kind;
use crate::llm::{Ask, read};

fn ask(operation: Operation, body: &[u8]) -> Ask {
    let document = Document::parse(body, Limits::default()).expect("JSON");
    read(operation, &document).unwrap_or_else(|why| panic!("{why}: {}", document.text()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The JSON without space between its tokens.
fn compact(json: &str) -> String {
    let document = Document::parse(json.as_bytes(), Limits::default()).expect("JSON");
    spell(document.root())
}

fn spell(node: crate::json::Node<'_>) -> String {
    match node.kind() {
        Kind::Array => {
            let items: Vec<String> = node.elements().map(spell).collect();
            write::array(&items)
        }
        Kind::Object => {
            let members = node.members();
            members.fold(write::Object::new(), |out, (name, it)| out.raw(&name, &spell(it))).done()
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => node.raw().to_owned(),
    }
}
