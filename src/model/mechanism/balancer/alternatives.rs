//! The what-ifs of a balancer.

use super::outliers::alternatives::{EJECTIONS, WITHOUT_EJECTIONS};
use super::repicks::AVOIDING;
use super::spec::Balancing;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::mechanism::service::spec::Spec as Service;
use crate::model::spec::alternative::Alternative;

pub(super) static CHANGES: &[&ChangeKind] =
    &[&LESS_LOADED, &IN_TURN, &AVOIDING, &EJECTIONS, &WITHOUT_EJECTIONS];

static LESS_LOADED: ChangeKind = ChangeKind::setting(
    "less_loaded",
    "with the less loaded of two replicas at {at}",
    "power of two choices, where the present algorithm ignores load",
);

static IN_TURN: ChangeKind = ChangeKind::setting(
    "in_turn",
    "with replicas in turn at {at}",
    "round robin, where the present algorithm compares loads",
);

impl Balancing {
    /// The what-ifs of the balancer `name` in front of `service`, if that has several replicas: by
    /// load, where the present algorithm ignores load, and otherwise in turn.
    #[must_use]
    pub fn alternatives(&self, name: &str, service: &Service) -> Vec<Alternative<Self>> {
        let has_choice = service.all_replicas() > 1;
        let (kind, other) = self.other();
        if has_choice { vec![Alternative::new(Change::new(kind, name), other)] } else { Vec::new() }
    }

    /// The other algorithm to try, within zones or subsets if there are any.
    fn other(&self) -> (&'static ChangeKind, Self) {
        match self {
            Self::RoundRobin | Self::Random | Self::Weighted(_) | Self::ConsistentHash { .. } => {
                (&LESS_LOADED, Self::PowerOfTwo)
            }
            Self::LeastRequest
            | Self::PowerOfTwo
            | Self::Choices(_)
            | Self::Ewma { .. }
            | Self::PeakEwma { .. } => (&IN_TURN, Self::RoundRobin),
            Self::ZoneAware { min_cluster_size, routing_enabled, child } => {
                let (min_cluster_size, routing_enabled) = (*min_cluster_size, *routing_enabled);
                let (kind, child) = child.other();
                let child = Box::new(child);
                (kind, Self::ZoneAware { min_cluster_size, routing_enabled, child })
            }
            Self::Subset { size, child } => {
                let (kind, child) = child.other();
                (kind, Self::Subset { size: *size, child: Box::new(child) })
            }
        }
    }
}
