//! When the last answers are not like the usual ones. Chance alone almost never says so: each test
//! asks for a large difference, and for one that few answers cannot show by luck.

use serde::{Deserialize, Serialize};

use super::answers::{Answers, Learned, WINDOW_MIN};
use super::histogram::{Histogram, OCTAVE, least};
use super::shape::Kind;

/// What of a tool's answers is not as it was.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// Their parts: some that were nearly always there are gone, or new ones are everywhere.
    Shape,
    /// How many fail.
    Errors,
    /// How long they take.
    Latency,
    /// How large they are.
    Size,
}

/// How much it takes to tell, in hundredths: a drift that is told of is over only when less than
/// that is left of it, so that nobody is told back and forth.
struct Measure {
    /// A part that was nearly always there is in at most so many of the last answers.
    gone: u64,
    /// A part that was nearly never there is in at least so many.
    new: u64,
    /// So many more fail than before.
    errors: u64,
    /// The middle is so many buckets beyond what was usual.
    buckets: u8,
}

const BEGINS: Measure = Measure { gone: 50, new: 50, errors: 20, buckets: OCTAVE };
const GOES_ON: Measure = Measure { gone: 80, new: 20, errors: 10, buckets: 1 };

/// In how many hundredths of the usual answers a part is that is always, and never, there.
const ALWAYS: u64 = 95;
const NEVER: u64 = 2;
/// How many standard deviations apart the shares of errors must be: by chance, less often than once
/// in 100,000 looks.
const DEVIATIONS: f64 = 4.5;
/// A difference that is too small to matter, however large it is by comparison.
const LATENCY_LEAST_US: u64 = 50_000;
const BYTES_LEAST: u64 = 64;

impl Drift {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Shape, Self::Errors, Self::Latency, Self::Size];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::Size => "size",
        }
    }

    /// What is seen of it, in counts and without contents; `None` when all is as usual, or too few
    /// answers came to tell.
    pub(super) fn seen(self, of: &Answers, is_raised: bool) -> Option<String> {
        let measure = if is_raised { &GOES_ON } else { &BEGINS };
        match self {
            Self::Shape => shape(of, measure),
            Self::Errors => errors(of, measure),
            Self::Latency => latency(of, measure),
            Self::Size => size(of, measure),
        }
    }
}

/// How one part differs from what is usual.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Apart {
    Gone,
    New,
}

/// Compares parts with what is usual; `None` while there is too little of either to tell.
pub(super) struct Shapes {
    baseline: u64,
    recent: u64,
}

impl Shapes {
    pub(super) fn of(it: &Answers) -> Option<Self> {
        let recent = it.window.iter().filter(|it| it.is_shaped()).count();
        let baseline = u64::from(it.baseline.shaped);
        let is_enough = recent >= WINDOW_MIN && baseline >= WINDOW_MIN as u64;
        is_enough.then_some(Self { baseline, recent: recent as u64 })
    }

    /// Whether and how a part differs.
    pub(super) fn apart(&self, part: &Learned, is_raised: bool) -> Option<Apart> {
        self.by(part, if is_raised { &GOES_ON } else { &BEGINS })
    }

    fn by(&self, part: &Learned, measure: &Measure) -> Option<Apart> {
        let usual = u64::from(part.count) * 100;
        let now = u64::from(part.recent) * 100;
        if usual >= ALWAYS * self.baseline && now <= measure.gone * self.recent {
            return Some(Apart::Gone);
        }
        let is_new = usual <= NEVER * self.baseline && now >= measure.new * self.recent;
        is_new.then_some(Apart::New)
    }
}

