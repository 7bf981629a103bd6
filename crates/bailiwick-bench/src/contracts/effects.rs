//! Does a draft say of a tool what its vendor hints? The draft does not see the hints.
//!
//! `readOnlyHint` is a read; else `destructiveHint` is destructive or worse, of which outbound is
//! one; else what is hinted not to be a read is a write, and outbound is one.

use bailiwick_contracts::{EffectWord, draft};

use super::corpus::Tool;
use super::shares::{self, Share};
use crate::report::Report;

/// What a vendor hints.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    Read,
    Write,
    Destructive,
}

const CLASSES: [(Class, [&str; 3]); 3] = [
    (Class::Read, ["classify_read_precision", "classify_read_recall", "classify_read_f1"]),
    (Class::Write, ["classify_write_precision", "classify_write_recall", "classify_write_f1"]),
    (
        Class::Destructive,
        [
            "classify_destructive_precision",
            "classify_destructive_recall",
            "classify_destructive_f1",
        ],
    ),
];

/// A hinted class, and the drafted one.
type Pair = (Class, Class);

pub(crate) fn measure(tools: &[Tool], report: &mut Report) {
    let pairs: Vec<Pair> = tools.iter().filter_map(pair).collect();
    let (low, high) = shares::bootstrap(&pairs, macro_f1);
    let note = "macro-F1 of drafted effects against vendors' hints (>= 0.90)";
    report.add("classify_macro_f1", known(macro_f1(&pairs)), note);
    report.add("classify_macro_f1_low", known(low), "95 % interval of it, by bootstrap");
    report.add("classify_macro_f1_high", known(high), "");
    for (class, [precision, recall, f1]) in CLASSES {
        let (p, r) = (precision_of(&pairs, class), recall_of(&pairs, class));
        shares::add(report, precision, p, "");
        shares::add(report, recall, r, "");
        report.add(f1, known(f1_of(&pairs, class)), "");
    }
    let of_class = pairs.iter().filter(|it| it.0 == Class::Destructive);
    let missed = of_class.clone().filter(|it| it.1 == Class::Read).count();
    let share = Share { of: of_class.count(), are: missed };
    let note = "share of tools hinted destructive and drafted as reads (< 0.01)";
    shares::add(report, "destructive_called_read", share, note);
    report.add("classify_tools", pairs.len() as f64, "tools with hints");
}

fn pair(tool: &Tool) -> Option<Pair> {
    let hinted = match (tool.reads_only, tool.destroys) {
        (Some(true), _) => Class::Read,
        (_, Some(true)) => Class::Destructive,
        (Some(false), _) => Class::Write,
        (None, _) => return None,
    };
    let drafted = draft(&tool.server, std::slice::from_ref(&tool.definition));
    let drafted = match drafted.tools.values().next()?.effect.said() {
        EffectWord::Read => Class::Read,
        EffectWord::ReversibleWrite | EffectWord::IrreversibleWrite => Class::Write,
        EffectWord::Destructive => Class::Destructive,
        EffectWord::Outbound if hinted == Class::Destructive => Class::Destructive,
        EffectWord::Outbound => Class::Write,
    };
    Some((hinted, drafted))
}

fn precision_of(pairs: &[Pair], class: Class) -> Share {
    let drafted = pairs.iter().filter(|it| it.1 == class);
    Share { of: drafted.clone().count(), are: drafted.filter(|it| it.0 == class).count() }
}

fn recall_of(pairs: &[Pair], class: Class) -> Share {
    let hinted = pairs.iter().filter(|it| it.0 == class);
    Share { of: hinted.clone().count(), are: hinted.filter(|it| it.1 == class).count() }
}

/// Twice what both have in common, over what both have.
fn f1_of(pairs: &[Pair], class: Class) -> f64 {
    let (p, r) = (precision_of(pairs, class), recall_of(pairs, class));
    2.0 * p.are as f64 / (p.of + r.of) as f64
}

fn macro_f1(pairs: &[Pair]) -> f64 {
    CLASSES.iter().map(|(class, _)| f1_of(pairs, *class)).sum::<f64>() / CLASSES.len() as f64
}

fn known(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_is_missed_costs_its_third() {
        use Class::{Destructive, Read, Write};
        let pairs = [(Read, Read), (Write, Write), (Destructive, Read)];
        assert_eq!(f1_of(&pairs, Write), 1.0);
        assert_eq!(f1_of(&pairs, Destructive), 0.0);
        assert!((macro_f1(&pairs) - 5.0 / 9.0).abs() < 1e-9);
        assert!(macro_f1(&[]).is_nan());
    }
}
