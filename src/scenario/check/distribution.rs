//! Rules within one distribution that the schema cannot state.

use super::lints::ALWAYS_ZERO;
use crate::kernel::distribution::spec::resolve;
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, Severity};
use crate::scenario::schema::{Distribution, Phase, QuantilePoint};

/// Probabilities of a mixture may miss 1 by this much: decimal fractions do.
const SUM_TOLERANCE: f64 = 1e-9;

/// Hands every problem of the distribution at `at` to `add`: the rules between values first, then,
/// if they hold, what only the sampler knows.
pub(super) fn check(at: &Path, distribution: &Distribution, add: &mut dyn FnMut(Problem)) {
    let mut found = Vec::new();
    between_values(at, distribution, &mut |problem| found.push(problem));
    if found.iter().all(|problem| problem.severity != Severity::Error)
        && let Err(why) = resolve(distribution)
    {
        let path = at.variant(name(distribution));
        let is_field = why.parameter.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let path = if is_field { path.field(&why.parameter) } else { path };
        found.push(Problem::error(&path, why.rule, format!("found {}", why.found)));
    }
    found.into_iter().for_each(add);
}

fn name(distribution: &Distribution) -> &'static str {
    match distribution {
        Distribution::Constant(_) => "Constant",
        Distribution::Uniform { .. } => "Uniform",
        Distribution::Exponential { .. } => "Exponential",
        Distribution::Normal { .. } => "Normal",
        Distribution::LogNormal { .. } => "LogNormal",
        Distribution::LogNormalMedian { .. } => "LogNormalMedian",
        Distribution::Gamma { .. } => "Gamma",
        Distribution::Erlang { .. } => "Erlang",
        Distribution::Weibull { .. } => "Weibull",
        Distribution::Pareto { .. } => "Pareto",
        Distribution::BoundedPareto { .. } => "BoundedPareto",
        Distribution::HyperExponential(_) => "HyperExponential",
        Distribution::Bimodal { .. } => "Bimodal",
        Distribution::Quantiles(_) => "Quantiles",
    }
}

fn between_values(at: &Path, distribution: &Distribution, add: &mut dyn FnMut(Problem)) {
    match distribution {
        Distribution::Uniform { min, max } if min > max => {
            let rule = format!("must not be below `min`, which is {min}");
            let path = at.variant("Uniform").field("max");
            add(Problem::error(&path, rule, format!("found {max}")));
        }
        Distribution::BoundedPareto { min, max, .. } if min >= max => {
            let rule = format!("must be above `min`, which is {min}");
            let path = at.variant("BoundedPareto").field("max");
            add(Problem::error(&path, rule, format!("found {max}")));
        }
        Distribution::Normal { mean, sd } if mean.is_zero() && sd.is_zero() => {
            let path = at.variant("Normal");
            let problem =
                Problem::warning(&ALWAYS_ZERO, &path, "always 0s", "mean and sd are both 0s");
            add(problem.hint("a fixed time is written Constant(\"0s\")"));
        }
        Distribution::HyperExponential(phases) => {
            mixture(&at.variant("HyperExponential"), phases, add);
        }
        Distribution::Quantiles(points) => quantiles(&at.variant("Quantiles"), points, add),
        _ => {}
    }
}

fn mixture(at: &Path, phases: &[Phase], add: &mut dyn FnMut(Problem)) {
    let sum: f64 = phases.iter().map(|phase| phase.ratio.get()).sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        let found = format!("they add up to {}", (sum * 1e12).round() / 1e12);
        let problem = Problem::error(at, "the ratios of a mixture must add up to 1", found);
        add(problem.hint("nothing is scaled in silence: change the ratios"));
    }
}

fn quantiles(at: &Path, points: &[QuantilePoint], add: &mut dyn FnMut(Problem)) {
    for (row, pair) in points.windows(2).enumerate() {
        let (before, point) = (&pair[0], &pair[1]);
        let here = at.index(row + 1);
        let rows = format!("row {} of the table, counted from 1", row + 2);
        if point.at <= before.at {
            let rule = format!("must rise from row to row; the row before has {}", before.at.get());
            let found = format!("found {} in {rows}", point.at.get());
            add(Problem::error(&here.field("at"), rule, found));
        }
        if point.value < before.value {
            let rule =
                format!("must not fall from row to row; the row before has {}", before.value);
            let found = format!("found {} in {rows}", point.value);
            add(Problem::error(&here.field("value"), rule, found));
        }
    }
}
