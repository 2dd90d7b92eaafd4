//! Zones: numbers of replicas of a service, or of clients of a caller, in each.

use std::collections::BTreeMap;
use std::ops::Range;

use super::finding::{Finding, Segment};

/// Numbers of replicas or clients, by name of the zone.
pub type Zones = BTreeMap<String, u32>;

/// The sum over the zones, or `alone` without zones.
#[must_use]
pub fn count(zones: &Zones, alone: u32) -> u32 {
    if zones.is_empty() { alone } else { zones.values().fold(0, |sum, of| sum.saturating_add(*of)) }
}

/// The zones by name, each with the range of its replicas or clients, counted from 0.
pub fn ranges(zones: &Zones) -> impl Iterator<Item = (&str, Range<u32>)> {
    zones.iter().scan(0_u32, |next, (name, count)| {
        let first = *next;
        *next = first.saturating_add(*count);
        Some((name.as_str(), first..*next))
    })
}

/// Checks the rules of zones and of the field `counted`, with the value `alone` and the limit
/// `most`.
pub fn check(
    zones: &Zones,
    (counted, alone): (&'static str, u32),
    most: u32,
    findings: &mut Vec<Finding>,
) {
    for (name, _) in zones.iter().filter(|(_, count)| **count == 0) {
        let place = [Segment::field("zones"), Segment::Key(name.clone())];
        let finding = Finding::error(&place, "must be at least 1", "found 0");
        findings.push(finding.hint("leave out an empty zone"));
    }
    let sum: u64 = zones.values().map(|count| u64::from(*count)).sum();
    if sum > u64::from(most) {
        let rule = format!("the zones have {most} {counted} together at most");
        let place = [Segment::field("zones")];
        findings.push(Finding::error(&place, rule, format!("they have {sum}")));
    } else if !zones.is_empty() && alone != 1 && u64::from(alone) != sum {
        let rule = format!("`{counted}` is the sum of the zones, which is {sum}");
        let finding = Finding::error(&[Segment::field(counted)], rule, format!("found {alone}"));
        findings.push(finding.hint(format!("leave `{counted}` out: the zones say how many")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_take_numbers_in_turn() {
        let zones = Zones::from([("b".to_owned(), 2), ("a".to_owned(), 3)]);
        let ranges: Vec<_> = ranges(&zones).collect();
        assert_eq!(ranges, [("a", 0..3), ("b", 3..5)]);
        assert_eq!((count(&zones, 1), count(&Zones::new(), 7)), (5, 7));
    }
}
