//! A client and a server of the modern era with a wrap between them: what the one has no header
//! for, the other finds there, and what is taken back ends on record.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::client::Client;
use super::house;
use crate::support::house::House;
use crate::support::process::wait_for;

const VERSION: &str = "2026-07-28";

/// What arrived: the lines of the head, the names in lower case, and the body.
type Seen = (Vec<String>, Value);

/// A server over HTTP. Its tool `wait` is never answered.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// How many callers hung up while they waited.
    left: Arc<Mutex<usize>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let server = Self { url, seen: Arc::default(), left: Arc::default() };
        let (seen, left) = (Arc::clone(&server.seen), Arc::clone(&server.left));
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (seen, left) = (Arc::clone(&seen), Arc::clone(&left));
                std::thread::spawn(move || serve(socket.unwrap(), &seen, &left));
            }
        });
        server
    }

    /// The head that the call of a tool came with.
    fn head_of(&self, tool: &str) -> Option<Vec<String>> {
        let seen = self.seen.lock().unwrap();
        let it = seen.iter().find(|(_, body)| body["params"]["name"] == tool);
        it.map(|(head, _)| head.clone())
    }
}

fn serve(mut socket: TcpStream, seen: &Mutex<Vec<Seen>>, left: &Mutex<usize>) {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let lines = (&mut reader).lines().map(Result::unwrap).take_while(|it| !it.is_empty());
    let head: Vec<_> = lines
        .map(|it| match it.split_once(": ") {
            Some((name, value)) => format!("{}: {value}", name.to_lowercase()),
            None => it,
        })
        .collect();
    let length = head.iter().find_map(|it| it.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |it| it.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    seen.lock().unwrap().push((head, body.clone()));
    if body["params"]["name"] == "wait" {
        // Nothing more is said on this connection: this ends when the caller does.
        let _ = reader.read(&mut [0]);
        *left.lock().unwrap() += 1;
        return;
    }
    let answer = json!({ "jsonrpc": "2.0", "id": body["id"], "result": result(&body) }).to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    // Who does not listen any more is told nothing.
    let _ = write!(socket, "{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
}

fn result(asked: &Value) -> Value {
    let schema = json!({ "type": "object", "properties": {
        "region": { "type": "string", "x-mcp-header": "Region" },
        "count": { "type": "integer", "x-mcp-header": "Count" },
        "other": { "type": "string" },
    } });
    match asked["method"].as_str() {
        Some("server/discover") => json!({
            "resultType": "complete", "supportedVersions": [VERSION],
            "capabilities": { "tools": {} }, "ttlMs": 0, "cacheScope": "private",
        }),
        Some("tools/list") => json!({
            "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
            "tools": [{ "name": "look", "inputSchema": schema }, { "name": "wait" }],
        }),
        _ => json!({ "resultType": "complete", "content": [] }),
    }
}

/// Members of a request's parameters, with what each of this era carries.
fn params(members: &Value) -> Value {
    let mut params = members.clone();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params
}

/// A client that knows the server's tools.
#[track_caller]
fn acquainted(house: &House, server: &Server) -> Client {
    let all = "@id(\"all\")\npermit (principal, action, resource);\n";
    fs::write(house.path("policies/all.cedar"), all).unwrap();
    let mut client = Client::start(house, &["--name", "remote", "--url", &server.url]);
    let offered = client.ask("server/discover", &params(&json!({})));
    assert_eq!(offered["result"]["supportedVersions"][0], VERSION, "{offered}");
    let tools = client.ask("tools/list", &params(&json!({})));
    assert_eq!(tools["result"]["tools"][0]["name"], "look", "{tools}");
    client
}

#[test]
fn headers_are_written_from_the_body() {
    let (house, server) = (house(), Server::start());
    let mut client = acquainted(&house, &server);
    let arguments = json!({ "region": "Ås", "count": 7, "other": "x" });
    let call = params(&json!({ "name": "look", "arguments": arguments }));
    let said = client.ask("tools/call", &call);
    assert!(said["result"]["content"].is_array(), "{said}");
    let head = server.head_of("look").unwrap();
    for line in [
        "mcp-protocol-version: 2026-07-28",
        "mcp-method: tools/call",
        "mcp-name: look",
        "mcp-param-region: =?base64?w4Vz?=",
        "mcp-param-count: 7",
    ] {
        assert!(head.iter().any(|it| it == line), "{line} is not in {head:#?}");
    }
    let params = head.iter().filter(|it| it.starts_with("mcp-param-")).count();
    assert_eq!(params, 2, "only what is marked: {head:#?}");
    assert_eq!(client.close(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn what_is_taken_back_is_on_record_as_cancelled() {
    let (house, server) = (house(), Server::start());
    let mut client = acquainted(&house, &server);
    // A notification may say its era, and need not.
    for (n, carry) in [Value::clone, params].into_iter().enumerate() {
        let id = client.begin("tools/call", &params(&json!({ "name": "wait", "arguments": {} })));
        wait_for("the call", || {
            let seen = server.seen.lock().unwrap();
            (seen.iter().filter(|it| it.1["params"]["name"] == "wait").count() > n).then_some(())
        });
        let params = carry(&json!({ "requestId": id }));
        let method = "notifications/cancelled";
        client.say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
        wait_for("the server to be left", || (*server.left.lock().unwrap() > n).then_some(()));
        // The next answer is that of the next request: what was taken back gets none.
        let next = client.begin("tools/call", &self::params(&json!({ "name": "look" })));
        assert_eq!(client.hear()["id"], next);
    }
    assert_eq!(client.close(), 0);
    let outcomes = house.query(&["--kind", "outcome"]);
    let cancelled = outcomes.iter().filter(|it| it["record"]["disposition"] == "cancelled").count();
    assert_eq!(cancelled, 2, "{outcomes:#?}");
    assert_eq!(house.verified()["in_doubt"], 0);
}
