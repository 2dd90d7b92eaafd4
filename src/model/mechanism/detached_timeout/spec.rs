//! The specification of a timeout whose inside goes on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DetachedTimeout;
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::mechanism::timeout::{lints, spec::Spec as Timeout};
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
use crate::model::spec::layer::{LayerSpec, WITHOUT_LAYER};
use crate::model::spec::system::Around;
use crate::model::spec::word::{Word, word};

/// Gives up on a call after this time, above 0, as a `Timeout` does, but what is inside goes on to
/// its end for nobody: it keeps its permits of inner layers, and its service works on whatever the
/// `cancellation`. Attempts that still wait in the caller end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "DetachedTimeout", transparent)]
#[schemars(inline)]
pub struct Spec {
    /// Time from entry after which it gives up.
    #[schemars(extend("dessim:positive" = true))]
    pub after: Duration,
}

static ATTACHED: ChangeKind = ChangeKind::setting(
    "attached",
    "with a Timeout at {at}, which cancels what is inside",
    "a `Timeout` of the same time",
);

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let after = world.constant(self.after);
        Ok(world.machines().add(DetachedTimeout::new(after)))
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::never_fires(self.after, around));
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::inversion(around));
    }

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        let attached = Layer::Timeout(Timeout { after: self.after });
        vec![
            Alternative::without(&WITHOUT_LAYER, name),
            Alternative::new(Change::new(&ATTACHED, name), attached),
        ]
    }

    fn passes_all_load(&self, _: bool) -> bool {
        true
    }

    fn gives_up_after(&self) -> Option<Duration> {
        Some(self.after)
    }

    /// The call goes on as a copy.
    fn copies(&self) -> Option<u64> {
        Some(1)
    }

    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        let after = self.after.as_ns() as f64;
        Some(inside_ns.map_or(after, |inside| inside.min(after)))
    }
}

/// The declaration of detached timeouts.
pub static DECLARATION: Declaration = Declaration {
    name: "DetachedTimeout",
    kind: "detached_timeout",
    lints: &[],
    changes: &[&WITHOUT_LAYER, &ATTACHED],
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Layer"], &["abandon", "cancel_running_future", "interrupt_on_timeout",
        "timeout_without_cancellation"],
        "that is DetachedTimeout(\"1s\") here: what is inside goes on"),
];
