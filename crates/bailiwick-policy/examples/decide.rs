//! From request bytes to votes at 10, 100, 1,000 and 10,000 policies, against Cedar alone.
//!
//! With numbers as arguments: at those sizes, and without Cedar.
//!
//! Nanoseconds of processor time, the best of five means. The votes are for both verbs;
//! Cedar alone answers one question for one link.

use std::hint::black_box;

use bailiwick_core::{Call, Context, Findings, Identified, Policy as _, Question, Verb};
use bailiwick_policy::generate::{Asked, Generated, NOW, Plain, scenario};
use bailiwick_policy::{PolicySet, Source};

/// How long this thread has run, in nanoseconds, as Linux counts it.
fn ran_ns() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or(f64::NAN)
}

/// The best mean of five measurements, each of which repeats the round: the clock ticks every few
/// milliseconds only.
fn best(count: usize, repeat: usize, mut round: impl FnMut()) -> f64 {
    let mut one = |_| {
        let begin = ran_ns();
        (0..repeat).for_each(|_| round());
        (ran_ns() - begin) / (count * repeat) as f64
    };
    (0..5).map(&mut one).fold(f64::INFINITY, f64::min)
}

fn vote(set: &PolicySet, call: &Call, context: &Context) {
    let question = Question {
        who: call.who(),
        action: call.action(),
        resource: call.resource(),
        call: Some(call),
        context,
    };
    black_box((set.vote(&question, Verb::Discover), set.vote(&question, Verb::Invoke)));
}

/// Nanoseconds from bytes to votes, and for the votes alone.
fn ours(set: &PolicySet, asks: &[Asked], alone: bool) -> (f64, f64) {
    let context = Context { now: NOW, findings: Findings::default() };
    let who: Vec<Identified> = asks.iter().filter_map(|it| it.who(alone)).collect();
    let calls: Vec<Call> = asks.iter().zip(&who).filter_map(|(it, who)| it.call(who)).collect();
    let whole = best(asks.len(), 40, || {
        for (ask, who) in asks.iter().zip(&who) {
            if let Some(call) = ask.call(who) {
                vote(set, &call, &context);
            }
        }
    });
    let votes = best(asks.len(), 40, || calls.iter().for_each(|call| vote(set, call, &context)));
    (whole, votes)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes: Vec<usize> = std::env::args().filter_map(|it| it.parse().ok()).collect();
    let (sizes, with_cedar) = match &sizes[..] {
        [] => (&[10, 100, 1_000, 10_000][..], true),
        some => (some, false),
    };
    println!("policies  bytes->votes: 1 link  2 links   votes: 1 link  2 links   Cedar alone");
    for policies in sizes {
        let generated = scenario(*policies, 1_000, 42);
        let source = Source { name: "generated.cedar", text: &generated.policies };
        let entities = Source { name: "entities.json", text: &generated.entities };
        let set = PolicySet::load(&[source], Some(entities))?;
        let (one, votes_1) = ours(&set, &generated.asks, true);
        let (two, votes_2) = ours(&set, &generated.asks, false);
        let cedar = if with_cedar { alone(&generated)? } else { f64::NAN };
        println!(
            "{policies:>8}  {one:>20.0}  {two:>7.0}  {votes_1:>14.0}  {votes_2:>7.0}  {cedar:>12.0}"
        );
    }
    Ok(())
}

/// Nanoseconds that Cedar takes for one link.
fn alone(generated: &Generated) -> Result<f64, Box<dyn std::error::Error>> {
    let plain = Plain::load(generated)?;
    let many = generated.policies.len() > 100_000;
    let few = generated.asks.get(..if many { 20 } else { 200 }).unwrap_or_default();
    Ok(best(few.len(), if many { 1 } else { 20 }, || {
        few.iter().for_each(|ask| drop(black_box(plain.decide(&ask.cedar))));
    }))
}
