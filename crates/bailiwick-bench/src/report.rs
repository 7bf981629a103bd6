//! What a benchmark found: rows in order, as a table or as one flat object.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The rows of one benchmark.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    key: Cow<'static, str>,
    /// Absent when what it is compared with is not there.
    value: Option<f64>,
    note: &'static str,
}

impl Report {
    /// Add a figure, with what it means.
    pub(crate) fn add(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Option<f64>>,
        note: &'static str,
    ) {
        self.rows.push(Row { key: key.into(), value: value.into().map(rounded), note });
    }

    /// Add all that another found.
    pub(crate) fn join(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// A table for people.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        for Row { key, value, note } in &self.rows {
            let value = value.map_or("missing".to_owned(), |it| it.to_string());
            let _ = writeln!(text, "{key:<26} {value:>12}  {note}");
        }
        text
    }

    /// One flat object on one line.
    pub(crate) fn json(&self) -> String {
        let members =
            self.rows.iter().map(|row| (row.key.clone().into_owned(), Value::from(row.value)));
        Value::Object(members.collect::<Map<_, _>>()).to_string()
    }
}

/// Four digits: more would claim more than was measured.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    if digits <= 0 {
        value.round()
    } else {
        (value * 10f64.powi(digits)).round() / 10f64.powi(digits)
    }
}

/// The middle one of some values; not a number when there is none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, middle.checked_sub(1).and_then(|it| values.get(it))) {
        (0, Some(below)) => values.get(middle).map_or(f64::NAN, |above| (below + above) / 2.0),
        (_, _) => values.get(middle).copied().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        for (values, expected) in
            [(vec![3.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 2.0, 3.0], 2.5), (vec![5.0], 5.0)]
        {
            assert_eq!(median(values), expected);
        }
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn a_report_is_flat_and_ordered_and_says_what_is_missing() {
        let mut report = Report::default();
        report.add("ratio", 0.123_456, "");
        report.add("count", 51_234.4, "");
        report.add("absent", None, "");
        assert_eq!(
            serde_json::from_str::<Value>(&report.json()).unwrap(),
            serde_json::json!({"ratio": 0.1235, "count": 51234.0, "absent": null})
        );
        assert!(report.table().contains("missing"));
    }
}
