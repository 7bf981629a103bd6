//! How fast the inspectors read clean text: `cargo bench -p bailiwick-guard`. One line for each
//! inspector and one for all of them together, in gigabytes a second.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bailiwick_core::{Findings, Inspectors, Seen, Surface};
use bailiwick_guard::{INSPECTORS, inspectors};

const TEXT: &str = "\
    {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":\"text\",\"text\
    \":\"Customer c_41 asked on 3 March about the invoice — the desk-based team’s ta\
    sk-list says:\\n“pay by card”, risk-free, and sketchy kiosk-style forms are évit\
    er. Ümlaut naïve 東京 \\u00e9\\u4e1c \\\"quoted\\\" eyes and npm, AIs and ASIAN fo\
    od.\\nNothing to see, really; totals: 1,204.50 EUR.\"}],\"structuredContent\":{\"\
    customer_id\":\"c_41\",\"balance_cents\":120450,\"currency\":\"EUR\",\"lines\":[\
    {\"sku\":\"A-100\",\"qty\":2},{\"sku\":\"B-7\",\"qty\":1}]}}}";

fn main() {
    let text = TEXT.repeat(1 + (1 << 20) / TEXT.len());
    for inspector in INSPECTORS {
        report(inspector.name(), Inspectors::of(*inspector, &[]), text.as_bytes());
    }
    report("all", inspectors(), text.as_bytes());
    for length in [512, 8_192] {
        let piece = text.as_bytes().get(..length).unwrap_or_default();
        report(&format!("all, {length} bytes"), inspectors(), piece);
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn report(name: &str, inspectors: Inspectors<'_>, bytes: &[u8]) {
    let mut best = Duration::MAX;
    let rounds = 1 + (64 << 20) / bytes.len() / 8;
    for _ in 0..8 {
        let begun = Instant::now();
        for _ in 0..rounds {
            let mut findings = Findings::default();
            let seen = Seen { surface: Surface::Answer, bytes: black_box(bytes), offset: 0 };
            inspectors.scan(&seen, &mut findings);
            assert!(black_box(findings).kept().is_empty());
        }
        best = best.min(begun.elapsed());
    }
    let seconds = best.as_secs_f64() / rounds as f64;
    println!("{name:>20}: {:.2} GB/s", bytes.len() as f64 / seconds / 1e9);
}
