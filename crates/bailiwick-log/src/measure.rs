//! Measuring the log: how fast it takes records, and how fast the same writes are without it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bailiwick_core::{
    DecisionRecord, Digest, Durability, ExchangeId, Ledger as _, Record, Sealed, Subject,
    Timestamp, Token,
};

use crate::disk::{Disk as _, DiskFile, RealDisk};
use crate::error::{LogError, Tried as _};
use crate::keyring::FileKeyRing;
use crate::log::Log;
use crate::options::{Options, World};
use crate::seal::SystemEntropy;

/// What to measure with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// An empty directory on the disk that is to be measured; the measure makes it and leaves
    /// its files there.
    pub dir: PathBuf,
    /// About how many bytes an entry has.
    pub record_bytes: usize,
    /// How long to measure.
    pub duration: Duration,
    /// How many threads append.
    pub threads: usize,
    /// What the log's options are.
    pub options: Options,
}

/// What was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many records were durable at the end.
    pub records: u64,
    /// How long that took, in seconds.
    pub seconds: f64,
    /// How many records a second.
    pub per_second: f64,
    /// How many flushes there were.
    pub flushes: u64,
    /// From the call of `append` to the word that it is durable, in milliseconds: median.
    pub p50_ms: f64,
    /// The same, the 99th percentile.
    pub p99_ms: f64,
    /// How long `append` itself took, in microseconds: median.
    pub append_p50_us: f64,
    /// The same, the 99th percentile.
    pub append_p99_us: f64,
}

/// How many records of one thread may be on their way in a flood.
const ON_THEIR_WAY: u64 = 4096;
/// After how many records a thread of a flood asks for a flush, without waiting for it.
const ASK_EVERY: usize = 128;

/// Append as fast as it goes; what counts is what is durable at the end.
///
/// # Errors
/// [`LogError`] when the log cannot be made or refuses.
pub fn flood(plan: &Plan) -> Result<Figures, LogError> {
    let log = open(plan)?;
    let start = now();
    let record = record(plan.record_bytes);
    let appended: Vec<Result<Vec<u32>, LogError>> = std::thread::scope(|scope| {
        let work = || -> Result<Vec<u32>, LogError> {
            let mut took = Vec::new();
            let mut mine = std::collections::VecDeque::new();
            while start.elapsed() < plan.duration {
                let begun = now();
                let index = log.append(wall(), &record, &Sealed::default())?.index();
                took.push(nanos(begun.elapsed()));
                mine.push_back(index);
                if took.len().is_multiple_of(ASK_EVERY) {
                    log.on_durable(index, Box::new(|_| {}));
                }
                if mine.len() as u64 > ON_THEIR_WAY
                    && let Some(oldest) = mine.pop_front()
                    && oldest >= log.durable_end()
                {
                    log.wait_durable(oldest)?;
                }
            }
            if let Some(last) = mine.back() {
                log.wait_durable(*last)?;
            }
            Ok(took)
        };
        let threads: Vec<_> = (0..plan.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let stopped = || Err(bailiwick_core::Unrecorded::Stopped.into());
        threads.into_iter().map(|it| it.join().unwrap_or_else(|_| stopped())).collect()
    });
    let mut took = Vec::new();
    for thread in appended {
        took.extend(thread?);
    }
    Ok(figures(&log, start, took, Vec::new()))
}

/// Append so many records a second, and time each from `append` to durable.
///
/// # Errors
/// [`LogError`] when the log cannot be made or refuses.
pub fn paced(plan: &Plan, per_second: u32) -> Result<Figures, LogError> {
    let log = open(plan)?;
    let record = record(plan.record_bytes);
    let acknowledged: Arc<Mutex<Vec<u32>>> = Arc::default();
    let start = now();
    let (mut count, mut took) = (0u64, Vec::new());
    while start.elapsed() < plan.duration {
        let due = (start.elapsed().as_secs_f64() * f64::from(per_second)) as u64;
        while count < due {
            let begun = now();
            let index = log.append(wall(), &record, &Sealed::default())?.index();
            took.push(nanos(begun.elapsed()));
            count += 1;
            let acknowledged = Arc::clone(&acknowledged);
            log.on_durable(
                index,
                Box::new(move |_| {
                    if let Ok(mut acknowledged) = acknowledged.lock() {
                        acknowledged.push(nanos(begun.elapsed()));
                    }
                }),
            );
        }
        std::thread::park_timeout(Duration::from_micros(200));
    }
    if let Some(last) = count.checked_sub(1) {
        log.wait_durable(last)?;
    }
    let waits = acknowledged.lock().map(|mut it| std::mem::take(&mut *it)).unwrap_or_default();
    Ok(figures(&log, start, took, waits))
}

/// The machine's limit for the same writes: one write for each record, into a preallocated file,
/// and one flush for all that was written before it began, on a thread of its own; no log.
///
/// # Errors
/// [`LogError::Io`] when the disk says no.
pub fn limit(plan: &Plan) -> Result<Figures, LogError> {
    let (file, len, path) = raw_file(plan)?;
    let frame = plan.record_bytes as u64 + 48;
    let bytes: Vec<u8> = (0..frame).map(|it| (it % 251) as u8).collect();
    let start = now();
    let (written, flushed) = (AtomicU64::new(0), AtomicU64::new(0));
    let (done, flushes) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let flusher = scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let reached = written.load(Ordering::Acquire);
                file.sync_data().tried("flush", &path)?;
                flushed.store(reached, Ordering::Release);
                flushes.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<(), LogError>(())
        });
        let mut count = 0;
        let mut failed = Ok(());
        while start.elapsed() < plan.duration && failed.is_ok() {
            if count > flushed.load(Ordering::Acquire) + ON_THEIR_WAY {
                std::thread::yield_now();
                continue;
            }
            let offset = count * frame % (len - frame);
            failed = file.write_at(offset, &bytes).tried("write", &path);
            count += 1;
            written.store(count, Ordering::Release);
        }
        done.store(true, Ordering::Release);
        let stopped = || Err(bailiwick_core::Unrecorded::Stopped.into());
        failed.and(flusher.join().unwrap_or_else(|_| stopped()))
    })?;
    Ok(raw_figures(start, flushed.into_inner(), flushes.into_inner()))
}

