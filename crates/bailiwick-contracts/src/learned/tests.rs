//! Decay is told once and soon; honest tools are not told of; what is held is bounded.

use bailiwick_core::Timestamp;
use proptest::prelude::*;

use super::answers::WINDOW;
use super::*;
use crate::pin::Pin;

const LEARN: u32 = 50;

/// What one answer says, by its parts.
fn shape(parts: &[(&str, Kind)]) -> Shape {
    let mut shape = Shape::default();
    for (path, kind) in parts {
        assert!(shape.see(path, *kind));
    }
    shape
}

fn answer(parts: &[(&str, Kind)]) -> Observed {
    let (latency_us, bytes, at) = (5_000, 400, Timestamp::from_ns(7));
    Observed { pin: None, shape: Some(shape(parts)), is_error: false, latency_us, bytes, at }
}

const CUSTOMER: &[(&str, Kind)] = &[
    ("", Kind::Object),
    ("/customers", Kind::List),
    ("/customers/*", Kind::Object),
    ("/customers/*/id", Kind::Text),
    ("/customers/*/tier", Kind::Number),
];

/// A tool that has answered so often as usual.
fn usual(times: usize) -> Behaviour {
    let mut tool = Behaviour::default();
    for _ in 0..times {
        assert_eq!(tool.observe(answer(CUSTOMER), LEARN), []);
    }
    tool
}

/// After how many such answers something is told, what, and that it is told once.
fn told(tool: &mut Behaviour, such: &Observed) -> Option<(usize, Drift, String)> {
    let mut found = None;
    for n in 1..200 {
        for change in tool.observe(such.clone(), LEARN) {
            assert!(found.is_none(), "told twice: {change:?}");
            found = Some((n, change.drift, change.raised.unwrap()));
        }
    }
    found
}

#[test]
fn each_kind_of_decay_is_told_once_and_soon() {
    let gone = [("", Kind::Object), ("/customers", Kind::EmptyList)];
    let retyped: Vec<_> = CUSTOMER
        .iter()
        .map(
            |(path, kind)| {
                if path.ends_with("tier") { (*path, Kind::Text) } else { (*path, *kind) }
            },
        )
        .collect();
    let within = [("", Kind::Object), ("/error", Kind::Text)];
    let more = [CUSTOMER, &[("/warning", Kind::Text)]].concat();
    for (such, drift, words) in [
        (answer(&gone), Drift::Shape, "1 lists are empty"),
        (answer(&retyped), Drift::Shape, "gone: 1, new: 1"),
        (answer(&within), Drift::Shape, "gone: 1, new: 1"),
        (answer(&[("", Kind::Text)]), Drift::Shape, "gone: 1, new: 1"),
        (answer(&more), Drift::Shape, "gone: 0, new: 1"),
        (Observed { shape: None, is_error: true, ..answer(&[]) }, Drift::Errors, "before 0 of"),
        (Observed { latency_us: 900_000, ..answer(CUSTOMER) }, Drift::Latency, "ms"),
        (Observed { bytes: 90, ..answer(CUSTOMER) }, Drift::Size, "bytes"),
        (Observed { bytes: 9_000, ..answer(CUSTOMER) }, Drift::Size, "bytes"),
    ] {
        let (after, found, detail) = told(&mut usual(200), &such).unwrap();
        assert_eq!(found, drift);
        assert!(detail.contains(words), "{detail}");
        assert!(after <= 30, "{found:?} after {after}");
    }
    assert_eq!(told(&mut usual(200), &answer(CUSTOMER)), None);
}

#[test]
fn a_drift_is_over_when_all_is_as_it_was_and_is_what_is_usual_when_a_person_says_so() {
    let mut tool = usual(200);
    let bare = answer(&CUSTOMER[..4]);
    assert_eq!(told(&mut tool, &bare).unwrap().1, Drift::Shape);
    assert_eq!(tool.raised().next().unwrap().1.since_ns, 7);
    let part = tool.told(LEARN).parts.into_iter().find(|it| it.drift.is_some()).unwrap();
    assert_eq!((&*part.path, part.drift.as_deref()), ("/customers/*/tier", Some("gone")));
    let mut again = tool.clone();
    let mut over = Vec::new();
    (0..WINDOW).for_each(|_| over.extend(again.observe(answer(CUSTOMER), LEARN)));
    assert_eq!(over, [Change { drift: Drift::Shape, raised: None }]);

    tool.relearn();
    assert_eq!(tool.raised().count(), 0);
    assert!(!tool.told(LEARN).is_learning, "the last answers are the baseline");
    assert_eq!(told(&mut tool, &bare), None);
    assert_eq!(told(&mut tool, &answer(CUSTOMER)).unwrap().1, Drift::Shape, "it is new now");
}

