//! The specification of a deadline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::{Alternative, half, twice};
use crate::model::spec::building::Building;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
use crate::model::spec::layer::{LayerSpec, WITHOUT_LAYER};
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::system::Around;
use crate::model::spec::word::{Word, word};

/// Gives up on a call after this time, above 0, as a `Timeout` does, and holds for the calls that
/// services make for it too: their own deadlines end no later, timeouts are cut to the time left,
/// and a service with `refuses_expired` refuses attempts whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Deadline", transparent)]
#[schemars(inline)]
pub struct Spec {
    /// Time from entry to the deadline.
    #[schemars(extend("dessim:positive" = true))]
    pub after: Duration,
}

pub(crate) static DEADLINE_NEVER_FIRES: Lint = Lint {
    name: "deadline-never-fires",
    group: Group::Writing,
    about: "A deadline that is longer than a timeout or a deadline outside it, or than the run.",
    why: "The other one is always first, and a timeout does not travel: what is called is told of \
          an instant at which nobody waits any more. Often the two stand in the wrong order.",
    example: r#"calls: { "web": Call(to: "api", policy: [Timeout("1s"), Deadline("3s")]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [Deadline("3s"), Timeout("1s")]) },"#,
};

static DEADLINE: ChangeKind = ChangeKind::setting(
    "deadline",
    "with {to} instead of {from} at {at}",
    "half and twice the time",
);

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let after = world.constant(self.after);
        Ok(world.machines().add(super::Deadline::new(after)))
    }

    /// No deadline, and half and twice the time.
    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        let other = |to: Duration| {
            let change = Change::new(&DEADLINE, name).from(self.after).to(to);
            Alternative::new(change, Layer::Deadline(Self { after: to }))
        };
        let [shorter, longer] = [half(self.after), twice(self.after)].map(other);
        vec![Alternative::without(&WITHOUT_LAYER, name), shorter, longer]
    }

    fn passes_all_load(&self, cancels: bool) -> bool {
        !cancels
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        if let Some(found) = around.ends_before(self.after) {
            let rule = "this deadline is never what ends a call";
            findings.push(Finding::warning(&DEADLINE_NEVER_FIRES, &[], rule, found));
        }
    }

    fn lint(&self, _: &Around<'_>, _: &mut Vec<Finding>) {}

    fn gives_up_after(&self) -> Option<Duration> {
        Some(self.after)
    }

    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        let after = self.after.as_ns() as f64;
        Some(inside_ns.map_or(after, |inside| inside.min(after)))
    }
}

/// The declaration of deadlines.
pub static DECLARATION: Declaration = Declaration {
    name: "Deadline",
    kind: "deadline",
    lints: &[&DEADLINE_NEVER_FIRES],
    changes: &[&WITHOUT_LAYER, &DEADLINE],
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Layer"], &["propagate_deadline", "grpc_timeout", "request_deadline"],
        "that is Deadline(\"1s\") here: it travels along nested calls"),
];
