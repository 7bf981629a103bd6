//! What several servers of the modern era offer, as one.

use bytes::Bytes;

use super::hello::{Hello, instructions, offers};
use crate::json::{Document, Limits, quote};
use crate::mcp::modern::{self, TASKS};
use crate::rpc::Id;

/// What many servers answered to `server/discover`.
#[derive(Clone, Copy, Debug)]
pub struct Discovery<'a> {
    /// What each said of itself, by its name.
    pub hellos: &'a [(&'a str, &'a Hello)],
    /// Whether some did not answer: nobody knows what these offer, so the lists are offered.
    pub missing: bool,
    /// Those that speak older revisions only, and have no part in this one.
    pub older: &'a [&'a str],
    /// The revisions that are served.
    pub served: &'a [&'a str],
    /// For how long it is good.
    pub good_ms: u64,
}

/// What an answer to `server/discover` says; `None` when it is no such answer.
pub fn discovered(body: &Bytes) -> Option<Hello> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let (_, instructions) = modern::discovered(&document)?;
    let capabilities = super::at(&document, &["result", "capabilities"]);
    Some(Hello::of(capabilities, instructions))
}

/// For how long an answer says that it is good, in milliseconds: not at all when it does not say.
pub fn good_ms(body: &Bytes) -> u64 {
    let said = || {
        let document = Document::parse(body, Limits::default()).ok()?;
        super::at(&document, &["result", "ttlMs"])?.lexeme()?.parse().ok()
    };
    said().unwrap_or(0)
}

/// The answer to `server/discover` that speaks for all: what one of them offers is offered. That
/// lists change is always told, because servers come and go.
pub fn merged_discovery(id: &Id, version: &str, of: Discovery<'_>) -> Bytes {
    let mut offers = offers(of.hellos, of.missing);
    if of.hellos.iter().any(|(_, it)| it.tasks) {
        let comma = if offers.is_empty() { "" } else { "," };
        offers.push_str(&format!(r#"{comma}"extensions":{{"{TASKS}":{{}}}}"#));
    }
    let mut said = instructions(of.hellos);
    if !of.older.is_empty() {
        let gap = if said.is_empty() { "" } else { "\n" };
        let older = of.older.join(", ");
        said.push_str(&format!(
            "{gap}Not here, because they speak older revisions of MCP only: {older}\n"
        ));
    }
    let instructions = match said.as_str() {
        "" => String::new(),
        said => format!(r#","instructions":{}"#, quote(said)),
    };
    let served: Vec<_> = of.served.iter().map(|it| quote(it)).collect();
    let (served, version, kept) = (served.join(","), quote(version), kept(of.good_ms));
    let server = format!(r#"{{"name":"bailiwick","version":{version}}}"#);
    let meta = format!(r#""_meta":{{"io.modelcontextprotocol/serverInfo":{server}}}"#);
    let offered = format!(r#""supportedVersions":[{served}],"capabilities":{{{offers}}}"#);
    let result = format!("{{{meta},{offered}{instructions},{kept}}}");
    Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#))
}

/// That a result is whole, good for so long, and its caller's own, as members of an object.
pub(super) fn kept(good_ms: u64) -> String {
    format!(r#""resultType":"complete","ttlMs":{good_ms},"cacheScope":"private""#)
}
