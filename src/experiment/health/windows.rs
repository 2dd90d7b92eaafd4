//! Windows: periods with enough requests to judge, each well or ill.
//!
//! Evidence is measured in nats: a window with n requests, of which the share p succeeds, has the
//! evidence n KL(p || q) for or against a threshold q, the log-likelihood ratio of a binomial
//! sample (Wilks 1938). The course of an arm is the cheapest sequence of "well" and "ill", where a
//! change between triggers costs a constant (Viterbi 1967; as a change-point method: Killick,
//! Fearnhead and Eckley 2012). So a phase needs evidence, wherever windows are cut, and neighbours
//! that do not differ are one.

use super::cohorts::{Cohort, Cohorts, Segment};
use crate::kernel::fpmath::ln;
use crate::report::explain::Trigger;

/// A window holds at least one in `WINDOWS` of all requests, and at least `LEAST_REQUESTS`.
const WINDOWS: u64 = 200;
pub(super) const LEAST_REQUESTS: u64 = 20;
/// Largest difference of success ratios that does not count.
const TOLERANCE: f64 = 0.05;
/// Share of the earlier throughput of closed loops below which the difference counts.
const THROUGHPUT: f64 = 0.9;
/// Evidence, in nats, for a change without a trigger: odds of a thousand to one.
const CHANGE: f64 = 7.0;
/// Cost of a change where a trigger begins or ends: just enough to keep the state on a tie.
const FREE_CHANGE: f64 = 1e-9;
/// A request without a time limit should end within this multiple of the latency of the slowest
/// request of the fastest window.
const HORIZON: u64 = 2;
/// A silence shorter than one part in `SILENCE` of the run is ignored.
pub(super) const SILENCE: u64 = 100;

/// The requests that arrived in a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub(super) from_ns: u64,
    pub(super) until_ns: u64,
    pub(super) cohort: Cohort,
    /// True for the first window of a segment, where a trigger may begin or end.
    first: bool,
    /// True if its requests may have been under way when a trigger began, so that their failures
    /// are no evidence about the time before it.
    overtaken: bool,
    pub(super) ill: bool,
}

/// The judged windows of an arm.
#[derive(Debug)]
pub(super) struct Windows {
    pub(super) all: Vec<Window>,
    /// Success ratio before the first trigger.
    pub(super) reference: Option<f64>,
    /// Good ends of closed loops per nanosecond, before the first trigger.
    pub(super) throughput: Option<f64>,
}

/// Facts of an arm besides its requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Triggers that are changes, the earliest first.
    pub(super) triggers: &'a [Trigger],
    pub(super) end_ns: u64,
    pub(super) objective: f64,
    /// End of the activity of closed-loop callers; `None` without any.
    pub(super) closed_until_ns: Option<u64>,
}

impl Window {
    const fn new((from_ns, until_ns): (u64, u64), cohort: Cohort) -> Self {
        Self { from_ns, until_ns, cohort, first: false, overtaken: false, ill: false }
    }
}

impl Windows {
    pub(super) fn new(cohorts: &Cohorts, frame: &Frame<'_>) -> Self {
        let mut all = cut(cohorts, frame);
        let good = all.iter().filter(|window| window.cohort.good >= LEAST_REQUESTS);
        let slowest = good.map(|window| window.cohort.slowest_ns).min();
        let horizon_ns = slowest.unwrap_or(0).saturating_mul(HORIZON);
        for window in &mut all {
            let open = std::mem::take(&mut window.cohort.open);
            match window.until_ns.saturating_add(horizon_ns) <= frame.end_ns {
                true => window.cohort.bad += open,
                false => window.cohort.undecided += open,
            }
            let strikes = |trigger: &Trigger| {
                window.from_ns < trigger.from_ns
                    && trigger.from_ns < window.until_ns.saturating_add(horizon_ns)
            };
            window.overtaken = frame.triggers.iter().any(strikes);
        }
        let mut windows = Self { all, reference: None, throughput: None };
        windows.compare(frame);
        windows.judge(frame.objective);
        windows
    }

    /// Computes the reference before the first trigger.
    fn compare(&mut self, frame: &Frame<'_>) {
        let Some(first) = frame.triggers.first() else { return };
        let before = || self.all.iter().filter(|window| window.until_ns <= first.from_ns);
        let (mut cohort, mut lasted) = (Cohort::default(), 0);
        for window in before().filter(|window| !window.overtaken) {
            cohort.add(&window.cohort);
            lasted += window.until_ns - window.from_ns;
        }
        if cohort.decided() < LEAST_REQUESTS {
            (cohort, lasted) = (Cohort::default(), 0);
            for window in before() {
                cohort.add(&window.cohort);
                lasted += window.until_ns - window.from_ns;
            }
        }
        if cohort.decided() >= LEAST_REQUESTS {
            self.reference = Some(cohort.good as f64 / cohort.decided() as f64);
        }
        if cohort.completed >= LEAST_REQUESTS && lasted > 0 {
            self.throughput = Some(cohort.completed as f64 / lasted as f64);
        }
    }

