//! Samplers compared with closed forms, with independent distribution functions, and with the bits
//! of earlier versions.

use dessim::kernel::distribution::Distribution;
use dessim::kernel::fpmath::{ln, pow, sqrt};
use dessim::kernel::time::Duration;
use dessim::model::spec::distribution::resolve;
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;
use serde_json::Value;
use statrs::distribution::{
    ContinuousCDF, Erlang, Exp, Gamma, LogNormal, Normal, Pareto, Uniform, Weibull,
};
use std::process::Command;

const REFERENCE: &str = include_str!("../data/samplers.json");
const NS_PER_S: f64 = 1e9;

fn sampler(ron: &str) -> Distribution {
    resolve(&ron::from_str(ron).expect(ron)).expect(ron)
}

/// Numbers in [0, 1), as multiples of 2^-53.
fn uniforms(count: usize) -> impl Iterator<Item = f64> {
    let mut source = Pcg64Mcg::new(0x0005_eed0_0f5a_3b1e_5000);
    (0..count).map(move |_| unit(source.next_u64()))
}

fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

fn assert_close(actual: f64, expected: f64, label: &str) {
    let error = (actual / expected - 1.0).abs();
    assert!(error <= 1e-7, "{label}: {actual} is not {expected}");
}

#[test]
fn quantiles_and_moments_are_the_closed_forms() {
    let reference: Value = serde_json::from_str(REFERENCE).unwrap();
    let cases = reference["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let ron = case["distribution"].as_str().unwrap();
        let sampler = sampler(ron);
        let mean = case["mean"].as_f64().unwrap();
        assert_close(sampler.mean() / NS_PER_S, mean, ron);
        match case["variance"].as_f64() {
            Some(variance) => {
                let actual = sampler.variance().unwrap() / NS_PER_S / NS_PER_S;
                assert_close(actual, variance, ron);
            }
            None => assert_eq!(sampler.variance(), None, "{ron}"),
        }
        for (percent, value) in case["percentiles"].as_object().unwrap() {
            let p = percent.parse::<f64>().unwrap() / 100.0;
            let label = format!("{ron}, {percent} %");
            let actual = sampler.quantile(p) / NS_PER_S;
            assert_close(actual, value.as_f64().unwrap(), &label);
        }
    }
}

/// A million samples: the greatest distance to the distribution function `cdf` (of seconds), by
/// Kolmogorov and Smirnov at 0.1 %, and the mean within four standard errors.
fn assert_fits(ron: &str, cdf: impl Fn(f64) -> f64) {
    let (sampler, count) = (sampler(ron), 1_000_000);
    let mut samples: Vec<u64> = uniforms(count).map(|u| sampler.sample(u).as_ns()).collect();
    samples.sort_unstable();
    let n = count as f64;
    let distance = samples.iter().enumerate().fold(0.0_f64, |most, (i, &ns)| {
        let f = cdf(ns as f64 / NS_PER_S);
        most.max(f - i as f64 / n).max((i + 1) as f64 / n - f)
    });
    assert!(distance <= 1.9495 / sqrt(n), "{ron}: distance {distance}");

    let mean = samples.iter().map(|&ns| ns as f64).sum::<f64>() / n;
    if let Some(variance) = sampler.variance() {
        let off = (mean - sampler.mean()).abs();
        assert!(off < 4.0 * sqrt(variance / n), "{ron}: mean {mean}");
    }
}

#[test]
fn exponentials_fit() {
    let cdf = |mean: f64| move |x: f64| Exp::new(1.0 / mean).unwrap().cdf(x);
    assert_fits("Exponential(mean: \"10s\")", cdf(10.0));
    let (short, long) = (cdf(5.0), cdf(55.0));
    assert_fits(
        "HyperExponential([(ratio: 0.9, mean: \"5s\"), (ratio: 0.1, mean: \"55s\")])",
        |x| 0.9 * short(x) + 0.1 * long(x),
    );
}

#[test]
fn normal_and_lognormal_fit() {
    let below = Normal::new(10.0, 8.0).unwrap();
    let cut = below.cdf(0.0);
    assert_fits("Normal(mean: \"10s\", sd: \"8s\")", |x| (below.cdf(x) - cut) / (1.0 - cut));
    let by_median = LogNormal::new(ln(20.0), 1.0).unwrap();
    assert_fits("LogNormalMedian(median: \"20s\", sigma: 1.0)", |x| by_median.cdf(x));
    // mean 10, cv 2: sigma² = ln 5, mu = ln 10 - sigma² / 2.
    let sigma2 = ln(5.0);
    let by_mean = LogNormal::new(ln(10.0) - sigma2 / 2.0, sqrt(sigma2)).unwrap();
    assert_fits("LogNormal(mean: \"10s\", cv: 2.0)", |x| by_mean.cdf(x));
}

#[test]
fn gamma_fits() {
    let gamma = Gamma::new(0.5, 0.05).unwrap();
    assert_fits("Gamma(shape: 0.5, mean: \"10s\")", |x| gamma.cdf(x));
}

