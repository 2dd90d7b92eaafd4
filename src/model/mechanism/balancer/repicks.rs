//! The field `max_repicks` of calls and groups of consumers, the lint where it has no effect, and
//! the what-if where it may have one.

use super::spec::{Balancing, Ends};
use crate::metrics::change::{Change, ChangeKind};
use crate::model::mechanism::Layer;
use crate::model::mechanism::service::spec::Spec as Service;
use crate::model::spec::alternative::Alternative;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::system::attempts;

/// True for the default, which is not written.
#[must_use]
pub const fn is_zero(max_repicks: &u32) -> bool {
    *max_repicks == 0
}

/// Warns of a `max_repicks` without effect, between `policy` and the replicas of `ends`.
pub fn check(
    max_repicks: u32,
    balancing: &Balancing,
    policy: &[Layer],
    ends: &Ends<'_>,
    findings: &mut Vec<Finding>,
) {
    if max_repicks == 0 {
        return;
    }
    let (found, hint) = match (ends.replicas(), balancing) {
        (1, _) => (format!("\"{}\" has one replica", ends.to), "give the service `replicas`"),
        (_, Balancing::Subset { size: 1, .. }) => {
            ("each client knows one replica".to_owned(), "a larger `size` of the Subset")
        }
        _ if sends_once(policy) => (
            "no Retry and no Hedge in `policy` makes a second attempt".to_owned(),
            "policy: [Retry(max_attempts: 2)], or leave it out",
        ),
        _ => return,
    };
    let rule = "no attempt can avoid a replica here";
    let finding = Finding::warning(&REPICKS_WITHOUT_EFFECT, &[], rule, found);
    findings.push(finding.hint(hint).inside(&[Segment::field("max_repicks")]));
}

/// As many repicks as an explanation tries: by chance, four picks find the other of two replicas
/// in 15 cases of 16.
const TRIED: u32 = 3;

/// What could stand in the place of none at the balancer `name`, which chooses among the replicas
/// of a service, behind a policy.
#[must_use]
pub fn alternative(
    max_repicks: u32,
    balancing: &Balancing,
    policy: &[Layer],
    name: &str,
    to: &Service,
) -> Option<Alternative<u32>> {
    let one = to.all_replicas() == 1 || matches!(balancing, Balancing::Subset { size: 1, .. });
    let worth = max_repicks == 0 && !one && !sends_once(policy);
    worth.then(|| Alternative::new(Change::new(&AVOIDING, name).to(TRIED), TRIED))
}

pub(super) static AVOIDING: ChangeKind = ChangeKind::setting(
    "repicks",
    "with up to {to} repicks at {at}, so that attempts avoid replicas tried before",
    "three repicks, where a call is sent more than once and may meet a replica again",
);

/// True if no layer sends a call more than once.
fn sends_once(policy: &[Layer]) -> bool {
    attempts(policy).unwrap_or(1) == 1
        && policy.iter().all(|layer| layer.spec().copies().is_none_or(|copies| copies == 1))
}

pub(crate) static REPICKS_WITHOUT_EFFECT: Lint = Lint {
    name: "repicks-without-effect",
    group: Group::Writing,
    about: "`max_repicks` where a call has no second attempt, or no second replica to send it to.",
    why: "What it avoids is a replica that the same call has tried, by a retry or by another copy \
          of a hedge. A message that is delivered again is a call of its own.",
    example: r#"services: { "api": Service(time: Constant("1ms"), replicas: 3) },
calls: { "web": Call(to: "api", policy: [Timeout("1s")], max_repicks: 3) },"#,
    mended: r#"services: { "api": Service(time: Constant("1ms"), replicas: 3) },
calls: { "web": Call(to: "api",
    policy: [Retry(max_retries: 1), Timeout("1s")], max_repicks: 3) },"#,
};
