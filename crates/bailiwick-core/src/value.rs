//! Arguments as policy sees them: a tree made from the wire form, never written back to it.

/// A number as it stood on the wire. Its spelling is kept; what it means is for the reader to say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Number(Box<str>);

impl Number {
    /// A number from its JSON spelling, which the wire has already checked.
    pub fn from_lexeme(lexeme: &str) -> Self {
        Self(lexeme.into())
    }

    /// The spelling.
    pub fn lexeme(&self) -> &str {
        &self.0
    }

    /// The value when it is a whole number that fits: `50`, `50.0` and `5e1` are all 50, because
    /// an upstream reads them so, and a limit must not be passed by spelling.
    pub fn as_i64(&self) -> Option<i64> {
        let (mantissa, exponent) = self.parts()?;
        let scaled = scale(mantissa, exponent)?;
        i64::try_from(scaled).ok()
    }

    /// The value in ten-thousandths when it has at most four decimals and fits.
    pub fn as_ten_thousandths(&self) -> Option<i64> {
        let (mantissa, exponent) = self.parts()?;
        i64::try_from(scale(mantissa, exponent.checked_add(4)?)?).ok()
    }

    /// The digits as one whole number, and the power of ten that it is multiplied by.
    fn parts(&self) -> Option<(i128, i32)> {
        let (digits, exponent) = match self.0.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (&*self.0, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        if whole.len() + fraction.len() > 36 {
            return None;
        }
        let mantissa = format!("{whole}{fraction}").parse::<i128>().ok()?;
        Some((mantissa, exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?))
    }
}

/// `mantissa` times ten to the `exponent`, when that is a whole number that fits.
fn scale(mantissa: i128, exponent: i32) -> Option<i128> {
    if mantissa == 0 {
        return Some(0);
    }
    let factor = 10i128.checked_pow(exponent.unsigned_abs())?;
    if exponent >= 0 {
        return mantissa.checked_mul(factor);
    }
    (mantissa % factor == 0).then_some(mantissa / factor)
}

/// One JSON value. Members keep their order, and the wire has refused repeated names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, with its spelling.
    Number(Number),
    /// A string, its escapes resolved.
    Text(Box<str>),
    /// An array.
    List(Vec<Value>),
    /// An object.
    Record(Vec<(Box<str>, Value)>),
}

impl Value {
    /// The member of that name, when this is an object that has it.
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Self::Record(members) = self else { return None };
        members.iter().find(|(it, _)| &**it == name).map(|(_, value)| value)
    }

    /// The text, when this is a string.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Record(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_the_same_however_it_is_spelled() {
        for (lexeme, whole, parts) in [
            ("50", Some(50), Some(500_000)),
            ("50.0", Some(50), Some(500_000)),
            ("5e1", Some(50), Some(500_000)),
            ("5E+1", Some(50), Some(500_000)),
            ("50.01", None, Some(500_100)),
            ("-0.0001", None, Some(-1)),
            ("0.00001", None, None),
            ("1e400", None, None),
            ("0e999999999", Some(0), Some(0)),
            ("9223372036854775807", Some(i64::MAX), None),
            ("9223372036854775808", None, None),
        ] {
            let number = Number::from_lexeme(lexeme);
            assert_eq!(number.as_i64(), whole, "{lexeme}");
            assert_eq!(number.as_ten_thousandths(), parts, "{lexeme}");
        }
    }
}
