//! Reduces numbers for shorter runs, and rounds them for readers.

use super::Shrinker;
use crate::scenario::written::{Way, Written};

/// Deepest nesting.
const DEPTH: usize = 16;
/// Least reduction of the events of a run that justifies a smaller number: a twentieth.
const SHORTER: (u64, u64) = (19, 20);

/// A number with the text around it: `"`, digits, `ms"`.
#[derive(Clone, Debug, PartialEq)]
struct Numeral {
    before: &'static str,
    value: f64,
    /// True if it has a point, which some numbers of the language require.
    pointed: bool,
    after: String,
}

impl Numeral {
    fn read(leaf: &str) -> Option<Self> {
        let (before, text) = match leaf.strip_prefix('"') {
            Some(rest) => ("\"", rest),
            None => ("", leaf),
        };
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (digits, after) = text.split_at(end);
        // Neither a name that begins with a digit nor a quoted number without a unit is a number.
        let is_unit = |c: char| c.is_alphabetic() || matches!(c, '/' | '"' | 'µ');
        let unit = after.chars().all(is_unit) && after != "\"";
        let unit = unit && before.is_empty() == after.is_empty();
        let value: f64 = digits.parse().ok()?;
        (unit && value.is_finite()).then(|| Self {
            before,
            value,
            pointed: digits.contains('.'),
            after: after.to_owned(),
        })
    }

    fn with(&self, value: f64) -> String {
        let digits = match self.pointed && self.before.is_empty() {
            true => format!("{value:?}"),
            false => format!("{value}"),
        };
        format!("{}{digits}{}", self.before, self.after)
    }
}

/// A value rounded to this many significant digits.
fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

/// The number times `factor`, whole if it was whole.
fn smaller(numeral: &Numeral, factor: f64) -> f64 {
    let value = rounded(numeral.value * factor, 2);
    match numeral.value.fract() == 0.0 && numeral.value * factor >= 1.0 {
        true => value.round(),
        false => value,
    }
}

