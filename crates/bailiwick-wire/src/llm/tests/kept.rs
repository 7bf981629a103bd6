//! What providers keep: what bodies ask to be kept, lines of batches, and lists.

use crate::Unintelligible;
use bytes::Bytes;

use super::super::*;
use crate::json::{Document, Limits};

fn created(collection: Collection, body: &str) -> Result<Creation, Unintelligible> {
    creation(collection, &Document::parse(body.as_bytes(), Limits::default()).unwrap())
}

#[test]
fn what_a_body_names_is_found_wherever_it_stands() {
    let body = r#"{"training_file":"f-1","validation_file":"f-2","model":"m"}"#;
    let job = created(Collection::FineTuning, body).unwrap();
    assert_eq!((job.state, job.model), (vec!["f-1".into(), "f-2".into()], Some("m".into())));
    let body = r#"{"name":"c","file_ids":["f-3"]}"#;
    assert_eq!(created(Collection::Containers, body).unwrap().state, ["f-3".into()]);
    let body = r#"{"input_file_id":"f-4","endpoint":"/v1/responses"}"#;
    let batch = created(Collection::Batches, body).unwrap();
    assert_eq!(batch.lines, Some(("f-4".into(), "/v1/responses".into())));
    for (collection, body, why) in [
        (Collection::Batches, r#"{"input_file_id":"f"}"#, Unintelligible::Missing("endpoint")),
        (
            Collection::Batches,
            r#"{"Input_File_Id":"f","input_file_id":"g","endpoint":"e"}"#,
            Unintelligible::LookAlike("input_file_id"),
        ),
        (Collection::FineTuning, r#"{"model":"m"}"#, Unintelligible::Missing("training_file")),
        (Collection::Containers, "[]", Unintelligible::IllTyped("body")),
    ] {
        assert_eq!(created(collection, body), Err(why), "{body}");
    }
}

#[test]
fn a_line_is_the_bytes_of_its_body() {
    let line = |body: &str| {
        format!(r#"{{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{body}}}"#)
    };
    let file = Bytes::from(format!("{}\r\n\n{}", line(r#"{"a": 1}"#), line("{}")));
    let lines = file_lines(&file, "/v1/embeddings").unwrap();
    let bodies: Vec<&[u8]> = lines.iter().map(|it| &it.body[..]).collect();
    assert_eq!(bodies, [&br#"{"a": 1}"#[..], b"{}"]);
    assert!(lines.iter().all(|it| it.operation == Operation::Embeddings));
    let unserved = file_lines(&file, "/v1/images");
    assert_eq!(unserved, Err(BadBatch::Line(1, "no such endpoint is served")));
    assert_eq!(file_lines(&Bytes::new(), "/v1/embeddings"), Err(BadBatch::Empty));
    let many = Bytes::from(format!("{}\n", line("{}")).repeat(LINES_MAX + 1));
    assert_eq!(file_lines(&many, "/v1/embeddings"), Err(BadBatch::TooMany));
}

#[test]
fn pages_are_cut_out_of_all_there_is() {
    let page = |ids: &str, more: bool| {
        let entries: Vec<String> = ids.chars().map(|it| format!(r#"{{"id":"{it}"}}"#)).collect();
        let last = ids.chars().next_back().unwrap();
        let data = entries.join(",");
        Bytes::from(format!(r#"{{"data":[{data}],"has_more":{more},"last_id":"{last}"}}"#))
    };
    let pages = [page("abc", true), page("de", false)];
    assert_eq!(goes_on_behind(&pages[0]).as_deref(), Some("c"));
    assert_eq!(goes_on_behind(&pages[1]), None);
    for (ends, most, ids, has_more) in [
        ((None, None), 2, "ab", true),
        ((Some("b"), None), 9, "cde", false),
        ((Some("x"), None), 9, "", false),
        ((None, Some("d")), 2, "bc", true),
        ((None, Some("b")), 2, "a", false),
        ((None, Some("x")), 2, "", false),
    ] {
        let cut = page_of(&pages, ends, most).unwrap();
        let cut: serde_json::Value = serde_json::from_slice(&cut).unwrap();
        let seen: String =
            cut["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!((seen.as_str(), &cut["has_more"]), (ids, &has_more.into()), "{ends:?}");
    }
}

#[test]
fn what_stands_by_its_own_id_alone_is_state() {
    let ask = |item: &str| {
        let body = format!(r#"{{"model":"m","input":[{item}]}}"#);
        super::ask(Operation::Responses, &body).state
    };
    for (item, named) in [
        (r#"{"type":"image_generation_call","id":"ig_1"}"#, "ig_1"),
        (r#"{"type":"image_generation_call","id":"ig_1","result":"aGk="}"#, ""),
        (r#"{"type":"reasoning","id":"rs_1","summary":[{"type":"x","text":"a"}]}"#, "rs_1"),
        (r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"a"}"#, ""),
        (r#"{"type":"message","id":"msg_1","role":"assistant","content":[]}"#, "msg_1"),
        (r#"{"type":"message","id":"msg_1","role":"assistant","content":"a"}"#, ""),
        (r#"{"type":"function_call","id":"fc_1","name":"f","arguments":"{}"}"#, ""),
        (r#"{"type":"web_search_call","id":"ws_1"}"#, "ws_1"),
        (r#"{"type":"item_reference","id":"x_1"}"#, "x_1"),
        (
            r#"{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":true}"#,
            "mcpr_1",
        ),
    ] {
        assert_eq!(ask(item).join(""), named, "{item}");
    }
}
