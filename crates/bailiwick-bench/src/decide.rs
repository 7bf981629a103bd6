//! `bench decide`: from request bytes to decision, by number of policies, against Cedar alone.
//!
//! Ours parses the JSON-RPC message, interprets it as a call, shows it to the inspectors and
//! decides; Cedar alone parses the same question from JSON and walks its whole set.

use std::hint::black_box;

use bailiwick_core::{Call, ExchangeId, Identified, Interpreted, ServerId, Stance, decide, screen};
use bailiwick_guard::Guard;
use bailiwick_policy::generate::{Asked, Generated, NOW, Plain, scenario};
use bailiwick_policy::{PolicySet, Source};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::interpret;
use bailiwick_wire::rpc::Message;
use bytes::Bytes;

use crate::clock::now;
use crate::report::Report;
use crate::{Done, Failure};

const SEED: u64 = 42;
const QUESTIONS: usize = 1_000;
const ROUNDS: usize = 9;
/// A whole set walked for each question takes its time: Cedar alone gets fewer of them.
const QUESTIONS_OF_CEDAR: usize = 200;

/// One question, ready to be put.
struct Prepared {
    server: ServerId,
    body: Bytes,
    one: Identified,
    two: Identified,
    asked: Asked,
}

/// A set of so many policies.
struct Size {
    questions: Vec<Prepared>,
    set: PolicySet,
    plain: Option<Plain>,
}

/// The best mean time of a question, in nanoseconds: other work on the machine only adds.
struct Best {
    one: f64,
    two: f64,
    cedar: f64,
}

/// The figures of deciding.
pub(crate) fn run() -> Done<Report> {
    let guard = Guard::with_policy(&[])?;
    let sizes = [(10, true), (100, false), (1_000, true), (10_000, false)]
        .into_iter()
        .map(|(policies, with_cedar)| Size::new(policies, with_cedar))
        .collect::<Done<Vec<_>>>()?;
    let forever = f64::INFINITY;
    let mut best: Vec<_> =
        sizes.iter().map(|_| Best { one: forever, two: forever, cedar: forever }).collect();
    for _ in 0..ROUNDS {
        for (size, best) in sizes.iter().zip(&mut best) {
            size.round(&guard, best)?;
        }
    }
    let [ten, hundred, thousand, ten_thousand] = best.as_slice() else {
        return Err("there are four sizes".into());
    };
    let mut report = Report::default();
    report.add("ns_10", ten.one, "request bytes to decision, 10 policies, one link");
    report.add("ns_100", hundred.one, "100 policies");
    report.add("ns_1000", thousand.one, "1,000 policies");
    report.add("ns_10000", ten_thousand.one, "10,000 policies");
    report.add("cedar_ns_10", ten.cedar, "Cedar alone, from JSON, 10 policies");
    report.add("cedar_ns_1000", thousand.cedar, "Cedar alone, 1,000 policies");
    report.add("vs_cedar_10", ten.one / ten.cedar, "ours over Cedar alone at 10 (at most 1)");
    let chain = (ten.two / ten.one).max(thousand.two / thousand.one);
    report.add("chain2_vs_1", chain, "a chain of two over one link, worse of 10 and 1,000 (< 1.6)");
    let growth = ten_thousand.one / ten.one;
    report.add("growth_10000_vs_10", growth, "10,000 policies over 10 (at most 1.3)");
    Ok(report)
}

impl Size {
    fn new(policies: usize, with_cedar: bool) -> Done<Self> {
        let generated = scenario(policies, QUESTIONS, SEED);
        let source = Source { name: "generated.cedar", text: &generated.policies };
        let entities = Source { name: "entities.json", text: &generated.entities };
        let set = PolicySet::load(&[source], Some(entities)).map_err(|it| it.to_string())?;
        let plain = if with_cedar {
            Some(Plain::load(&generated).map_err(|it| it.to_string())?)
        } else {
            None
        };
        let Generated { asks, .. } = generated;
        let questions = asks.into_iter().map(Prepared::new).collect::<Done<_>>()?;
        Ok(Self { questions, set, plain })
    }

    fn round(&self, guard: &Guard, best: &mut Best) -> Done {
        let took = self.timed(|it| self.decide(guard, it, &it.one))?;
        best.one = best.one.min(took);
        let took = self.timed(|it| self.decide(guard, it, &it.two))?;
        best.two = best.two.min(took);
        let Some(plain) = &self.plain else { return Ok(()) };
        let begun = now();
        for question in self.questions.iter().take(QUESTIONS_OF_CEDAR) {
            let allowed = plain.decide(&question.asked.cedar).map_err(|it| it.to_string())?;
            black_box(allowed);
        }
        let took = begun.elapsed().as_secs_f64() * 1e9 / QUESTIONS_OF_CEDAR as f64;
        best.cedar = best.cedar.min(took);
        Ok(())
    }

    fn timed(&self, mut one: impl FnMut(&Prepared) -> Done) -> Done<f64> {
        let begun = now();
        for question in &self.questions {
            one(question)?;
        }
        Ok(begun.elapsed().as_secs_f64() * 1e9 / self.questions.len() as f64)
    }

    fn decide(&self, guard: &Guard, question: &Prepared, who: &Identified) -> Done {
        let call = call(question, who)?;
        let screened = screen(guard.inspectors(), call);
        black_box(decide(&self.set, screened, NOW, Stance::Enforce));
        Ok(())
    }
}

/// The call that the bytes ask for, as the gateway reads it.
fn call(question: &Prepared, who: &Identified) -> Done<Call> {
    let unreadable = || Failure::from("a generated question cannot be read");
    let document = Document::parse(&question.body, Limits::default()).map_err(|_| unreadable())?;
    let message = Message::read(&document).map_err(|_| unreadable())?;
    let asked = interpret(&question.server, &message).map_err(|_| unreadable())?;
    let what = Interpreted {
        action: asked.action,
        resource: asked.resource,
        arguments: asked.arguments,
        ask: question.body.clone(),
        effect: question.asked.effect,
        named: Vec::new(),
        exists: true,
        pin: None,
        trace: asked.trace,
        model: None,
    };
    Ok(Call::new(ExchangeId::new(NOW, [0; 10]), NOW, who.clone(), what))
}

impl Prepared {
    fn new(asked: Asked) -> Done<Self> {
        Ok(Self {
            server: asked.server.as_str().into(),
            body: Bytes::copy_from_slice(asked.body.as_bytes()),
            one: asked.who(true).ok_or("a question without anybody who asks")?,
            two: asked.who(false).ok_or("a question without anybody who asks")?,
            asked,
        })
    }
}