    /// The ratio below which a window is ill, from the objective and the reference.
    fn threshold(&self, objective: f64) -> f64 {
        let before = self.reference.map_or(0.0, |reference| reference - TOLERANCE);
        objective.max(before)
    }

    fn judge(&mut self, objective: f64) {
        let threshold = self.threshold(objective);
        let evidence: Vec<f64> = self
            .all
            .iter()
            .map(|window| {
                let ratio = of_ratio(&window.cohort, threshold);
                let evidence = match self.throughput {
                    Some(per_ns) => ratio.max(of_throughput(window, per_ns * THROUGHPUT)),
                    None => ratio,
                };
                if window.overtaken { evidence.min(0.0) } else { evidence }
            })
            .collect();
        let free: Vec<bool> = self.all.iter().map(|window| window.first).collect();
        for (window, ill) in self.all.iter_mut().zip(cheapest(&evidence, &free)) {
            window.ill = ill;
        }
    }
}

/// Joins bins into windows with enough requests, none across a cut.
fn cut(cohorts: &Cohorts, frame: &Frame<'_>) -> Vec<Window> {
    let segments: Vec<Segment> = cohorts.segments(frame.end_ns).collect();
    let all = segments.iter().flat_map(|segment| &segment.bins);
    let arrived: u64 = all.map(|(_, _, cohort)| cohort.arrived()).sum();
    let least = (arrived / WINDOWS).max(LEAST_REQUESTS);
    let mut windows: Vec<Window> = Vec::new();
    for segment in &segments {
        let begins = windows.len();
        for &(from_ns, until_ns, cohort) in &segment.bins {
            match windows[begins..].last_mut() {
                Some(last) if last.cohort.arrived() < least || cohort.arrived() == 0 => {
                    last.until_ns = until_ns;
                    last.cohort.add(&cohort);
                }
                before => {
                    // Silence between windows belongs to the earlier one.
                    if let Some(last) = before {
                        last.until_ns = from_ns;
                    }
                    windows.push(Window::new((from_ns, until_ns), cohort));
                }
            }
        }
        silence(&mut windows, begins, segment, frame);
        if let Some(window) = windows.get_mut(begins) {
            window.first = true;
        }
    }
    windows
}

/// Extends windows over short silences at either end of a segment. Longer silences belong to no
/// window, except in closed loops, whose silent callers are waiting.
fn silence(windows: &mut Vec<Window>, begins: usize, segment: &Segment, frame: &Frame<'_>) {
    let moment_ns = frame.end_ns / SILENCE;
    if let Some(first) = windows.get_mut(begins)
        && first.from_ns - segment.from_ns < moment_ns
    {
        first.from_ns = segment.from_ns;
    }
    let busy_ns = frame.closed_until_ns.map_or(0, |until_ns| until_ns.min(segment.until_ns));
    match windows[begins..].last_mut() {
        Some(last) if segment.until_ns - last.until_ns < moment_ns => {
            last.until_ns = segment.until_ns;
        }
        last => {
            let from_ns = last.map_or(segment.from_ns, |last| last.until_ns);
            if from_ns < busy_ns {
                windows.push(Window::new((from_ns, busy_ns), Cohort::default()));
            }
        }
    }
}

/// Evidence in nats that the success ratio is below the threshold; negative, that it is not.
/// Requests whose outcome is open count for neither side.
fn of_ratio(cohort: &Cohort, threshold: f64) -> f64 {
    let n = cohort.arrived() as f64;
    if n == 0.0 || threshold <= 0.0 {
        return 0.0;
    }
    // An objective of 1 is judged like one of 1 - 1e-6, to keep the divergence finite.
    let threshold = threshold.min(1.0 - 1e-6);
    let (least, most) = (cohort.good as f64 / n, (cohort.good + cohort.undecided) as f64 / n);
    if most < threshold {
        n * divergence(most, threshold)
    } else if least >= threshold {
        -n * divergence(least, threshold)
    } else {
        0.0
    }
}

/// Evidence in nats that closed loops complete fewer requests than `per_ns` (of a Poisson sample).
fn of_throughput(window: &Window, per_ns: f64) -> f64 {
    let expected = per_ns * (window.until_ns - window.from_ns) as f64;
    let seen = window.cohort.completed as f64;
    let log = if seen > 0.0 { seen * ln(seen / expected) } else { 0.0 };
    let evidence = log - (seen - expected);
    if seen < expected { evidence } else { -evidence }
}