#[test]
fn another_definition_is_another_tool() {
    let mut tool = usual(200);
    let pin = |text: &str| Some(Pin::of_digest(bailiwick_core::Digest::of(text.as_bytes())));
    let other = Observed { pin: pin("b"), ..answer(&[("", Kind::Text)]) };
    assert_eq!(told(&mut tool, &other), None);
}

#[test]
fn what_is_kept_is_what_was_learned() {
    let mut tool = usual(200);
    let bare = answer(&CUSTOMER[..4]);
    (0..15).for_each(|_| assert_eq!(tool.observe(bare.clone(), LEARN), []));
    let text = serde_json::to_string(&tool).unwrap();
    let mut again = serde_json::from_str::<Behaviour>(&text).unwrap().restored();
    let (after, drift, _) = told(&mut again, &bare).unwrap();
    assert_eq!(drift, Drift::Shape);
    assert_eq!(after, told(&mut tool, &bare).unwrap().0, "it goes on where it was");
}

#[test]
fn counts_that_cannot_be_are_not_believed() {
    let kept = serde_json::to_value(usual(30)).unwrap();
    let most = serde_json::json!(u32::MAX);
    let places = ["answers", "errors", "shaped"].map(|it| format!("/answers/baseline/{it}"));
    let places = places.iter().map(|it| &**it);
    for place in places.chain(["/answers/parts/0/count"]) {
        let mut damaged = kept.clone();
        *damaged.pointer_mut(place).unwrap() = most.clone();
        let damaged: Behaviour = serde_json::from_value(damaged).unwrap();
        // Even where it was never looked at, it overflows nothing.
        let mut unseen = damaged.clone();
        (0..100).for_each(|_| drop(unseen.observe(answer(CUSTOMER), LEARN)));
        drop(unseen.told(LEARN));
        assert_eq!(damaged.restored().told(LEARN).answers, 0, "{place}");
    }
    let kept: Behaviour = serde_json::from_value(kept).unwrap();
    assert_eq!(kept.restored().told(LEARN).answers, 30);
}

#[test]
fn what_is_held_of_one_tool_is_bounded() {
    let mut tool = Behaviour::default();
    for n in 0..3_000 {
        let paths: Vec<_> = (0..40).map(|it| format!("/{:x>116}", n * 40 + it)).collect();
        let mut parts: Vec<_> = paths.iter().map(|it| (&**it, Kind::Text)).collect();
        parts.push(("", Kind::Object));
        assert_eq!(tool.observe(answer(&parts), LEARN), [], "names that are data are no drift");
    }
    let text = serde_json::to_string(&tool).unwrap();
    assert!(text.len() < 32 << 10, "{}", text.len());
    let long = "x".repeat(200);
    assert!(Shape::default().see(&long, Kind::Text));
    let mut shape = Shape::default();
    assert!((0..2_000).any(|_| !shape.see("/a", Kind::Text)), "one answer is bounded, too");
}

/// An honest tool: each of its fields is there with a chance of its own, it fails now and then, is
/// slow now and then, and says more or less.
#[derive(Clone, Debug)]
struct Honest {
    fields: Vec<u8>,
    fails: u8,
    slowest: u64,
    largest: u64,
}

fn honest() -> impl Strategy<Value = Honest> {
    let fields = prop::collection::vec(0..=100u8, 1..12);
    (fields, 0..60u8, 1_000..2_000_000u64, 100..100_000u64)
        .prop_map(|(fields, fails, slowest, largest)| Honest { fields, fails, slowest, largest })
}

/// Numbers that look like chance, from a seed.
fn chance(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ *seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

impl Honest {
    fn answer(&self, seed: &mut u64) -> Observed {
        let is_error = chance(seed) % 100 < u64::from(self.fails);
        let names: Vec<_> = (0..self.fields.len()).map(|it| format!("/{it}")).collect();
        let mut parts = vec![("", Kind::Object)];
        for (name, often) in names.iter().zip(&self.fields) {
            if chance(seed) % 100 < u64::from(*often) {
                parts.push((name, Kind::Text));
            }
        }
        let spread = |most: u64, seed: &mut u64| most / (1 + chance(seed) % 40);
        let (latency_us, bytes) = (spread(self.slowest, seed), spread(self.largest, seed));
        let shape = (!is_error).then(|| shape(&parts));
        Observed { shape, is_error, latency_us, bytes, ..answer(&[]) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: prop::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default() })]

    /// 200 honest tools, 600 calls each: none is told of.
    #[test]
    fn an_honest_tool_raises_nothing(tool in honest(), seed: u64) {
        let (mut held, mut seed) = (Behaviour::default(), seed);
        for _ in 0..600 {
            let news = held.observe(tool.answer(&mut seed), LEARN);
            prop_assert_eq!(news, []);
        }
    }
}
