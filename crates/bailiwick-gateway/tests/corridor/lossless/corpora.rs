//! What real clients and servers said, in the spelling of the shared corpora where they are found.

use std::path::PathBuf;

use bailiwick_wire::json::{Document, Limits, Node};

use super::server::Server;

/// How many definitions a list holds.
const PAGE: usize = 250;

/// A file of the shared corpora, or a loud word that it is not there.
fn shared(file: &str) -> Option<String> {
    let here = || PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let shared = std::env::var_os("BAILIWICK_SHARED")
        .map_or_else(|| here().join("../../../shared"), PathBuf::from);
    let path = shared.join("corpora").join(file);
    if path.is_file() {
        return Some(std::fs::read_to_string(path).unwrap());
    }
    assert!(
        std::env::var_os("BAILIWICK_REQUIRE_ALL").is_none_or(|it| it != "1"),
        "{file} is required and was not found"
    );
    eprintln!("SKIPPED: the shared corpus {file} was not found");
    None
}

fn parsed(line: &str) -> Document<'_> {
    Document::parse(line.as_bytes(), Limits::default()).unwrap()
}

/// What was called, with what, and what came back.
fn call(call: Node<'_>, mark: &str) -> (String, String) {
    let member = |name: &str| call.member(name).map_or("null", Node::raw);
    let ask = format!(
        r#"{{"jsonrpc":"2.0","id":"{mark}","mark":"{mark}","method":"tools/call","params":{{"name":"look","_meta":{{"called":{}}},"arguments":{}}}}}"#,
        member("tool"),
        member("arguments")
    );
    let answer = format!(
        r#"{{"jsonrpc":"2.0","id":"{mark}","result":{{"content":[{{"type":"text","text":{}}}]}}}}"#,
        member("result")
    );
    (ask, answer)
}

async fn recorded_calls(server: &Server) {
    let Some(text) = shared("calls/livemcp_calls.jsonl") else { return };
    assert!(text.lines().count() > 100, "too short to say anything");
    for (n, line) in text.lines().enumerate() {
        let (document, mark) = (parsed(line), format!("mark-live-{n}"));
        let (ask, answer) = call(document.root(), &mark);
        server.asked("look", &mark, &ask, &answer).await;
    }
}

async fn real_definitions(server: &Server) {
    for file in ["tools/tools.jsonl", "tools/tools_npm.jsonl"] {
        let Some(text) = shared(file) else { return };
        let lines: Vec<_> = text.lines().collect();
        for (n, tools) in lines.chunks(PAGE).enumerate() {
            let mark = format!("mark-{}-{n}", file.replace('/', "-"));
            let ask = format!(
                r#"{{"jsonrpc":"2.0","id":{n},"mark":"{mark}","method":"tools/list","params":{{}}}}"#
            );
            let tools = tools.join(" ,");
            let answer =
                format!(r#"{{"jsonrpc":"2.0","id":{n},"result":{{"tools":[ {tools} ]}}}}"#);
            server.asked("tools/list", &mark, &ask, &answer).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_http() {
    let server = Server::over_http().await;
    recorded_calls(&server).await;
    real_definitions(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_standard_input_and_output() {
    let server = Server::over_standard_input_and_output().await;
    recorded_calls(&server).await;
    real_definitions(&server).await;
}
