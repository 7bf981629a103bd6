//! The stories of models: an agent asks one through the gateway, and may not more than with tools.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{ClientError, PATIENCE, Posted, read_posted};
use super::script::CAST;
use super::story::{Keys, PlayError, Played, Verdict, tell};
use crate::parrot::Parrot;

/// More calls than the budget of a key suffices for.
const CALLS_MAX: usize = 100;

/// Where the stories play.
pub(super) struct Place<'a> {
    pub(super) agents: SocketAddr,
    pub(super) operators: SocketAddr,
    /// The first operator's token.
    pub(super) admin: &'a str,
    pub(super) parrot: &'a Parrot,
}

/// One thing that is asked of a model.
struct Ask {
    who: &'static str,
    says: &'static str,
    model: &'static str,
    words: &'static str,
    streams: bool,
}

const ADA: &str = "support-bot";
const BOB: &str = "support-bot/bob";
const FREE: &str = "chat-bot";

/// Play them, and tell.
///
/// # Errors
/// [`PlayError`] when the play cannot go on.
pub(super) fn play(
    place: &Place<'_>,
    keys: &Keys,
    out: &mut dyn Write,
) -> Result<Vec<Played>, PlayError> {
    let mut stage = Stage { place, keys, out, story: "", played: Vec::new() };
    stage.scene("e05_one_corridor", "Models go the same way")?;
    stage.asks()?;
    stage.cuts()?;
    stage.masks()?;
    stage.scene("e06_runaway", "An agent that does not stop asking")?;
    stage.runs_away()?;
    stage.scene("e10_kill", "A stream that is killed")?;
    stage.kills()?;
    Ok(stage.played)
}

struct Stage<'a> {
    place: &'a Place<'a>,
    keys: &'a Keys,
    out: &'a mut dyn Write,
    story: &'static str,
    played: Vec<Played>,
}

impl Stage<'_> {
    fn scene(&mut self, name: &'static str, title: &str) -> Result<(), PlayError> {
        self.story = name;
        Ok(writeln!(self.out, "\n{title}  ({name})")?)
    }

    fn asks(&mut self) -> Result<(), PlayError> {
        let says = "Ada's support agent asks a model: decided, metered, and the cost on record.";
        let ask = Ask { who: ADA, says, model: "parrot", words: "Thank Jun.", streams: false };
        let posted = post(self.place, self.keys, &ask, &[])?;
        let as_told = posted.text.contains("Thank Jun.");
        self.told(&ask, &posted, Verdict::Permitted, as_told)
    }

    fn cuts(&mut self) -> Result<(), PlayError> {
        let says = "The public chat bot offers its model a tool that is hidden from it.";
        let ask = Ask { who: FREE, says, model: "parrot", words: "Hello.", streams: false };
        let offers = ["get_order", "refund_order"].map(
            |name| json!({ "type": "function", "function": { "name": name, "parameters": {} } }),
        );
        let posted = post(self.place, self.keys, &ask, &offers)?;
        let as_told = posted.text.contains("I may use: get_order.");
        self.told(&ask, &posted, Verdict::Permitted, as_told)?;
        Ok(writeln!(self.out, "    the model was shown get_order alone")?)
    }

    fn masks(&mut self) -> Result<(), PlayError> {
        let says = "A model writes a secret into a stream, in pieces. It does not pass.";
        let ask = Ask { who: ADA, says, model: "parrot-leaks", words: "The key?", streams: true };
        let posted = post(self.place, self.keys, &ask, &[])?;
        let said = said(&posted.text);
        let as_told = said.contains("[secret:") && !said.contains("FAKE");
        self.told(&ask, &posted, Verdict::Permitted, as_told)?;
        Ok(writeln!(self.out, "    it says: {said}")?)
    }

    fn runs_away(&mut self) -> Result<(), PlayError> {
        let says = "Bob's agent asks again and again. Each key may spend $0.25 a day.";
        let words = "Say it once more, and then say it again, and so on.";
        let ask = Ask { who: BOB, says, model: "parrot", words, streams: false };
        let mut paid = 0;
        let last = loop {
            let posted = post(self.place, self.keys, &ask, &[])?;
            if posted.status != 200 || paid == CALLS_MAX {
                break posted;
            }
            paid += 1;
        };
        let as_told = paid > 0 && last.text.contains("are left");
        self.told(&ask, &last, Verdict::Unpaid, as_told)?;
        let answer: Value = serde_json::from_str(&last.text).unwrap_or_default();
        let words = answer.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
        Ok(writeln!(self.out, "    {paid} calls were paid for. {words}")?)
    }

    fn kills(&mut self) -> Result<(), PlayError> {
        let says = "A stream without end; an operator kills the agent, and lets it be again.";
        let ask = Ask { who: ADA, says, model: "parrot-endless", words: "Go on.", streams: true };
        let (place, keys) = (self.place, self.keys);
        let posted = std::thread::scope(|scope| {
            let live = scope.spawn(|| post(place, keys, &ask, &[]));
            speaks(place.parrot);
            let killed = operate(place, "POST");
            let posted = live.join().map_err(|_| PlayError::Script("parrot-endless"))?;
            killed.and(posted)
        })?;
        operate(place, "DELETE")?;
        let as_told = posted.text.ends_with("data: [DONE]\n\n");
        self.told(&ask, &posted, Verdict::Permitted, as_told)?;
        Ok(writeln!(self.out, "    it ends in the words of its dialect, and the provider is left")?)
    }

    fn told(
        &mut self,
        ask: &Ask,
        posted: &Posted,
        expected: Verdict,
        as_told: bool,
    ) -> Result<(), PlayError> {
        let role = CAST.iter().find(|it| it.key == ask.who).ok_or(PlayError::Script(ask.who))?;
        let verdict = match posted.status {
            200 => Verdict::Permitted,
            403 => Verdict::Denied,
            404 => Verdict::Absent,
            429 => Verdict::Unpaid,
            _ => Verdict::Failed,
        };
        let played = Played {
            story: self.story,
            role: *role,
            what: format!("{} {:?}", ask.model, ask.words),
            verdict,
            as_told: as_told && verdict == expected,
            decision: posted.decision.clone(),
            leaf: posted.leaf,
        };
        tell(ask.says, &played, self.out)?;
        self.played.push(played);
        Ok(())
    }
}

