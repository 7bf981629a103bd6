//! Filtered lists: entries go, everything else stays byte for byte.

use super::*;
use crate::json::Limits;

const TOOLS: &str = r#"{"jsonrpc":"2.0","id":"x","result":{ "tools" : [
  {"name":"a","inputSchema":{"x":1.50},"title":null},
  {"name":"\u0062","description":"]},{"} ,
  {"title":"no name"}, {"name":7}, "c", {"name":"d","Name":"a"}, {"name":""},
  {"name":"e"}
 ] ,"nextCursor":"b3BhcXVl\u003d", "_meta":{"k":1e2}}}"#;

fn parse(body: &Bytes) -> Document<'_> {
    Document::parse(body, Limits::default()).unwrap()
}

#[test]
fn names_digests_and_the_cursor_are_read() {
    let body = Bytes::from_static(TOOLS.as_bytes());
    let listed = read_list(Action::ListTools, &parse(&body)).unwrap();
    let names: Vec<&str> = listed.names.iter().map(|it| &**it).collect();
    assert_eq!(names, ["a", "b", "", "", "", "", "", "e"]);
    assert_eq!(listed.digests.len(), 8);
    assert_eq!(
        listed.digests[0],
        Digest::of(br#"{"name":"a","inputSchema":{"x":1.50},"title":null}"#)
    );
    assert_eq!(listed.next_cursor.as_deref(), Some(r#""b3BhcXVl\u003d""#));
}

#[test]
fn only_entries_go() {
    let body = Bytes::from_static(TOOLS.as_bytes());
    let document = parse(&body);
    let listed = read_list(Action::ListTools, &document).unwrap();
    let cut = TOOLS.find(" ,\n  {\"title\"").unwrap()..TOOLS.find(",\n  {\"name\":\"e\"}").unwrap();
    let readable = format!("{}{}", &TOOLS[..cut.start], &TOOLS[cut.end..]);
    // Whoever asks for all gets all that can be read.
    assert_eq!(listed.filter(&body, &document, &[true; 8]), readable.as_bytes());
    let only_b = listed.filter(&body, &document, &[false, true]);
    let wanted = r#"{"jsonrpc":"2.0","id":"x","result":{ "tools" : [
  {"name":"\u0062","description":"]},{"}
 ] ,"nextCursor":"b3BhcXVl\u003d", "_meta":{"k":1e2}}}"#;
    assert_eq!(only_b, wanted.as_bytes());
    let none = listed.filter(&body, &document, &[]);
    assert!(
        none.ends_with(
            b"\"tools\" : [] ,\"nextCursor\":\"b3BhcXVl\\u003d\", \"_meta\":{\"k\":1e2}}}"
        )
    );
    // And a list that needs no change is the same bytes, uncopied.
    let document = parse(&only_b);
    let listed = read_list(Action::ListTools, &document).unwrap();
    assert_eq!(listed.filter(&only_b, &document, &[true]).as_ptr(), only_b.as_ptr());
}

#[test]
fn each_kind_has_its_own_members() {
    for (action, member, key, digests) in [
        (Action::ListTools, "tools", "name", 1),
        (Action::ListPrompts, "prompts", "name", 1),
        (Action::ListResources, "resources", "uri", 0),
        (Action::ListTemplates, "resourceTemplates", "uriTemplate", 0),
    ] {
        let body = format!(
            r#"{{"jsonrpc":"2.0","result":{{"{member}":[{{"{key}":"x"}}],"nextCursor":null}}}}"#
        );
        let body = Bytes::from(body);
        let document = parse(&body);
        let listed = read_list(action, &document).unwrap();
        assert_eq!((&*listed.names[0], listed.digests.len()), ("x", digests));
        assert_eq!(listed.next_cursor, None);
        let other =
            if action == Action::ListTools { Action::ListPrompts } else { Action::ListTools };
        assert_eq!(read_list(other, &document), Err(ListError::NoList));
        assert_eq!(read_list(Action::InvokeTool, &document), Err(ListError::NotListing));
    }
}

#[test]
fn what_is_no_list_is_none() {
    for (result, error) in [
        (r#""error":{"code":-32601,"message":"no"}"#, ListError::NoList),
        (r#""result":{}"#, ListError::NoList),
        (r#""result":{"tools":{}}"#, ListError::NoList),
        (r#""result":[]"#, ListError::NoList),
        (r#""result":{"tools":[],"Tools":[{"name":"hidden"}]}"#, ListError::LookAlike),
    ] {
        let body = Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":1,{result}}}"#));
        assert_eq!(read_list(Action::ListTools, &parse(&body)), Err(error), "{result}");
    }
}

#[test]
fn completions_lose_values_and_the_count_that_tells_of_them() {
    let answer = |completion: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"completion":{completion}}}}}"#)
    };
    let body = Bytes::from(answer(r#"{"values":["a", "b" ,3],"total":3,"hasMore":false}"#));
    let document = parse(&body);
    let values = completion_values(&document).unwrap();
    assert_eq!(values.iter().map(|it| &**it).collect::<Vec<_>>(), ["a", "b", ""]);
    let fewer = filter_completions(&body, &document, &[true, false, true]);
    assert_eq!(fewer, answer(r#"{"values":["a" ,3],"hasMore":false}"#).as_bytes());
    assert_eq!(filter_completions(&body, &document, &[true; 3]).as_ptr(), body.as_ptr());
    let fewer = filter_completions(&body, &document, &[true; 2]);
    assert!(fewer.ends_with(br#"{"values":["a", "b"],"hasMore":false}}}"#));
    let other = Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    assert_eq!(completion_values(&parse(&other)), None);
}
