//! Instances of claims: a sentence without an arm is one claim for each arm that has its names.

use std::collections::BTreeSet;

use super::known::KnownArm;
use super::{Claim, Condition, Known, Likely, MetricRef, Period, Sum};

/// A claim in which every name has its arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The arm that the sentence leaves out; `None` if it names all arms.
    pub arm: Option<String>,
    /// The claim with that arm.
    pub claim: Claim,
}

impl Claim {
    /// The claim for each arm that has its names, by name; empty if no arm has all of them.
    #[must_use]
    pub fn instances(&self, known: &Known) -> Vec<Instance> {
        let condition = match self {
            Self::Holds(condition) | Self::Likely(Likely { condition, .. }) => condition,
        };
        let with = |condition: Condition| match self {
            Self::Holds(_) => Self::Holds(condition),
            Self::Likely(likely) => Self::Likely(Likely { condition, ..likely.clone() }),
        };
        let conditions = condition.instances(known).into_iter();
        conditions.map(|(arm, condition)| Instance { arm, claim: with(condition) }).collect()
    }
}

impl Condition {
    /// The condition for each arm that has its names, by name, with the arm set where left out.
    #[must_use]
    pub fn instances(&self, known: &Known) -> Vec<(Option<String>, Self)> {
        if !self.is_open() {
            return if self.fits(known, "") { vec![(None, self.clone())] } else { Vec::new() };
        }
        let arms = known.arms.keys().filter(|arm| self.fits(known, arm));
        arms.map(|arm| (Some(arm.clone()), self.within_arm(arm))).collect()
    }

    /// The arms that are named.
    #[must_use]
    pub fn arms(&self) -> BTreeSet<&str> {
        match self {
            Self::Compares(left, _, right) => {
                let mut arms = left.arms();
                arms.extend(right.arms());
                arms
            }
            Self::Recovers { arm, .. } | Self::Happens { arm, .. } | Self::Collapses { arm } => {
                arm.as_deref().into_iter().collect()
            }
            Self::Not(of) => of.arms(),
        }
    }

    /// True if the arm of any name is left out.
    fn is_open(&self) -> bool {
        match self {
            Self::Compares(left, _, right) => left.is_open() || right.is_open(),
            Self::Recovers { arm, .. } | Self::Happens { arm, .. } | Self::Collapses { arm } => {
                arm.is_none()
            }
            Self::Not(of) => of.is_open(),
        }
    }

    /// True if every name exists, with `default` where the arm is left out.
    fn fits(&self, known: &Known, default: &str) -> bool {
        let arm = |arm: &Option<String>| known.arms.get(arm.as_deref().unwrap_or(default));
        match self {
            Self::Compares(left, _, right) => {
                left.fits(known, default) && right.fits(known, default)
            }
            Self::Recovers { arm: of, fault, .. } => {
                arm(of).is_some_and(|known| known.faults.contains(fault))
            }
            Self::Happens { arm: of, component, kind, period, .. } => {
                arm(of).is_some_and(|known| {
                    let parts = known.components.get(component);
                    let parts = parts.map_or(&[][..], Vec::as_slice);
                    parts.iter().any(|part| part.kind == *kind) && known.has(period.as_ref())
                })
            }
            Self::Collapses { arm: of } => arm(of).is_some(),
            Self::Not(of) => of.fits(known, default),
        }
    }

    /// The condition with `default` where the arm is left out.
    fn within_arm(&self, default: &str) -> Self {
        let mut condition = self.clone();
        match &mut condition {
            Self::Compares(left, _, right) => {
                left.set_arm(default);
                right.set_arm(default);
            }
            Self::Recovers { arm, .. } | Self::Happens { arm, .. } | Self::Collapses { arm } => {
                arm.get_or_insert_with(|| default.to_owned());
            }
            Self::Not(of) => **of = of.within_arm(default),
        }
        condition
    }
}

impl Sum {
    /// The arms that are named.
    #[must_use]
    pub fn arms(&self) -> BTreeSet<&str> {
        match self {
            Self::Number(..) => BTreeSet::new(),
            Self::Metric(metric) => metric.arm.as_deref().into_iter().collect(),
            Self::Two(left, _, right) => {
                let mut arms = left.arms();
                arms.extend(right.arms());
                arms
            }
            Self::Minus(of) => of.arms(),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Self::Number(..) => false,
            Self::Metric(metric) => metric.arm.is_none(),
            Self::Two(left, _, right) => left.is_open() || right.is_open(),
            Self::Minus(of) => of.is_open(),
        }
    }

    fn fits(&self, known: &Known, default: &str) -> bool {
        match self {
            Self::Number(..) => true,
            Self::Metric(metric) => metric.fits(known, default),
            Self::Two(left, _, right) => left.fits(known, default) && right.fits(known, default),
            Self::Minus(of) => of.fits(known, default),
        }
    }

    /// Sets the arm of every metric without one.
    fn set_arm(&mut self, default: &str) {
        match self {
            Self::Number(..) => {}
            Self::Metric(metric) => {
                metric.arm.get_or_insert_with(|| default.to_owned());
            }
            Self::Two(left, _, right) => {
                left.set_arm(default);
                right.set_arm(default);
            }
            Self::Minus(of) => of.set_arm(default),
        }
    }
}

impl KnownArm {
    /// True if the arm has the fault of the period, or the period has none.
    fn has(&self, period: Option<&Period>) -> bool {
        period.and_then(Period::fault).is_none_or(|fault| self.faults.contains(fault))
    }
}

impl MetricRef {
    fn fits(&self, known: &Known, default: &str) -> bool {
        let Some(arm) = known.arms.get(self.arm.as_deref().unwrap_or(default)) else {
            return false;
        };
        if !arm.has(self.period.as_ref()) {
            return false;
        }
        if self.component.is_empty() {
            return true;
        }
        let parts = arm.components.get(&self.component);
        let mut metrics = parts.into_iter().flatten().flat_map(|part| &part.metrics);
        metrics.any(|(name, _)| *name == self.metric)
    }
}
