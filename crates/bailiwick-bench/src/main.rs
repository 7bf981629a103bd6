//! The benchmarks: each prints a table, or with `--json` one flat object.

mod client;
mod clock;
mod contracts;
mod decide;
mod envoy;
mod federation;
mod gateway;
mod lines;
mod llm;
mod log;
mod mcp;
mod parts;
mod process;
mod protocol;
mod provider;
mod report;
mod scan;
mod serving;
mod sessions;
mod wrap;

use std::process::ExitCode;

use report::Report;

/// What goes wrong in a benchmark is told and ends it.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Done<T = ()> = Result<T, Failure>;

/// One benchmark: its name, what it measures, and how.
struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn(&[&str]) -> Done<Report>,
}

/// The benchmarks, in the order in which they are listed.
const BENCHES: &[Bench] = &[
    Bench {
        name: "mcp",
        about: "tools/call through the gateway, against direct, a byte proxy and Envoy",
        run: |options| alone(options, mcp::run),
    },
    Bench {
        name: "contracts",
        about: "drafted effects against vendors' hints, and poisoned definitions that are found",
        run: contracts::run,
    },
    Bench {
        name: "decide",
        about: "request bytes to decision at 10 to 10,000 policies, against Cedar alone",
        run: |options| alone(options, decide::run),
    },
    Bench {
        name: "log",
        about: "records to durable, against the same writes without a log",
        run: |options| alone(options, log::run),
    },
    Bench {
        name: "federation",
        about: "tools/list of 20 servers and 1,000 tools at /mcp, against the slowest alone",
        run: |options| alone(options, federation::run),
    },
    Bench {
        name: "sessions",
        about: "what 5,000 idle sessions hold, and what one costs to begin",
        run: |options| alone(options, sessions::run),
    },
    Bench {
        name: "llm",
        about: "calls of a model, governed, on one core, against a byte proxy and Envoy",
        run: |options| alone(options, llm::run),
    },
    Bench {
        name: "scan",
        about: "credentials and hidden names in mixed chat text, and what a stream's chunk costs",
        run: |options| alone(options, scan::run),
    },
    Bench {
        name: "wrap",
        about: "calls to a stdio server wrapped, alone and beside a gateway, against direct",
        run: |options| alone(options, wrap::run),
    },
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Done {
    match *words {
        ["--list"] => {
            for bench in BENCHES {
                println!("{:<10} {}", bench.name, bench.about);
            }
            Ok(())
        }
        // Some benchmarks run this binary again, as the far side and as a proxy.
        ["part", part] => parts::be(part),
        [name, ref options @ ..] if !name.starts_with('-') => {
            let is_json = options.contains(&"--json");
            let options: Vec<_> = options.iter().copied().filter(|it| *it != "--json").collect();
            let report = run(name, &options)?;
            if is_json {
                println!("{}", report.json());
            } else {
                print!("{}", report.table());
            }
            Ok(())
        }
        _ => Err("say NAME [--json] [OPTIONS], or --list".into()),
    }
}

/// Measure with a load of one thread, which leaves room for what is measured.
fn on_one_thread(load: impl Future<Output = Done<Report>>) -> Done<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(load)
}

/// A benchmark that takes no options.
fn alone(options: &[&str], run: impl Fn() -> Done<Report>) -> Done<Report> {
    match options {
        [] => run(),
        [option, ..] => Err(format!("no such option: {option}").into()),
    }
}

fn run(name: &str, options: &[&str]) -> Done<Report> {
    let bench = BENCHES.iter().find(|it| it.name == name);
    let bench = bench.ok_or_else(|| format!("no such benchmark: {name}; see --list"))?;
    (bench.run)(options)
}
