//! Progress of long runs on standard error, erased when the command ends.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as WallInstant};

use clap::ValueEnum;
use dessim::experiment::listener::{Detail, Listener, Progress};
use dessim::kernel::time::Instant;
use dessim::metrics::probe::{End, Record, Unfinished};
use dessim::report::text::format;
use dessim::scenario::schema::Scenario;
use dessim::scenario::{arms, expected_requests};

/// The values of `--progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

/// Delay before the bar appears: a shorter command needs none.
const FIRST: Duration = Duration::from_millis(500);
/// Interval of progress lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(1);
/// Shortest interval between two drawings of the bar.
const DRAW_EVERY: Duration = Duration::from_millis(100);
const BAR_COLUMNS: usize = 24;
/// Width assumed if the terminal does not report one.
const TERMINAL_COLUMNS: usize = 80;
/// Clears the line and returns to its start.
const CLEAR: &str = "\r\x1b[2K";

/// Form of the progress display.
#[derive(Debug, PartialEq, Eq)]
enum How {
    Not,
    /// A bar, which appears after [`FIRST`].
    Bar,
    /// Lines, where standard error is no terminal.
    Lines,
}

/// Progress of the runs of one command; several may be under way at a time.
#[derive(Debug)]
pub(crate) struct Meter {
    how: How,
    start: WallInstant,
    requests: f64,
    duration_ns: Option<f64>,
    arms: f64,
    runs: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// True while a bar stands on the terminal.
    shown: bool,
    /// Time of the latest line or bar since the start.
    written: Option<Duration>,
    /// Runs that ended; `events` are theirs.
    ended: u64,
    events: u64,
    /// For each run under way, by its number: the fraction done, and its events so far.
    under_way: BTreeMap<u64, (f64, u64)>,
}

impl Meter {
    /// The meter of `runs` runs of `scenario`.
    pub(crate) fn new(when: When, quiet: bool, scenario: &Scenario, runs: u64) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let terminal = io::stderr().is_terminal() && !dumb;
        let how = match when {
            _ if quiet => How::Not,
            When::Never => How::Not,
            When::Auto if !terminal => How::Not,
            When::Always if !terminal => How::Lines,
            When::Auto | When::Always => How::Bar,
        };
        Self {
            how,
            start: now(),
            requests: expected_requests(scenario),
            duration_ns: scenario.duration.map(|duration| duration.as_ns() as f64),
            arms: arms::arms(scenario).len().max(1) as f64,
            runs,
            state: Mutex::default(),
        }
    }

    /// A listener that forwards run number `run` to `inner` and updates the meter.
    pub(crate) fn watch<'a>(&'a self, run: u64, inner: &'a mut dyn Listener) -> Watched<'a> {
        Watched { meter: self, inner, run, arm: 0.0, before: 0, latest: 0 }
    }

    /// Counts run number `run`, of `events` events, as ended.
    pub(crate) fn run_ended(&self, run: u64, events: u64) {
        let mut state = self.state();
        state.under_way.remove(&run);
        state.ended += 1;
        state.events += events;
        if self.runs > 1 && state.ended < self.runs {
            self.show(&mut state, None);
        }
    }

    /// Counts a run as ended whose number and events are unknown.
    pub(crate) fn one_ended(&self) {
        self.run_ended(u64::MAX, 0);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Erases the bar and calls `print`, so that its output is not mixed with the bar.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        let mut state = self.state();
        clear(&mut state);
        print()
    }

    /// Estimated fraction of the arm that is done, by requests or by time, whichever is larger.
    fn of_arm(&self, progress: &Progress) -> f64 {
        let requests = progress.offered as f64 / self.requests.max(1.0);
        let time = self.duration_ns.map_or(0.0, |end| progress.at.as_ns() as f64 / end.max(1.0));
        requests.max(time).min(1.0)
    }

    fn show(&self, state: &mut State, at: Option<Instant>) {
        let elapsed = now() - self.start;
        let since = |every| state.written.is_none_or(|written| elapsed - written >= every);
        let due = match self.how {
            How::Not => false,
            How::Bar => elapsed >= FIRST && since(DRAW_EVERY),
            How::Lines => since(EVERY),
        };
        if !due {
            return;
        }
        let words = self.words(state, elapsed, at);
        state.written = Some(elapsed);
        // A closed terminal does not end the run.
        let _ = if self.how == How::Lines {
            writeln!(io::stderr().lock(), "progress: {words}")
        } else {
            state.shown = true;
            write!(io::stderr().lock(), "{CLEAR}{}", bar(self.done(state), &words, columns()))
        };
    }

    /// Fraction of all runs that is done.
    fn done(&self, state: &State) -> f64 {
        let under_way: f64 = state.under_way.values().map(|(done, _)| done).sum();
        ((state.ended as f64 + under_way) / self.runs as f64).clamp(0.0, 1.0)
    }

    fn words(&self, state: &State, elapsed: Duration, at: Option<Instant>) -> String {
        let done = self.done(state);
        let seconds = elapsed.as_secs_f64().max(1e-9);
        let mut words = vec![format!("{:.0} %", (done * 100.0).floor())];
        if self.runs > 1 {
            let (run, runs) = (format::count(state.ended), format::count(self.runs));
            words.push(format!("{run} of {runs} runs done"));
        } else if let Some(at) = at {
            words.push(format!("at {} of virtual time", format::time(at.as_ns())));
        }
        let under_way: u64 = state.under_way.values().map(|(_, events)| events).sum();
        let events = (state.events + under_way) as f64 / seconds;
        // The events of runs counted by `one_ended` are unknown.
        if events > 0.0 {
            words.push(format!("{} events/s", format::number(events)));
        }
        // Below 1 % the estimate of the time left is too rough to print.
        if done >= 0.01 {
            let left = Duration::from_secs_f64(seconds * (1.0 - done) / done);
            words.push(format!("{} left", wall(left)));
        }
        words.join(", ")
    }
}