/// The parts that differ, without those that are below one that does.
fn shape(of: &Answers, measure: &Measure) -> Option<String> {
    let shapes = Shapes::of(of)?;
    let apart = |which: Apart| {
        let is_it = |it: &&Learned| shapes.by(it, measure) == Some(which);
        of.parts.iter().filter(is_it).collect::<Vec<_>>()
    };
    let (gone, new) = (apart(Apart::Gone), apart(Apart::New));
    if gone.is_empty() && new.is_empty() {
        return None;
    }
    let is_top = |it: &&&Learned, all: &[&Learned]| all.iter().all(|above| !is_below(it, above));
    let tops = |all: &[&Learned]| all.iter().filter(|it| is_top(it, all)).count();
    let empty = new.iter().filter(|it| it.kind == Kind::EmptyList).count();
    let empty = if empty > 0 { format!(", {empty} lists are empty") } else { String::new() };
    let (gone, new, answers) = (tops(&gone), tops(&new), shapes.recent);
    Some(format!("parts gone: {gone}, new: {new}{empty}; seen in {answers} answers"))
}

/// Whether a part is inside of another.
pub(super) fn is_below(part: &Learned, above: &Learned) -> bool {
    part.path.strip_prefix(&*above.path).is_some_and(|rest| rest.starts_with('/'))
}

/// A test of two proportions, for the worse only.
fn errors(of: &Answers, measure: &Measure) -> Option<String> {
    let recent = of.window.len() as u64;
    let failed = of.window.iter().filter(|it| it.is_error).count() as u64;
    let (usual, all) = (u64::from(of.baseline.errors), u64::from(of.baseline.answers));
    if recent < WINDOW_MIN as u64 || all < WINDOW_MIN as u64 {
        return None;
    }
    let [f, n, e, m] = [failed, recent, usual, all].map(|it| it as f64);
    let (now, before) = (f / n, e / m);
    let pooled = (f + e) / (n + m);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    let is_apart = now - before >= measure.errors as f64 / 100.0;
    // What goes on was shown to be no luck when it began.
    let is_no_luck = measure.errors == GOES_ON.errors || now - before >= DEVIATIONS * deviation;
    let told = || format!("{failed} of {recent} answers failed, before {usual} of {all}");
    (is_apart && is_no_luck).then(told)
}

/// The bucket in the middle of the last answers that did not fail, where there are enough.
fn middle(of: &Answers, which: impl Fn(u8, u8) -> u8) -> Option<u8> {
    let mut recent = Histogram::default();
    let succeeded = of.window.iter().filter(|it| !it.is_error);
    succeeded.for_each(|it| recent.add(which(it.latency, it.size)));
    recent.quantile(50).filter(|_| recent.count() >= WINDOW_MIN as u64)
}

/// Half of the answers take twice as long as nearly every one took.
fn latency(of: &Answers, measure: &Measure) -> Option<String> {
    let now = middle(of, |latency, _| latency)?;
    let usual = &of.baseline.latency_us;
    let slowest = usual.quantile(95).filter(|_| usual.count() >= WINDOW_MIN as u64)?;
    let (half, before) = (least(now), least(slowest));
    let is_slow = now >= slowest.saturating_add(measure.buckets)
        && half.saturating_sub(before) >= LATENCY_LEAST_US;
    let (half, before) = (half / 1000, before / 1000);
    is_slow.then(|| format!("half take more than {half} ms, before 95 in 100 took {before} ms"))
}

/// Half of the answers are twice as large as nearly every one was, or half as large.
fn size(of: &Answers, measure: &Measure) -> Option<String> {
    let now = middle(of, |_, size| size)?;
    let usual = &of.baseline.bytes;
    let small = usual.quantile(5).filter(|_| usual.count() >= WINDOW_MIN as u64)?;
    let large = usual.quantile(95)?;
    let (half, lowest, highest) = (least(now), least(small), least(large));
    let is_large = now >= large.saturating_add(measure.buckets) && half >= highest + BYTES_LEAST;
    let is_small = small >= now.saturating_add(measure.buckets) && lowest >= half + BYTES_LEAST;
    let told = || format!("half have {half} bytes, before 90 in 100 had {lowest} to {highest}");
    (is_large || is_small).then(told)
}
