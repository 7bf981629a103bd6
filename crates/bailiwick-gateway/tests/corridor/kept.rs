//! What the fake provider keeps, for everybody alike: it knows the gateway's key only.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use serde_json::{Value, json};

/// Things by their path, and the bytes of files.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Things>);

#[derive(Default)]
struct Things {
    by_path: BTreeMap<String, Value>,
    contents: BTreeMap<String, Bytes>,
    count: usize,
}

/// The kinds: the collection's path, and how ids in it begin.
const KINDS: [(&str, &str); 5] = [
    ("/v1/files", "file-"),
    ("/v1/batches", "batch_"),
    ("/v1/messages/batches", "msgbatch_"),
    ("/v1/containers", "cntr_"),
    ("/v1/fine_tuning/jobs", "ftjob-"),
];

impl Kept {
    /// The answer, when it is about something that is kept.
    pub(crate) fn answer(&self, method: &str, path: &str, body: &Bytes) -> Option<(u16, Bytes)> {
        let mut things = self.0.lock().unwrap();
        let said = |it: &Value| (200, Bytes::from(it.to_string()));
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        if path == "/v1/responses" && asked["model"] == "plain" {
            return Some(said(&things.response()));
        }
        if let Some((_, prefix)) = KINDS.iter().find(|(it, _)| *it == path) {
            return Some(match method {
                "POST" => said(&things.create(path, prefix, body)),
                _ => {
                    let all: Vec<_> = things.by_path.values().cloned().collect();
                    said(&json!({"object": "list", "data": all, "has_more": false}))
                }
            });
        }
        let kinds = KINDS.iter().map(|(it, _)| *it).chain(["/v1/responses"]);
        let mut rest = kinds.filter_map(|it| Some((it, path.strip_prefix(it)?)));
        let (kind, rest) = rest.find(|(_, rest)| rest.starts_with('/'))?;
        let (id, part) = rest[1..].split_once('/').unwrap_or((&rest[1..], ""));
        let at = format!("{kind}/{id}");
        let Some(thing) = things.by_path.get(&at).cloned() else {
            return Some((404, Bytes::from_static(b"{\"error\":{\"message\":\"gone\"}}")));
        };
        Some(match (method, part) {
            ("GET", "content" | "results") => (200, things.contents[&at].clone()),
            ("DELETE", "") => {
                things.by_path.remove(&at);
                said(&json!({"id": id, "deleted": true}))
            }
            (_, _) => said(&thing),
        })
    }

    /// Something that nobody made through the gateway.
    pub(crate) fn plant(&self, path: &str, thing: Value) {
        self.0.lock().unwrap().by_path.insert(path.to_owned(), thing);
    }
}

impl Things {
    fn response(&mut self) -> Value {
        self.count += 1;
        let id = format!("resp_{}", self.count);
        let part = json!({"type": "output_text", "text": "Hello!", "annotations": []});
        let item = json!({"type": "message", "id": format!("msg_{}", self.count),
            "role": "assistant", "content": [part]});
        let thing = json!({"id": id, "object": "response", "status": "completed", "model": "plain",
            "output": [item], "usage": {"input_tokens": 10, "output_tokens": 2}});
        self.by_path.insert(format!("/v1/responses/{id}"), thing.clone());
        thing
    }

    fn create(&mut self, path: &str, prefix: &str, body: &Bytes) -> Value {
        self.count += 1;
        let id = format!("{prefix}{}", self.count);
        let at = format!("{path}/{id}");
        // Of a form, the file: it is the last part.
        let text = String::from_utf8_lossy(body);
        let file = text.rsplit_once("\r\n\r\n").map_or("", |(_, it)| it);
        let file = file.rsplit_once("\r\n--").map_or("", |(it, _)| it);
        self.contents.insert(at.clone(), Bytes::from(file.to_owned()));
        let mut thing = json!({"id": id, "object": "thing", "purpose": "batch"});
        if path.ends_with("batches") {
            let output = format!("file-of-{id}");
            thing["output_file_id"] = json!(output);
            self.by_path.insert(format!("/v1/files/{output}"), json!({"id": output}));
            self.contents.insert(format!("/v1/files/{output}"), Bytes::from_static(b"{}\n"));
            self.contents.insert(at.clone(), Bytes::from_static(b"{\"custom_id\":\"a\"}\n"));
        }
        self.by_path.insert(at, thing.clone());
        thing
    }
}
