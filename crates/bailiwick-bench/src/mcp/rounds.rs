//! The rounds: in each, every variant has its turn.

use std::time::Duration;

use super::load::{self, Flow, Target};
use crate::Done;
use crate::process::Part;
use crate::report::{Report, median};

const CONNECTIONS: usize = 16;
const CROWD: usize = 512;
const PACE_PER_S: f64 = 1_000.0;
const WARM_UP: Duration = Duration::from_millis(400);
const THROUGHPUT: (usize, Duration) = (7, Duration::from_millis(1_000));
const ONE_CONNECTION: (usize, Duration) = (7, Duration::from_millis(600));
const PACED: (usize, Duration) = (5, Duration::from_millis(2_500));
const CROWDED: Duration = Duration::from_secs(5);

/// What is compared.
pub(super) struct Variants<'a> {
    pub(super) direct: Target,
    pub(super) byte_proxy: (Target, &'a Part),
    pub(super) envoy: Option<(Target, &'a Part)>,
    pub(super) gateway: (Target, &'a Part),
    pub(super) durable: Target,
}

/// One variant's connections, with what it came to in each round.
struct Lane<'a> {
    callers: Vec<load::Caller>,
    part: Option<&'a Part>,
    per_second: Vec<f64>,
    cpu_us: Vec<f64>,
    p50_us: Vec<f64>,
    p99_us: Vec<f64>,
}

impl<'a> Lane<'a> {
    async fn new(target: &Target, part: Option<&'a Part>, connections: usize) -> Done<Self> {
        let mut callers = target.callers(connections).await?;
        load::flood(&mut callers, WARM_UP).await?;
        let (per_second, cpu_us, p50_us, p99_us) = Default::default();
        Ok(Self { callers, part, per_second, cpu_us, p50_us, p99_us })
    }

    async fn flood(&mut self, duration: Duration) -> Done {
        let before = self.part.map(Part::cpu_us).transpose()?;
        let flow = load::flood(&mut self.callers, duration).await?;
        if let (Some(part), Some(before)) = (self.part, before) {
            self.cpu_us.push((part.cpu_us()? - before) / flow.calls);
        }
        self.keep(&flow);
        Ok(())
    }

    async fn pace(&mut self, duration: Duration) -> Done {
        let flow = load::paced(&mut self.callers, PACE_PER_S, duration).await?;
        self.keep(&flow);
        Ok(())
    }

    fn keep(&mut self, flow: &Flow) {
        self.per_second.push(flow.per_second());
        self.p50_us.push(flow.percentile_us(50));
        self.p99_us.push(flow.percentile_us(99));
    }
}

/// The median over the rounds of `of` of each pair.
fn pairs(left: &[f64], right: &[f64], of: impl Fn(f64, f64) -> f64) -> f64 {
    median(left.iter().zip(right).map(|(left, right)| of(*left, *right)).collect())
}

fn over(left: &[f64], right: &[f64]) -> f64 {
    pairs(left, right, |left, right| left / right)
}

fn added(left: &[f64], right: &[f64]) -> f64 {
    pairs(left, right, |left, right| left - right)
}

/// As fast as it goes, at 16 connections.
pub(super) async fn throughput(variants: &Variants<'_>, report: &mut Report) -> Done {
    let mut direct = Lane::new(&variants.direct, None, CONNECTIONS).await?;
    let (target, part) = &variants.byte_proxy;
    let mut bytes = Lane::new(target, Some(part), CONNECTIONS).await?;
    let mut envoy = match &variants.envoy {
        Some((target, part)) => Some(Lane::new(target, Some(part), CONNECTIONS).await?),
        None => None,
    };
    let (target, part) = &variants.gateway;
    let mut gateway = Lane::new(target, Some(part), CONNECTIONS).await?;
    let (rounds, duration) = THROUGHPUT;
    for _ in 0..rounds {
        for lane in [&mut direct, &mut bytes, &mut gateway].into_iter().chain(&mut envoy) {
            lane.flood(duration).await?;
        }
    }
    let ours = &gateway.per_second;
    report.add("throughput_vs_direct", over(ours, &direct.per_second), "at 16 connections");
    report.add("throughput_vs_byte_proxy", over(ours, &bytes.per_second), "(at least 0.6)");
    let vs_envoy = envoy.as_ref().map(|it| over(ours, &it.per_second));
    report.add("throughput_vs_envoy", vs_envoy, "(at least 1.0)");
    report.add("cpu_us_per_call", median(gateway.cpu_us.clone()), "the gateway's (at most 65)");
    report.add("byte_proxy_cpu_us", median(bytes.cpu_us), "the byte proxy's");
    let vs_envoy = envoy.as_ref().map(|it| over(&gateway.cpu_us, &it.cpu_us));
    report.add("envoy_cpu_us", envoy.map(|it| median(it.cpu_us)), "Envoy's");
    report.add("cpu_vs_envoy", vs_envoy, "the gateway's CPU over Envoy's (about 1)");
    report.add("calls_per_s", median(gateway.per_second), "through the gateway");
    report.add("direct_calls_per_s", median(direct.per_second), "without it");
    Ok(())
}

/// One call at a time.
pub(super) async fn one_connection(variants: &Variants<'_>, report: &mut Report) -> Done {
    let mut direct = Lane::new(&variants.direct, None, 1).await?;
    let mut bytes = Lane::new(&variants.byte_proxy.0, None, 1).await?;
    let mut gateway = Lane::new(&variants.gateway.0, None, 1).await?;
    let mut durable = Lane::new(&variants.durable, None, 1).await?;
    let (rounds, duration) = ONE_CONNECTION;
    for _ in 0..rounds {
        for lane in [&mut direct, &mut bytes, &mut gateway, &mut durable] {
            lane.flood(duration).await?;
        }
    }
    let base = &direct.p50_us;
    let note = "over direct, one connection (under 100)";
    report.add("added_p50_us", added(&gateway.p50_us, base), note);
    report.add("byte_proxy_added_p50_us", added(&bytes.p50_us, base), "the byte proxy's");
    let note = "every call durable, one connection";
    report.add("durable_added_p50_us", added(&durable.p50_us, base), note);
    Ok(())
}

/// 1,000 calls a second.
pub(super) async fn paced(variants: &Variants<'_>, report: &mut Report) -> Done {
    let mut bytes = Lane::new(&variants.byte_proxy.0, None, CONNECTIONS).await?;
    let mut gateway = Lane::new(&variants.gateway.0, None, CONNECTIONS).await?;
    let mut durable = Lane::new(&variants.durable, None, CONNECTIONS).await?;
    let (rounds, duration) = PACED;
    for _ in 0..rounds {
        for lane in [&mut bytes, &mut gateway, &mut durable] {
            lane.pace(duration).await?;
        }
    }
    let base = &bytes.p99_us;
    let note = "over the byte proxy at 1,000/s (under 1,000)";
    report.add("added_p99_us", added(&gateway.p99_us, base), note);
    let note = "the same, every call durable";
    report.add("durable_added_p99_us", added(&durable.p99_us, base), note);
    Ok(())
}

/// 512 connections, all busy.
pub(super) async fn crowd(variants: &Variants<'_>, report: &mut Report) -> Done {
    let (target, part) = &variants.gateway;
    let mut callers = target.callers(CROWD).await?;
    let mut most = 0f64;
    for _ in 0..10 {
        load::flood(&mut callers, CROWDED / 10).await?;
        most = most.max(part.rss_mib()?);
    }
    report.add("rss_512_mib", most, "resident, 512 connections busy (at most 100)");
    Ok(())
}
