//! Money in exact decimals: no float, no exponent, no sign, nothing that a reader would round.

use bailiwick_core::Value;

use super::misfits::misfits;

/// Decimals that an amount may have at all; no currency has more.
const DECIMALS_MAX: usize = 4;
/// Digits before the point: a thousand of such amounts still fit.
const DIGITS_MAX: usize = 15;

/// Currencies without decimals.
const NO_DECIMALS: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
];
/// Currencies with three.
const THREE_DECIMALS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

misfits! {
    /// Why a value is not an amount of money within its cap.
    NotMoney {
        NotANumber "money.number" "is no plain number: digits, and decimals after a point"
        Decimals "money.decimals" "has more decimals than its currency"
        Above "money.cap" "is above the cap"
        Currency "money.currency" "comes without the currency that the contract names"
    }
}

/// What a contract says of an amount.
pub(super) struct Wanted<'a> {
    pub(super) cap: &'a str,
    pub(super) currency: &'a str,
    pub(super) units: Option<u32>,
}

/// Whether the values are amounts, and together within the cap.
pub(super) fn check(wanted: &Wanted<'_>, values: &[Value]) -> Result<(), NotMoney> {
    let units = u128::from(wanted.units.unwrap_or(1));
    let cap = scaled(wanted.cap, DECIMALS_MAX)?.saturating_mul(units);
    let decimals = if units > 1 { 0 } else { decimals_of(wanted.currency) };
    let mut all = 0u128;
    for value in values {
        let amount = match value {
            Value::Number(number) => number.lexeme(),
            Value::Text(text) => text,
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Record(_) => {
                return Err(NotMoney::NotANumber);
            }
        };
        all = all.saturating_add(scaled(amount, decimals)?);
    }
    if all > cap { Err(NotMoney::Above) } else { Ok(()) }
}

/// Whether the argument beside the amount names the currency.
pub(super) fn check_currency(currency: &str, named: Option<&str>) -> Result<(), NotMoney> {
    let named = named.ok_or(NotMoney::Currency)?;
    if named.eq_ignore_ascii_case(currency) { Ok(()) } else { Err(NotMoney::Currency) }
}

/// An amount in ten-thousandths, with at most so many decimals that are not zero.
fn scaled(amount: &str, decimals: usize) -> Result<u128, NotMoney> {
    let (whole, fraction) = match amount.split_once('.') {
        Some((_, "")) => return Err(NotMoney::NotANumber),
        Some(parts) => parts,
        None => (amount, ""),
    };
    let is_digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let is_padded = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || whole.len() > DIGITS_MAX || is_padded || !is_digits(whole) {
        return Err(NotMoney::NotANumber);
    }
    if fraction.len() > DIGITS_MAX || !is_digits(fraction) {
        return Err(NotMoney::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals.min(DECIMALS_MAX) {
        return Err(NotMoney::Decimals);
    }
    let digits = format!("{whole}{fraction:0<DECIMALS_MAX$}");
    digits.parse().map_err(|_| NotMoney::NotANumber)
}

fn decimals_of(currency: &str) -> usize {
    if NO_DECIMALS.contains(&currency) {
        0
    } else if THREE_DECIMALS.contains(&currency) {
        3
    } else {
        2
    }
}

/// What is wrong with what a contract says of an amount.
pub(super) fn fault(wanted: &Wanted<'_>) -> Option<String> {
    let Wanted { cap, currency, units } = wanted;
    if currency.len() != 3 || !currency.bytes().all(|it| it.is_ascii_uppercase()) {
        return Some(format!("`{currency}` is no currency: write its code, such as \"EUR\""));
    }
    if scaled(cap, decimals_of(currency)).is_err() {
        return Some(format!("`{cap}` is no cap in {currency}: write it as \"250.00\""));
    }
    if *units == Some(0) {
        return Some("`units = 0` is no number of units: write 100 for cents".to_owned());
    }
    None
}

pub(super) fn described(wanted: &Wanted<'_>) -> String {
    let Wanted { cap, currency, units } = wanted;
    match units {
        None | Some(1) => format!("an amount of at most {cap} {currency}, written as 12.50"),
        Some(units) => format!(
            "a whole number of which {units} are one {currency}, of at most {cap} {currency}"
        ),
    }
}
