//! The series as InfluxDB line protocol: one line a bin of a component.
//!
//! The measurement is the kind of the component, `dessim_queue`; tags are `arm`, `component`,
//! `scenario` and `seed`; fields are the numbers of the bin; the timestamp is its end in
//! nanoseconds. Counts are those of the bin, not sums since the start.
//!
//! # Names
//! Commas, spaces and equals signs are escaped. Line protocol cannot express a line feed, and its
//! readers disagree about backslashes, so control characters and backslashes become `%XX`, and a
//! `%` before two hexadecimal digits becomes `%25`: percent-decoding restores every name.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::prometheus::plain;
use crate::report::result::{RunResult, Series};
use crate::report::rows::Scalar;
use crate::report::series::Track;

/// Writes the series of `result`, virtual time 0 at `epoch_s` after 1970.
///
/// # Errors
/// Errors of `out`; an error of kind `InvalidData` if a number or instant does not fit the format.
pub fn write(result: &RunResult, epoch_s: u64, out: &mut impl Write) -> io::Result<()> {
    for (arm, series) in
        result.arms.iter().filter_map(|(name, arm)| Some((name, arm.series.as_ref()?)))
    {
        let tracks = series.tracks();
        let same = |one: &Track<'_>, other: &Track<'_>| {
            (one.component, one.kind) == (other.component, other.kind)
        };
        for group in tracks.chunk_by(same) {
            let tags = [
                ("arm", arm.as_str()),
                ("component", group[0].component),
                ("scenario", &result.scenario.name),
                ("seed", &result.seed.to_string()),
            ];
            let mut head = plain(&format!("dessim_{}", group[0].kind));
            for (key, value) in tags.into_iter().filter(|(_, value)| !value.is_empty()) {
                let _ = write!(head, ",{key}={}", escaped(value));
            }
            write_group(&head, series, group, epoch_s, out)?;
        }
    }
    Ok(())
}

fn write_group(
    head: &str,
    series: &Series,
    group: &[Track<'_>],
    epoch_s: u64,
    out: &mut impl Write,
) -> io::Result<()> {
    let keys: Vec<String> = group.iter().map(|track| plain(&track.metric)).collect();
    for (bin, (_, until)) in series.spans().enumerate() {
        let at = u128::from(epoch_s) * 1_000_000_000 + u128::from(until);
        let at = i64::try_from(at).map_err(|_| too_large("an instant past the year 2262"))?;
        let mut fields = String::new();
        for (key, track) in keys.iter().zip(group) {
            let value = match track.values[bin] {
                Scalar::Integer(value) => {
                    let value =
                        i64::try_from(value).map_err(|_| too_large("a number above 2^63"))?;
                    format!("{value}i")
                }
                Scalar::Float(value) => value.to_string(),
                Scalar::None => continue,
            };
            let comma = if fields.is_empty() { "" } else { "," };
            let _ = write!(fields, "{comma}{key}={value}");
        }
        // A line needs a field.
        if !fields.is_empty() {
            writeln!(out, "{head} {fields} {at}")?;
        }
    }
    Ok(())
}

fn too_large(what: &str) -> io::Error {
    let message = format!("line protocol cannot hold {what}");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (at, character) in name.char_indices() {
        let next = name.as_bytes().get(at + 1..at + 3);
        let coded = next.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        match character {
            ',' | ' ' | '=' => escaped.extend(['\\', character]),
            '\\' => escaped.push_str("%5C"),
            '%' if coded => escaped.push_str("%25"),
            c if c.is_ascii_control() => {
                let _ = write!(escaped, "%{:02X}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn text(result: &RunResult, epoch_s: u64) -> io::Result<String> {
        let mut bytes = Vec::new();
        write(result, epoch_s, &mut bytes)?;
        Ok(String::from_utf8(bytes).expect("it is text"))
    }

    #[test]
    fn a_small_series() {
        let written = text(&sample::over_time(), 1_700_000_000).expect("it fits");
        insta::assert_snapshot!(written);
    }

    #[test]
    fn names_are_escaped_and_come_back() {
        for (name, expected) in [
            ("a b,c=d", r"a\ b\,c\=d"),
            (r"back\slash\", "back%5Cslash%5C"),
            ("two\nlines", "two%0Alines"),
            ("10 % off", r"10\ %\ off"),
            ("50%25", "50%2525"),
            ("%5C%g", "%255C%g"),
            ("%é", "%é"),
            ("非同期 😀", r"非同期\ 😀"),
        ] {
            assert_eq!(escaped(name), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let far = text(&sample::over_time(), 9_223_372_037);
        let message = far.expect_err("the last bins are after 2262").to_string();
        assert_eq!(message, "line protocol cannot hold an instant past the year 2262");
        assert!(text(&sample::over_time(), 9_223_372_030).is_ok());
    }
}
