//! Administrative acts: through the running gateway when there is one, else on the state itself.
//!
//! The log has one writer. While a gateway runs it is that one, and acts go to its operators'
//! listener; otherwise this process takes the log for the moment, from a
//! wrap if need be, so that the act is on record too.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{AdminAct, Record, note};
use bailiwick_gateway::config::Settings;
use bailiwick_gateway::diary::Diary;
use bailiwick_gateway::store::Store;
use bailiwick_gateway::{paths, recording, take_log};
use bailiwick_log::{Log, LogError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::output::Failure;

const PATIENCE: Duration = Duration::from_secs(30);
/// The largest reply of a gateway that is read.
const REPLY_MAX: u64 = 16 << 20;

/// Where an act is carried out.
pub(super) enum Admin {
    /// By the running gateway.
    Running(Box<Remote>),
    /// Here, on the state itself.
    Here(Box<Local>),
}

/// A gateway that runs.
pub(super) struct Remote {
    address: SocketAddr,
    token: String,
}

/// State and log, held by this process.
pub(super) struct Local {
    pub(super) store: Arc<Store>,
    pub(super) log: Log,
}

impl Admin {
    /// Reach the gateway that runs with these settings, or take its state.
    ///
    /// # Errors
    /// [`Failure`] when neither can be done.
    pub(super) fn reach(settings: &Settings) -> Result<Self, Failure> {
        if let Some(remote) = Remote::find(settings)? {
            return Ok(Self::Running(Box::new(remote)));
        }
        let store = Arc::new(Store::open(&settings.data)?);
        match take_log(settings, &recording::world(&store), &Diary::default()) {
            Ok(log) => Ok(Self::Here(Box::new(Local { store, log }))),
            Err(LogError::Locked(_)) => Err(Failure(format!(
                "a gateway holds the log, but nobody answers at {}",
                settings.operators
            ))),
            Err(other) => Err(other.into()),
        }
    }
}

impl Local {
    /// Record an act, and do it.
    ///
    /// # Errors
    /// [`Failure`] when it could not be recorded or done.
    pub(super) fn act<T, E: std::error::Error>(
        &self,
        name: &str,
        target: &str,
        act: impl FnOnce(&Store) -> Result<T, E>,
    ) -> Result<T, Failure> {
        self.act_on_each(name, &[target], act)
    }

    /// The same for an act on several things, which is done to all of them or to none.
    ///
    /// # Errors
    /// [`Failure`] when it could not be recorded or done.
    pub(super) fn act_on_each<T, E: std::error::Error>(
        &self,
        name: &str,
        targets: &[impl AsRef<str>],
        act: impl FnOnce(&Store) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let record = |done| targets.iter().try_for_each(|it| self.record(name, it.as_ref(), done));
        record(true)?;
        act(&self.store).map_err(|problem| {
            // The failure is told to the one who asked, recorded or not.
            let _ = record(false);
            problem.into()
        })
    }

    fn record(&self, act: &str, target: &str, done: bool) -> Result<(), Failure> {
        let record = Record::Admin(AdminAct {
            operator: "command-line".into(),
            role: "admin".into(),
            act: act.into(),
            target: target.into(),
            done,
        });
        let position = note(&self.log, bailiwick_gateway::now(), &record)?;
        self.log.wait_durable(position.index())?;
        Ok(())
    }

    /// Seal the log and let it go.
    ///
    /// # Errors
    /// [`Failure`] when it could not be sealed.
    pub(super) fn close(self) -> Result<(), Failure> {
        self.log.close()?;
        Ok(())
    }
}

impl Remote {
    /// The gateway that listens at the configured address, if one does.
    pub(super) fn find(settings: &Settings) -> Result<Option<Self>, Failure> {
        let address = settings.operators;
        if TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_err() {
            return Ok(None);
        }
        let token = match std::env::var("BAILIWICK_OPERATOR_TOKEN") {
            Ok(token) => token,
            Err(_) => {
                let file = paths::admin_token(&settings.data);
                std::fs::read_to_string(&file).map_err(|problem| {
                    let how = "set BAILIWICK_OPERATOR_TOKEN to an operator's token";
                    Failure(format!("{}: {problem}; {how}", file.display()))
                })?
            }
        };
        Ok(Some(Self { address, token: token.trim().to_owned() }))
    }

    /// Ask the gateway something.
    ///
    /// # Errors
    /// [`Failure`] with the gateway's words when it refuses.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let (status, reply) = self.send(method, path, body)?;
        if status != 200 {
            return Err(Failure(format!("the gateway says: {}", reply.trim())));
        }
        Ok(serde_json::from_str(&reply)?)
    }

    /// Send a request; give back status and body.
    ///
    /// # Errors
    /// [`Failure`] when there is no reply.
    pub(super) fn send(
        &self,
        method: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<(u16, String), Failure> {
        let body = serde_json::to_string(body)?;
        let mut socket = TcpStream::connect(self.address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let (address, token, length) = (self.address, &self.token, body.len());
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        )?;
        let mut reply = Vec::new();
        socket.take(REPLY_MAX).read_to_end(&mut reply)?;
        let reply = String::from_utf8_lossy(&reply);
        let bad = || Failure(format!("what answers at {address} is no gateway"));
        let (head, body) = reply.split_once("\r\n\r\n").ok_or_else(bad)?;
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).ok_or_else(bad)?;
        Ok((status, body.to_owned()))
    }
}
