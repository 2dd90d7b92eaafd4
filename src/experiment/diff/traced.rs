//! Fates of requests, read from records alone.
//!
//! Records show which requests succeeded and how long they took. They do not show which successes
//! were late, why a request failed, and which requests belong to the warm-up.

use crate::experiment::fates::{Fates, Known, Outcome};
use crate::experiment::trace::Line;
use crate::metrics::fate::Fate;
use crate::metrics::probe::EventKind;

/// Reads the fates of requests from records.
#[derive(Debug, Default)]
pub(super) struct Traced {
    fates: Fates,
    broken: bool,
}

impl Traced {
    pub(super) fn read(&mut self, line: &Line<'_>) {
        let request = line.request.rsplit_once('#');
        match request.map(|(load, number)| (load, number.parse::<u64>())) {
            Some((load, Ok(number))) => self.note(line, load, number),
            _ => self.broken = true,
        }
    }

    fn note(&mut self, line: &Line<'_>, load: &str, number: u64) {
        let arm = self.fates.enter(&line.arm);
        let before = match arm.get(load, number) {
            Some(known) => known,
            // Requests are numbered in the order of arrival. A trace with gaps is broken, and must
            // not take memory for the missing numbers.
            None if number > 0 && arm.get(load, number - 1).is_none() => {
                self.broken = true;
                return;
            }
            None => Known { outcome: Outcome::InFlight, took_ns: 0, attempts: 0 },
        };
        // Attempts of nested calls do not count as attempts of the request.
        let attempt = if line.call.is_none() { line.attempt } else { 0 };
        let attempts = before.attempts.max(attempt);
        let (outcome, took_ns) = match &*line.what {
            what if what == EventKind::SUCCEEDED.name => {
                (Outcome::Ended(Fate::Succeeded), line.value)
            }
            what if what == EventKind::FAILED.name => (Outcome::Failed, line.value),
            _ => (before.outcome, before.took_ns),
        };
        arm.set(load, number, Known { outcome, took_ns, attempts });
    }

    /// The fates; `None` if the trace is broken.
    pub(super) fn fates(self) -> Option<Fates> {
        (!self.broken).then_some(self.fates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioFile;
    use crate::experiment::diverge::{Replay, ScenarioReplay};
    use crate::experiment::run::Options;

    const TEXT: &str = r#"Scenario(schema: 1, seed: 3, duration: "2s",
        load: { "a#b": Load(arrivals: Poisson(rate: "150/s"), deadline: "30ms") },
        services: { "db": Service(time: Exponential(mean: "10ms"), slots: 1, queue: 4) },
        calls: { "a#b": Call(to: "db", policy: [Retry(max_retries: 2), Timeout("50ms")]) })"#;

    /// The fates read from records agree with those of the run, as far as records show them.
    #[test]
    fn records_agree_with_the_run_as_far_as_they_show_fates() {
        let text = TEXT.replace("a#b", "users");
        let file = ScenarioFile::from_bytes("a", text.as_bytes()).expect("it is a scenario");
        let options = Options::default();
        let mut replay = ScenarioReplay::new(&file.scenario, "a", &options);
        let mut traced = Traced::default();
        replay.play(&mut |line| traced.read(line)).expect("it runs");
        let (read, exact) = (traced.fates().expect("it makes sense"), replay.fates.take());
        let (read, exact) =
            (read.arm("main").cloned(), exact.and_then(|of| of.arm("main").cloned()));
        let (read, exact) = (read.expect("it was read"), exact.expect("it was played"));
        let coarse = |known: Known| match known.outcome {
            Outcome::Ended(Fate::Succeeded | Fate::Late) => Outcome::Ended(Fate::Succeeded),
            Outcome::Ended(_) | Outcome::Failed => Outcome::Failed,
            Outcome::InFlight => Outcome::InFlight,
        };
        let expected: Vec<_> = exact
            .iter()
            .map(|(load, number, known)| (load, number, Known { outcome: coarse(known), ..known }))
            .collect();
        let kinds =
            |of: Outcome| expected.iter().filter(|(_, _, known)| known.outcome == of).count();
        assert!(kinds(Outcome::Failed) > 9 && kinds(Outcome::InFlight) > 0 && expected.len() > 250);
        assert_eq!(read.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_trace_with_gaps_in_its_numbers_is_broken() {
        let line = |request: &'static str| Line {
            at_ns: 0,
            arm: "main".into(),
            event: 1,
            request: request.into(),
            call: None,
            attempt: 1,
            component: "x".into(),
            what: "arrived".into(),
            value: 0,
        };
        let makes_sense = |requests: &[&'static str]| {
            let mut traced = Traced::default();
            requests.iter().for_each(|request| traced.read(&line(request)));
            traced.fates().is_some()
        };
        assert!(makes_sense(&["a#b#0", "a#b#1", "a#0", "a#b#1"]));
        for broken in ["a#1", "a#18446744073709551615", "a", "a#", "a#-1", "#x"] {
            assert!(!makes_sense(&["b#0", broken]), "{broken}");
        }
    }
}
