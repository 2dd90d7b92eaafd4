//! The rules of loads: that they end, and that their gaps fit the clock.

use super::spec::{Arrivals, Spec, Stage};
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::model::mechanism::class;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::System;

pub(crate) static NOTHING_ARRIVES: Lint = Lint {
    name: "nothing-arrives",
    group: Group::Writing,
    about: "A load whose rates are all zero, or that starts after the end of the run.",
    why: "Every ratio of such a run is a ratio of nothing.",
    example: r#"load: { "web": Load(arrivals: Constant(rate: "0/s"), until: "1m") },"#,
    mended: r#"load: { "web": Load(arrivals: Constant(rate: "5/s"), until: "1m") },"#,
};

pub(crate) static KEYS_UNUSED: Lint = Lint {
    name: "keys-unused",
    group: Group::Writing,
    about: "Keys of a load that nothing uses.",
    why: "Only `ConsistentHash` in front of several replicas uses the key of a request. \
          Elsewhere hot keys make no difference.",
    example: r#"load: {
    "web": Load(
        arrivals: Poisson(rate: "9/s"), until: "1m", keys: Zipf(count: 1000, exponent: 1),
    ),
},
services: { "api": Service(time: Constant("1ms"), replicas: 4) },"#,
    mended: r#"load: {
    "web": Load(
        arrivals: Poisson(rate: "9/s"), until: "1m", keys: Zipf(count: 1000, exponent: 1),
    ),
},
services: { "api": Service(time: Constant("1ms"), replicas: 4) },
calls: { "web": Call(to: "api", balancing: ConsistentHash()) },"#,
};

impl PartSpec for Spec {
    fn check(&self, duration: Option<Duration>, findings: &mut Vec<Finding>) {
        findings.extend(self.window(duration));
        findings.extend(self.never_ends(duration));
        self.arrivals.check(&[Segment::field("arrivals")], findings);
        findings.extend(self.size.and_then(|size| size.check(&[Segment::field("size")])));
        class::spec::check(&self.classes, findings);
    }

    fn lint(&self, _: &str, _: &System<'_>, _: &mut Vec<Finding>) {}
}

impl Spec {
    fn window(&self, duration: Option<Duration>) -> Option<Finding> {
        let start = self.start;
        if let Some(until) = self.until.filter(|until| *until <= start) {
            let rule = format!("must be after `start`, which is {start}");
            return Some(Finding::error(
                &[Segment::field("until")],
                rule,
                format!("found {until}"),
            ));
        }
        let end = duration.filter(|end| *end <= start)?;
        let found = format!("the run ends at {end}, before this load starts");
        Some(nothing_arrives(&[Segment::field("start")], found))
    }

    fn never_ends(&self, duration: Option<Duration>) -> Option<Finding> {
        let limited = self.total.is_some() || self.until.is_some() || duration.is_some();
        let found = match &self.arrivals {
            Arrivals::Stages { repeat: false, .. } => return None,
            Arrivals::Stages { repeat: true, .. } => "its stages repeat without end",
            Arrivals::ClosedLoop { .. } => "its callers never stop",
            Arrivals::Bursts { .. }
            | Arrivals::Constant { .. }
            | Arrivals::Poisson { .. }
            | Arrivals::Renewal { .. } => "requests arrive without end",
        };
        let ways = "`total` (a number of requests), `until` (an instant)";
        let hint = format!("give it {ways}, or give the scenario a `duration`");
        let finding = Finding::error(&[], "this load never ends", found).of_name().hint(hint);
        (!limited).then_some(finding)
    }
}

impl Arrivals {
    fn check(&self, place: &[Segment], findings: &mut Vec<Finding>) {
        let at =
            |variant, field| [place, &[Segment::Variant(variant), Segment::field(field)]].concat();
        match self {
            Self::Constant { rate } => {
                findings.extend(rate_problem(&at("Constant", "rate"), *rate));
            }
            Self::Poisson { rate, .. } => {
                findings.extend(rate_problem(&at("Poisson", "rate"), *rate));
            }
            Self::Renewal { gap, .. } => gap.check(&at("Renewal", "gap"), findings),
            Self::ClosedLoop { think, .. } => think.check(&at("ClosedLoop", "think"), findings),
            Self::Stages { stages, .. } => {
                findings.extend(stages_problem(&at("Stages", "stages"), stages));
            }
            Self::Bursts { .. } => {}
        }
    }
}

fn nothing_arrives(place: &[Segment], found: impl Into<String>) -> Finding {
    Finding::warning(&NOTHING_ARRIVES, place, "nothing ever arrives", found)
}

fn rate_problem(place: &[Segment], rate: Rate) -> Option<Finding> {
    if rate.is_zero() {
        return Some(nothing_arrives(place, "this rate is zero"));
    }
    let rule = "so rare that the next request is beyond the clock";
    let finding = Finding::error(place, rule, format!("found {rate}"));
    let beyond = 1.0 / rate.per_ns() >= u64::MAX as f64;
    beyond.then(|| finding.hint("the clock ends after 584 years"))
}

fn stages_problem(place: &[Segment], stages: &[Stage]) -> Option<Finding> {
    let silent = |stage: &Stage| stage.rate.is_zero() && stage.ramp_to.is_none_or(Rate::is_zero);
    let lasts = stages.iter().try_fold(Duration::ZERO, |sum, stage| sum.checked_add(stage.lasts));
    if lasts.is_none() {
        let found = "together they last longer than 584 years";
        return Some(Finding::error(place, "the stages do not fit the clock", found));
    }
    stages.iter().all(silent).then(|| nothing_arrives(place, "every rate is zero"))
}
