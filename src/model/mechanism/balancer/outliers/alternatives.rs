//! The what-ifs of outlier detection.

use super::spec::Spec;
use crate::metrics::change::{Change, ChangeKind, LinkKind};
use crate::model::mechanism::service::spec::Spec as Service;
use crate::model::spec::alternative::Alternative;

pub(in super::super) static WITHOUT_EJECTIONS: ChangeKind = ChangeKind::setting(
    "without_ejections",
    "without outlier detection at {at}",
    "no replica is ejected, where some can be",
)
.cutting(LinkKind::State);

pub(in super::super) static EJECTIONS: ChangeKind = ChangeKind::setting(
    "ejections",
    "with outlier detection at {at}",
    "ejection after five failures in a row, of one replica at least, where a fault hits one of \
     several",
);

/// Failures in a row that eject a replica in Envoy, unless told otherwise.
const FAILURES: u32 = 5;

/// What could stand in the place of the outlier detection of the balancer `name`, in front of a
/// service of which a fault hits one replica or not.
#[must_use]
pub fn alternative(
    spec: Option<&Spec>,
    name: &str,
    to: &Service,
    hits_one: bool,
) -> Option<Alternative<Spec>> {
    if spec.is_some() {
        return Some(Alternative::without(&WITHOUT_EJECTIONS, name));
    }
    let worth = hits_one && to.all_replicas() > 1;
    worth.then(|| Alternative::new(Change::new(&EJECTIONS, name), Spec::one_at_least(FAILURES)))
}
