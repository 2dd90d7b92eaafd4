//! The specification of a timeout.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Timeout, alternatives, lints};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::{Addition, Alternative};
use crate::model::spec::building::Building;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::{Around, Pipeline, System};
use crate::model::spec::word::{Word, word};

/// Gives up on a call after this time, above 0. Outside a `Retry` it bounds the whole call, inside
/// it each attempt. It does not cover layers outside it, such as the line of a bulkhead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Timeout", transparent)]
#[schemars(inline)]
pub struct Spec {
    /// Time from entry after which it gives up.
    #[schemars(extend("dessim:positive" = true))]
    pub after: Duration,
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let after = world.constant(self.after);
        Ok(world.machines().add(Timeout::new(after)))
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::never_fires(self.after, around));
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::inversion(around));
    }

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        alternatives::alternatives(self, name)
    }

    fn addition(pipeline: &Pipeline<'_>, system: &System<'_>) -> Option<Addition> {
        alternatives::addition(pipeline, system)
    }

    fn passes_all_load(&self, cancels: bool) -> bool {
        !cancels
    }

    fn gives_up_after(&self) -> Option<Duration> {
        Some(self.after)
    }

    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        let after = self.after.as_ns() as f64;
        Some(inside_ns.map_or(after, |inside| inside.min(after)))
    }
}

/// The declaration of timeouts.
pub static DECLARATION: Declaration = Declaration {
    name: "Timeout",
    kind: "timeout",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Layer"], &["time_limiter", "time_limit"], "that is Timeout(\"1s\") here"),
    word(&[], &["timeout", "tiemout", "timeouts", "per_try_timeout", "time_limiter"],
        "that is a layer of a policy: policy: [Timeout(\"120ms\")]"),
];