#[test]
fn erlang_fits() {
    let erlang = Erlang::new(2, 0.2).unwrap();
    assert_fits("Erlang(stages: 2, mean: \"10s\")", |x| erlang.cdf(x));
}

#[test]
fn weibull_and_paretos_fit() {
    let weibull = Weibull::new(0.5, 5.0).unwrap();
    assert_fits("Weibull(shape: 0.5, scale: \"5s\")", |x| weibull.cdf(x));
    for (alpha, min) in [(2.5, 6.0), (1.5, 1.0)] {
        let pareto = Pareto::new(min, alpha).unwrap();
        let ron = format!("Pareto(alpha: {alpha:?}, min: \"{min}s\")");
        assert_fits(&ron, |x| pareto.cdf(x));
    }
    let full = Pareto::new(1.0, 1.2).unwrap();
    let mass = full.cdf(100.0);
    let ron = "BoundedPareto(alpha: 1.2, min: \"1s\", max: \"100s\")";
    assert_fits(ron, |x| full.cdf(x) / mass);
}

#[test]
fn straight_lines_fit() {
    let uniform = Uniform::new(5.0, 15.0).unwrap();
    assert_fits("Uniform(min: \"5s\", max: \"15s\")", |x| uniform.cdf(x));
    let ron = "Quantiles([(at: 0.0, value: \"0s\"), (at: 0.5, value: \"2s\"), \
               (at: 1.0, value: \"10s\")])";
    assert_fits(ron, |x| (x / 4.0).min(0.375 + x / 16.0));
}

#[test]
fn the_slow_path_is_as_frequent_as_stated() {
    let bimodal = sampler("Bimodal(fast: \"1ms\", slow: \"20ms\", slow_ratio: 0.03)");
    let slow = uniforms(1_000_000).filter(|&u| bimodal.sample(u) == Duration::from_ms(20)).count();
    let off = (slow as f64 - 30_000.0).abs();
    assert!(off < 4.0 * sqrt(1e6 * 0.03 * 0.97), "{slow}");
}

/// Durations of every magnitude that the clock has, in ns.
fn time() -> impl Strategy<Value = f64> {
    (0_u32..64, 1.0..2.0_f64).prop_map(|(bits, factor)| (1_u64 << bits) as f64 * factor)
}

/// Numbers from 10^low to 10^high.
fn magnitude(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low..high).prop_map(|power| pow(10.0, power))
}

fn uniform() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => any::<u64>().prop_map(unit),
        1 => Just(0.0),
        1 => (0_u64..64).prop_map(|below| unit(u64::MAX - (below << 11))),
        1 => (0_u64..64).prop_map(|above| unit(above << 11)),
    ]
}

fn mixture() -> impl Strategy<Value = Distribution> {
    prop::collection::vec((0.0..1.0_f64, time()), 1..6).prop_map(|mut branches| {
        let others: f64 = branches.iter().map(|branch| branch.0).sum();
        for branch in &mut branches {
            branch.0 /= others + 1.0;
        }
        branches.push((1.0 / (others + 1.0), 1e6));
        Distribution::hyper_exponential(&branches).unwrap()
    })
}

fn table() -> impl Strategy<Value = Distribution> {
    prop::collection::vec((0.01..1.0_f64, time()), 1..8).prop_map(|mut steps| {
        let all: f64 = steps.iter().map(|step| step.0).sum();
        steps.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut at = 0.0;
        for step in &mut steps {
            at += step.0 / all;
            step.0 = at.min(1.0);
        }
        Distribution::quantiles(&steps).unwrap()
    })
}

/// Everything that one branch makes: its samples are its quantiles.
fn single_branch() -> impl Strategy<Value = Distribution> {
    type D = Distribution;
    let by_formula = prop_oneof![
        time().prop_map(D::constant),
        (time(), time()).prop_map(|(a, b)| D::uniform(a.min(b), a.max(b))),
        time().prop_map(D::exponential),
        (time(), time()).prop_map(|(mean, sd)| D::normal(mean, sd)),
        (time(), magnitude(-9.0, 150.0)).prop_map(|(mean, cv)| D::log_normal(mean, cv)),
        (time(), 0.0..=30.0).prop_map(|(median, sigma)| D::log_normal_median(median, sigma)),
        (magnitude(-6.0, 300.0), time()).prop_map(|(shape, mean)| D::gamma(shape, mean)),
        (magnitude(-6.0, 4.0), time()).prop_map(|(shape, mean)| D::gamma(shape, mean)),
        (1..=u32::MAX, time()).prop_map(|(stages, mean)| D::erlang(stages, mean)),
        (magnitude(-2.0, 300.0), time()).prop_map(|(shape, scale)| D::weibull(shape, scale)),
        (magnitude(-9.0, 9.0), time()).prop_map(|(above, min)| D::pareto(1.0 + above, min)),
        (magnitude(-9.0, 9.0), time(), magnitude(-9.0, 0.0))
            .prop_map(|(alpha, max, part)| { D::bounded_pareto(alpha, max * part / 1.1, max) }),
        (time(), time(), 0.0..=1.0).prop_map(|(a, b, ratio)| D::bimodal(a.min(b), a.max(b), ratio)),
    ];
    prop_oneof![13 => by_formula.prop_map(Result::unwrap), 1 => table()]
}

