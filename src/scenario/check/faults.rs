//! Faults: windows on the clock.

use super::Checker;
use super::arms::View;
use super::lints::FAULT_WITHOUT_EFFECT;
use crate::scenario::problem::Problem;

impl Checker<'_> {
    pub(super) fn faults(&mut self, view: &View<'_>) {
        for (path, fault) in view.faults.values() {
            let (from, until) = (fault.from, fault.until);
            if from > until {
                let rule = format!("must not be before `from`, which is {from}");
                let found = format!("found {until}");
                self.add(Problem::error(&path.field("until"), rule, found));
            } else if let Some(end) = self.scenario.duration
                && from >= end
            {
                let rule = "this fault never happens";
                let found = format!("the run ends at {end}, before it begins");
                self.add(Problem::warning(&FAULT_WITHOUT_EFFECT, &path.field("from"), rule, found));
            } else if from == until {
                let rule = "this fault has no effect";
                let found = format!("it ends where it begins, at {from}");
                self.add(Problem::warning(
                    &FAULT_WITHOUT_EFFECT,
                    &path.field("until"),
                    rule,
                    found,
                ));
            }
        }
    }
}
