//! A server that speaks over standard input and output: this very test program, started again.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::house::Plan;

const TOOLS: [&str; 15] = [
    "look",
    "stream",
    "report",
    "crash",
    "spawn",
    "noise",
    "wait",
    "ask",
    "echo",
    "change_tools",
    "together",
    "says_later",
    "long_line",
    "mutter",
    "leave",
];

/// How many steps a report takes.
pub(crate) const STEPS: u64 = 10;

/// A gateway with this server, under the name `kid`.
pub(crate) fn plan() -> Plan {
    let program = std::env::current_exe().unwrap();
    Plan::servers(&format!(
        "[servers.kid]\ncommand = [{program:?}, \"--exact\", \"child::serve_when_started_as_one\", \
         \"--nocapture\"]\nenvironment = {{ BAILIWICK_TEST_CHILD = \"1\" }}\n"
    ))
}

/// Let the report go on after this step.
pub(crate) fn go_on(folder: &Path, step: u64) {
    std::fs::write(folder.join(format!("step-{step}")), "").unwrap();
}

/// When a message with this mark comes, say just these lines.
pub(crate) fn will_say(folder: &Path, mark: &str, lines: &[String]) {
    std::fs::write(folder.join(format!("{mark}.say")), lines.join("\n")).unwrap();
}

/// The line that came with this mark.
pub(crate) fn heard(folder: &Path, mark: &str) -> Option<String> {
    std::fs::read_to_string(folder.join(format!("{mark}.heard"))).ok()
}

/// What was heard is kept, and what is said comes from the test, to the byte.
fn repeat(mark: &str, line: &str) {
    std::fs::write("half", line).unwrap();
    std::fs::rename("half", format!("{mark}.heard")).unwrap();
    for line in std::fs::read_to_string(format!("{mark}.say")).unwrap().lines() {
        say(line);
    }
}

/// Not a test of its own: the server, when this program is started as one.
#[test]
fn serve_when_started_as_one() {
    if std::env::var_os("BAILIWICK_TEST_CHILD").is_none() {
        return;
    }
    say("");
    eprintln!("the child greets");
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        if let Some(mark) = message["mark"].as_str() {
            repeat(mark, &line);
            continue;
        }
        handle(&message);
    }
    std::process::exit(0);
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").unwrap();
    out.flush().unwrap();
}

fn answer(id: &Value, result: &Value) {
    say(&json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string());
}

fn text(id: &Value, text: &str) {
    answer(id, &json!({ "content": [{ "type": "text", "text": text }] }));
}

fn handle(message: &Value) {
    let id = &message["id"];
    match message["method"].as_str() {
        Some("initialize") => answer(
            id,
            &json!({ "protocolVersion": message["params"]["protocolVersion"], "capabilities": { "tools": {} },
                     "serverInfo": { "name": "kid", "version": "1" } }),
        ),
        Some("tools/list") => {
            let tools = TOOLS.map(|it| json!({ "name": it, "inputSchema": { "type": "object" } }));
            answer(id, &json!({ "tools": tools }));
        }
        Some("tools/call") => call(id, &message["params"]),
        Some("ping") => answer(id, &json!({})),
        Some(_) => {}
        // An answer to a question of ours: the call that asked is named in the question's id.
        None => {
            let asked = id.as_str().and_then(|it| it.strip_prefix("q-")).unwrap_or("0");
            let what = message.get("result").or(message.get("error")).cloned();
            text(&serde_json::from_str(asked).unwrap(), &what.unwrap_or_default().to_string());
        }
    }
}

fn call(id: &Value, params: &Value) {
    let arguments = &params["arguments"];
    match params["name"].as_str().unwrap_or_default() {
        "report" => {
            for n in 1..=STEPS {
                let params =
                    json!({ "progressToken": params["_meta"]["progressToken"], "progress": n });
                say(&json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
                    .to_string());
                let step = format!("step-{n}");
                while !Path::new(&step).exists() {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
            }
            text(id, "report");
        }
        "crash" => std::process::exit(3),
        "spawn" => {
            let mut grandchild = std::process::Command::new("sleep").arg("600").spawn().unwrap();
            text(id, &format!("{} {}", std::process::id(), grandchild.id()));
            // Fetched when it ends, which is not before this process does.
            std::thread::spawn(move || grandchild.wait());
        }
        "noise" => {
            say("this is not json");
            say("{\"half\":");
            say(r#"{"jsonrpc":"2.0","id":"never-asked","result":{"content":[]}}"#);
            say("[1,2,3]");
            eprintln!("the child mutters");
            text(id, "after the noise");
        }
        // Never answered.
        "wait" => {}
        "ask" => {
            let method = arguments["method"].as_str().unwrap();
            let question = format!("q-{id}");
            say(&json!({ "jsonrpc": "2.0", "id": question, "method": method, "params": { "message": "?" } })
                .to_string());
        }
        "change_tools" => {
            say(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
            text(id, "changed");
        }
        // Two messages in one line.
        "together" => {
            let notice = json!({ "jsonrpc": "2.0", "method": "notifications/message",
                                 "params": { "level": "info", "data": "first of two" } });
            let result = json!({ "content": [] });
            say(&json!([notice, { "jsonrpc": "2.0", "id": id, "result": result }]).to_string());
        }
        "says_later" => {
            text(id, "later");
            say(&json!({ "jsonrpc": "2.0", "method": "notifications/message",
                         "params": { "level": "info", "data": "said to nobody" } })
            .to_string());
        }
        tool @ ("long_line" | "mutter" | "leave") => misbehave(id, tool),
        _ => text(id, &arguments.to_string()),
    }
}

fn misbehave(id: &Value, tool: &str) {
    match tool {
        "long_line" => {
            let mut out = std::io::stdout().lock();
            while out.write_all(&[b'x'; 4096]).is_ok() {}
        }
        "mutter" => {
            text(id, "muttering");
            let long = "muttered ".repeat(1000);
            std::thread::spawn(move || while writeln!(std::io::stderr(), "{long}").is_ok() {});
        }
        "leave" => {
            let mut gone = std::process::Command::new("setsid")
                .args(["sleep", "600"])
                .stdin(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            text(id, &gone.id().to_string());
            std::thread::spawn(move || gone.wait());
        }
        _ => unreachable!("{tool}"),
    }
}
