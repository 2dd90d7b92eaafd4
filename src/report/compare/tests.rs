use super::text::text;
use super::*;
use crate::statistics::summary::summary;

/// A metric with one variant for each list of values.
fn metric(name: &str, kind: Kind, values: &[Vec<f64>]) -> MetricContrast {
    let some = |values: &Vec<f64>| values.iter().copied().map(Some).collect::<Vec<_>>();
    let pairs = (0..values.len()).flat_map(|a| (a + 1..values.len()).map(move |b| (a, b)));
    MetricContrast {
        name: name.to_owned(),
        kind,
        summaries: values.iter().map(|values| summary(values)).collect(),
        pairs: pairs.map(|(a, b)| against(&some(&values[a]), &some(&values[b]))).collect(),
    }
}

/// Twelve values that scatter around `mean` by about `by`, in an order that `turn` decides.
fn runs(mean: f64, by: f64, turn: usize) -> Vec<f64> {
    let strays = [0.9, -0.3, 0.2, -1.1, 0.6, -0.7, 1.2, -0.1, 0.4, -0.5, 0.1, -0.7];
    (0..12).map(|at| mean + by * strays[(at * 5 + turn * 3) % 12]).collect()
}

#[test]
fn variants_that_do_not_differ_from_the_best_share_its_rank() {
    let values = [runs(10.0, 1.0, 0), runs(10.6, 1.0, 1), runs(11.2, 1.0, 2)];
    let fewer = metric("amplification", Kind::Number, &values);
    let ranking = ranking(&fewer).expect("there are three");
    assert!(!ranking.more_is_better);
    // The middle one differs from neither end; the ends differ from each other.
    let shown: Vec<_> = ranking.pairs.iter().map(|pair| (pair.a, pair.b, pair.shown)).collect();
    assert_eq!(shown, [(0, 1, false), (0, 2, true), (1, 2, false)]);
    assert_eq!(ranking.ranks, [1, 1, 2]);
    // If more is better, the same numbers rank in the opposite order.
    let more = super::ranking(&metric("goodput_per_s", Kind::Number, &values)).expect("three");
    assert_eq!((more.more_is_better, more.ranks), (true, vec![2, 1, 1]));
    // Reference: `scipy.stats.ttest_rel`; Holm's correction doubles it.
    let probability = ranking.pairs[0].probability.expect("it is valid");
    assert!((probability - 0.148_49).abs() < 1e-5, "{probability}");
    assert_eq!(ranking.pairs[0].corrected, Some(2.0 * probability));
}

#[test]
fn ranks_without_a_valid_test_are_shared() {
    let few: Vec<Vec<f64>> = (0..3).map(|at| vec![f64::from(at) * 100.0; 3]).collect();
    let ranking = ranking(&metric("amplification", Kind::Number, &few)).expect("three");
    assert_eq!(ranking.ranks, [1, 1, 1]);
    assert!(ranking.pairs.iter().all(|pair| pair.probability.is_none() && !pair.shown));
}

#[test]
fn runs_without_a_value_are_left_out_of_pairs() {
    let a: Vec<Option<f64>> = (0..12).map(|at| Some(f64::from(at))).collect();
    let mut b: Vec<Option<f64>> = (0..12).map(|at| Some(2.0 * f64::from(at * at))).collect();
    b[11] = None;
    let pair = against(&a, &b).expect("eleven pairs");
    assert_eq!(pair.difference.summary.runs, 11);
    assert_eq!(pair.ratio, Some(770.0 / 55.0));
    assert_eq!(against(&a, &[None; 12]), None);
}

#[test]
fn a_page_of_three_variants() {
    let variant = |name: &str| Variant {
        name: name.to_owned(),
        scenario: "burst".to_owned(),
        digest: Hex(7),
        arm: "rpc".to_owned(),
    };
    let ratios = [runs(0.5, 0.01, 0), runs(0.505, 0.01, 1), runs(0.9, 0.01, 2)];
    let times = [runs(5e6, 1e5, 0), runs(5e6, 1e5, 0), runs(4e6, 1e5, 1)];
    let metrics = vec![
        metric("succeeded_ratio", Kind::Number, &ratios),
        metric("latency.end_to_end.p50_ns", Kind::Time, &times),
    ];
    let requests = |saved: u64, lost: u64, by: f64| RequestContrast {
        in_both: 24_000,
        only_in_a: 0,
        only_in_b: 3,
        saved,
        lost,
        good_in_both: 12_000 - lost,
        saved_a_run: summary(&runs(saved as f64 / 12.0, 1.0, 1)),
        lost_a_run: summary(&[lost as f64 / 12.0; 12]),
        slower_ns: summary(&runs(by, 1e4, 2)),
    };
    let comparison = Comparison {
        schema: COMPARE_SCHEMA,
        dessim: "0.1.0",
        model: 1,
        seeds: (1, 12),
        runs: 12,
        notes: vec!["the loads differ".to_owned()],
        fields: vec![Contest {
            name: None,
            variants: ["base", "as good", "better"].map(variant).to_vec(),
            ranking: ranking(&metrics[0]),
            metrics,
            requests: vec![requests(120, 0, 5e5), requests(9_600, 12, -1e6)],
        }],
    };
    insta::assert_snapshot!(text(&comparison));
}
