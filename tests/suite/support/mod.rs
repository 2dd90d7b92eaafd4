//! Common parts of the suites: scenarios from text, runs, listeners to records, and some
//! statistics.

#[cfg(feature = "cli")]
pub(crate) mod protobuf;
pub(crate) mod random;

use dessim::experiment::listener::Listener;
use dessim::experiment::run::{Options, run, run_with};
use dessim::metrics::probe::Record;
use dessim::report::result::{ArmResult, Component, LatencySummary, Metric, RunResult};
use dessim::scenario::Document;
use dessim::scenario::schema::Scenario;

/// The scenario of a text, which must be valid.
pub(crate) fn scenario(text: &str) -> Scenario {
    let checked = Document::parse("test.ron", text.as_bytes()).and_then(|text| text.scenario());
    match checked {
        Ok(checked) => checked.scenario,
        Err(problems) => panic!("{problems}\n{text}"),
    }
}

pub(crate) fn seeded(seed: u64) -> Options {
    Options { seed: Some(seed), ..Options::default() }
}

pub(crate) fn play(scenario: &Scenario, seed: u64) -> RunResult {
    let result = run(scenario, "test", &seeded(seed)).expect("a checked scenario runs");
    assert_eq!(result.stopped, None, "the run must reach its end");
    result
}

/// Passes every record to a function, with the arm and the name of its component.
pub(crate) struct RecordListener<F> {
    arm: String,
    names: Vec<String>,
    handle: F,
}

impl<F: FnMut(&str, &str, &Record)> Listener for RecordListener<F> {
    fn begin(&mut self, arm: &str, names: &[String]) {
        self.arm = arm.to_owned();
        self.names = names.to_vec();
    }

    fn record(&mut self, record: &Record) {
        let name = &self.names[record.component as usize];
        (self.handle)(&self.arm, name, record);
    }
}

/// Runs a scenario and passes (arm, component, record) to `handle`.
pub(crate) fn listen(
    scenario: &Scenario,
    options: &Options,
    handle: impl FnMut(&str, &str, &Record),
) -> RunResult {
    let (arm, names) = (String::new(), Vec::new());
    let mut listener = RecordListener { arm, names, handle };
    run_with(scenario, "test", options, &mut listener).expect("a checked scenario runs")
}

/// The result of a scenario without arms.
pub(crate) fn only(result: &RunResult) -> &ArmResult {
    assert_eq!(result.arms.len(), 1);
    &result.arms["main"]
}

pub(crate) fn count(component: &Component, name: &str) -> u64 {
    match component.get(name) {
        Some(Metric::Count(count)) => count,
        other => panic!("{name} is {other:?}"),
    }
}

pub(crate) fn number(component: &Component, name: &str) -> f64 {
    match component.get(name) {
        Some(Metric::Number(Some(number))) => number,
        other => panic!("{name} is {other:?}"),
    }
}

pub(crate) fn latency(component: &Component, name: &str) -> LatencySummary {
    match component.get(name) {
        Some(Metric::Latency(summary)) => summary,
        other => panic!("{name} is {other:?}"),
    }
}

pub(crate) fn ms(ns: Option<u64>) -> f64 {
    ns.expect("there are samples") as f64 / 1e6
}

/// Mean and sample standard deviation.
pub(crate) fn moments(samples: &[f64]) -> (f64, f64) {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let squares: f64 = samples.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}
