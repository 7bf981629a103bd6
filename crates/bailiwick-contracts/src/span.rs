//! A length of time as files say it: `30s`, `5m`, `24h`, `30d`.

/// The seconds that it says; `None` where it says none.
pub fn seconds(span: &str) -> Option<u64> {
    let (number, unit) = span.split_at_checked(span.len().checked_sub(1)?)?;
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (span, expected) in [
            ("30s", Some(30)),
            ("5m", Some(300)),
            ("24h", Some(86_400)),
            ("30d", Some(2_592_000)),
            ("", None),
            ("5", None),
            ("m", None),
            ("5 m", None),
            ("-1m", None),
            ("1.5h", None),
            ("99999999999999999999d", None),
            ("3 weeks", None),
            ("1\u{e9}", None),
        ] {
            assert_eq!(seconds(span), expected, "{span}");
        }
    }
}
