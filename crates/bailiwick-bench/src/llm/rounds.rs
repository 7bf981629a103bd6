//! The rounds: in each, every variant has its turn.

use std::time::Duration;

use tokio::task::JoinSet;

use super::client::{Client, chat};
use super::peers::{self, Peer};
use super::target::{Target, request};
use crate::Done;
use crate::clock::now;
use crate::process::Part;
use crate::report::{Report, median};

const CONNECTIONS: usize = 16;
const CROWD: usize = 512;
const ROUNDS: usize = 5;
const FLOOD: Duration = Duration::from_millis(1_000);
const STREAMS: usize = 150;
/// Streams of 200 chunks, a millisecond apart, in a round.
const PACED: usize = 3;

/// What is compared.
pub(super) struct Variants<'a> {
    pub(super) direct: Target,
    pub(super) byte_proxy: (Target, &'a Part),
    pub(super) envoy: Option<(Target, &'a Part)>,
    pub(super) gateway: (Target, &'a Part),
    pub(super) peers: &'a [Peer],
}

/// What one variant came to, round by round.
#[derive(Default)]
struct Lane {
    cpu_us: Vec<f64>,
    per_second: Vec<f64>,
    p99_us: Vec<f64>,
}

impl Lane {
    async fn flood(&mut self, (target, part): (&Target, &Part), size: usize) -> Done {
        let body = chat(target.model, size, false);
        let call: std::sync::Arc<[u8]> = request(target, &body).into();
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

    fn p99(&self) -> f64 {
        median(self.p99_us.clone())
    }
}

/// Whole answers, at 16 connections, of 1 and 16 KB. Gateways of others are asked for the small
/// ones.
pub(super) async fn whole(variants: &Variants<'_>, report: &mut Report) -> Done {
    for (size, is_small) in [(1 << 10, true), (16 << 10, false)] {
        let (mut bytes, mut envoy, mut gateway) =
            (Lane::default(), Lane::default(), Lane::default());
        let of_peers = if is_small { variants.peers } else { &[] };
        let mut peers: Vec<_> = of_peers.iter().map(|it| (it, Lane::default())).collect();
        for _ in 0..ROUNDS {
            bytes.flood(of(&variants.byte_proxy), size).await?;
            if let Some(of_envoy) = &variants.envoy {
                envoy.flood(of(of_envoy), size).await?;
            }
            gateway.flood(of(&variants.gateway), size).await?;
            for (peer, lane) in &mut peers {
                lane.flood((&peer.target, &peer.part), size).await?;
            }
        }
        let a_core = |lane: &Lane| 1e6 / lane.cpu();
        let envoy = variants.envoy.as_ref().map(|_| envoy);
        let vs_envoy = envoy.as_ref().map(|it| it.cpu() / gateway.cpu());
        if !is_small {
            report.add("governed_16k_rps_core", a_core(&gateway), "the same, asks of 16 KB");
            report.add("vs_envoy_16k", vs_envoy, "over Envoy's, asks of 16 KB");
            continue;
        }
        report.add("governed_rps_core", a_core(&gateway), "governed calls a core, asks of 1 KB");
        report.add("ungoverned_rps_core", a_core(&bytes), "the byte proxy's");
        report.add("vs_envoy", vs_envoy, "governed calls a core over Envoy's (at least 0.75)");
        compare(&gateway, &peers, report);
        let costs = gateway.cpu() - bytes.cpu();
        report.add("governance_cpu_us", costs, "CPU over the byte proxy's, us a call (at most 40)");
        report.add("governed_cpu_us", gateway.cpu(), "CPU of a call, us");
        report.add("envoy_cpu_us", envoy.as_ref().map(Lane::cpu), "Envoy's");
        report.add("governed_rps", median(gateway.per_second.clone()), "calls a second, as came");
        report.add("p99_us", gateway.p99(), "at 16 connections");
        report.add("envoy_p99_us", envoy.as_ref().map(Lane::p99), "Envoy's");
        let others = peers.iter().map(|(_, lane)| lane).chain(&envoy).map(Lane::p99);
        let best = others.min_by(f64::total_cmp).map(|it| gateway.p99() / it);
        report.add("p99_vs_best", best, "over the shortest of all of theirs (under 1)");
    }
    Ok(())
}

fn of<'a>((target, part): &'a (Target, &'a Part)) -> (&'a Target, &'a Part) {
    (target, part)
}

/// Gateways of others; what is not there is said.
fn compare(gateway: &Lane, peers: &[(&Peer, Lane)], report: &mut Report) {
    for keys in &peers::ALL {
        let lane = peers.iter().find(|(it, _)| it.keys.name == keys.name).map(|(_, it)| it);
        report.add(keys.ratio.0, lane.map(|it| it.cpu() / gateway.cpu()), keys.ratio.1);
        report.add(keys.cpu, lane.map(Lane::cpu), "CPU of a call, us");
        report.add(keys.p99, lane.map(Lane::p99), "at 16 connections");
    }
}

/// Streams of one connection. What a process that only passes bytes on adds is told beside it: a
/// core that has nothing else to do must be woken for every chunk, whoever runs on it.
pub(super) async fn streams(variants: &Variants<'_>, report: &mut Report) -> Done {
    let gateway = &variants.gateway.0;
    let ours = run(gateway, "stream-40", STREAMS).await?;
    report.add("stream40_c1_p50_ms", ours.last / 1e3, "40 chunks at once, ms (under 1)");
    let bytes = run(&variants.byte_proxy.0, "stream-40", STREAMS).await?;
    report.add("byte_proxy_stream40_ms", bytes.last / 1e3, "the byte proxy's");
    let longer = run(gateway, "stream-200", STREAMS / 3).await?;
    report.add("stream200_c1_p50_ms", longer.last / 1e3, "200 chunks at once, ms");
    let (mut direct, mut bytes, mut ours) = (Came::default(), Came::default(), Came::default());
    for _ in 0..ROUNDS {
        direct.push(run(&variants.direct, "stream-paced", PACED).await?);
        bytes.push(run(&variants.byte_proxy.0, "stream-paced", PACED).await?);
        ours.push(run(gateway, "stream-paced", PACED).await?);
    }
    let added = |it: &Came| it.medians().first - direct.medians().first;
    report.add("added_ttft_ms", added(&ours) / 1e3, "to the first event, over direct (under 0.3)");
    report.add("byte_proxy_added_ttft_ms", added(&bytes) / 1e3, "the byte proxy's");
    let added = |it: &Came| it.medians().age - direct.medians().age;
    report.add("chunk_added_p50_us", added(&ours), "a chunk every ms, over direct, us (under 20)");
    report.add("byte_proxy_chunk_added_us", added(&bytes), "the byte proxy's");
    Ok(())
}

/// Medians in microseconds: to a stream's end, to its first event, of the age of its chunks.
#[derive(Clone, Copy)]
struct Medians {
    last: f64,
    first: f64,
    age: f64,
}

/// The same, round by round.
#[derive(Default)]
struct Came(Vec<Medians>);

impl Came {
    fn push(&mut self, round: Medians) {
        self.0.push(round);
    }

    fn medians(&self) -> Medians {
        let of = |what: fn(&Medians) -> f64| median(self.0.iter().map(what).collect());
        Medians { last: of(|it| it.last), first: of(|it| it.first), age: of(|it| it.age) }
    }
}

async fn run(target: &Target, model: &str, count: usize) -> Done<Medians> {
    let call = request(target, &chat(model, 1 << 10, true));
    let mut client = Client::connect(target.address).await?;
    let (mut last, mut first, mut ages) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        let came = client.stream(&call).await?;
        last.push(came.last.as_secs_f64() * 1e6);
        first.push(came.first.as_secs_f64() * 1e6);
        ages.extend(came.ages_us);
    }
    Ok(Medians { last: median(last), first: median(first), age: median(ages) })
}

/// 512 streams at once.
pub(super) async fn crowd(variants: &Variants<'_>, report: &mut Report) -> Done {
    let (target, part) = &variants.gateway;
    let before = part.rss_mib()?;
    let call = request(target, &chat("stream-slow", 1 << 10, true));
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
