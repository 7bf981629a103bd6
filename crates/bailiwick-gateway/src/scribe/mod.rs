//! The log, however this process reaches it: it writes the log itself when it has the log's lock,
//! and hands its records over to whoever has it otherwise. When that one goes away, one of the
//! others takes its place (decision 9).

mod claim;
mod door;
mod guest;
mod look;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use bailiwick_core::{
    Digest, Ledger, Position, Record, Sealed, TenantId, Timestamp, Token, Unrecorded,
};
use bailiwick_facts::Purse;
use bailiwick_log::{Forecast, Handed, Health, Log, LogError, Room, Sealer, VerifierKey, World};
use tokio::sync::{Notify, oneshot};

use self::door::Door;
use self::guest::{Guest, Lost};
use crate::config::Settings;
use crate::diary::Diary;
use crate::paths;

/// How long calls under way may still hold the log when it is handed over.
const LETTING_GO: Duration = Duration::from_secs(1);
const LETTING_GO_LOOK: Duration = Duration::from_millis(1);

/// How this process reaches the log just now.
#[derive(Clone)]
enum Role {
    /// It has the lock, and a door for the others.
    Holder(Arc<Log>),
    /// It hands over.
    Guest(Arc<Guest>),
}

/// Take the log from a wrap, for one act: the wraps wait until it is free again.
///
/// # Errors
/// [`LogError::Locked`] when a gateway has it, others when the disk says no.
pub fn take_log(settings: &Settings, world: &World, diary: &Diary) -> Result<Log, LogError> {
    // The claim ends here: from now on the log's lock keeps others out.
    look::take_over(settings, world, diary).map(|(log, _)| log)
}

/// Who writes down what this process does.
pub(crate) struct Scribe {
    settings: Settings,
    world: World,
    sealer: Sealer,
    socket: PathBuf,
    diary: Arc<Diary>,
    role: RwLock<Role>,
    door: Mutex<Option<Door>>,
    /// Told when a gateway that starts wants the log; where we are that gateway, nobody can.
    asked: Option<Arc<Notify>>,
    /// Held while a new role is looked for, so that one of our calls does it for all.
    electing: Mutex<()>,
    /// What is reserved for a call is settled by its outcome's record, and by nothing else.
    purse: OnceLock<Arc<Purse>>,
}

impl Scribe {
    /// Open the log for a gateway: a wrap that writes it lets go of it, and hands over to us.
    ///
    /// # Errors
    /// [`LogError`] when another gateway has it, or the disk says no.
    pub(crate) fn alone(
        settings: &Settings,
        world: &World,
        diary: &Arc<Diary>,
    ) -> Result<Self, LogError> {
        let (log, claim) = look::take_over(settings, world, diary)?;
        let log = Arc::new(log);
        let scribe = Self::of(settings, world, diary, (Role::Holder(Arc::clone(&log)), None));
        scribe.open_door(log);
        // From here on the others find somebody at the door.
        drop(claim);
        Ok(scribe)
    }

    /// Open the log, or hand over to whoever has it.
    ///
    /// # Errors
    /// [`LogError`] when neither is possible.
    pub(crate) fn shared(
        settings: &Settings,
        world: &World,
        diary: &Arc<Diary>,
    ) -> Result<Self, LogError> {
        let role = look::look(settings, world)?;
        let scribe = Self::of(settings, world, diary, (role.clone(), Some(Arc::default())));
        if let Role::Holder(log) = role {
            scribe.open_door(log);
        }
        Ok(scribe)
    }

    fn of(
        settings: &Settings,
        world: &World,
        diary: &Arc<Diary>,
        (role, asked): (Role, Option<Arc<Notify>>),
    ) -> Self {
        Self {
            settings: settings.clone(),
            world: world.clone(),
            sealer: world.sealer(),
            socket: paths::log_socket(&settings.data),
            diary: Arc::clone(diary),
            role: RwLock::new(role),
            door: Mutex::default(),
            asked,
            electing: Mutex::default(),
            purse: OnceLock::new(),
        }
    }

