//! The numbers of one component at the end of a run, by their declarations.

use super::declare::{Count, Latency, Level, Ratio, Reading, State, Time};
use super::gauge::Gauge;
use super::recorder::Recorder;
use super::summary::{Component, Metric};
use crate::kernel::time::{Duration, Instant};

/// Collects the numbers of a component, in the order in which they are printed.
#[derive(Debug)]
pub struct Report {
    component: Component,
    end: Instant,
    window: Duration,
}

impl Report {
    /// Of a component of this kind in a run that ends at `end`; means are over the `window` before.
    #[must_use]
    pub const fn new(kind: &'static str, end: Instant, window: Duration) -> Self {
        Self { component: Component { kind, metrics: Vec::new() }, end, window }
    }

    /// When the run ends.
    #[must_use]
    pub const fn end(&self) -> Instant {
        self.end
    }

    /// How often it happened.
    pub fn count(&mut self, count: &'static Count, total: u64) {
        self.add(count.plain, Metric::Count(total));
    }

    /// How many nanoseconds were booked.
    pub fn time(&mut self, time: &'static Time, total_ns: u128) {
        self.add(time.ns, Metric::nanoseconds(total_ns));
    }

    /// A level: its mean and its maximum.
    pub fn level(&mut self, level: &'static Level, gauge: &Gauge) {
        self.add(level.mean, Metric::Number(gauge.mean(self.end, self.window)));
        self.add(level.max, Metric::Count(gauge.max()));
    }

    /// For how long it was so.
    pub fn state(&mut self, state: &'static State, total: Duration) {
        self.add(state.time_ns, Metric::Time(total));
    }

    /// The largest that could be read.
    pub fn reading(&mut self, reading: &'static Reading, max: Duration) {
        self.add(reading.max_ns, Metric::Time(max));
    }

    /// A distribution.
    pub fn latency(&mut self, latency: &'static Latency, recorder: &Recorder) {
        self.add(latency.plain, Metric::Latency(recorder.summary()));
    }

    /// A number without a unit; `None` where it has no value.
    pub fn ratio(&mut self, ratio: &'static Ratio, value: Option<f64>) {
        self.add(ratio.plain, Metric::Number(value));
    }

    /// The mean of a level over its limit.
    pub fn utilisation(&mut self, ratio: &'static Ratio, gauge: &Gauge, limit: u64) {
        let mean = gauge.mean(self.end, self.window);
        self.ratio(ratio, mean.map(|mean| mean / limit as f64));
    }

    /// All of them.
    #[must_use]
    pub fn finish(self) -> Component {
        self.component
    }

    fn add(&mut self, name: &'static str, metric: Metric) {
        self.component.metrics.push((name, metric));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::declare::Declared;
    use crate::metrics::meter::Eye;
    use crate::metrics::names::Kind;
    use crate::metrics::sampler::{Resolution, Sampler};

    crate::metrics! {
        /// Cars that came,
        /// those that turned round included
        CAME: Count = "came", "cars that come";
        /// Cars on the bridge
        ON_BRIDGE: Level = "on_bridge", "cars on the bridge";
        /// `on_bridge_mean` over its limit
        USED: Ratio = "used", "use of the bridge";
        /// Time that cars spent on it
        CROSSING: Time = "crossing", "time on the bridge";
        /// Time during which the bridge was up
        UP: State = "up", "bridge up";
        /// Longest that a car waited
        QUEUED: Reading = "queued", "wait of the first car";
        /// from arrival to the bridge
        WAIT: Latency = "wait", "wait for the bridge";
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

    #[test]
    fn one_declaration_serves_bins_totals_and_documentation() {
        let (mut gauge, wait) = bridge();
        let mut report = Report::new("bridge", at(10), Duration::from_ns(10));
        report.count(&CAME, 1);
        report.level(&ON_BRIDGE, &gauge);
        report.utilisation(&USED, &gauge, 4);
        report.time(&CROSSING, 6);
        report.state(&UP, Duration::from_ns(2));
        report.reading(&QUEUED, Duration::from_ns(2));
        report.latency(&WAIT, &wait);
        let component = report.finish();
        assert_eq!(component.kind, "bridge");

        // What is reported is what is declared, in name, kind and order.
        let reported: Vec<(&str, Kind)> =
            component.metrics.iter().map(|(name, metric)| (*name, metric.kind())).collect();
        let declared: Vec<(&str, Kind)> =
            METRICS.iter().flat_map(|declared| declared.numbers()).collect();
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

        let mut eye = Sampler::new(Resolution::Every(Duration::from_ns(10)));
        eye.look(at(10));
        eye.component(0, "bridge");
        eye.count(&CAME, 1);
        eye.level(&ON_BRIDGE, &mut gauge, Some(4));
        eye.time(&CROSSING, 6);
        eye.state(&UP, 2);
        eye.reading(&QUEUED, Some(0));
        eye.looked();
        let series = eye.finish();
        let meters: Vec<_> =
            series.columns.iter().map(|column| (column.meter.name, column.meter.words)).collect();
        assert_eq!(
            meters,
            [
                ("came", "cars that come"),
                ("on_bridge", "cars on the bridge"),
                ("crossing_ns", "time on the bridge"),
                ("up_ns", "bridge up"),
                ("queued_ns", "wait of the first car"),
            ]
        );
    }

    #[test]
    fn definitions_are_the_comments_of_the_declarations() {
        let definitions: Vec<String> = METRICS.iter().copied().map(Declared::definition).collect();
        assert_eq!(
            definitions[..2],
            [
                "Cars that came, those that turned round included",
                "Cars on the bridge: mean over time, and most at once",
            ]
        );
        assert_eq!(definitions[6], "Distribution: from arrival to the bridge");
    }
}
