//! `bench wrap`: calls to a server on standard input and output, itself against `bailiwick wrap`
//! before it: alone, writing the log itself, and handing over to a gateway that runs.
//!
//! One client makes one call at a time, as clients that start their servers do. The variants take
//! turns within one run, and differences are taken round by round.

mod talker;

use std::process::Command;
use std::time::Duration;

use self::talker::Talker;
use crate::Done;
use crate::clock::now;
use crate::gateway::{Plan, Site, TOOL};
use crate::parts;
use crate::protocol::{CALL, INITIALIZE, READY};
use crate::report::{Report, median};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(800);
const STARTS: usize = 15;
const WARM_UP: usize = 500;

/// The figures of a wrapped server.
pub(crate) fn run() -> Done<Report> {
    let folder = tempfile::tempdir()?;
    let upstream = parts::start("upstream", "")?;
    let servers = [("bench".to_owned(), format!("http://{}/mcp", upstream.address))];
    let plan = Plan { servers: &servers, settings: "", tools: TOOL };
    let alone = Site::new(&folder.path().join("alone"), &plan)?;
    let beside = Site::new(&folder.path().join("beside"), &plan)?;
    let _gateway = beside.start()?;
    let mut report = Report::default();
    calls(&[None, Some(&alone), Some(&beside)], &mut report)?;
    starts(&[None, Some(&alone), Some(&beside)], &mut report)?;
    Ok(report)
}

/// The server itself, or wrapped with the configuration of a site.
fn command(site: Option<&Site>) -> Done<Command> {
    let server = std::env::current_exe()?;
    let mut command = match site {
        None => Command::new(&server),
        Some(site) => {
            let mut command = site.command()?;
            command.args(["wrap", "--name", "bench", "--agent", "bench-agent"]);
            command.args(["--person", "bench-person", "--"]).arg(&server);
            command
        }
    };
    command.args(["part", "lines"]);
    Ok(command)
}

/// One that has begun, and how long that took.
fn begun(site: Option<&Site>) -> Done<(Talker, Duration)> {
    let since = now();
    let mut talker = Talker::start(&mut command(site)?)?;
    talker.ask(INITIALIZE)?;
    let took = since.elapsed();
    talker.tell(READY)?;
    Ok((talker, took))
}

/// What one variant came to in each round.
struct Lane {
    talker: Talker,
    per_second: Vec<f64>,
    p50_us: Vec<f64>,
    p99_us: Vec<f64>,
}

impl Lane {
    fn new(site: Option<&Site>) -> Done<Self> {
        let (mut talker, _) = begun(site)?;
        for _ in 0..WARM_UP {
            talker.ask(CALL)?;
        }
        // What is measured is governed: a tool that is not there is refused in our words.
        let absent = CALL.replace("search_documents", "no_such_tool");
        if site.is_some() && !talker.is_refused(&absent, "Unknown tool")? {
            return Err("a tool that does not exist was called: is this governed?".into());
        }
        let (per_second, p50_us, p99_us) = Default::default();
        Ok(Self { talker, per_second, p50_us, p99_us })
    }

    fn round(&mut self) -> Done {
        let (since, mut latencies_us) = (now(), Vec::new());
        while since.elapsed() < ROUND {
            latencies_us.push(self.talker.ask(CALL)?.as_secs_f64() * 1e6);
        }
        self.per_second.push(latencies_us.len() as f64 / since.elapsed().as_secs_f64());
        latencies_us.sort_by(f64::total_cmp);
        self.p50_us.push(percentile(&latencies_us, 50));
        self.p99_us.push(percentile(&latencies_us, 99));
        Ok(())
    }
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// The median over the rounds of `of` of each pair.
fn pairs(left: &[f64], right: &[f64], of: impl Fn(f64, f64) -> f64) -> f64 {
    median(left.iter().zip(right).map(|(left, right)| of(*left, *right)).collect())
}

/// One call at a time.
fn calls(sites: &[Option<&Site>; 3], report: &mut Report) -> Done {
    let [mut direct, mut alone, mut beside] =
        [Lane::new(sites[0])?, Lane::new(sites[1])?, Lane::new(sites[2])?];
    for _ in 0..ROUNDS {
        for lane in [&mut direct, &mut alone, &mut beside] {
            lane.round()?;
        }
    }
    let added = |left: &[f64], right: &[f64]| pairs(left, right, |left, right| left - right);
    let over = |left: &[f64], right: &[f64]| pairs(left, right, |left, right| left / right);
    let note = "over the server itself, one call at a time (at most 150)";
    report.add("added_p50_us", added(&alone.p50_us, &direct.p50_us), note);
    report.add("added_p99_us", added(&alone.p99_us, &direct.p99_us), "the same");
    let note = "handing over to a gateway (at most 150)";
    report.add("beside_added_p50_us", added(&beside.p50_us, &direct.p50_us), note);
    report.add("beside_added_p99_us", added(&beside.p99_us, &direct.p99_us), "the same");
    report.add("calls_vs_direct", over(&alone.per_second, &direct.per_second), "calls a second");
    let note = "the same, handing over";
    report.add("beside_calls_vs_direct", over(&beside.per_second, &direct.per_second), note);
    report.add("p50_us", median(alone.p50_us), "wrapped");
    report.add("direct_p50_us", median(direct.p50_us), "the server itself");
    Ok(())
}

/// From the start of the process to the answer to its first message.
fn starts(sites: &[Option<&Site>; 3], report: &mut Report) -> Done {
    let mut took_ms: [Vec<f64>; 3] = Default::default();
    for _ in 0..STARTS {
        for (site, took_ms) in sites.iter().zip(&mut took_ms) {
            let (talker, took) = begun(*site)?;
            took_ms.push(took.as_secs_f64() * 1e3);
            drop(talker);
        }
    }
    let [direct, alone, beside] = took_ms;
    let added = |left: &[f64], right: &[f64]| pairs(left, right, |left, right| left - right);
    let note = "start to first answer, over the server itself (under 50)";
    report.add("start_added_ms", added(&alone, &direct), note);
    report.add("beside_start_added_ms", added(&beside, &direct), "the same, handing over");
    report.add("start_ms", median(alone), "start to first answer, wrapped");
    report.add("beside_start_ms", median(beside), "the same, handing over");
    report.add("direct_start_ms", median(direct), "the server itself");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let all: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!((percentile(&all, 50), percentile(&all, 99)), (50.0, 99.0));
        assert!(percentile(&[], 50).is_nan());
    }
}