#[expect(clippy::disallowed_methods, reason = "progress is about the wall clock")]
fn now() -> WallInstant {
    WallInstant::now()
}

fn columns() -> usize {
    let size = terminal_size::terminal_size_of(io::stderr());
    size.map_or(TERMINAL_COLUMNS, |(width, _)| usize::from(width.0))
}

/// A bar filled up to the fraction `done`, and the words after it, within `columns`.
fn bar(done: f64, words: &str, columns: usize) -> String {
    let full = (done * BAR_COLUMNS as f64) as usize;
    let bar = "━".repeat(full) + &"┄".repeat(BAR_COLUMNS - full);
    // A full line would wrap, and only one line is cleared.
    format::cut(&format!("{bar} {words}"), columns.saturating_sub(1))
}

fn clear(state: &mut State) {
    if std::mem::take(&mut state.shown) {
        let _ = write!(io::stderr().lock(), "{CLEAR}");
    }
}

/// A wall-clock time, to the second.
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
        clear(&mut self.state());
    }
}

/// A listener that forwards a run and updates the meter as it goes.
pub(crate) struct Watched<'a> {
    meter: &'a Meter,
    inner: &'a mut dyn Listener,
    run: u64,
    /// Number of arms that have begun.
    arm: f64,
    /// Events of the earlier arms.
    before: u64,
    /// Events of the present arm so far.
    latest: u64,
}

impl Watched<'_> {
    fn update(&self, of_arm: f64, at: Option<Instant>) {
        let of_run = ((self.arm - 1.0).max(0.0) + of_arm) / self.meter.arms;
        let mut state = self.meter.state();
        state.under_way.insert(self.run, (of_run.min(1.0), self.before + self.latest));
        self.meter.show(&mut state, at);
    }
}

impl Listener for Watched<'_> {
    fn detail(&self) -> Detail {
        self.inner.detail()
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        self.arm += 1.0;
        self.before += std::mem::take(&mut self.latest);
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
        self.latest = progress.events;
        self.update(self.meter.of_arm(progress), Some(progress.at));
        self.inner.progress(progress);
    }
}

#[cfg(test)]
mod tests {
    use dessim::experiment::listener::NoListener;

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
    fn progress_is_that_of_the_nearer_limit() {
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
        let meter = Meter::new(When::Never, false, &scenario(load), 1);
        let mut nobody = NoListener;
        let mut watched = meter.watch(0, &mut nobody);
        watched.begin("a", &[]);
        let at = Instant::from_ns(1_500_000_000);
        watched.progress(&Progress { at, events: 1_500_000, offered: 500 });
        let words = meter.words(&meter.state(), Duration::from_secs(3), Some(at));
        assert_eq!(words, "25 %, at 1.50 s of virtual time, 500,000 events/s, 9 s left");
    }

    #[test]
    fn runs_at_a_time_are_all_counted() {
        let load = "load: { \"users\": Load(arrivals: Constant(rate: \"100/s\"), total: 1000) },";
        let meter = Meter::new(When::Never, false, &scenario(load), 4);
        let (mut one, mut other) = (NoListener, NoListener);
        let (mut first, mut second) = (meter.watch(0, &mut one), meter.watch(1, &mut other));
        first.begin("a", &[]);
        second.begin("a", &[]);
        let half = Progress { at: Instant::ZERO, events: 300, offered: 1000 };
        first.progress(&half);
        second.progress(&half);
        second.begin("b", &[]);
        second.progress(&half);
        // Half of the first run and all of the second: 1.5 of 4 runs, 300 + 600 events.
        let words = || meter.words(&meter.state(), Duration::from_secs(3), None);
        assert_eq!(words(), "37 %, 0 of 4 runs done, 300 events/s, 5 s left");
        // The estimate of a run is replaced by its result.
        meter.run_ended(0, 900);
        assert_eq!(words(), "50 %, 1 of 4 runs done, 500 events/s, 3 s left");
        meter.run_ended(1, 600);
        assert_eq!(words(), "50 %, 2 of 4 runs done, 500 events/s, 3 s left");
    }

    #[test]
    fn a_bar_never_fills_its_line() {
        let full = "━".repeat(12) + &"┄".repeat(12);
        assert_eq!(bar(0.5, "50 %, 9 s left", 80), format!("{full} 50 %, 9 s left"));
        assert_eq!(bar(0.5, "50 %, 9 s left", 32), format!("{full} 50 %,…"));
        assert!(bar(1.0, "", 80).starts_with(&"━".repeat(24)));
    }

    #[test]
    fn time_on_the_wall_is_to_the_second() {
        let walls = [0, 59, 60, 3_599, 3_600, 90_000].map(|s| wall(Duration::from_secs(s)));
        assert_eq!(walls, ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "25 h 0 min"]);
    }
}
