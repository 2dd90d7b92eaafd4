//! How far a long run is, on standard error; gone when it ends.

use std::io::{self, Write};
use std::time::Duration;

use clap::ValueEnum;
use dessim::experiment::listen::{Hears, Listener, Progress};
use dessim::kernel::time::Instant;
use dessim::metrics::probe::{End, Record, Unfinished};
use dessim::report::format;
use dessim::scenario::schema::Scenario;
use dessim::scenario::{arms, expected_requests};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// When progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

/// What ends before this is not worth a bar.
const FIRST: Duration = Duration::from_millis(500);
/// Where there is no terminal, a line is written this often.
const EVERY: Duration = Duration::from_secs(1);
const DRAWS_PER_S: u8 = 10;
const STEPS: f64 = 1_000.0;
const TEMPLATE: &str = "{bar:24} {msg}";

/// How it is shown.
#[derive(Debug, PartialEq, Eq)]
enum How {
    Not,
    /// As a bar, which appears after [`FIRST`].
    Bar,
    /// As lines, to what is no terminal.
    Lines,
}

/// How far the runs of one command are.
#[derive(Debug)]
pub(super) struct Meter {
    how: How,
    bar: ProgressBar,
    shown: bool,
    /// When the latest line was written.
    said: Option<Duration>,
    requests: f64,
    duration_ns: Option<f64>,
    arms: f64,
    arm: f64,
    runs: u64,
    run: u64,
    /// Events of the arms before the present one, as far as was told.
    before: u64,
    latest: u64,
}

impl Meter {
    /// For `runs` runs of `scenario`.
    pub(super) fn new(when: When, quiet: bool, scenario: &Scenario, runs: u64) -> Self {
        let terminal = !ProgressDrawTarget::stderr().is_hidden();
        let how = match when {
            _ if quiet => How::Not,
            When::Never => How::Not,
            When::Auto if !terminal => How::Not,
            When::Always if !terminal => How::Lines,
            When::Auto | When::Always => How::Bar,
        };
        let bar = ProgressBar::with_draw_target(Some(STEPS as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("━━┄"));
        }
        Self {
            how,
            bar,
            shown: false,
            said: None,
            requests: expected_requests(scenario),
            duration_ns: scenario.duration.map(|duration| duration.as_ns() as f64),
            arms: arms::arms(scenario).len().max(1) as f64,
            arm: 0.0,
            runs,
            run: 0,
            before: 0,
            latest: 0,
        }
    }

    /// Plays one run with a listener that hears what `inner` hears.
    pub(super) fn watch<'a>(&'a mut self, inner: &'a mut dyn Listener) -> Watched<'a> {
        self.arm = 0.0;
        Watched { meter: self, inner }
    }

    /// A run is over.
    pub(super) fn run_ended(&mut self) {
        self.run += 1;
        self.arm = 0.0;
        if self.runs > 1 && self.run < self.runs {
            self.show(0.0, None);
        }
    }

    /// Does what prints, while nothing is in its way.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// How much of the arm is done, as far as anybody can tell: of the requests or of the time.
    fn of_arm(&self, progress: &Progress) -> f64 {
        let requests = progress.offered as f64 / self.requests.max(1.0);
        let time = self.duration_ns.map_or(0.0, |end| progress.at.as_ns() as f64 / end.max(1.0));
        requests.max(time).min(1.0)
    }

    fn show(&mut self, of_arm: f64, progress: Option<&Progress>) {
        let elapsed = self.bar.elapsed();
        let due = match self.how {
            How::Not => false,
            How::Bar => elapsed >= FIRST,
            How::Lines => self.said.is_none_or(|said| elapsed - said >= EVERY),
        };
        if !due {
            return;
        }
        let of_run = ((self.arm - 1.0).max(0.0) + of_arm) / self.arms;
        let done = ((self.run as f64 + of_run) / self.runs as f64).clamp(0.0, 1.0);
        let words = self.words(done, elapsed, progress);
        if self.how == How::Lines {
            self.said = Some(elapsed);
            // Nobody is left to be told that this failed.
            let _ = writeln!(io::stderr().lock(), "progress: {words}");
            return;
        }
        if !self.shown {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS_PER_S));
        }
        self.bar.set_message(words);
        self.bar.set_position((done * STEPS) as u64);
    }

    fn words(&self, done: f64, elapsed: Duration, progress: Option<&Progress>) -> String {
        let seconds = elapsed.as_secs_f64().max(1e-9);
        let mut words = vec![format!("{:.0} %", (done * 100.0).floor())];
        if self.runs > 1 {
            let (run, runs) = (format::count(self.run), format::count(self.runs));
            words.push(format!("{run} of {runs} runs done"));
        } else if let Some(progress) = progress {
            words.push(format!("at {} of virtual time", format::time(progress.at.as_ns())));
        }
        let events = (self.before + self.latest) as f64 / seconds;
        words.push(format!("{} events/s", format::number(events)));
        // Early on, what is left is a guess about everything from nearly nothing.
        if done >= 0.01 {
            let left = Duration::from_secs_f64(seconds * (1.0 - done) / done);
            words.push(format!("{} left", wall(left)));
        }
        words.join(", ")
    }
}