/// Largest ratio by which rounding can swap two close samples.
const ROUNDING: f64 = 1e-10;

proptest! {
    // The same cases every day, without a file of earlier failures.
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_117),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn samples_are_finite_quantiles_that_rise(
        distribution in single_branch(),
        u in uniform(),
        v in uniform(),
    ) {
        let (low, high) = (distribution.sample_ns(u.min(v)), distribution.sample_ns(u.max(v)));
        prop_assert!(low >= 0.0 && high.is_finite());
        prop_assert!(low <= high * (1.0 + ROUNDING), "{low} then {high}");
        prop_assert_eq!(distribution.quantile(u.min(v)), low);
        prop_assert_eq!(distribution.sample(u.max(v)), Duration::from_ns_f64(high));
        prop_assert!(distribution.mean().is_finite());
        prop_assert!(distribution.variance().is_none_or(|variance| variance >= 0.0));
    }

    #[test]
    fn mixtures_sample_finite_times_and_have_rising_quantiles(
        mixture in mixture(),
        u in uniform(),
        v in uniform(),
    ) {
        let sample = mixture.sample_ns(u);
        prop_assert!(sample >= 0.0 && sample.is_finite());
        prop_assert_eq!(mixture.sample(u), Duration::from_ns_f64(sample));
        let (low, high) = (mixture.quantile(u.min(v)), mixture.quantile(u.max(v)));
        prop_assert!(low >= 0.0 && high.is_finite());
        prop_assert!(low <= high * (1.0 + ROUNDING), "{low} then {high}");
    }
}

/// Hashes the bits before fractions are cut off, because a cut hides most changes of a last bit.
fn sample_bits(sample: impl Fn(f64) -> f64) -> u64 {
    uniforms(100_000).fold(0, |hash, u| {
        (hash.rotate_left(5) ^ sample(u).to_bits()).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

const GOLDEN: [&str; 17] = [
    "0x018c2351c33078f0 Constant(\"3ms\")",
    "0xb908a624350e0d8c Uniform(min: \"1ms\", max: \"3ms\")",
    "0x7c0dda78b8168fd4 Exponential(mean: \"10ms\")",
    "0xb0a975dc00480917 Normal(mean: \"10ms\", sd: \"8ms\")",
    "0xd619d4445e46ad68 LogNormal(mean: \"10ms\", cv: 1.5)",
    "0x5921e25275dd9be8 LogNormalMedian(median: \"10ms\", sigma: 0.7)",
    "0x33cc0882f51c4dcb Gamma(shape: 0.5, mean: \"10ms\")",
    "0x79056deb496a4317 Gamma(shape: 2.5, mean: \"10ms\")",
    "0xaaca3f7007c9e97b Erlang(stages: 3, mean: \"10ms\")",
    "0xe7be61cf5344e81f Erlang(stages: 5000, mean: \"10ms\")",
    "0x7727c19b8d7c96a9 Weibull(shape: 0.7, scale: \"10ms\")",
    "0x77ce06cba52405d3 Pareto(alpha: 1.5, min: \"1ms\")",
    "0xabc028c557952d6a BoundedPareto(alpha: 1.2, min: \"1ms\", max: \"10s\")",
    "0x988fa878cb3c9120 HyperExponential([(ratio: 0.9, mean: \"5ms\"), \
     (ratio: 0.1, mean: \"55ms\")])",
    "0xe24a92348b432051 Bimodal(fast: \"1ms\", slow: \"20ms\", slow_ratio: 0.1)",
    "0x2f90c1ca622ff862 Quantiles([(at: 0.1, value: \"1ms\"), (at: 0.9, value: \"9ms\")])",
    "0x2f52ae80c784610d quantiles of HyperExponential",
];

/// A changed hash changes the fingerprint of every run with the distribution: it needs a new model
/// version, not just a new constant here.
#[test]
fn golden_bits() {
    let mut lines: Vec<String> = GOLDEN[..16]
        .iter()
        .map(|line| line.split_once(' ').unwrap().1)
        .map(|ron| {
            let sampler = sampler(ron);
            format!("{:#018x} {ron}", sample_bits(|u| sampler.sample_ns(u)))
        })
        .collect();
    let mixture = Distribution::hyper_exponential(&[(0.9, 5e6), (0.1, 55e6)]).unwrap();
    let hash = sample_bits(|u| mixture.quantile(u));
    lines.push(format!("{hash:#018x} quantiles of HyperExponential"));
    assert_eq!(lines, GOLDEN);
}

/// The C library chooses its maths by CPU, once per process. A second process runs as if this CPU
/// had neither FMA nor AVX2, and must give the same bits. Other systems ignore the variable.
#[test]
fn sampler_bits_survive_other_cpu_variants() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "samplers::golden_bits"])
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable,-FMA_Usable")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "the test was not found: {printed}");
}
