//! A warning about requests cut off by the end of a run, if they could change printed ratios.

use super::format::{count, cut, percent};
use crate::report::result::{ArmResult, RunResult};

/// Last printed digit of a ratio: a tenth of a percent.
const LAST_DIGIT: f64 = 0.001;

/// Most arms that the warning names.
const NAMED: usize = 3;

/// Advice of the warning.
pub(in crate::report) const COOL_DOWN: &str = "a `cool_down` as long as a request takes lets them \
    end (the load goes on, but what arrives in it does not count)";

/// A warning if requests in flight at the end of a run could change a ratio of an arm by more than
/// its last printed digit; `None` for a run that stopped early, which has a warning of its own.
#[must_use]
pub fn unfinished(result: &RunResult) -> Option<String> {
    let cut_off =
        |arm: &&ArmResult| arm.requests.in_flight as f64 > LAST_DIGIT * arm.requests.offered as f64;
    let arms: Vec<_> = result.arms.iter().filter(|(_, arm)| cut_off(arm)).collect();
    if result.stopped.is_some() || arms.is_empty() {
        return None;
    }
    let alone = result.arms.len() == 1;
    let clause = |(name, arm): &(&String, &ArmResult)| {
        let requests = &arm.requests;
        let ratio = |succeeded: u64| percent(succeeded as f64 / requests.offered as f64);
        let place = if alone { String::new() } else { format!(" of {}", cut(name, 30)) };
        format!(
            "{} of {} requests{place} ({} to {} succeed)",
            count(requests.in_flight),
            count(requests.offered),
            ratio(requests.succeeded),
            ratio(requests.succeeded + requests.in_flight),
        )
    };
    let mut clauses: Vec<String> = arms.iter().take(NAMED).map(clause).collect();
    if arms.len() > NAMED {
        clauses.push(format!("{} more arms", arms.len() - NAMED));
    }
    Some(format!("in flight at the end: {}; {COOL_DOWN}", clauses.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::result::Requests;
    use crate::report::sample::{arm, healthy, run};

    fn cut_off(in_flight: u64) -> ArmResult {
        let succeeded = 2_000 - in_flight;
        arm(Requests { offered: 2_000, succeeded, in_flight, ..Requests::default() })
    }

    #[test]
    fn requests_that_could_change_the_last_digit_are_warned_of() {
        assert_eq!(unfinished(&run(&[("main", healthy(0))])), None);
        assert_eq!(unfinished(&run(&[("main", cut_off(2))])), None);
        let text = unfinished(&run(&[("main", cut_off(3))])).expect("0.15 %");
        let numbers = "in flight at the end: 3 of 2,000 requests (99.9 % to 100 % succeed); ";
        assert_eq!(text, format!("{numbers}{COOL_DOWN}"));
    }

    #[test]
    fn of_many_arms_a_few_are_named() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let arms: Vec<_> = names.map(|name| (name, cut_off(40))).into();
        let text = unfinished(&run(&arms)).expect("2 %");
        assert!(text.contains("40 of 2,000 requests of c (98.0 % to 100 % succeed), 3 more arms;"));
    }
}