/// A time on the wall clock, to the second.
fn wall(time: Duration) -> String {
    let s = time.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A listener whose run is watched.
pub(super) struct Watched<'a> {
    meter: &'a mut Meter,
    inner: &'a mut dyn Listener,
}

impl Listener for Watched<'_> {
    fn hears(&self) -> Hears {
        self.inner.hears()
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        self.meter.arm += 1.0;
        self.meter.before += std::mem::take(&mut self.meter.latest);
        self.inner.begin(arm, names);
    }

    fn wants(&self, load: u32, request: u64) -> bool {
        self.inner.wants(load, request)
    }

    fn record(&mut self, record: &Record) {
        self.inner.record(record);
    }

    fn ended(&mut self, end: &End) {
        self.inner.ended(end);
    }

    fn unfinished(&mut self, request: &Unfinished) {
        self.inner.unfinished(request);
    }

    fn satisfied(&self) -> bool {
        self.inner.satisfied()
    }

    fn over(&mut self, at: Instant) {
        self.inner.over(at);
    }

    fn progress(&mut self, progress: &Progress) {
        self.meter.latest = progress.events;
        let of_arm = self.meter.of_arm(progress);
        self.meter.show(of_arm, Some(progress));
        self.inner.progress(progress);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(end: &str) -> Scenario {
        let text = format!(
            "Scenario(schema: 1, {end} \
             services: {{ \"db\": Service(time: Constant(\"1ms\")) }}, \
             arms: {{ \"a\": Arm(calls: {{ \"users\": Call(to: \"db\") }}), \
             \"b\": Arm(calls: {{ \"users\": Call(to: \"db\") }}) }})"
        );
        let file = dessim::ScenarioFile::from_bytes("a", text.as_bytes());
        file.expect("it is a scenario").scenario
    }

    #[test]
    fn what_is_done_is_told_by_whichever_limit_is_nearer() {
        let load = "load: { \"users\": Load(arrivals: Constant(rate: \"100/s\"), total: 1000) },";
        let at = |s: u64, offered| Progress {
            at: Instant::from_ns(s * 1_000_000_000),
            events: 1,
            offered,
        };
        let meter = Meter::new(When::Never, false, &scenario(load), 1);
        assert_eq!((meter.arms, meter.of_arm(&at(7, 250))), (2.0, 0.25));
        assert_eq!(meter.of_arm(&at(99, 5_000)), 1.0);
        let both = format!("duration: \"100s\", {load}");
        let meter = Meter::new(When::Never, false, &scenario(&both), 1);
        assert_eq!(meter.of_arm(&at(50, 250)), 0.5);
        assert_eq!(meter.of_arm(&at(1, 250)), 0.25);
    }

    #[test]
    fn words_say_what_is_left() {
        let load = "load: { \"users\": Load(arrivals: Constant(rate: \"100/s\"), total: 1000) },";
        let mut meter = Meter::new(When::Never, false, &scenario(load), 1);
        (meter.before, meter.latest) = (1_000_000, 500_000);
        let progress =
            Progress { at: Instant::from_ns(1_500_000_000), events: 500_000, offered: 1 };
        let words = meter.words(0.25, Duration::from_secs(3), Some(&progress));
        assert_eq!(words, "25 %, at 1.50 s of virtual time, 500,000 events/s, 9 s left");
        (meter.runs, meter.run) = (200, 7);
        let words = meter.words(0.001, Duration::from_secs(3), None);
        assert_eq!(words, "0 %, 7 of 200 runs done, 500,000 events/s");
        let walls = [0, 59, 60, 3_599, 3_600, 90_000].map(|s| wall(Duration::from_secs(s)));
        assert_eq!(walls, ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "25 h 0 min"]);
    }
}
