//! A bulkhead with fewer permits than its load holds at once.

use super::spec::Spec;
use crate::model::mechanism::load::volume::arriving_per_ns;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint, number, shown};
use crate::model::spec::system::{Around, longest_ns};

pub(crate) static BULKHEAD_BELOW_LOAD: Lint = Lint {
    name: "bulkhead-below-load",
    group: Group::Design,
    about: "A bulkhead with fewer permits than calls are inside on average when nothing is wrong.",
    why: "Calls a second times the time of each is how many are inside at once (Little's law). \
          With fewer permits the rest is refused all the time, or waits longer and longer, \
          although the service could do more. Counted is the own time of the service without a \
          line, so the true number is rather higher.",
    example: r#"calls: { "web": Call(to: "api", policy: [Bulkhead(permits: 1, queue: 0)]) },
load: { "web": Load(arrivals: Poisson(rate: "40/s"), until: "1m") },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [Bulkhead(permits: 10, queue: 0)]) },
load: { "web": Load(arrivals: Poisson(rate: "40/s"), until: "1m") },"#,
};

pub(super) fn below_load(spec: &Spec, around: &Around<'_>) -> Option<Finding> {
    let per_ns = arriving_per_ns(&[around.load()?]);
    let states = f64::from(around.states());
    let mean = around.system.mean_ns(around.pipeline.to)?;
    let time = longest_ns(around.inside()).map_or(mean, |longest| longest.min(mean));
    let (inside, permits) = (per_ns / states * time, spec.most_permits());
    if inside <= f64::from(permits) {
        return None;
    }
    let each = if states > 1.0 { " from each client" } else { "" };
    let found = format!(
        "{}/s{each} x {} = {} calls inside on average, and it has {permits}{}",
        number(per_ns / states * 1e9),
        shown(time),
        number(inside),
        around.system.within
    );
    let rule = "this bulkhead has fewer permits than its load needs";
    let place = [Segment::field("permits")];
    let finding = Finding::warning(&BULKHEAD_BELOW_LOAD, &place, rule, found);
    Some(finding.hint("more permits, shorter calls, or a smaller load"))
}