/// Wait until the model is in the middle of it.
#[expect(clippy::disallowed_methods, reason = "a person waits in front of the terminal")]
fn speaks(parrot: &Parrot) {
    let began = Instant::now();
    while parrot.speaking() == 0 && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(30));
}

/// Kill the support agent, or let it be.
fn operate(place: &Place<'_>, verb: &str) -> Result<(), PlayError> {
    let kill = json!({ "kind": "agent", "name": "support-bot", "reason": "the demo" });
    let posted = send(place.operators, (verb, "/admin/v1/kills"), place.admin, &kill)?;
    match posted.status {
        200 => Ok(()),
        _ => Err(ClientError::NotHttp("the operator was refused").into()),
    }
}

fn post(place: &Place<'_>, keys: &Keys, ask: &Ask, tools: &[Value]) -> Result<Posted, PlayError> {
    let token = keys.of(ask.who).ok_or(PlayError::Script(ask.who))?;
    let message = json!({ "role": "user", "content": ask.words });
    let mut body = json!({ "model": ask.model, "messages": [message], "stream": ask.streams });
    if let Some(members) = body.as_object_mut().filter(|_| !tools.is_empty()) {
        members.insert("tools".to_owned(), tools.into());
    }
    Ok(send(place.agents, ("POST", "/openai/v1/chat/completions"), token, &body)?)
}

fn send(
    address: SocketAddr,
    (verb, path): (&str, &str),
    token: &str,
    body: &Value,
) -> Result<Posted, ClientError> {
    let body = body.to_string();
    let head = format!(
        "{verb} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    stream.write_all((head + &body).as_bytes())?;
    read_posted(&mut BufReader::new(stream))
}

/// The text of a stream's chunks.
fn said(stream: &str) -> String {
    let data = stream.lines().filter_map(|it| it.strip_prefix("data: "));
    let chunks = data.filter_map(|it| serde_json::from_str::<Value>(it).ok());
    let text = |it: Value| it.pointer("/choices/0/delta/content")?.as_str().map(str::to_owned);
    chunks.filter_map(text).collect()
}
