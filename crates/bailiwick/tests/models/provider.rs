//! A provider of the models of both vendors, of our own: it replays recorded exchanges, and keeps
//! what it was asked.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::exchange::{Exchange, Pace, Reply, all};
use crate::support::process::pause;

/// How long a gated stream waits at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method, path and query.
    pub(crate) line: String,
    /// Header fields by lower-case name.
    pub(crate) head: BTreeMap<String, String>,
    /// The body, where there is one.
    pub(crate) body: Value,
}

struct State {
    exchanges: Vec<Exchange>,
    asked: Mutex<Vec<Asked>>,
    released: (Mutex<bool>, Condvar),
    hung_up: AtomicUsize,
    written: AtomicU64,
}

/// The provider. It ends with the test's process.
pub(crate) struct Provider {
    pub(crate) address: String,
    state: Arc<State>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let exchanges = ["openai", "anthropic"].into_iter().flat_map(all).collect();
        let state = Arc::new(State {
            exchanges,
            asked: Mutex::default(),
            released: (Mutex::new(false), Condvar::new()),
            hung_up: AtomicUsize::new(0),
            written: AtomicU64::new(0),
        });
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let state = Arc::clone(&serving);
                // A connection ends when its client goes away, or where a recording was cut.
                std::thread::spawn(move || drop(serve(&state, &socket)));
            }
        });
        Self { address, state }
    }

    /// Everything that it was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }

    /// How many streams were hung up on before their end.
    pub(crate) fn hung_up(&self) -> usize {
        self.state.hung_up.load(Ordering::SeqCst)
    }

    /// How many bytes of endless streams were taken from it.
    pub(crate) fn written(&self) -> u64 {
        self.state.written.load(Ordering::SeqCst)
    }

    /// The address at which gated streams are let go on.
    pub(crate) fn release(&self) -> String {
        format!("http://{}/release", self.address)
    }
}

fn serve(state: &State, socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket);
    while let Some(asked) = request(&mut reader)? {
        let (_, target) = asked.line.split_once(' ').unwrap_or_default();
        if target == "/release" {
            *state.released.0.lock().unwrap() = true;
            state.released.1.notify_all();
            write_whole(socket, &plain(200, "{}"))?;
            continue;
        }
        let reply = answer(state, &asked);
        state.asked.lock().unwrap().push(asked);
        if reply.streams() {
            write_stream(state, socket, &reply)?;
        } else {
            write_whole(socket, &reply)?;
        }
    }
    Ok(())
}

fn request(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut head = BTreeMap::new();
    loop {
        let mut field = String::new();
        reader.read_line(&mut field)?;
        let Some((name, value)) = field.trim_end().split_once(':') else { break };
        head.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = head.get("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
    Ok(Some(Asked { line, head, body }))
}

fn plain(status: u16, body: &str) -> Reply {
    let head = vec![("content-type".to_owned(), "application/json".to_owned())];
    Reply { status, head, body: body.to_owned(), pace: Pace::AtOnce }
}

fn answer(state: &State, asked: &Asked) -> Reply {
    let (_, target) = asked.line.split_once(' ').unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let (vendor, _, rest) =
        (parts.next().unwrap_or(""), parts.next(), parts.next().unwrap_or_default());
    if vendor == "anthropic" && !asked.head.contains_key("anthropic-version") {
        return plain(400, r#"{"error":{"message":"anthropic-version: header is required"}}"#);
    }
    let model = asked.body["model"].as_str();
    let (model, pace) = match (model, vendor) {
        (Some("gated"), "openai") => (Some("chat-stream"), Some(Pace::Gated)),
        (Some("gated"), _) => (Some("msg-stream"), Some(Pace::Gated)),
        (Some("endless"), "openai") => (Some("chat-stream-cut"), Some(Pace::Endless)),
        // Whoever says how much may be written would be stopped there before it goes away.
        (Some("endless"), _) if asked.body.get("max_tokens").is_some() => {
            (Some("msg-stream-cut"), Some(Pace::Patient))
        }
        (Some("endless"), _) => (Some("msg-stream-cut"), Some(Pace::Endless)),
        (model, _) => (model, None),
    };
    let mut fitting = state.exchanges.iter();
    let fitting = fitting.find(|it| it.vendor == vendor && it.fits(rest, query, model));
    let Some(exchange) = fitting else {
        return plain(404, r#"{"error":{"message":"No such exchange was recorded"}}"#);
    };
    let mut reply = exchange.next();
    let request_id = if vendor == "openai" { "x-request-id" } else { "request-id" };
    reply.head.push((request_id.to_owned(), format!("req_{}", exchange.name)));
    reply.pace = pace.unwrap_or(reply.pace);
    let tells_usage = asked.body["stream_options"]["include_usage"] == true;
    if rest == "chat/completions" && reply.streams() && !tells_usage {
        reply = reply.without_usage();
    }
    reply
}

fn head(reply: &Reply, framing: &str) -> String {
    let mut head = format!("HTTP/1.1 {} As Recorded\r\n{framing}\r\n", reply.status);
    for (name, value) in &reply.head {
        head += &format!("{name}: {value}\r\n");
    }
    head + "\r\n"
}

fn write_whole(mut socket: &TcpStream, reply: &Reply) -> io::Result<()> {
    let framing = format!("content-length: {}", reply.body.len());
    socket.write_all((head(reply, &framing) + &reply.body).as_bytes())
}

fn write_stream(state: &State, mut socket: &TcpStream, reply: &Reply) -> io::Result<()> {
    socket.write_all(head(reply, "transfer-encoding: chunked").as_bytes())?;
    let write = |event: &str| {
        let mut socket = socket;
        socket.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes())
    };
    let events = reply.events();
    for (at, event) in events.iter().enumerate() {
        match reply.pace {
            Pace::Slow => pause(Duration::from_millis(15)),
            Pace::Gated if at == 1 => {
                let (lock, rings) = &state.released;
                let released = lock.lock().unwrap();
                let (_released, waited) =
                    rings.wait_timeout_while(released, PATIENCE, |it| !*it).unwrap();
                if waited.timed_out() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
            Pace::AtOnce | Pace::Cut | Pace::Gated | Pace::Endless | Pace::Patient => {}
        }
        write(event)?;
    }
    match reply.pace {
        Pace::AtOnce | Pace::Slow | Pace::Gated => socket.write_all(b"0\r\n\r\n"),
        Pace::Cut => Err(io::ErrorKind::ConnectionAborted.into()),
        Pace::Endless | Pace::Patient => {
            let last = events.last().unwrap();
            while write(last).is_ok() {
                if matches!(reply.pace, Pace::Patient) {
                    pause(Duration::from_millis(5));
                }
                state.written.fetch_add(last.len() as u64, Ordering::SeqCst);
            }
            state.hung_up.fetch_add(1, Ordering::SeqCst);
            Err(io::ErrorKind::ConnectionAborted.into())
        }
    }
}
