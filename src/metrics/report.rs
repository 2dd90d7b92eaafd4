//! The numbers of one component at the end of a run, by their declarations.

use super::declare::{
    Count, Latency, Level, Mean, Momentary, Most, Number, Peak, Quantity, Ratio, Reading, State,
    Time, Total,
};
use super::gauge::Gauge;
use super::meter::Measurements;
use super::recorder::Recorder;
use super::summary::{Component, Metric};
use crate::kernel::time::{Duration, Instant};

/// The period that the numbers of a component cover.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// The end of the run.
    pub end: Instant,
    /// The part of the run after the warm-up.
    pub window: Duration,
    /// Calls of measured requests that are at the component at the end.
    pub present: u64,
}

impl Period {
    /// The mean of a level; `None` for an empty period.
    #[must_use]
    pub fn mean(&self, gauge: &Gauge) -> Option<f64> {
        gauge.mean(self.end, self.window)
    }

    /// The mean of a level divided by its limit; `None` for an empty period.
    #[must_use]
    pub fn utilisation(&self, gauge: &Gauge, limit: u64) -> Option<f64> {
        self.mean(gauge).map(|mean| mean / limit as f64)
    }
}

/// Collects the numbers of a component.
#[derive(Debug)]
pub struct Report {
    period: Period,
    component: Component,
}

impl Report {
    /// An empty report of a component of this kind, over a period.
    #[must_use]
    pub const fn new(
        kind: &'static str,
        declared: &'static [&'static Quantity],
        period: Period,
    ) -> Self {
        Self { period, component: Component { kind, declared, metrics: Vec::new() } }
    }

    /// The numbers, in the order of their declarations.
    ///
    /// # Panics
    /// When the component reported a number that it does not declare.
    #[must_use]
    pub fn finish(self) -> Component {
        let Component { kind, declared, metrics } = self.component;
        let numbers = declared.iter().flat_map(|quantity| quantity.numbers());
        let order: Vec<&str> = numbers.map(|(name, _)| name).collect();
        let place = |name: &str| {
            let place = order.iter().position(|known| *known == name);
            place.unwrap_or_else(|| panic!("a {kind} does not declare {name}"))
        };
        let mut placed: Vec<_> = metrics.into_iter().map(|one| (place(one.0), one)).collect();
        placed.sort_by_key(|(place, _)| *place);
        Component {
            kind,
            declared,
            metrics: placed.into_iter().map(|(_, metric)| metric).collect(),
        }
    }

    fn add(&mut self, name: &'static str, metric: Metric) {
        self.component.metrics.push((name, metric));
    }
}

impl Measurements for Report {
    fn count(&mut self, count: &'static Count, total: u64) {
        self.add(count.names.plain, Metric::Count(total));
    }

    fn total(&mut self, total: &'static Total, of: impl FnOnce(&Period) -> u64) {
        self.add(total.names.plain, Metric::Count(of(&self.period)));
    }

    fn time(&mut self, time: &'static Time, total_ns: u128) {
        self.add(time.names.ns, Metric::nanoseconds(total_ns));
    }

    fn level(&mut self, level: &'static Level, gauge: &mut Gauge, _: Option<u64>) {
        self.add(level.names.mean, Metric::Number(self.period.mean(gauge)));
        self.add(level.names.max, Metric::Count(gauge.max()));
    }

    fn peak(&mut self, peak: &'static Peak, gauge: &mut Gauge, _: Option<u64>) {
        self.add(peak.names.max, Metric::Count(gauge.max()));
    }

    fn state(&mut self, state: &'static State, total: Duration) {
        self.add(state.names.time_ns, Metric::Time(total));
    }

    fn reading(&mut self, reading: &'static Reading, _: Duration, max: Duration) {
        self.add(reading.names.max_ns, Metric::Time(max));
    }