impl Shrinker<'_> {
    fn numbers(&self) -> Vec<(Way, Numeral)> {
        let ways = (1..=DEPTH).flat_map(|depth| self.tree.ways(depth));
        let numbers = ways.filter_map(|way| {
            let Some(Written::Leaf(text)) = self.tree.at(&way) else { return None };
            Some((way, Numeral::read(text)?))
        });
        let fixed = |(way, _): &(Way, Numeral)| {
            let path = self.tree.path(way);
            path != "schema" && path != "seed"
        };
        numbers.filter(fixed).collect()
    }

    fn changed(&self, changes: &[(&Way, String)]) -> Written {
        let mut tree = self.tree.clone();
        for (way, text) in changes {
            if let Some(leaf) = tree.at_mut(way) {
                *leaf = Written::Leaf(text.clone());
            }
        }
        tree
    }

    /// Records the change of a value; successive changes of one value are merged.
    fn record_change(&mut self, way: &Way, old: &Written) {
        let path = self.tree.path(way);
        let (Some(Written::Leaf(new)), Written::Leaf(old)) = (self.tree.at(way), old) else {
            return;
        };
        let lead = format!("{path}: ");
        let earlier = self.cuts.iter().rposition(|cut| cut.starts_with(&lead));
        let from = match earlier.map(|at| self.cuts.remove(at)) {
            Some(cut) => cut[lead.len()..].split(" to ").next().unwrap_or(old).to_owned(),
            None => old.clone(),
        };
        self.cuts.push(format!("{lead}{from} to {new}"));
    }

    /// Reduces numbers while the run gets shorter.
    pub(super) fn shorten(&mut self) {
        loop {
            let events = self.events;
            self.earlier();
            let mut at = 0;
            while let Some((way, numeral)) = self.numbers().get(at).cloned() {
                if self.is_over() {
                    return;
                }
                let mut candidates = vec![];
                for factor in [0.1, 0.5, 0.75] {
                    let value = smaller(&numeral, factor);
                    if value < numeral.value {
                        candidates.push(self.changed(&[(&way, numeral.with(value))]));
                    }
                }
                let old = self.tree.at(&way).cloned();
                let most = self.events * SHORTER.0 / SHORTER.1;
                match (self.first(&candidates, most), old) {
                    (Some(_), Some(old)) => self.record_change(&way, &old),
                    _ => at += 1,
                }
            }
            if self.events == events {
                return;
            }
        }
    }

    /// Moves all beginnings, and the end of the run, earlier by the same time.
    fn earlier(&mut self) {
        for factor in [0.1, 0.5, 0.75] {
            let numbers = self.numbers();
            let seconds = |numeral: &Numeral| {
                let unit = numeral.after.trim_end_matches('"');
                let one = crate::kernel::units::parse_duration(&format!("1{unit}")).ok()?;
                Some(one.as_ns() as f64 / 1e9)
            };
            let times: Vec<(&Way, &Numeral, f64, String)> = numbers
                .iter()
                .filter_map(|(way, numeral)| {
                    let path = self.tree.path(way);
                    let name = path.rsplit('.').next()?.to_owned();
                    let dated = matches!(name.as_str(), "from" | "until" | "start" | "duration");
                    let unit = seconds(numeral).filter(|_| dated)?;
                    Some((way, numeral, unit, name))
                })
                .collect();
            let begins = times.iter().filter(|(_, of, _, name)| name == "from" && of.value > 0.0);
            let first =
                begins.map(|(_, of, unit, _)| of.value * unit).fold(f64::INFINITY, f64::min);
            if !first.is_finite() {
                return;
            }
            let shift = first - rounded(first * factor, 2);
            let changes: Vec<(&Way, String)> = times
                .iter()
                .filter(|(_, of, unit, _)| of.value * unit > shift)
                .map(|(way, of, unit, _)| {
                    let value = (of.value * unit - shift) / unit;
                    (*way, of.with(rounded(value, 9)))
                })
                .collect();
            let candidate = self.changed(&changes);
            let before = self.tree.clone();
            let most = self.events * SHORTER.0 / SHORTER.1;
            if self.first(&[candidate], most).is_some() {
                for (way, _) in &changes {
                    if let Some(old) = before.at(way) {
                        self.record_change(way, old);
                    }
                }
            }
        }
    }

    /// Rounds numbers as long as the run does not get longer.
    pub(super) fn round(&mut self) {
        for (way, numeral) in self.numbers() {
            let old = self.tree.at(&way).cloned();
            let Some(Written::Leaf(text)) = &old else { continue };
            let rounder = (1..=2).map(|digits| numeral.with(rounded(numeral.value, digits)));
            let shorter: Vec<Written> = rounder
                .filter(|new| significant(new) < significant(text) && new.len() <= text.len())
                .map(|new| self.changed(&[(&way, new)]))
                .collect();
            if let (Some(_), Some(old)) = (self.first(&shorter, self.events), old) {
                self.record_change(&way, &old);
            }
        }
    }
}

/// Number of significant digits of a written number.
fn significant(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_distinguished_from_names() {
        let with = |leaf: &str, value: f64| Numeral::read(leaf).map(|of| of.with(value));
        assert_eq!(with("\"300s\"", 150.0), Some("\"150s\"".to_owned()));
        assert_eq!(with("\"60/s\"", 30.5), Some("\"30.5/s\"".to_owned()));
        assert_eq!(with("25.0", 3.0), Some("3.0".to_owned()));
        assert_eq!(with("40", 4.0), Some("4".to_owned()));
        for name in ["\"db\"", "\"4\"", "Frozen", "\"4 you\"", "true", "\"\""] {
            assert_eq!(Numeral::read(name), None, "{name}");
        }
    }

    #[test]
    fn rounder_is_fewer_digits() {
        assert_eq!((rounded(137.0, 1), rounded(137.0, 2)), (100.0, 140.0));
        assert!(significant("\"140s\"") < significant("\"137s\""));
        assert_eq!((significant("100"), significant("0.05")), (1, 1));
    }
}
