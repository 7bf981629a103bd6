//! `bench sessions`: what an idle session holds, of five thousand with a server over HTTP.
//!
//! As many sessions are begun and ended before, so that what the allocator and the log keep for
//! good is not counted as theirs.

use std::time::Duration;

use crate::client::Client;
use crate::clock::now;
use crate::gateway::{Plan, Site, TOOL};
use crate::parts;
use crate::protocol::{INITIALIZE, READY, SESSION, request};
use crate::report::Report;
use crate::{Done, on_one_thread};

const SESSIONS: u32 = 5_000;
const PATH: &str = "/mcp/bench";
/// Room for all of them.
const SETTINGS: &str = "[limits]\nsessions = 10000\nsessions_per_caller = 10000\n";

/// The figures of idle sessions.
pub(crate) fn run() -> Done<Report> {
    on_one_thread(measured())
}

async fn measured() -> Done<Report> {
    let folder = tempfile::tempdir()?;
    let upstream = parts::start("upstream", "")?;
    let servers = [("bench".to_owned(), format!("http://{}/mcp", upstream.address))];
    let site =
        Site::new(folder.path(), &Plan { servers: &servers, settings: SETTINGS, tools: TOOL })?;
    let gateway = site.start()?;
    let mut client = Client::connect(gateway.address).await?;
    for session in begun(&mut client, &site.key).await? {
        end(&mut client, &site.key, &session).await?;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before_mib = gateway.rss_mib()?;
    let since = now();
    let held = begun(&mut client, &site.key).await?;
    let took_us = since.elapsed().as_secs_f64() * 1e6;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after_mib = gateway.rss_mib()?;
    if held.len() != SESSIONS as usize {
        return Err("not all sessions are open".into());
    }
    let mut report = Report::default();
    let each_kib = (after_mib - before_mib) * 1024.0 / f64::from(SESSIONS);
    report.add("idle_session_kib", each_kib, "resident for each of 5,000 (at most 20)");
    report.add("rss_before_mib", before_mib, "resident before");
    report.add("rss_with_mib", after_mib, "resident with all of them");
    report.add("begin_us", took_us / f64::from(SESSIONS), "to begin one, one at a time");
    Ok(report)
}

async fn begun(client: &mut Client, key: &str) -> Done<Vec<String>> {
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let reply = client.call(&request(PATH, key, None, INITIALIZE)).await?;
        let session = reply.header(SESSION).ok_or_else(|| reply.text())?.to_owned();
        client.call(&request(PATH, key, Some(&session), READY)).await?;
        sessions.push(session);
    }
    Ok(sessions)
}

async fn end(client: &mut Client, key: &str, session: &str) -> Done {
    let asked = format!(
        "DELETE {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n\
         {SESSION}: {session}\r\n\r\n"
    );
    let reply = client.call(asked.as_bytes()).await?;
    match reply.is_done() {
        true => Ok(()),
        false => Err(reply.text().into()),
    }
}
