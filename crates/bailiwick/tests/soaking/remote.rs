//! A server over HTTP that can leave, come back, and forget its sessions.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::process::pause;
use crate::support::random::Random;

/// The server. Its threads end with the test.
pub(super) struct Remote {
    address: SocketAddr,
    is_away: AtomicBool,
    /// Sessions of an earlier age are forgotten.
    age: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
    random: Mutex<Random>,
}

/// One request, as far as it matters here.
struct Asked {
    verb: String,
    session: Option<String>,
    message: Value,
}

impl Remote {
    pub(super) fn start(random: Random) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let remote = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            is_away: AtomicBool::new(false),
            age: AtomicU64::new(1),
            open: Mutex::default(),
            random: Mutex::new(random),
        });
        let held = Arc::clone(&remote);
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let remote = Arc::clone(&held);
                if remote.is_away.load(Ordering::Acquire) {
                    continue;
                }
                remote.open.lock().unwrap().push(socket.try_clone().unwrap());
                // A connection that breaks off is what this server is for.
                std::thread::spawn(move || drop(remote.serve(socket)));
            }
        });
        remote
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Break off all connections, and take no new ones.
    pub(super) fn leave(&self) {
        self.is_away.store(true, Ordering::Release);
        for socket in self.open.lock().unwrap().drain(..) {
            // It may be closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    pub(super) fn come_back(&self) {
        self.is_away.store(false, Ordering::Release);
    }

    /// Forget all sessions.
    pub(super) fn forget(&self) {
        self.age.fetch_add(1, Ordering::AcqRel);
    }

    fn below(&self, limit: u64) -> u64 {
        self.random.lock().unwrap().below(limit)
    }

    fn serve(&self, socket: TcpStream) -> io::Result<()> {
        socket.set_nodelay(true)?;
        let mut reader = BufReader::new(socket.try_clone()?);
        let mut socket = socket;
        while let Some(asked) = read(&mut reader)? {
            let age = self.age.load(Ordering::Acquire).to_string();
            let begins = asked.message["method"] == "initialize";
            if !begins && asked.session.as_deref() != Some(&age) {
                socket.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?;
                continue;
            }
            match (asked.verb.as_str(), asked.message.get("id")) {
                ("POST", Some(id)) => self.answer(&mut socket, &asked.message, id, &age)?,
                ("POST" | "DELETE", _) => {
                    socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
                }
                (_, _) => socket
                    .write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")?,
            }
        }
        Ok(())
    }

    fn answer(&self, to: &mut TcpStream, asked: &Value, id: &Value, age: &str) -> io::Result<()> {
        let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
        let text = &asked["params"]["arguments"]["words"];
        let result = match asked["method"].as_str() {
            Some("initialize") => json!({"protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}}, "serverInfo": {"name": "remote", "version": "1"}}),
            Some("tools/list") => json!({"tools": [tool("say"), tool("say_slowly")]}),
            Some("tools/call") => json!({"content": [{"type": "text", "text": text}]}),
            _ => json!({}),
        };
        if asked["params"]["name"] == "say_slowly" {
            pause(Duration::from_millis(self.below(80)));
        }
        let message = json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string();
        let (kind, body) = match self.below(3) {
            0 => ("text/event-stream", format!("event: message\ndata: {message}\n\n")),
            _ => ("application/json", message),
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nMcp-Session-Id: {age}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        to.write_all(head.as_bytes())?;
        if self.below(40) == 0 {
            // It dies in the middle of its answer.
            to.write_all(body.as_bytes().get(..body.len() / 2).unwrap_or_default())?;
            return to.shutdown(Shutdown::Both);
        }
        to.write_all(body.as_bytes())
    }
}

fn read(from: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let verb = line.split(' ').next().unwrap_or_default().to_owned();
    let (mut session, mut length) = (None, 0);
    loop {
        line.clear();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "mcp-session-id" => session = Some(value.trim().to_owned()),
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    let message = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Some(Asked { verb, session, message }))
}
