//! What is told of how a tool answers, for people and programs.

use serde::{Deserialize, Serialize};

use super::answers::{Learned, Recent};
use super::behaviour::{Behaviour, Raised};
use super::drift::{Apart, Drift, Shapes, is_below};
use super::histogram::{Histogram, least};

/// How a tool answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Told {
    /// How many answers the baseline is of.
    pub answers: u32,
    /// Whether it is still being learned: nothing is compared as yet.
    pub is_learning: bool,
    /// Of the baseline, and of the last answers, how many failed.
    pub errors: Share,
    /// How long answers take, in microseconds.
    pub latency_us: Quantiles,
    /// How large they are.
    pub bytes: Quantiles,
    /// The parts that answers have.
    pub parts: Vec<Part>,
    /// What drifts.
    pub drifts: Vec<(Drift, Raised)>,
}

/// So many of so many, usually and lately.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Share {
    /// How many answers of the baseline.
    pub usual: u32,
    /// Of how many.
    pub usual_of: u32,
    /// How many of the last answers.
    pub recent: u32,
    /// Of how many.
    pub recent_of: u32,
}

/// Quantiles of the baseline, and the middle of the last answers; `None` where there are none.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Quantiles {
    /// One in twenty is at most this.
    pub usual_p5: Option<u64>,
    /// Half are at most this.
    pub usual_p50: Option<u64>,
    /// Nineteen in twenty are at most this.
    pub usual_p95: Option<u64>,
    /// Half of the last ones are at most this.
    pub recent_p50: Option<u64>,
}

/// One part of answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Part {
    /// Where it is, such as `/customers/*/id`; empty for the whole.
    pub path: String,
    /// What it is.
    pub kind: String,
    /// How often it is there.
    pub share: Share,
    /// `gone` or `new`, where it is not as usual, and nothing above it is so.
    pub drift: Option<String>,
}

impl Behaviour {
    /// All that is known; `learn` answers make a baseline.
    pub fn told(&self, learn: u32) -> Told {
        let (baseline, window) = (&self.answers.baseline, &self.answers.window);
        let count = |of: &dyn Fn(&Recent) -> bool| window.iter().filter(|it| of(it)).count() as u32;
        let errors = Share {
            usual: baseline.errors,
            usual_of: baseline.answers,
            recent: count(&|it| it.is_error),
            recent_of: count(&|_| true),
        };
        let (mut latency, mut size) = (Histogram::default(), Histogram::default());
        for it in window.iter().filter(|it| !it.is_error) {
            latency.add(it.latency);
            size.add(it.size);
        }
        Told {
            answers: baseline.answers,
            is_learning: baseline.answers < learn,
            errors,
            latency_us: quantiles(&baseline.latency_us, &latency),
            bytes: quantiles(&baseline.bytes, &size),
            parts: self.told_parts(count(&Recent::is_shaped)),
            drifts: self.raised().map(|(drift, it)| (drift, it.clone())).collect(),
        }
    }

    fn told_parts(&self, recent_of: u32) -> Vec<Part> {
        let shapes = Shapes::of(&self.answers);
        let is_raised = self.raised().any(|(drift, _)| drift == Drift::Shape);
        let apart = |it: &Learned| shapes.as_ref().and_then(|by| by.apart(it, is_raised));
        let apart: Vec<_> = self.answers.parts.iter().map(|it| (it, apart(it))).collect();
        let is_hidden = |it: &Learned, how: Option<Apart>| {
            apart.iter().any(|(above, its)| *its == how && is_below(it, above))
        };
        let told =
            apart.iter().filter(|(it, _)| it.count > 0 || it.recent > 0).map(|(it, how)| Part {
                path: it.path.to_string(),
                kind: it.kind.as_str().to_owned(),
                share: Share {
                    usual: it.count,
                    usual_of: self.answers.baseline.shaped,
                    recent: it.recent,
                    recent_of,
                },
                drift: how.filter(|_| !is_hidden(it, *how)).map(|how| match how {
                    Apart::Gone => "gone".to_owned(),
                    Apart::New => "new".to_owned(),
                }),
            });
        let mut told: Vec<_> = told.collect();
        told.sort_by(|a, b| (&a.path, &a.kind).cmp(&(&b.path, &b.kind)));
        told
    }
}

fn quantiles(usual: &Histogram, recent: &Histogram) -> Quantiles {
    let of = |it: &Histogram, hundredths| it.quantile(hundredths).map(least);
    Quantiles {
        usual_p5: of(usual, 5),
        usual_p50: of(usual, 50),
        usual_p95: of(usual, 95),
        recent_p50: of(recent, 50),
    }
}