/// The machine's limit for the same bytes: one write and one flush for each batch of so many
/// records, into a preallocated file; no log.
///
/// # Errors
/// [`LogError::Io`] when the disk says no.
pub fn limit_batched(plan: &Plan, batch: u64) -> Result<Figures, LogError> {
    let (file, len, path) = raw_file(plan)?;
    let frame = plan.record_bytes as u64 + 48;
    let bytes: Vec<u8> = (0..frame * batch).map(|it| (it % 251) as u8).collect();
    let start = now();
    let (mut offset, mut flushes) = (0, 0);
    while start.elapsed() < plan.duration {
        if offset + bytes.len() as u64 > len {
            offset = 0;
        }
        file.write_at(offset, &bytes).tried("write", &path)?;
        file.sync_data().tried("flush", &path)?;
        offset += bytes.len() as u64;
        flushes += 1;
    }
    Ok(raw_figures(start, flushes * batch, flushes))
}

fn raw_file(plan: &Plan) -> Result<(Arc<dyn DiskFile>, u64, PathBuf), LogError> {
    let disk = RealDisk;
    disk.create_dir(&plan.dir).tried("create", &plan.dir)?;
    let path = plan.dir.join("limit");
    let len = 1u64 << 28;
    disk.preallocate(&path, len).tried("prepare", &path)?;
    let file = disk.open(&path, true).tried("open", &path)?;
    Ok((file, len, path))
}

fn raw_figures(start: Instant, records: u64, flushes: u64) -> Figures {
    let seconds = start.elapsed().as_secs_f64();
    let per_second = records as f64 / seconds;
    Figures { records, seconds, per_second, flushes, ..Figures::default() }
}

fn figures(log: &Log, start: Instant, mut took: Vec<u32>, mut waits: Vec<u32>) -> Figures {
    let seconds = start.elapsed().as_secs_f64();
    let records = log.durable_end();
    let flushes = log.shared.flushes.load(Ordering::Relaxed);
    Figures {
        records,
        seconds,
        per_second: records as f64 / seconds,
        flushes,
        p50_ms: percentile(&mut waits, 50) / 1e6,
        p99_ms: percentile(&mut waits, 99) / 1e6,
        append_p50_us: percentile(&mut took, 50) / 1e3,
        append_p99_us: percentile(&mut took, 99) / 1e3,
    }
}

fn percentile(values: &mut [u32], percent: usize) -> f64 {
    values.sort_unstable();
    let at = values.len().saturating_sub(1) * percent / 100;
    values.get(at).copied().map_or(0.0, f64::from)
}

fn open(plan: &Plan) -> Result<Log, LogError> {
    let keys: &Path = &plan.dir.join("keys");
    RealDisk.create_dir(keys).tried("create", keys)?;
    let entropy = Arc::new(SystemEntropy::default());
    let keyring = Arc::new(FileKeyRing::open(keys, Arc::new(RealDisk), entropy)?);
    let world = World::real(Arc::new(wall), keyring);
    Log::create(&plan.dir.join("log"), "bench.example/log", plan.options.clone(), world)
}

/// A decision whose entry has about so many bytes.
fn record(bytes: usize) -> Record {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let digest = Digest::of(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let filler = "a".repeat(bytes.saturating_sub(295));
    Record::Decision(Box::new(DecisionRecord {
        exchange: ExchangeId::new(wall(), [7; 10]),
        tenant: "acme".into(),
        chain: vec![Subject::Person(Token::from_bytes([1; 16])), Subject::Agent("helpdesk".into())],
        credential: Some("k-4821".into()),
        task: None,
        session: Some(Token::from_bytes([2; 16])),
        trace: None,
        action: "tools/call".into(),
        resource_kind: "Tool".into(),
        server: "billing".into(),
        name: Some(filler.into()),
        name_token: Token::from_bytes([3; 16]),
        named: Vec::new(),
        effect: "read".into(),
        pin: Some(digest),
        ask: digest,
        permitted: true,
        cause: None,
        visible: true,
        policies: vec!["support-reads".into()],
        obligations: Vec::new(),
        policy_set: digest,
        durability: Durability::Appended,
        findings: Vec::new(),
        latency_ns: 40_000,
        sealed: None,
        parent: None,
        bound: None,
        view: None,
        items: Vec::new(),
        items_dropped: 0,
        classes: Vec::new(),
    }))
}

fn nanos(time: Duration) -> u32 {
    u32::try_from(time.as_nanos()).unwrap_or(u32::MAX)
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this file is for")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this file is for")]
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ns(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
