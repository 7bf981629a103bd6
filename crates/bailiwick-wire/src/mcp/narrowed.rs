//! Tools that are shown and called narrower than their server offers them: the bytes of an entry of
//! a list and of a call, changed where they must be and nowhere else.

use bailiwick_core::Value;
use bytes::Bytes;

use crate::json::{Document, Limits, quote};
use crate::splice::Splice;

/// What stands in a list in the place of a tool.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Instead {
    /// Its name, where that is another.
    pub name: Option<String>,
    /// Its description, where that is another.
    pub description: Option<String>,
    /// Its `inputSchema`, as JSON, where that is another.
    pub input_schema: Option<String>,
}

impl Instead {
    /// An entry with these members in the place of its own. What cannot be read is nothing.
    pub(super) fn in_place_of(&self, entry: &str) -> String {
        let body = Bytes::copy_from_slice(entry.as_bytes());
        let Ok(document) = Document::parse(&body, Limits::default()) else {
            return "{}".to_owned();
        };
        let mut splice = Splice::new(&body);
        let name = self.name.as_deref().map(quote);
        let description = self.description.as_deref().map(quote);
        for (member, text) in [
            ("name", name),
            ("description", description),
            ("inputSchema", self.input_schema.clone()),
        ] {
            if let Some(text) = text {
                splice.set_member(document.root(), member, text.into_bytes());
            }
        }
        String::from_utf8(splice.finish().to_vec()).unwrap_or_else(|_| "{}".to_owned())
    }
}

/// A call of a tool as one of another name, with these arguments, as JSON, in the place of its own;
/// `None` stands for one that is not sent. `None` where it is no such call.
pub fn called_as(
    body: &Bytes,
    name: Option<&str>,
    arguments: &[(&str, Option<String>)],
) -> Option<Bytes> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let params = document.root().member("params").filter(|it| it.is_object())?;
    let mut splice = Splice::new(body);
    if let Some(name) = name {
        splice.set_member(params, "name", quote(name).into_bytes());
    }
    match params.member("arguments").filter(|it| it.is_object()) {
        Some(said) => {
            for (name, value) in arguments {
                match value {
                    Some(value) => splice.set_member(said, name, value.clone().into_bytes()),
                    None => splice.remove_member(said, name),
                };
            }
        }
        None => {
            let each = arguments.iter().filter_map(|(name, value)| {
                value.as_ref().map(|value| format!("{}:{value}", quote(name)))
            });
            let each: Vec<_> = each.collect();
            if !each.is_empty() {
                let whole = format!("{{{}}}", each.join(","));
                splice.set_member(params, "arguments", whole.into_bytes());
            }
        }
    }
    Some(splice.finish())
}

/// The structured content of a tool's answer, where it has any.
pub fn structured(answer: &[u8]) -> Option<Value> {
    let document = Document::parse(answer, Limits::default()).ok()?;
    let content = document.root().member("result")?.member("structuredContent")?;
    Some(content.to_value())
}

#[cfg(test)]
mod tests {
    use bailiwick_core::Action;

    use super::*;
    use crate::mcp::read_list;

    #[test]
    fn a_call_is_changed_where_it_must_be_and_nowhere_else() {
        let body = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let sent = [("a", Some("\"x\"".to_owned())), ("b", None)];
        for (call, name, told) in [
            (
                r#"{ "id":1, "params":{"name":"v", "arguments":{"b":1 , "c":1.0}}}"#,
                Some("t"),
                r#"{ "id":1, "params":{"name":"t", "arguments":{"c":1.0,"a":"x"}}}"#,
            ),
            (
                r#"{"params":{"name":"v","arguments":{"a":2}}}"#,
                None,
                r#"{"params":{"name":"v","arguments":{"a":"x"}}}"#,
            ),
            (
                r#"{"params":{"name":"v","arguments":null}}"#,
                None,
                r#"{"params":{"name":"v","arguments":{"a":"x"}}}"#,
            ),
            (
                r#"{"params":{"name":"v"}}"#,
                None,
                r#"{"params":{"name":"v","arguments":{"a":"x"}}}"#,
            ),
        ] {
            assert_eq!(called_as(&body(call), name, &sent).unwrap(), told);
        }
        let same = body(r#"{"params":{"name":"v"}}"#);
        assert_eq!(called_as(&same, None, &[]).unwrap().as_ptr(), same.as_ptr());
        assert_eq!(called_as(&body("{}"), None, &sent), None);
    }

    #[test]
    fn an_entry_makes_room_for_others() {
        let wide = r#"{"x":1,"name":"t","inputSchema":{}}"#;
        let text = format!(r#"{{"result":{{"tools":[{{"name":"a" }},{wide}, {{"name":"z"}}]}}}}"#);
        let body = Bytes::from(text);
        let document = Document::parse(&body, Limits::default()).unwrap();
        let listed = read_list(Action::ListTools, &document).unwrap();
        let other = |name: &str| Instead {
            name: Some(name.into()),
            description: Some("D\"".into()),
            input_schema: Some("{\"n\":1}".into()),
        };
        let others = |n: usize| (n == 1).then(|| vec![other("r"), other("w")]);
        let told = listed.filter_with(&body, &document, &[true, true, false], others);
        let one = |name: &str| {
            format!(r#"{{"x":1,"name":"{name}","inputSchema":{{"n":1}},"description":"D\""}}"#)
        };
        let expected =
            format!(r#"{{"result":{{"tools":[{{"name":"a" }},{},{}]}}}}"#, one("r"), one("w"));
        assert_eq!(told, expected);
        let gone = listed.filter_with(&body, &document, &[true, false, true], others);
        assert_eq!(gone, r#"{"result":{"tools":[{"name":"a" }, {"name":"z"}]}}"#);
    }
}