/// The Kullback-Leibler divergence of two Bernoulli distributions, in nats; 0 < `q` < 1.
fn divergence(p: f64, q: f64) -> f64 {
    let part = |p: f64, q: f64| if p > 0.0 { p * ln(p / q) } else { 0.0 };
    part(p, q) + part(1.0 - p, 1.0 - q)
}

/// The states of the windows, true for ill: the cheapest sequence by the evidence against it and
/// the cost of its changes, given the evidence that each window is ill, and where changes are free.
/// A tie keeps the state, which begins as well.
fn cheapest(evidence: &[f64], free: &[bool]) -> Vec<bool> {
    // Least costs of ending here well and ill, and the predecessors of both.
    let mut cost = [0.0, CHANGE];
    let mut steps: Vec<[bool; 2]> = Vec::with_capacity(evidence.len());
    for (at, (&evidence, &free)) in evidence.iter().zip(free).enumerate() {
        let change = if free && at > 0 { FREE_CHANGE } else { CHANGE };
        let came_ill = [cost[1] + change < cost[0], cost[0] + change >= cost[1]];
        let before = [cost[0].min(cost[1] + change), cost[1].min(cost[0] + change)];
        cost = [before[0] + evidence.max(0.0), before[1] + (-evidence).max(0.0)];
        steps.push(came_ill);
    }
    let mut ill = cost[1] < cost[0];
    let mut states = vec![false; evidence.len()];
    for (state, came_ill) in states.iter_mut().zip(&steps).rev() {
        *state = ill;
        ill = came_ill[usize::from(ill)];
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cohort(good: u64, bad: u64, undecided: u64) -> Cohort {
        Cohort { good, bad, undecided, ..Cohort::default() }
    }

    #[test]
    fn evidence_is_the_log_likelihood_ratio() {
        // 20 requests, half of which fail, where nine of ten should succeed:
        // 20 (0.5 ln (0.5 / 0.9) + 0.5 ln (0.5 / 0.1)) = 10.2165.
        let half = of_ratio(&cohort(10, 10, 0), 0.9);
        assert!((half - 10.216_512).abs() < 1e-6, "{half}");
        // All of 100 succeed: 100 ln (1 / 0.9) = 10.5361 against it.
        let all = of_ratio(&cohort(100, 0, 0), 0.9);
        assert!((all + 10.536_052).abs() < 1e-6, "{all}");
        // Open requests count for neither side: 10 of 20 are good, and 10 may still be.
        assert_eq!(of_ratio(&cohort(10, 0, 10), 0.9), 0.0);
        // Even if all open requests were good, 5 of 20 are not.
        let rest = of_ratio(&cohort(5, 5, 10), 0.9);
        let expected = 20.0 * divergence(0.75, 0.9);
        assert!((rest - expected).abs() < 1e-12, "{rest}");
        assert_eq!(of_ratio(&cohort(0, 20, 0), 0.0), 0.0);
    }

    #[test]
    fn a_change_needs_evidence_or_a_trigger() {
        let calm = -20.0;
        let ill = |evidence: &[f64]| cheapest(evidence, &vec![false; evidence.len()]);
        // A single window with 13 nats takes the state of its neighbours, one with 15 does not.
        assert_eq!(ill(&[calm, calm, 13.0, calm]), [false; 4]);
        assert_eq!(ill(&[calm, calm, 15.0, calm]), [false, false, true, false]);
        // At either end one change fewer is needed.
        assert_eq!(ill(&[calm, calm, 8.0]), [false, false, true]);
        assert_eq!(ill(&[calm, calm, 6.0]), [false, false, false]);
        assert_eq!(ill(&[6.0]), [false]);
        assert_eq!(ill(&[8.0]), [true]);
        // After a trigger any evidence suffices, and without evidence the state stays.
        let free = [false, false, true, false];
        assert_eq!(cheapest(&[calm, calm, 1.0, 1.0], &free), [false, false, true, true]);
        assert_eq!(cheapest(&[20.0, 20.0, calm, calm], &free), [true, true, false, false]);
        assert_eq!(cheapest(&[20.0, 20.0, 0.0, 0.0], &free), [true; 4]);
        // Small evidence adds up over many windows.
        assert_eq!(ill(&[1.0; 20]), [true; 20]);
    }

    #[test]
    fn throughput_is_compared_with_a_poisson_sample() {
        let window = |completed| Window::new((0, 1_000), Cohort { completed, ..Cohort::default() });
        // 100 expected: 50 ln 0.5 + 50 = 15.3426 for, 200 ln 2 - 100 = 38.6294 against.
        assert!((of_throughput(&window(50), 0.1) - 15.342_641).abs() < 1e-6);
        assert!((of_throughput(&window(200), 0.1) + 38.629_436).abs() < 1e-6);
        assert_eq!(of_throughput(&window(0), 0.1), 100.0);
    }
}
