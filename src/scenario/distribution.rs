//! From a distribution as it is written to one that can be sampled.

use super::schema::Distribution as Config;
use crate::kernel::distribution::{Distribution, InvalidDistribution};
use crate::kernel::time::Duration;

/// Builds the sampler of a distribution in a scenario.
///
/// Durations above 2^53 ns (104 days) are rounded to the nearest double.
///
/// # Errors
/// What the constructor refuses; the parameter in the message is the field in the scenario.
pub fn resolve(config: &Config) -> Result<Distribution, InvalidDistribution> {
    match config {
        Config::Constant(value) => Distribution::constant(ns(*value)),
        Config::Uniform { min, max } => Distribution::uniform(ns(*min), ns(*max)),
        Config::Exponential { mean } => Distribution::exponential(ns(*mean)),
        Config::Normal { mean, sd } => Distribution::normal(ns(*mean), ns(*sd)),
        Config::LogNormal { mean, cv } => Distribution::log_normal(ns(*mean), *cv),
        Config::LogNormalMedian { median, sigma } => {
            Distribution::log_normal_median(ns(*median), *sigma)
        }
        Config::Gamma { shape, mean } => Distribution::gamma(*shape, ns(*mean)),
        Config::Erlang { stages, mean } => Distribution::erlang(*stages, ns(*mean)),
        Config::Weibull { shape, scale } => Distribution::weibull(*shape, ns(*scale)),
        Config::Pareto { alpha, min } => Distribution::pareto(*alpha, ns(*min)),
        Config::BoundedPareto { alpha, min, max } => {
            Distribution::bounded_pareto(*alpha, ns(*min), ns(*max))
        }
        Config::HyperExponential(phases) => {
            let branch = |phase: &super::schema::Phase| (phase.ratio.get(), ns(phase.mean));
            Distribution::hyper_exponential(&phases.iter().map(branch).collect::<Vec<_>>())
        }
        Config::Bimodal { fast, slow, slow_ratio } => {
            Distribution::bimodal(ns(*fast), ns(*slow), slow_ratio.get())
        }
        Config::Quantiles(points) => {
            let point = |p: &super::schema::QuantilePoint| (p.at.get(), ns(p.value));
            Distribution::quantiles(&points.iter().map(point).collect::<Vec<_>>())
        }
    }
}

fn ns(duration: Duration) -> f64 {
    duration.as_ns() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(ron: &str) -> String {
        resolve(&ron::from_str(ron).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn what_the_types_let_through_is_refused_by_field() {
        let within = "must be above 0s and within the clock (584 years)";
        for (ron, expected) in [
            ("Exponential(mean: \"0s\")", format!("mean {within}; found 0s")),
            (
                "Uniform(min: \"2ms\", max: \"1500us\")",
                "max must not be below min; found 1500us".to_owned(),
            ),
            (
                "HyperExponential([(ratio: 0.5, mean: \"1ms\"), (ratio: 0.4, mean: \"1s\")])",
                "the sum of the ratios must be 1, within 0.000000001; found 0.9".to_owned(),
            ),
            (
                "Quantiles([(at: 0.5, value: \"1ms\"), (at: 0.5, value: \"2ms\")])",
                "[1].at must be above the one before; found 0.5".to_owned(),
            ),
            (
                "Pareto(alpha: 1.0, min: \"1ms\")",
                "alpha must be above 1, or there is no mean; found 1".to_owned(),
            ),
        ] {
            assert_eq!(message(ron), expected);
        }
    }

    #[test]
    fn durations_become_nanoseconds() {
        let config = ron::from_str("Uniform(min: \"1us\", max: \"2us\")").unwrap();
        assert_eq!(resolve(&config), Distribution::uniform(1e3, 2e3));
    }
}