    /// Let go of the log as often as a gateway that starts asks for it.
    pub(crate) async fn make_way(&self) {
        let Some(asked) = &self.asked else { return };
        loop {
            asked.notified().await;
            let door = self.door.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(door) = door {
                door.close().await;
            }
            self.let_go();
        }
    }

    /// Close the log, so that another process can open it.
    ///
    /// INVARIANT: nothing is awaited here. Whoever appended meanwhile would look for the new
    /// writer, and find the log in our own hands.
    fn let_go(&self) {
        let nobody = Role::Guest(Arc::new(Guest::of_nobody(&self.socket)));
        let former = {
            let mut role = self.role.write().unwrap_or_else(PoisonError::into_inner);
            match &*role {
                Role::Holder(_) => std::mem::replace(&mut *role, nobody),
                Role::Guest(_) => return,
            }
        };
        let Role::Holder(log) = former else { return };
        let looks = LETTING_GO.as_millis() / LETTING_GO_LOOK.as_millis();
        for _ in 0..looks {
            if Arc::strong_count(&log) == 1 {
                break;
            }
            std::thread::park_timeout(LETTING_GO_LOOK);
        }
        // Where somebody still has it, it is closed, and its lock free, when that one is done.
        if let Ok(Err(problem)) = Arc::try_unwrap(log).map(Log::close) {
            self.diary.tell(&format!("the log was not closed: {problem}"));
        }
        self.diary.tell("another process was given the log: a gateway that starts, or a command");
    }

