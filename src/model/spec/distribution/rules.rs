//! Rules within one distribution that the schema cannot state.

use super::{Distribution, Phase, QuantilePoint, resolve};
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint};

pub(crate) static ALWAYS_ZERO: Lint = Lint {
    name: "always-zero",
    group: Group::Writing,
    about: "A normal distribution with mean and standard deviation 0.",
    why: "It is always 0s, which has a plainer spelling: Constant(\"0s\").",
    example: r#"services: { "api": Service(time: Normal(mean: "0s", sd: "0s")) },"#,
    mended: r#"services: { "api": Service(time: Constant("0s")) },"#,
};

/// Probabilities of a mixture may miss 1 by this much: decimal fractions do.
const SUM_TOLERANCE: f64 = 1e-9;

impl Distribution {
    /// Every problem of a distribution that stands at `place`: the rules between its values first,
    /// then, if they hold, what only the sampler knows.
    pub fn check(&self, place: &[Segment], findings: &mut Vec<Finding>) {
        let place = [place, &[Segment::Variant(self.name())]].concat();
        let before = findings.len();
        self.between_values(&place, findings);
        if findings[before..].iter().all(|finding| finding.lint.is_some())
            && let Err(why) = resolve(self)
        {
            let is_field = why.parameter.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let field = is_field.then(|| Segment::Field(why.parameter.into()));
            let place: Vec<Segment> = place.into_iter().chain(field).collect();
            findings.push(Finding::error(&place, why.rule, format!("found {}", why.found)));
        }
    }

    fn between_values(&self, place: &[Segment], findings: &mut Vec<Finding>) {
        let at = |field| [place, &[Segment::field(field)]].concat();
        match self {
            Self::Uniform { min, max } if min > max => {
                let rule = format!("must not be below `min`, which is {min}");
                findings.push(Finding::error(&at("max"), rule, format!("found {max}")));
            }
            Self::BoundedPareto { min, max, .. } if min >= max => {
                let rule = format!("must be above `min`, which is {min}");
                findings.push(Finding::error(&at("max"), rule, format!("found {max}")));
            }
            Self::Normal { mean, sd } if mean.is_zero() && sd.is_zero() => {
                let finding =
                    Finding::warning(&ALWAYS_ZERO, place, "always 0s", "mean and sd are both 0s");
                findings.push(finding.hint("a fixed time is written Constant(\"0s\")"));
            }
            Self::HyperExponential(phases) => findings.extend(mixture(place, phases)),
            Self::Quantiles(points) => quantiles(place, points, findings),
            Self::Constant(_)
            | Self::Uniform { .. }
            | Self::Exponential { .. }
            | Self::Normal { .. }
            | Self::LogNormal { .. }
            | Self::LogNormalMedian { .. }
            | Self::Gamma { .. }
            | Self::Erlang { .. }
            | Self::Weibull { .. }
            | Self::Pareto { .. }
            | Self::BoundedPareto { .. }
            | Self::Bimodal { .. } => {}
        }
    }
}

fn mixture(place: &[Segment], phases: &[Phase]) -> Option<Finding> {
    let sum: f64 = phases.iter().map(|phase| phase.ratio.get()).sum();
    let found = format!("they add up to {}", (sum * 1e12).round() / 1e12);
    let finding = Finding::error(place, "the ratios of a mixture must add up to 1", found);
    let misses = (sum - 1.0).abs() > SUM_TOLERANCE;
    misses.then(|| finding.hint("nothing is scaled in silence: change the ratios"))
}

fn quantiles(place: &[Segment], points: &[QuantilePoint], findings: &mut Vec<Finding>) {
    for (row, pair) in points.windows(2).enumerate() {
        let (before, point) = (&pair[0], &pair[1]);
        let at = |field| [place, &[Segment::Index(row + 1), Segment::field(field)]].concat();
        let rows = format!("row {} of the table, counted from 1", row + 2);
        if point.at <= before.at {
            let rule = format!("must rise from row to row; the row before has {}", before.at.get());
            let found = format!("found {} in {rows}", point.at.get());
            findings.push(Finding::error(&at("at"), rule, found));
        }
        if point.value < before.value {
            let rule =
                format!("must not fall from row to row; the row before has {}", before.value);
            let found = format!("found {} in {rows}", point.value);
            findings.push(Finding::error(&at("value"), rule, found));
        }
    }
}
