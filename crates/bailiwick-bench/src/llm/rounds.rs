//! The rounds: in each, every variant has its turn.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::task::JoinSet;

use super::client::{Client, chat, request};
use crate::Done;
use crate::clock::now;
use crate::process::Part;
use crate::report::{Report, median};

const CONNECTIONS: usize = 16;
const CROWD: usize = 512;
const ROUNDS: usize = 5;
const FLOOD: Duration = Duration::from_millis(1_000);
const STREAMS: usize = 150;

/// Where requests go.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) path: &'static str,
    pub(super) key: String,
}

/// What is compared.
pub(super) struct Variants<'a> {
    pub(super) direct: Target,
    pub(super) byte_proxy: (Target, &'a Part),
    pub(super) envoy: Option<(Target, &'a Part)>,
    pub(super) gateway: (Target, &'a Part),
}

/// What one variant came to, round by round.
#[derive(Default)]
struct Lane {
    cpu_us: Vec<f64>,
    per_second: Vec<f64>,
    p99_us: Vec<f64>,
}

impl Lane {
    async fn flood(&mut self, (target, part): &(Target, &Part), body: &str) -> Done {
        let call: std::sync::Arc<[u8]> = request(target.path, &target.key, body).into();
        let mut work = JoinSet::new();
        let before = part.cpu_us()?;
        let begun = now();
        for _ in 0..CONNECTIONS {
            let (address, call) = (target.address, std::sync::Arc::clone(&call));
            work.spawn(async move {
                let mut client = Client::connect(address).await?;
                let mut took = Vec::new();
                while begun.elapsed() < FLOOD {
                    took.push(client.whole(&call).await?.as_secs_f64() * 1e6);
                }
                Done::Ok(took)
            });
        }
        let mut all = Vec::new();
        while let Some(done) = work.join_next().await {
            all.extend(done??);
        }
        let seconds = begun.elapsed().as_secs_f64();
        self.cpu_us.push((part.cpu_us()? - before) / all.len() as f64);
        self.per_second.push(all.len() as f64 / seconds);
        all.sort_by(f64::total_cmp);
        let at = all.len().saturating_sub(1) * 99 / 100;
        self.p99_us.push(all.get(at).copied().unwrap_or(f64::NAN));
        Ok(())
    }

    fn cpu(&self) -> f64 {
        median(self.cpu_us.clone())
    }
}

/// Whole answers, at 16 connections, of 1 and 16 KB.
pub(super) async fn whole(variants: &Variants<'_>, report: &mut Report) -> Done {
    for (size, is_small) in [(1 << 10, true), (16 << 10, false)] {
        let body = chat("bench-1", size, false);
        let (mut bytes, mut envoy, mut gateway) =
            (Lane::default(), Lane::default(), Lane::default());
        for _ in 0..ROUNDS {
            bytes.flood(&variants.byte_proxy, &body).await?;
            if let Some(of_envoy) = &variants.envoy {
                envoy.flood(of_envoy, &body).await?;
            }
            gateway.flood(&variants.gateway, &body).await?;
        }
        let a_core = |lane: &Lane| 1e6 / lane.cpu();
        let has_envoy = variants.envoy.is_some();
        let vs_envoy = has_envoy.then(|| envoy.cpu() / gateway.cpu());
        if !is_small {
            report.add("governed_16k_rps_core", a_core(&gateway), "the same, asks of 16 KB");
            report.add("vs_envoy_16k", vs_envoy, "over Envoy's, asks of 16 KB");
            continue;
        }
        report.add("governed_rps_core", a_core(&gateway), "governed calls a core, asks of 1 KB");
        report.add("ungoverned_rps_core", a_core(&bytes), "the byte proxy's");
        report.add("vs_envoy", vs_envoy, "governed calls a core over Envoy's (at least 0.75)");
        let costs = gateway.cpu() - bytes.cpu();
        report.add("governance_cpu_us", costs, "CPU over the byte proxy's, us a call (at most 40)");
        report.add("governed_cpu_us", gateway.cpu(), "CPU of a call, us");
        report.add("envoy_cpu_us", has_envoy.then(|| envoy.cpu()), "Envoy's");
        report.add("governed_rps", median(gateway.per_second), "calls a second, as they came");
        report.add("p99_us", median(gateway.p99_us), "at 16 connections");
        report.add("envoy_p99_us", has_envoy.then(|| median(envoy.p99_us)), "Envoy's");
    }
    Ok(())
}

/// Streams of one connection.
pub(super) async fn streams(variants: &Variants<'_>, report: &mut Report) -> Done {
    let (direct, gateway) = (&variants.direct, &variants.gateway.0);
    let (ours, _, _) = run(gateway, "stream-40", STREAMS).await?;
    report.add("stream40_c1_p50_ms", ours / 1e3, "40 chunks at once, ms (under 1)");
    let (longer, _, _) = run(gateway, "stream-200", STREAMS / 3).await?;
    report.add("stream200_c1_p50_ms", longer / 1e3, "200 chunks at once, ms");
    let (_, first, ages) = run(gateway, "stream-paced", 4).await?;
    let (_, direct_first, direct_ages) = run(direct, "stream-paced", 4).await?;
    let first = (first - direct_first) / 1e3;
    report.add("added_ttft_ms", first, "to the first event, over direct, ms (under 0.3)");
    let added = ages - direct_ages;
    report.add("chunk_added_p50_us", added, "a chunk every ms, over direct, us (under 20)");
    Ok(())
}

/// The medians in microseconds: to a stream's end, to its first event, of the age of its chunks.
async fn run(target: &Target, model: &str, count: usize) -> Done<(f64, f64, f64)> {
    let call = request(target.path, &target.key, &chat(model, 1 << 10, true));
    let mut client = Client::connect(target.address).await?;
    let (mut last, mut first, mut ages) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        let came = client.stream(&call).await?;
        last.push(came.last.as_secs_f64() * 1e6);
        first.push(came.first.as_secs_f64() * 1e6);
        ages.extend(came.ages_us);
    }
    Ok((median(last), median(first), median(ages)))
}

/// 512 streams at once.
pub(super) async fn crowd(variants: &Variants<'_>, report: &mut Report) -> Done {
    let (target, part) = &variants.gateway;
    let before = part.rss_mib()?;
    let call = request(target.path, &target.key, &chat("stream-slow", 1 << 10, true));
    let mut open = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        let mut client = Client::connect(target.address).await?;
        client.begin(&call).await?;
        open.push(client);
    }
    let held = part.rss_mib()? - before;
    report.add("rss_512_streams_mib", held, "more with 512 streams open (at most 60)");
    Ok(())
}
