//! Time tells nothing either: how long a hidden name takes cannot be told from how long a name
//! takes that never was, by a test that would tell fifty microseconds.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use tokio::time::Instant;

use crate::agent::{Agent, INITIALIZE, ask, call};
use crate::house::{House, Plan};
use crate::upstream::Fixture;

/// Samples of each kind.
const SAMPLES: usize = 4000;
/// A difference this many standard deviations from none is one: by chance it is seen in fewer than
/// one run of a million.
const CLEAR: f64 = 5.0;

/// A server's name and a request to it.
type Knock<'a> = (&'a str, &'a str);

/// The time of one request, with a spin of so long in it.
async fn time(
    wire: &mut SendRequest<Full<Bytes>>,
    agent: &Agent,
    (server, body): Knock<'_>,
    more: Duration,
) -> f64 {
    let request = agent.request("POST", &format!("/mcp/{server}"), body);
    wire.ready().await.unwrap();
    let begun = Instant::now();
    let response = wire.send_request(request).await.unwrap();
    response.into_body().collect().await.unwrap();
    if !more.is_zero() {
        let spun = Instant::now();
        while spun.elapsed() < more {
            std::hint::spin_loop();
        }
    }
    begun.elapsed().as_secs_f64()
}

/// Mann and Whitney's U as a number of standard deviations from where it is when both come from
/// one distribution.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        a.iter().map(|it| (*it, true)).chain(b.iter().map(|it| (*it, false))).collect();
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    let ranks = all.iter().zip(1u32..).filter(|((_, is_a), _)| *is_a);
    let ranks: f64 = ranks.map(|(_, rank)| f64::from(rank)).sum();
    let (n, m) = (a.len() as f64, b.len() as f64);
    let u = ranks - n * (n + 1.0) / 2.0;
    (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

/// Samples of both kinds, in an order that favours none.
async fn sample(house: &House, knocks: [Knock<'_>; 2], more: Duration) -> [Vec<f64>; 2] {
    let agent = house.worker.clone();
    let mut wire = agent.wire().await;
    let mut samples = [Vec::new(), Vec::new()];
    for round in 0..SAMPLES + 200 {
        for turn in 0..2 {
            let which = (round.wrapping_mul(0x9E37_79B9) >> 16 ^ turn) & 1;
            let spin = if which == 0 { more } else { Duration::ZERO };
            let taken = time(&mut wire, &agent, knocks[which], spin).await;
            // The first ones warm up.
            if round >= 200 {
                samples[which].push(taken);
            }
        }
    }
    samples
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2] * 1e6
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_time_does_not_tell_hidden_from_never_was() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.servers.push_str(&format!("[servers.vault]\nurl = \"{}\"\n", fixture.url));
    let house = plan.open().await;
    let read = |it: &str| ask(1, "resources/read", &format!("{{\"uri\":\"{it}\"}}"));
    let get = |it: &str| ask(1, "prompts/get", &format!("{{\"name\":\"{it}\"}}"));
    let look = call(1, "look", "{}");
    let pairs = [
        ("crm", call(1, "hidden", "{}"), "crm", call(1, "absent", "{}")),
        ("crm", read("crm://hidden"), "crm", read("crm://absent")),
        ("crm", get("hidden_prompt"), "crm", get("absent_prompt")),
        ("vault", INITIALIZE.to_owned(), "never", INITIALIZE.to_owned()),
        ("vault", look.clone(), "never", look.clone()),
    ];
    let mut told = Vec::new();
    for (hidden, hidden_body, never, never_body) in &pairs {
        let knocks = [(*hidden, hidden_body.as_str()), (*never, never_body.as_str())];
        let [a, b] = sample(&house, knocks, Duration::ZERO).await;
        let found = distance(&a, &b);
        eprintln!("hidden {:.1} us, never {:.1} us, z {found:.2}", median(&a), median(&b));
        if found.abs() >= CLEAR {
            told.push(format!("{hidden} {hidden_body}: z = {found:.2}"));
        }
    }
    // The test itself can tell.
    let knock = ("crm", pairs[0].3.as_str());
    let [a, b] = sample(&house, [knock, knock], Duration::from_micros(50)).await;
    let found = distance(&a, &b);
    eprintln!("fifty microseconds more: {:.1} us, {:.1} us, z {found:.2}", median(&a), median(&b));
    assert!(found > CLEAR, "fifty microseconds are not noticed: z = {found}");
    assert!(told.is_empty(), "time tells: {told:?}");
}
