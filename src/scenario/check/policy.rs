//! Policies: layers by themselves and in their order.

use super::lints::{RETRIES_MULTIPLY, RETRY_NEVER_RETRIES, TIMEOUT_NEVER_FIRES};
use super::{Checker, distribution};
use crate::kernel::time::Duration;
use crate::model::mechanism::breaker::rules::broken_by;
use crate::scenario::path::Path;
use crate::scenario::problem::Problem;
use crate::scenario::schema::{Backoff, Layer, Retry, RetryBudget, Timeout};

impl Checker<'_> {
    pub(super) fn policy(&mut self, at: &Path, layers: &[Layer]) {
        for (index, layer) in layers.iter().enumerate() {
            let here = at.index(index);
            match layer {
                Layer::Timeout(Timeout { after }) => {
                    self.timeout(&here.variant("Timeout"), *after, &layers[..index]);
                }
                Layer::Retry(Retry { backoff, budget, retry_on, .. }) => {
                    let here = here.variant("Retry");
                    self.attempts(&here, layer);
                    self.nested_retry(&here, layer, &layers[..index]);
                    self.backoff(&here.field("backoff"), backoff);
                    if let Some(budget) = budget {
                        self.budget(&here.field("budget"), budget);
                    }
                    if retry_on.is_empty() {
                        let found = "no outcome is retried";
                        let path = here.field("retry_on");
                        self.add(Problem::warning(
                            &RETRY_NEVER_RETRIES,
                            &path,
                            "this retry never retries",
                            found,
                        ));
                    }
                }
                Layer::Breaker(breaker) => {
                    let here = here.variant("Breaker");
                    let is_retry = |layer: &Layer| matches!(layer, Layer::Retry(_));
                    let retries_inside = layers[index + 1..].iter().any(is_retry);
                    for broken in broken_by(breaker, retries_inside) {
                        let path =
                            broken.place.iter().fold(here.clone(), |path, name| path.field(name));
                        let problem = Problem::error(&path, broken.rule, broken.found);
                        self.add(problem.maybe_hint(broken.hint));
                    }
                }
                Layer::Bulkhead(_) => {}
            }
        }
    }

    fn timeout(&mut self, at: &Path, after: Duration, outside: &[Layer]) {
        let rule = "this timeout never fires";
        let outer = outside.iter().filter_map(|layer| match layer {
            Layer::Timeout(Timeout { after: outer }) => Some(*outer),
            _ => None,
        });
        if let Some(outer) = outer.min().filter(|outer| *outer < after) {
            let found = format!("a timeout outside it gives up after {outer}");
            self.add(Problem::warning(&TIMEOUT_NEVER_FIRES, at, rule, found));
        } else if let Some(end) = self.scenario.duration.filter(|end| *end < after) {
            let found = format!("the run ends at {end}");
            self.add(Problem::warning(&TIMEOUT_NEVER_FIRES, at, rule, found));
        }
    }

    fn attempts(&mut self, at: &Path, layer: &Layer) {
        let Layer::Retry(Retry { max_retries, max_attempts, .. }) = layer else {
            return;
        };
        match (max_retries, max_attempts) {
            (None, None) => {
                let rule = "needs `max_retries` or `max_attempts`";
                let problem = Problem::error(at, rule, "has neither");
                let hint = "max_retries does not count the first try, max_attempts does";
                self.add(problem.hint(hint));
            }
            (Some(retries), Some(attempts)) => {
                let rule = "`max_retries` and `max_attempts` say the same thing: give one";
                let found = format!("given as well as `max_retries: {retries}`");
                let problem = Problem::error(&at.field("max_attempts"), rule, found).of_name();
                let same = u64::from(*retries) + 1;
                let hint = match u64::from(*attempts) == same {
                    true => "remove either: both mean the same here".to_owned(),
                    false => format!(
                        "an attempt counts the first try, a retry does not: \
                         max_retries: {retries} is max_attempts: {same}"
                    ),
                };
                self.add(problem.hint(hint));
            }
            _ => {}
        }
    }

    fn nested_retry(&mut self, at: &Path, layer: &Layer, outside: &[Layer]) {
        let product =
            outside.iter().filter_map(attempts_of).fold(None, |product: Option<u64>, attempts| {
                Some(product.unwrap_or(1).saturating_mul(attempts))
            });
        let (Some(outer), Some(inner)) = (product, attempts_of(layer)) else {
            return;
        };
        let total = outer.saturating_mul(inner);
        let rule = format!("retries multiply: up to {total} attempts for one request");
        let found = format!("{inner} attempts, for each of {outer} of the retry outside");
        self.add(Problem::warning(&RETRIES_MULTIPLY, at, rule, found));
    }

    fn budget(&mut self, at: &Path, budget: &RetryBudget) {
        if budget.cost > budget.capacity {
            let rule = "this budget can never pay for a retry";
            let found =
                format!("it holds at most {}, a retry costs {}", budget.capacity, budget.cost);
            let problem = Problem::error(&at.field("capacity"), rule, found);
            self.add(problem.hint("for no retries, write max_retries: 0"));
        }
    }

    pub(super) fn backoff(&mut self, at: &Path, backoff: &Backoff) {
        let (variant, base, cap) = match backoff {
            Backoff::None | Backoff::Constant(_) => return,
            Backoff::Random(random) => {
                let at = at.variant("Random");
                return distribution::check(&at, random, &mut |problem| self.add(problem));
            }
            Backoff::Exponential { base, cap, .. } => ("Exponential", *base, *cap),
            Backoff::Decorrelated { base, cap } => ("Decorrelated", *base, Some(*cap)),
        };
        if let Some(cap) = cap.filter(|cap| *cap < base) {
            let rule = format!("must not be below `base`, which is {base}");
            let path = at.variant(variant).field("cap");
            self.add(Problem::error(&path, rule, format!("found {cap}")));
        }
    }
}

/// The attempts of a retry, the first included; `None` of another layer.
pub(super) fn attempts_of(layer: &Layer) -> Option<u64> {
    match layer {
        Layer::Retry(Retry { max_retries, max_attempts, .. }) => {
            max_attempts.map(u64::from).or(max_retries.map(|retries| u64::from(retries) + 1))
        }
        _ => None,
    }
}
