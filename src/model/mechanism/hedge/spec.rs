//! The specification of a hedge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{After, Config, Hedge, MOST, alternatives};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::mechanism::retry::spec::RetryOn;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::system::Around;
use crate::model::spec::word::{Word, word};

/// Sends further copies of a call that has no answer yet, each through the inner layers. The first
/// success is the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Hedge", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Wait before each further copy; 0s sends all at once. With `quantile` it is the wait until
    /// enough latencies are known. Give this, `quantile` or both.
    #[serde(default)]
    pub after: Option<Duration>,
    /// Waits for this quantile of the latest latencies of successful calls: with 0.95, one call in
    /// twenty is copied while latencies do not change. Until `window` latencies are known the wait
    /// is `after`; without `after`, only failures cause copies until then.
    #[serde(default)]
    pub quantile: Option<Ratio>,
    /// Number of latencies for `quantile`, from 1 to 10,000. Default 1,000.
    #[serde(default = "window")]
    #[schemars(range(min = 1, max = 10000))]
    pub window: u32,
    /// Most further copies of one call, from 1 to 10. Default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    pub max: u32,
    /// What happens to copies in flight when the outcome is known. Default `Cancel`.
    #[serde(default)]
    pub losers: Losers,
    /// Failures of a copy that do not end the call: the next copy is sent at once, and when all
    /// copies have failed, the outcome is the failure of the first. Any other failure ends the
    /// call. Default all four; with `[]` any failure ends the call.
    #[serde(default = "RetryOn::all")]
    pub non_fatal: Vec<RetryOn>,
}

/// What happens to copies in flight when the outcome is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Losers {
    /// They are cancelled, and the service treats them by its `cancellation`.
    #[default]
    Cancel,
    /// They go on to their end for nobody, whatever the `cancellation` of the service, and keep
    /// their permits of inner layers. Copies that still wait in the caller end.
    Leave,
    /// They are cancelled, and the outcome waits until they have ended: at once if `cancellation`
    /// is `Immediate`, when the service has finished them if it works on.
    Await,
}

fn window() -> u32 {
    1_000
}

fn one() -> u32 {
    1
}

pub(crate) static HEDGE_NEVER_COPIES: Lint = Lint {
    name: "hedge-never-copies",
    group: Group::Writing,
    about: "A hedge that waits at least as long as a timeout around it.",
    why: "The call is over before the first further copy is sent, so the hedge does nothing unless \
          a copy fails. A hedge waits for some high quantile of the latency, a timeout for more.",
    example: r#"calls: { "web": Call(to: "api",
    policy: [Timeout("100ms"), Hedge(after: "200ms")]) },"#,
    mended: r#"calls: { "web": Call(to: "api",
    policy: [Timeout("1s"), Hedge(after: "200ms")]) },"#,
};

pub(crate) static HEDGES_MULTIPLY: Lint = Lint {
    name: "hedges-multiply",
    group: Group::Design,
    about: "A hedge within a hedge.",
    why: "Each copy is copied: two hedges with one further copy each send four attempts of one \
          call, at the moment at which the service is slowest.",
    example: r#"calls: { "web": Call(to: "api",
    policy: [Hedge(after: "200ms"), Hedge(after: "50ms")]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [Hedge(after: "50ms")]) },"#,
};

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let fixed = self.after.map(|after| world.constant(after));
        let after = match (self.quantile, fixed) {
            (Some(quantile), before) => {
                After::Quantile { of: quantile.get(), window: self.window, before }
            }
            (None, fixed) => After::Constant(fixed.unwrap_or(Delay::varying(Duration::ZERO))),
        };
        let hedge = Config {
            after,
            max: self.max,
            losers: match self.losers {
                Losers::Cancel => super::Losers::Cancel,
                Losers::Leave => super::Losers::Leave,
                Losers::Await => super::Losers::Await,
            },
            non_fatal: RetryOn::outcomes(&self.non_fatal),
            site: world.site("copy"),
        };
        Ok(world.machines().add(Hedge::new(hedge)))
    }

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        let alternatives = alternatives::alternatives(self, name);
        alternatives.into_iter().map(|alternative| alternative.map(Layer::Hedge)).collect()
    }

    fn passes_all_load(&self, _: bool) -> bool {
        true
    }

    fn normalise(&mut self) {
        self.non_fatal.sort_unstable();
        self.non_fatal.dedup();
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        if self.after.is_none() && self.quantile.is_none() {
            let rule = "needs `after` or `quantile`";
            let hint = "after: \"100ms\" waits so long, quantile: 0.95 for what 95 % of the calls \
                        have taken";
            findings.push(Finding::error(&[], rule, "has neither").hint(hint));
        }
        if let (Some(after), None) = (self.after, self.quantile)
            && let Some((outer, gives_up)) = around.gives_up_first()
            && after >= outer
        {
            let rule = "this hedge sends no copy in time";
            let found = format!("a {gives_up} outside it gives up after {outer}");
            let place = [Segment::field("after")];
            findings.push(Finding::warning(&HEDGE_NEVER_COPIES, &place, rule, found));
        }
        let outside = around.outside().iter();
        let outer = outside.filter_map(|layer| layer.spec().copies()).reduce(u64::saturating_mul);
        if let (Some(outer @ 2..), Some(inner)) = (outer, self.copies()) {
            let total = outer.saturating_mul(inner);
            let rule = format!("hedges multiply: up to {total} copies of one call");
            let found = format!("{inner} copies, for each of {outer} of the hedge outside");
            findings.push(Finding::warning(&HEDGES_MULTIPLY, &[], rule, found));
        }
    }

    fn lint(&self, _: &Around<'_>, _: &mut Vec<Finding>) {}

    fn copies(&self) -> Option<u64> {
        Some(u64::from(self.max.min(MOST)) + 1)
    }

    /// The last copy starts after all delays, and bounds the call.
    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        let delays = match (self.after, self.quantile) {
            (Some(after), None) => f64::from(self.max) * after.as_ns() as f64,
            _ => return None,
        };
        Some(inside_ns? + delays)
    }
}

/// The declaration of hedges.
pub static DECLARATION: Declaration = Declaration {
    name: "Hedge",
    kind: "hedge",
    lints: &[&HEDGE_NEVER_COPIES, &HEDGES_MULTIPLY],
    changes: alternatives::CHANGES,
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Hedge"], &["delay", "hedging_delay", "cutoff", "preconfigured_cutoff", "wait"],
        "that is `after` here"),
    word(&["Hedge"], &["percentile", "latency_percentile", "hedge_quantile"],
        "that is `quantile` here, a ratio: quantile: 0.95"),
    word(&["Hedge"], &["max_hedged_attempts", "max_hedges", "copies", "hedges"],
        "that is `max` here: copies beside the first"),
    word(&["Hedge"], &["max_attempts"],
        "write `max`, which does not count the first copy: max_attempts: 3 is max: 2"),
    word(&["Hedge"], &["non_fatal_status_codes", "should_handle", "retry_on"],
        "that is `non_fatal` here: non_fatal: [Error, Timeout, Shed, Rejected]"),
    word(&["Hedge"], &["min_data_points", "rotate"], "that is `window` here"),
    word(&["Layer"], &["hedging", "hedging_policy", "hedge_policy", "backup_request",
        "backup_requests", "speculative_retry"],
        "that is Hedge(after: \"100ms\") here"),
    word(&[], &["hedge", "hedging", "hedging_policy"],
        "that is a layer of a policy: policy: [Hedge(after: \"100ms\")]"),
];
