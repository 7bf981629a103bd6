//! What reading one call costs: the scan, the envelope and the interpretation of a 360-byte
//! `tools/call`, and the scan of a long list. Run with `cargo bench -p bailiwick-wire`.

use std::hint::black_box;

use bailiwick_core::{Action, ServerId};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{interpret, read_list};
use bailiwick_wire::rpc::Message;

const CALL: &str = concat!(
    r#"{"jsonrpc":"2.0","id":42,"method":"tools/call","params":{"name":"refund_order","#,
    r#""arguments":{"order_id":"o_4821","customer_id":"c_42","amount":50.00,"#,
    r#""currency":"EUR","reason":"The "#,
    r#"parcel came late, and the box was crushed on one side.","notify":true,"lines":[{"sku":"#,
    r#""A-1001","count":2},{"sku":"B-7","count":1}]},"_meta":{"progressToken":7,"client":"#,
    r#""desk-agent/1.4.2"}}}"#,
);

const TOOL: &str = concat!(
    r#"{"name":"tool_0","description":"Does one thing, and does it well enough that nobody has "#,
    r#"asked for a second tool that does the same.","inputSchema":{"type":"object","properties":"#,
    r#"{"path":{"type":"string","description":"Where it is."},"depth":{"type":"integer","#,
    r#""minimum":0}},"required":["path"]}}"#,
);

/// The least of several rounds, in nanoseconds for each run.
#[expect(clippy::disallowed_methods, reason = "a bench measures with the real clock")]
fn measure(name: &str, runs: u32, mut run: impl FnMut()) {
    let mut best = u128::MAX;
    for _ in 0..7 {
        let start = std::time::Instant::now();
        (0..runs).for_each(|_| run());
        best = best.min(start.elapsed().as_nanos() / u128::from(runs));
    }
    println!("{name:<44} {best:>10} ns");
}

fn main() {
    let server = ServerId::from("desk");
    println!("call of {} bytes", CALL.len());
    measure("scan", 100_000, || {
        black_box(Document::parse(black_box(CALL.as_bytes()), Limits::default()).ok());
    });
    measure("scan + envelope", 100_000, || {
        let document = Document::parse(black_box(CALL.as_bytes()), Limits::default());
        if let Ok(document) = document {
            black_box(Message::read(&document).ok());
        }
    });
    measure("scan + envelope + interpret", 100_000, || {
        let document = Document::parse(black_box(CALL.as_bytes()), Limits::default());
        if let Ok(document) = document
            && let Ok(message) = Message::read(&document)
        {
            black_box(interpret(&server, &message).ok());
        }
    });
    measure("serde_json to a tree, for comparison", 100_000, || {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(CALL.as_bytes())).ok());
    });
    let tools: Vec<String> = (0..100).map(|n| TOOL.replace("_0", &format!("_{n}"))).collect();
    let list = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{}]}}}}"#, tools.join(","));
    println!("list of {} bytes", list.len());
    measure("scan of the list", 1000, || {
        black_box(Document::parse(black_box(list.as_bytes()), Limits::default()).ok());
    });
    measure("scan + names and digests of the list", 500, || {
        let document = Document::parse(black_box(list.as_bytes()), Limits::default());
        if let Ok(document) = document {
            black_box(read_list(Action::ListTools, &document).ok());
        }
    });
    measure("serde_json of the list, for comparison", 500, || {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(list.as_bytes())).ok());
    });
}
