//! Formats of numbers and names: three significant digits, a unit, a comma at thousands.
//!
//! Rounding uses integers or the standard formatter, so the text is the same on every machine.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text of a missing value.
pub const NO_VALUE: &str = "-";

/// A count: `12,345`.
#[must_use]
pub fn count(count: u64) -> String {
    thousands(&count.to_string())
}

/// A time in the unit that suits it, with three significant digits: `11.0 ms`, `1.42 s`.
///
/// Nanoseconds below 1 us and seconds from 1000 on keep all their digits: `7 ns`, `2,872 s`.
#[must_use]
pub fn time(ns: u64) -> String {
    let (digits, unit) = time_parts(ns);
    format!("{digits} {unit}")
}

/// The digits and the unit of [`time`].
#[must_use]
pub fn time_parts(ns: u64) -> (String, &'static str) {
    const UNITS: [(u64, &str); 3] = [(1_000, "us"), (1_000_000, "ms"), (1_000_000_000, "s")];
    if ns < 1_000 {
        return (ns.to_string(), if ns == 0 { "s" } else { "ns" });
    }
    for (unit, name) in UNITS {
        let last = name == "s";
        for (decimals, scale) in [(2, 100_u128), (1, 10), (0, 1)] {
            let scaled = (u128::from(ns) * scale + u128::from(unit) / 2) / u128::from(unit);
            if scaled < 1_000 || (last && decimals == 0) {
                return (thousands(&decimal(scaled, decimals)), name);
            }
        }
    }
    unreachable!("seconds take every number")
}

/// A number without a unit, with three significant digits: `0.853`, `3.92`, `1,297`.
#[must_use]
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return NO_VALUE.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // The exponent is taken after rounding, so that 9.996 becomes 10.0 and not 10.00.
    let scientific = format!("{value:.2e}");
    let exponent = scientific
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse::<i32>().ok())
        .unwrap_or(0);
    if !(-4..15).contains(&exponent) {
        return scientific;
    }
    let decimals = usize::try_from(2 - exponent).unwrap_or(0);
    thousands(&format!("{value:.decimals$}"))
}

/// A mean of counts: `1,988.6`, or `1,988` if it is whole.
#[must_use]
pub fn mean_count(value: f64) -> String {
    let decimals = usize::from(value.fract() != 0.0);
    thousands(&format!("{value:.decimals$}"))
}

/// `part` of `whole` in percent: `25.3 %`; [`NO_VALUE`] if `whole` is 0.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NO_VALUE.to_owned();
    }
    percent(part as f64 / whole as f64)
}

/// A ratio in percent. Only exactly 0 prints `0 %` and only exactly 1 prints `100 %`, so rounding
/// never hides a single failed request.
#[must_use]
pub fn percent(ratio: f64) -> String {
    if !ratio.is_finite() {
        NO_VALUE.to_owned()
    } else if ratio == 0.0 {
        "0 %".to_owned()
    } else if ratio == 1.0 {
        "100 %".to_owned()
    } else if ratio > 0.0 && ratio < 0.001 {
        "<0.1 %".to_owned()
    } else if ratio > 0.999 && ratio < 1.0 {
        ">99.9 %".to_owned()
    } else {
        format!("{:.1} %", ratio * 100.0)
    }
}

/// Width of `text` in a terminal, in columns.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// `name` cut to at most `columns` columns, with an ellipsis in place of the rest.
#[must_use]
pub fn cut(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1; // the ellipsis
    for character in name.chars() {
        used += character.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(character);
    }
    format!("{}…", kept.trim_end())
}

/// `metric` in words, without its unit: `time_open_ns` becomes `time open`.
#[must_use]
pub fn label(metric: &str) -> String {
    metric.strip_suffix("_ns").unwrap_or(metric).replace('_', " ")
}

fn decimal(scaled: u128, decimals: usize) -> String {
    if decimals == 0 {
        return scaled.to_string();
    }
    let digits = format!("{scaled:0width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{whole}.{fraction}")
}

fn thousands(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (digits, String::new()),
    };
    let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas() {
        let printed = [0, 999, 1_000, 12_345, 1_234_567, u64::MAX].map(count);
        let expected = ["0", "999", "1,000", "12,345", "1,234,567", "18,446,744,073,709,551,615"];
        assert_eq!(printed, expected);
    }

    #[test]
    fn times_have_three_digits_and_round_into_the_next_unit() {
        let cases = [
            (0, "0 s"),
            (7, "7 ns"),
            (999, "999 ns"),
            (1_000, "1.00 us"),
            (9_994, "9.99 us"),
            (9_995, "10.0 us"),
            (99_949, "99.9 us"),
            (99_950, "100 us"),
            (999_499, "999 us"),
            (999_500, "1.00 ms"),
            (11_000_000, "11.0 ms"),
            (999_960_000, "1.00 s"),
            (1_418_430_000, "1.42 s"),
            (2_871_890_600_000, "2,872 s"),
            (u64::MAX, "18,446,744,074 s"),
        ];
        for (ns, expected) in cases {
            assert_eq!(time(ns), expected, "{ns}");
        }
    }

    #[test]
    fn numbers_have_three_digits() {
        let cases = [
            (0.0, "0"),
            (1.0, "1.00"),
            (3.918, "3.92"),
            (9.996, "10.0"),
            (0.0123, "0.0123"),
            (999.6, "1,000"),
            (1_297.4, "1,297"),
            (-12.345, "-12.3"),
            (-1_234.0, "-1,234"),
            (1e-9, "1.00e-9"),
            (3e20, "3.00e20"),
            (f64::NAN, "-"),
            (f64::INFINITY, "-"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected, "{value}");
        }
    }

    #[test]
    fn means_of_counts_have_one_decimal_at_most() {
        let printed = [1_988.59, 1_988.0, 0.04].map(mean_count);
        assert_eq!(printed, ["1,988.6", "1,988", "0.0"]);
    }

    #[test]
    fn a_share_is_0_or_100_percent_only_if_exact() {
        let cases = [
            (0, 0, "-"),
            (0, 10, "0 %"),
            (10, 10, "100 %"),
            (506, 2_000, "25.3 %"),
            (1, 2_000_000, "<0.1 %"),
            (1_999_999, 2_000_000, ">99.9 %"),
        ];
        for (part, whole, expected) in cases {
            assert_eq!(share(part, whole), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn names_are_cut_by_their_width_on_screen() {
        assert_eq!(cut("rpc", 5), "rpc");
        assert_eq!(cut("event-driven", 6), "event…");
        assert_eq!(cut("非同期キュー", 7), "非同期…");
        assert_eq!(width(&cut("非同期キュー", 6)), 5);
        assert_eq!(cut("an arm of mine", 4), "an…");
    }

    #[test]
    fn labels_lose_their_unit() {
        assert_eq!(label("time_open_ns"), "time open");
        assert_eq!(label("depth_max"), "depth max");
        assert_eq!(label("age_max_ns"), "age max");
    }
}
