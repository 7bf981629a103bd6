//! From request bytes to decision at 10, 100, 1,000 and 10,000 policies, against Cedar alone.

use std::hint::black_box;
use std::time::Instant;

use bailiwick_core::{Context, Findings, Policy as _, Question, Verb};
use bailiwick_policy::generate::{NOW, Plain, scenario};
use bailiwick_policy::{PolicySet, Source};

/// The best mean of five rounds, in nanoseconds.
fn best(count: usize, mut round: impl FnMut()) -> f64 {
    let one = |round: &mut dyn FnMut()| {
        #[expect(clippy::disallowed_methods, reason = "this measures")]
        let begin = Instant::now();
        round();
        begin.elapsed().as_secs_f64() * 1e9 / count as f64
    };
    (0..5).map(|_| one(&mut round)).fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("policies  one link ns  two links ns  vote only ns (1)  (2)  Cedar alone ns");
    for policies in [10, 100, 1_000, 10_000] {
        let generated = scenario(policies, 1_000, 42);
        let source = Source { name: "generated.cedar", text: &generated.policies };
        let entities = Source { name: "entities.json", text: &generated.entities };
        let set = PolicySet::load(&[source], Some(entities))?;
        let plain = Plain::load(&generated)?;
        let mut row = vec![];
        for alone in [true, false] {
            let who: Vec<_> = generated.asks.iter().filter_map(|it| it.who(alone)).collect();
            row.push(best(generated.asks.len(), || {
                for (ask, who) in generated.asks.iter().zip(&who) {
                    let Some(call) = ask.call(who) else { continue };
                    let context = Context { now: NOW, findings: Findings::default() };
                    let question = Question {
                        who,
                        action: call.action(),
                        resource: call.resource(),
                        call: Some(&call),
                        context: &context,
                    };
                    black_box(set.vote(&question, Verb::Invoke));
                }
            }));
            let calls: Vec<_> =
                generated.asks.iter().zip(&who).filter_map(|(it, who)| it.call(who)).collect();
            let context = Context { now: NOW, findings: Findings::default() };
            row.push(best(calls.len(), || {
                for call in &calls {
                    let question = Question {
                        who: call.who(),
                        action: call.action(),
                        resource: call.resource(),
                        call: Some(call),
                        context: &context,
                    };
                    black_box(set.vote(&question, Verb::Invoke));
                }
            }));
        }
        let few = generated.asks.get(..if policies > 1_000 { 20 } else { 200 }).unwrap_or_default();
        let cedar = best(few.len(), || {
            for ask in few {
                black_box(plain.decide(&ask.cedar).is_ok());
            }
        });
        let at = |index: usize| row.get(index).copied().unwrap_or(f64::NAN);
        println!(
            "{policies:>8}  {:>11.0}  {:>12.0}  {:>16.0}  {:>11.0}  {cedar:>14.0}",
            at(0),
            at(2),
            at(1),
            at(3)
        );
    }
    Ok(())
}