    fn role(&self) -> Role {
        self.role.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The log itself, where this process writes it.
    pub(crate) fn own(&self) -> Option<Arc<Log>> {
        match self.role() {
            Role::Holder(log) => Some(log),
            Role::Guest(_) => None,
        }
    }

    /// Let the others in. Without a door this process serves its own calls all the same.
    fn open_door(&self, log: Arc<Log>) {
        match Door::open(&self.socket, log, self.asked.clone()) {
            Ok(door) => {
                self.door.lock().unwrap_or_else(PoisonError::into_inner).replace(door);
            }
            Err(problem) => self.diary.tell(&format!(
                "{}: cannot be listened on, so that no other process can share the log: {problem}",
                self.socket.display()
            )),
        }
    }

    /// The writer is gone: find the new one, or become it.
    fn elect(&self, lost: &Arc<Guest>) -> Result<(), Unrecorded> {
        let _alone = self.electing.lock().map_err(|_| Unrecorded::Stopped)?;
        let is_past = match self.role() {
            Role::Guest(guest) => !Arc::ptr_eq(&guest, lost),
            Role::Holder(_) => true,
        };
        if is_past {
            return Ok(());
        }
        let role = look::look(&self.settings, &self.world).map_err(|problem| {
            self.diary.tell(&format!("nobody writes the log any more: {problem}"));
            Unrecorded::Stopped
        })?;
        if let Role::Holder(log) = &role {
            self.open_door(Arc::clone(log));
        }
        *self.role.write().unwrap_or_else(PoisonError::into_inner) = role;
        Ok(())
    }

    /// Settle reservations in this purse as outcomes are recorded.
    pub(crate) fn is_followed_by(&self, purse: &Arc<Purse>) {
        let _ = self.purse.set(Arc::clone(purse));
    }

    fn write(
        &self,
        at: Timestamp,
        record: &Record,
        sealed: &Sealed,
    ) -> Result<Position, Unrecorded> {
        let mut handed = None;
        loop {
            let guest = match self.role() {
                Role::Holder(log) => return log.append(at, record, sealed),
                Role::Guest(guest) => guest,
            };
            let handed = handed.get_or_insert_with(|| Handed::append(at, record, sealed));
            match guest.append(handed) {
                Ok(done) => return done.map(Position::at),
                Err(Lost::Before) => self.elect(&guest)?,
                // INVARIANT: it may stand in the log. It must not be handed over again.
                Err(Lost::After) => return Err(Unrecorded::Stopped),
            }
        }
    }

    /// Wait until a record survives a loss of power.
    pub(crate) async fn durable(self: &Arc<Self>, position: Position) -> Result<(), Unrecorded> {
        let index = position.index();
        if let Some(log) = self.own() {
            let (tell, told) = oneshot::channel();
            // Nobody listens any more when the call was dropped; the record stands all the same.
            log.on_durable(
                index,
                Box::new(|it| {
                    let _ = tell.send(it);
                }),
            );
            drop(log);
            return told.await.unwrap_or(Err(Unrecorded::Stopped));
        }
        let scribe = Arc::clone(self);
        let waited = tokio::task::spawn_blocking(move || scribe.flushed(index));
        waited.await.unwrap_or(Err(Unrecorded::Stopped))
    }

    /// Wait for another process's disk, or for ours when we have become the writer meanwhile.
    /// Asking twice does no harm.
    fn flushed(&self, index: u64) -> Result<(), Unrecorded> {
        loop {
            match self.role() {
                Role::Holder(log) => {
                    return log.wait_durable(index).map_err(|_| Unrecorded::Stopped);
                }
                Role::Guest(guest) => match guest.durable(index) {
                    Ok(done) => return done,
                    Err(Lost::Before | Lost::After) => self.elect(&guest)?,
                },
            }
        }
    }

    /// How the log is. Of another's only that it is there is known.
    pub(crate) fn health(&self) -> Health {
        match self.role() {
            Role::Holder(log) => log.health(),
            Role::Guest(guest) => {
                let durable = guest.durable_end();
                let trouble = None;
                let (size, published) = (durable, durable);
                Health { stopped: false, room: Room::Open, size, durable, published, trouble }
            }
        }
    }

    /// How the log grows.
    ///
    /// # Errors
    /// [`LogError`] when it cannot be told, or the log is another's.
    pub(crate) fn forecast(&self) -> Result<Forecast, LogError> {
        self.own().ok_or(Unrecorded::Stopped)?.forecast()
    }

    /// Change the key that checkpoints are signed with.
    ///
    /// # Errors
    /// [`LogError`] when it could not be done, or the log is another's.
    pub(crate) fn rotate_key(
        &self,
        operator: &str,
        world: &World,
    ) -> Result<VerifierKey, LogError> {
        self.own().ok_or(Unrecorded::Stopped)?.rotate_key(operator, world)
    }

    /// Wait until the entry with this index is durable.
    ///
    /// # Errors
    /// [`Unrecorded::Stopped`] when it will never be.
    pub(crate) fn wait_durable(&self, index: u64) -> Result<(), Unrecorded> {
        self.flushed(index)
    }

    /// End: let the others' last records in, and seal the log.
    ///
    /// # Errors
    /// [`LogError`] when it could not be sealed; what was durable stays so.
    pub(crate) async fn close(self) -> Result<(), LogError> {
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(door) = door {
            door.close().await;
        }
        match self.role.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Role::Holder(log) => match Arc::try_unwrap(log) {
                Ok(log) => log.close(),
                // Somebody still reads it: dropping it ends its threads, and nothing is lost.
                Err(_) => Ok(()),
            },
            Role::Guest(_) => Ok(()),
        }
    }
}

impl Ledger for Scribe {
    fn append(
        &self,
        at: Timestamp,
        record: &Record,
        sealed: &Sealed,
    ) -> Result<Position, Unrecorded> {
        let position = self.write(at, record, sealed)?;
        // A decision's money was reserved when its duty was met.
        if let (Record::Outcome(_), Some(purse)) = (record, self.purse.get()) {
            purse.apply(at, record);
        }
        Ok(position)
    }

    fn durable_end(&self) -> u64 {
        match self.role() {
            Role::Holder(log) => log.durable_end(),
            Role::Guest(guest) => guest.durable_end(),
        }
    }

    fn token(&self, tenant: &TenantId, kind: &str, name: &str) -> Result<Token, Unrecorded> {
        self.sealer.token(tenant, kind, name).map_err(|_| Unrecorded::NoKey)
    }

    fn keyed_digest(&self, tenant: &TenantId, content: &Digest) -> Result<Digest, Unrecorded> {
        self.sealer.keyed_digest(tenant, content).map_err(|_| Unrecorded::NoKey)
    }

    fn seal(&self, tenant: &TenantId, subject: &str, clear: &[u8]) -> Result<Sealed, Unrecorded> {
        self.sealer.seal(tenant, subject, clear).map_err(|_| Unrecorded::NoKey)
    }
}
