//! Expectations: sentences about what there is.

use super::Checker;
use crate::scenario::expect::{Known, Refusal, read};
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};

impl Checker<'_> {
    /// Only of a scenario that can be built: what its components report is asked of them.
    pub(super) fn expectations(&mut self) {
        let scenario = self.scenario;
        if scenario.expect.is_empty() {
            return;
        }
        let known = Known::new(scenario);
        for (index, text) in scenario.expect.iter().enumerate() {
            let claim = read(text, &known).and_then(|claim| match claim.instances(&known).len() {
                0 => Err(Refusal::new("no arm has all that this is about", "found")),
                _ => Ok(()),
            });
            if let Err(refusal) = claim {
                let path = Path::root().field("expect").index(index);
                let found = match text.trim() {
                    "" => "found nothing".to_owned(),
                    text => format!("{} in `{}`", refusal.found, printable(text)),
                };
                let problem = Problem::error(&path, refusal.rule, found);
                self.problems.push(problem.maybe_hint(refusal.hint));
            }
        }
    }
}
