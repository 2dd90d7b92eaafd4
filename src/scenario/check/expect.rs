//! Checks expectations.

use super::Checker;
use super::lints::EVENT_AFTER_FAULT;
use crate::metrics::names::quoted;
use crate::scenario::expect::{Claim, Condition, Known, Likely, Period, Refusal, read};
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};

impl Checker<'_> {
    /// Checks all expectations. The scenario must be buildable, because names of metrics come from
    /// its components.
    pub(super) fn expectations(&mut self) {
        let scenario = self.scenario;
        if scenario.expect.is_empty() {
            return;
        }
        let known = Known::new(scenario);
        for (index, text) in scenario.expect.iter().enumerate() {
            let path = Path::root().field("expect").index(index);
            let claim = read(text, &known).and_then(|claim| match claim.instances(&known).len() {
                0 => Err(Refusal::new("no arm has all that this is about", "found")),
                _ => Ok(claim),
            });
            if let Ok(claim) = &claim
                && let Some(fault) = event_after(claim)
            {
                let fault = printable(&quoted(fault));
                let rule = format!("an event `after fault {fault}` is one after its end");
                let found = format!("found `after fault {fault}`");
                let hint = format!("to wait from its start on, write `since fault {fault}`");
                let problem = Problem::warning(&EVENT_AFTER_FAULT, &path, rule, found);
                self.problems.push(problem.hint(hint));
            }
            if let Err(refusal) = claim {
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

/// The fault after which a claim waits for an event. Older releases waited from the start of the
/// fault instead of its end, hence the warning.
fn event_after(claim: &Claim) -> Option<&str> {
    let mut condition = match claim {
        Claim::Holds(condition) | Claim::Likely(Likely { condition, .. }) => condition,
    };
    while let Condition::Not(of) = condition {
        condition = of;
    }
    match condition {
        Condition::Happens { period: Some(Period::After(fault)), .. } => Some(fault),
        _ => None,
    }
}
