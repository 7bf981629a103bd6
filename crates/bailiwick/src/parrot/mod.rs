//! The built-in provider of models: a small server for `bailiwick demo` and for tests, which speaks
//! chats of OpenAI's API and messages of Anthropic's, whole and streamed, with usage. What a model
//! says follows from its name and from what it was told, so that stories end the same every time.
//!
//! | model | says |
//! |---|---|
//! | `parrot` | the last words of the user again, and which tools it was offered |
//! | `parrot-leaks` | something that looks like a secret |
//! | `parrot-endless` | the same words until nobody listens or no more may be said |
//! | `parrot-dies` | a few words, and then the connection breaks |

mod dialect;
mod said;

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use dialect::Dialect;
use said::{Answer, Ending};

/// The policies under which agents may ask it: `policies/models.cedar`.
pub(crate) const POLICIES: &str = include_str!("models.cedar");
/// What it costs: `prices.toml`.
pub(crate) const PRICES: &str = include_str!("prices.toml");

/// The largest head and body of a request, in bytes.
const HEAD_MAX: u64 = 64 << 10;
const BODY_MAX: u64 = 16 << 20;
/// How long a word without end takes.
const WORD: Duration = Duration::from_millis(5);
/// The most words of an answer that nobody bounds, and of one that would have no end.
const WORDS_MAX: usize = 100_000;

/// The provider, which serves until its process ends.
pub(crate) struct Parrot {
    pub(crate) address: SocketAddr,
    speaking: Arc<AtomicUsize>,
}

impl Parrot {
    /// Serve at this address.
    ///
    /// # Errors
    /// When it cannot be listened on.
    pub(crate) fn start(listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let speaking = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&speaking);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                // A connection ends when its client goes away, or where a story says so.
                std::thread::spawn(move || drop(serve(&counter, &socket)));
            }
        });
        Ok(Self { address, speaking })
    }

    /// How many streams without end it is in the middle of.
    pub(crate) fn speaking(&self) -> usize {
        self.speaking.load(Ordering::SeqCst)
    }
}

fn serve(speaking: &AtomicUsize, socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket);
    while let Some((path, body)) = request(&mut reader)? {
        let Some(dialect) = Dialect::at(&path) else {
            match &*path {
                "/v1/models" => whole(socket, 200, &said::list())?,
                _ => whole(socket, 404, said::NOWHERE)?,
            }
            continue;
        };
        let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
            whole(socket, 400, said::NOWHERE)?;
            continue;
        };
        let answer = Answer::to(&asked, body.len(), &dialect.tools(&asked));
        if asked.get("stream").and_then(Value::as_bool) == Some(true) {
            stream(speaking, socket, dialect, &answer)?;
        } else if answer.ending == Ending::Dies {
            return Err(io::ErrorKind::ConnectionAborted.into());
        } else {
            whole(socket, 200, &dialect.whole(&answer))?;
        }
    }
    Ok(())
}

/// Path and body of the next request; nothing when the client is done.
fn request(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut head = reader.by_ref().take(HEAD_MAX);
    let mut line = String::new();
    if head.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let target = line.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut field = String::new();
        head.read_line(&mut field)?;
        let Some((name, value)) = field.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = Vec::new();
    reader.by_ref().take(u64::min(length, BODY_MAX)).read_to_end(&mut body)?;
    Ok(Some((path, body)))
}

fn whole(mut socket: &TcpStream, status: u16, body: &str) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + body).as_bytes())
}

#[expect(clippy::disallowed_methods, reason = "nobody else waits on this thread")]
fn stream(
    speaking: &AtomicUsize,
    mut socket: &TcpStream,
    dialect: Dialect,
    answer: &Answer,
) -> io::Result<()> {
    let head = "HTTP/1.1 200 Said\r\ncontent-type: text/event-stream\r\n\
                transfer-encoding: chunked\r\n\r\n";
    socket.write_all(head.as_bytes())?;
    let mut send =
        |events: &str| socket.write_all(format!("{:x}\r\n{events}\r\n", events.len()).as_bytes());
    let goes_on = answer.ending == Ending::Never;
    send(&dialect.opening(answer))?;
    if goes_on {
        speaking.fetch_add(1, Ordering::SeqCst);
    }
    let sent = answer.words.iter().try_for_each(|word| {
        if goes_on {
            std::thread::sleep(WORD);
        }
        send(&dialect.word(word))
    });
    if goes_on {
        speaking.fetch_sub(1, Ordering::SeqCst);
    }
    sent?;
    if answer.ending == Ending::Dies {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    send(&dialect.closing(answer))?;
    socket.write_all(b"0\r\n\r\n")
}

#[cfg(test)]
mod tests;