    fn momentary(&mut self, _: &'static Momentary, _: Option<Duration>) {}

    fn latency(&mut self, latency: &'static Latency, recorder: &Recorder) {
        self.add(latency.names.plain, Metric::Latency(recorder.summary()));
    }

    fn ratio(&mut self, ratio: &'static Ratio, of: impl FnOnce(&Period) -> Option<f64>) {
        self.add(ratio.names.plain, Metric::Number(of(&self.period)));
    }

    fn most(&mut self, most: &'static Most, of: impl FnOnce(&Period) -> u64) {
        self.add(most.names.max, Metric::Count(of(&self.period)));
    }

    fn mean(&mut self, mean: &'static Mean, of: impl FnOnce(&Period) -> Option<f64>) {
        self.add(mean.names.mean, Metric::Number(of(&self.period)));
    }

    fn number(&mut self, number: &'static Number, of: impl FnOnce(&Period) -> Option<f64>) {
        self.add(number.names.plain, Metric::Number(of(&self.period)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::names::Kind;
    use crate::metrics::sampler::{Resolution, Sampler};

    crate::metrics! {
        /// Cars that came,
        /// those that turned round included
        CAME: Count = "came", "cars that come";
        /// Cars on the bridge. Heavy ones count as one
        ON_BRIDGE: Level = "on_bridge", "cars on the bridge";
        /// `on_bridge_mean` over its limit
        USED: Ratio = "used";
        /// Time that cars spent on it
        CROSSING: Time = "crossing", "time on the bridge";
        /// Time during which the bridge was up
        UP: State = "up", "bridge up";
        /// Longest that a car waited
        QUEUED: Reading = "queued", "wait of the first car";
        /// from arrival to the bridge
        WAIT: Latency = "wait";
    }

    fn at(ns: u64) -> Instant {
        Instant::from_ns(ns)
    }

    /// One car, alone on the bridge from 2 to 8 ns, which is then up for 2 ns.
    fn bridge() -> (Gauge, Recorder) {
        let mut gauge = Gauge::new(at(0));
        gauge.rise(at(2));
        gauge.fall(at(8));
        let mut wait = Recorder::default();
        wait.record(Duration::from_ns(2));
        (gauge, wait)
    }

    /// What the bridge measures, its levels first.
    fn measure(gauge: &mut Gauge, wait: &Recorder, into: &mut impl Measurements) {
        into.level(&ON_BRIDGE, gauge, Some(4));
        into.count(&CAME, 1);
        let used = *gauge;
        into.ratio(&USED, |period| period.utilisation(&used, 4));
        into.time(&CROSSING, 6);
        into.state(&UP, Duration::from_ns(2));
        into.reading(&QUEUED, Duration::ZERO, Duration::from_ns(2));
        into.latency(&WAIT, wait);
    }

    #[test]
    fn one_declaration_serves_bins_totals_and_documentation() {
        let (mut gauge, wait) = bridge();
        let period = Period { end: at(10), window: Duration::from_ns(10), present: 0 };
        let mut report = Report::new("bridge", METRICS, period);
        measure(&mut gauge, &wait, &mut report);
        let component = report.finish();
        assert_eq!(component.kind, "bridge");

        // What is reported is what is declared, in name, kind and order.
        let reported: Vec<(&str, Kind)> =
            component.metrics.iter().map(|(name, metric)| (*name, metric.kind())).collect();
        let declared: Vec<(&str, Kind)> =
            METRICS.iter().flat_map(|quantity| quantity.numbers()).collect();
        assert_eq!(reported, declared);
        let names: Vec<&str> = declared.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            [
                "came",
                "on_bridge_mean",
                "on_bridge_max",
                "used",
                "crossing_ns",
                "time_up_ns",
                "queued_max_ns",
                "wait",
            ]
        );
        assert_eq!(component.get("on_bridge_mean"), Some(Metric::Number(Some(0.6))));
        assert_eq!(component.get("on_bridge_max"), Some(Metric::Count(1)));
        assert_eq!(component.get("used"), Some(Metric::Number(Some(0.15))));
        assert_eq!(component.get("time_up_ns"), Some(Metric::Time(Duration::from_ns(2))));

        let mut sampler = Sampler::new(Resolution::Every(Duration::from_ns(10)));
        sampler.begin_sample(at(10));
        sampler.component(0, "bridge");
        measure(&mut gauge, &wait, &mut sampler);
        sampler.end_sample();
        let series = sampler.finish();
        let meters: Vec<_> =
            series.columns.iter().map(|column| (column.meter.name, column.meter.words)).collect();
        assert_eq!(
            meters,
            [
                ("on_bridge", "cars on the bridge"),
                ("came", "cars that come"),
                ("crossing_ns", "time on the bridge"),
                ("up_ns", "bridge up"),
                ("queued_ns", "wait of the first car"),
            ]
        );
    }

    #[test]
    fn definitions_are_the_comments_of_the_declarations() {
        let definitions: Vec<String> = METRICS.iter().map(|one| one.definition()).collect();
        assert_eq!(
            definitions[..2],
            [
                "Cars that came, those that turned round included",
                "Cars on the bridge: mean over time, and most at once. Heavy ones count as one",
            ]
        );
        assert_eq!(definitions[6], "Distribution: from arrival to the bridge");
    }

    #[test]
    #[should_panic(expected = "a tunnel does not declare came")]
    fn nothing_is_reported_that_is_not_declared() {
        let period = Period { end: at(10), window: Duration::from_ns(10), present: 0 };
        let mut report = Report::new("tunnel", &METRICS[1..], period);
        report.count(&CAME, 1);
        let _ = report.finish();
    }
}
