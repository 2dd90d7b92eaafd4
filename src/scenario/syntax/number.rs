//! Numbers as RON reads them: `1_000`, `0x10`, `1.5e3`, a sign. RON's type suffixes, as in `5u32`,
//! are not supported: they serve values of unknown type.

/// A number of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number by sign and magnitude.
    Whole {
        /// True below zero.
        negative: bool,
        /// Magnitude.
        size: u64,
    },
    /// A number with a point or an exponent.
    Float(f64),
}

/// Reasons why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// The form is not that of a number.
    Malformed,
    /// A leading zero as in `010`, which is ten in some languages and eight in others.
    LeadingZero,
    /// `inf` or `NaN`.
    NotFinite,
    /// A whole number beyond 64 bits, or a float too large or too close to zero.
    OutOfRange,
}

impl Number {
    /// Reads the text of one number.
    ///
    /// # Errors
    /// If the text is no number, not finite, or out of range.
    pub fn read(text: &str) -> Result<Self, NumberError> {
        let (negative, body) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if matches!(body, "inf" | "NaN" | "inff32" | "inff64" | "NaNf32" | "NaNf64") {
            return Err(NumberError::NotFinite);
        }
        let based = [("0x", 16), ("0o", 8), ("0b", 2)];
        if let Some((digits, base)) =
            based.iter().find_map(|(prefix, base)| Some((body.strip_prefix(prefix)?, *base)))
        {
            return whole(negative, digits, base);
        }
        let is_digit = |c: char| c.is_ascii_digit() || c == '_';
        if body.starts_with('0') && body[1..].starts_with(is_digit) {
            // A text that is no number in any base is malformed instead.
            return float(negative, body).and(Err(NumberError::LeadingZero));
        }
        let end = body.find(|c| !is_digit(c)).unwrap_or(body.len());
        if end > 0 && end == body.len() {
            return whole(negative, body, 10);
        }
        float(negative, body)
    }

    /// The number as a float, rounded to the nearest.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Whole { negative, size } => {
                let size = size as f64;
                if negative { -size } else { size }
            }
            Self::Float(value) => value,
        }
    }
}

fn whole(negative: bool, digits: &str, base: u32) -> Result<Number, NumberError> {
    if digits.is_empty() || digits.starts_with('_') {
        return Err(NumberError::Malformed);
    }
    let mut size = 0_u64;
    for c in digits.chars().filter(|c| *c != '_') {
        let digit = c.to_digit(base).ok_or(NumberError::Malformed)?;
        size = size
            .checked_mul(u64::from(base))
            .and_then(|size| size.checked_add(u64::from(digit)))
            .ok_or(NumberError::OutOfRange)?;
    }
    Ok(Number::Whole { negative, size })
}

fn float(negative: bool, body: &str) -> Result<Number, NumberError> {
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | '_');
    let starts = body.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    // RON allows an underscore only after a digit; Rust's own reader allows none.
    let misplaced = body.starts_with('_') || body.contains("._");
    if !starts || misplaced || !body.chars().all(known) {
        return Err(NumberError::Malformed);
    }
    let plain: String = body.chars().filter(|c| *c != '_').collect();
    let value: f64 = plain.parse().map_err(|_| NumberError::Malformed)?;
    let mantissa = plain.split(['e', 'E']).next().unwrap_or_default();
    let vanished = value == 0.0 && mantissa.contains(|c: char| matches!(c, '1'..='9'));
    if !value.is_finite() || vanished {
        return Err(NumberError::OutOfRange);
    }
    Ok(Number::Float(if negative { -value } else { value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_ron_reads() {
        let texts = [
            "0",
            "7",
            "+5",
            "1_000",
            "0x10",
            "0b11",
            "0o17",
            "0xff_ff",
            "18446744073709551615",
            "1.5",
            "1e3",
            "1.5e-3",
            ".5",
            "5.",
            "1_0.5",
            "-1.5",
        ];
        for text in texts {
            let number = Number::read(text).unwrap_or_else(|why| panic!("{text}: {why:?}"));
            if let Number::Whole { negative: false, size } = number {
                assert_eq!(ron::from_str::<u64>(text), Ok(size), "{text}");
            } else {
                assert_eq!(ron::from_str::<f64>(text), Ok(number.as_f64()), "{text}");
            }
        }
    }

    #[test]
    fn texts_that_are_no_number_are_refused_with_the_reason() {
        use NumberError::{LeadingZero, Malformed, NotFinite, OutOfRange};
        let cases = [
            ("1e400", OutOfRange),
            ("1e-400", OutOfRange),
            ("99999999999999999999999", OutOfRange),
            ("5u32", Malformed),
            ("2f64", Malformed),
            ("010", LeadingZero),
            ("-00", LeadingZero),
            ("01.5", LeadingZero),
            ("0_1", LeadingZero),
            ("007seconds", Malformed),
            ("inf", NotFinite),
            ("-inf", NotFinite),
            ("NaN", NotFinite),
            ("1..2", Malformed),
            ("0x", Malformed),
            ("12ms", Malformed),
            ("1__e", Malformed),
            ("-", Malformed),
        ];
        for (text, why) in cases {
            assert_eq!(Number::read(text), Err(why), "{text}");
        }
    }
}
