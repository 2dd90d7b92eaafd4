//! A sentence without an arm is about every arm that has what it names: one claim an arm.

use std::collections::BTreeSet;

use super::known::KnownArm;
use super::{Claim, Condition, Known, Likely, MetricRef, Period, Sum};

/// A claim in which every name has its arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The arm that stands where the sentence left it out; `None` if it left none out.
    pub arm: Option<String>,
    /// The claim about it.
    pub claim: Claim,
}

impl Claim {
    /// It for each arm that it is about, by name; empty if no arm has all that it names.
    #[must_use]
    pub fn instances(&self, known: &Known) -> Vec<Instance> {
        let condition = match self {
            Self::Holds(condition) | Self::Likely(Likely { condition, .. }) => condition,
        };
        let again = |condition: Condition| match self {
            Self::Holds(_) => Self::Holds(condition),
            Self::Likely(likely) => Self::Likely(Likely { condition, ..likely.clone() }),
        };
        let conditions = condition.instances(known).into_iter();
        conditions.map(|(arm, of)| Instance { arm, claim: again(of) }).collect()
    }
}

impl Condition {
    /// It for each arm that it is about, by name, with that name if it had been left out.
    #[must_use]
    pub fn instances(&self, known: &Known) -> Vec<(Option<String>, Self)> {
        if !self.is_open() {
            return if self.fits(known, "") { vec![(None, self.clone())] } else { Vec::new() };
        }
        let arms = known.arms.keys().filter(|arm| self.fits(known, arm));
        arms.map(|arm| (Some(arm.clone()), self.within_arm(arm))).collect()
    }

    /// The arms that it names.
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

    /// True if it leaves out the arm of anything.
    fn is_open(&self) -> bool {
        match self {
            Self::Compares(left, _, right) => left.is_open() || right.is_open(),
            Self::Recovers { arm, .. } | Self::Happens { arm, .. } | Self::Collapses { arm } => {
                arm.is_none()
            }
            Self::Not(of) => of.is_open(),
        }
    }

    /// True if everything it names exists, with `here` where it leaves out the arm.
    fn fits(&self, known: &Known, here: &str) -> bool {
        let arm = |arm: &Option<String>| known.arms.get(arm.as_deref().unwrap_or(here));
        match self {
            Self::Compares(left, _, right) => left.fits(known, here) && right.fits(known, here),
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
            Self::Not(of) => of.fits(known, here),
        }
    }

    fn within_arm(&self, here: &str) -> Self {
        let put = |arm: &Option<String>| arm.clone().or_else(|| Some(here.to_owned()));
        let mut condition = self.clone();
        match &mut condition {
            Self::Compares(left, _, right) => {
                left.put(here);
                right.put(here);
            }
            Self::Recovers { arm, .. } | Self::Happens { arm, .. } | Self::Collapses { arm } => {
                *arm = put(arm);
            }
            Self::Not(of) => **of = of.within_arm(here),
        }
        condition
    }
}

impl Sum {
    /// The arms that it names.
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

    fn fits(&self, known: &Known, here: &str) -> bool {
        match self {
            Self::Number(..) => true,
            Self::Metric(metric) => metric.fits(known, here),
            Self::Two(left, _, right) => left.fits(known, here) && right.fits(known, here),
            Self::Minus(of) => of.fits(known, here),
        }
    }

    fn put(&mut self, here: &str) {
        match self {
            Self::Number(..) => {}
            Self::Metric(metric) => {
                metric.arm.get_or_insert_with(|| here.to_owned());
            }
            Self::Two(left, _, right) => {
                left.put(here);
                right.put(here);
            }
            Self::Minus(of) => of.put(here),
        }
    }
}

impl KnownArm {
    /// True if it has the fault that the period goes by.
    fn has(&self, period: Option<&Period>) -> bool {
        period.and_then(Period::fault).is_none_or(|fault| self.faults.contains(fault))
    }
}

impl MetricRef {
    fn fits(&self, known: &Known, here: &str) -> bool {
        let Some(arm) = known.arms.get(self.arm.as_deref().unwrap_or(here)) else {
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
