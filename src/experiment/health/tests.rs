use super::phases::course;
use super::*;
use crate::ScenarioFile;
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::report::explain::Cause;
use PhaseKind::{Degraded, Idle, Metastable, Recovered, Steady, WarmUp};

const S: u64 = 1_000_000_000;

/// 100 requests a second, evenly spaced. `good` of each second succeed after 10 ms, the others fail
/// at once; `None` is a second without arrivals.
#[derive(Default)]
struct Played {
    good: Vec<Option<u64>>,
    triggers: Vec<(u64, u64)>,
    warm_up: u64,
    objective: f64,
}

impl Played {
    fn new(good: &[u64]) -> Self {
        let good = good.iter().copied().map(Some).collect();
        Self { good, objective: 0.9, ..Self::default() }
    }

    fn course(&self) -> Course {
        let trigger = |&(from, until): &(u64, u64)| Trigger {
            from_ns: from * S,
            until_ns: until * S,
            changes: true,
            cause: Cause::Bursts { load: String::new(), bursts: 1, size: 1, every_ns: 1 },
        };
        let triggers: Vec<Trigger> = self.triggers.iter().map(trigger).collect();
        let edges = triggers.iter().flat_map(|one| [one.from_ns, one.until_ns]);
        let mut cuts: Vec<u64> = edges.chain([0, self.warm_up * S]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let cuts: Arc<[u64]> = Arc::from(cuts);
        let mut cohorts = Cohorts::new(cuts.clone());
        for (second, good) in (0..).zip(&self.good) {
            let Some(good) = *good else { continue };
            for number in 0..100 {
                let cohort = cohorts.at(second * S + number * S / 100);
                // 37 and 100 have no common divisor: failures are spread over the second.
                if number * 37 % 100 < good {
                    cohort.good += 1;
                    cohort.slowest_ns = S / 100;
                } else {
                    cohort.bad += 1;
                }
            }
        }
        let plan = Plan {
            arms: BTreeMap::from([("main".to_owned(), (triggers, cuts))]),
            objective: self.objective,
            warm_up_ns: self.warm_up * S,
            ..Plan::default()
        };
        let end = Instant::from_ns(self.good.len() as u64 * S);
        course(&ArmHealth { name: "main".to_owned(), rules: Vec::new(), cohorts, end }, &plan)
    }

    fn phases(&self) -> Vec<(PhaseKind, u64, u64)> {
        let second = |ns: u64| (ns + S / 2) / S;
        let piece = |phase: &Phase| (phase.kind, second(phase.from_ns), second(phase.until_ns));
        self.course().phases.iter().map(piece).collect()
    }
}

#[test]
fn a_trigger_that_passes_and_one_that_stays() {
    let calm = [98; 10];
    let down = |seconds: usize| vec![10; seconds];
    let passes = [&calm[..], &down(6), &calm].concat();
    let passes = Played { triggers: vec![(10, 12)], ..Played::new(&passes) };
    assert_eq!(
        passes.phases(),
        [(Steady, 0, 10), (PhaseKind::Trigger, 10, 12), (Degraded, 12, 16), (Recovered, 16, 26)]
    );
    // Requests under way at the beginning of the trigger do not count.
    let reference = passes.course().reference.expect("ten seconds to compare with");
    assert!((reference - 0.98).abs() < 0.001, "{reference}");
    assert!(!passes.course().collapsed());
    let well_from = passes.course().well_from(12 * S).expect("it is well again");
    assert!(well_from.abs_diff(16 * S) < S / 5, "{well_from}");

    let stays = [&calm[..], &down(6)].concat();
    let mut stays = Played { triggers: vec![(10, 12)], ..Played::new(&stays) };
    stays.good.extend([None, None]);
    assert_eq!(
        stays.phases(),
        [(Steady, 0, 10), (PhaseKind::Trigger, 10, 12), (Metastable, 12, 16), (Idle, 16, 18)]
    );
    assert!(stays.course().collapsed());
    // Down for a shorter time than the trigger lasted: undecided.
    stays.triggers = vec![(10, 14)];
    assert_eq!(stays.phases()[2], (Degraded, 14, 16));
    // A trigger without an effect.
    let unfelt = Played { triggers: vec![(4, 6)], ..Played::new(&calm) };
    assert_eq!(unfelt.phases(), [(Steady, 0, 4), (PhaseKind::Trigger, 4, 6), (Steady, 6, 10)]);
}

#[test]
fn an_outage_from_the_first_second_on_is_one() {
    let mut half = Played::new(&[50; 12]);
    assert_eq!(half.phases(), [(Degraded, 0, 12)]);
    // An outage as before the trigger; not metastable, because the arm never was well.
    half.triggers = vec![(6, 7)];
    let phases = [(Degraded, 0, 6), (PhaseKind::Trigger, 6, 7), (Degraded, 7, 12)];
    assert_eq!(half.phases(), phases);
    assert_eq!(half.course().well_from(7 * S), None);
    // Half of the usual ratio is no collapse, a hundredth is one.
    assert!(!half.course().collapsed());
    let hundredth = Played { triggers: vec![(6, 7)], ..Played::new(&[1; 12]) };
    assert!(hundredth.course().collapsed());
    // With an objective below a half the arm is well; so it is without an objective and without a
    // time before the trigger to compare with.
    assert_eq!(Played { objective: 0.45, ..half }.phases()[0], (Steady, 0, 6));
    assert_eq!(Played { objective: 0.0, ..Played::new(&[1; 12]) }.phases(), [(Steady, 0, 12)]);
}

#[test]
fn an_arm_worse_than_before_is_ill_though_it_meets_the_objective() {
    let good = [&[100; 10][..], &[93; 10]].concat();
    let drop = Played { triggers: vec![(10, 11)], ..Played::new(&good) };
    assert_eq!(drop.phases()[2].0, Metastable);
    let slight = [&[100; 10][..], &[96; 10]].concat();
    let slight = Played { triggers: vec![(10, 11)], ..Played::new(&slight) };
    assert_eq!(slight.phases()[2].0, Steady);
}

#[test]
fn a_phase_needs_evidence() {
    let mut noisy = [97; 12];
    noisy[5] = 80;
    assert_eq!(Played::new(&noisy).phases(), [(Steady, 0, 12)]);
    // A second with half of its requests failing is more than chance.
    noisy[5] = 50;
    assert_eq!(
        Played::new(&noisy).phases(),
        [(Steady, 0, 5), (Degraded, 5, 6), (Recovered, 6, 12)]
    );
}

#[test]
fn the_warm_up_is_a_phase_and_silence_is_idle() {
    let mut late = Played::new(&[98; 9]);
    late.good.splice(0..0, [None; 3]);
    assert_eq!(late.phases(), [(Idle, 0, 3), (Steady, 3, 12)]);
    late.warm_up = 3;
    assert_eq!(late.phases(), [(WarmUp, 0, 3), (Steady, 3, 12)]);
}

/// The course of the only arm of a scenario.
fn played(text: &str, sample: Option<&str>) -> Course {
    let sample = sample.map_or(String::new(), |every| format!("sample_every: \"{every}\","));
    let text = format!("Scenario(schema: 1, {sample} {text})");
    let file = ScenarioFile::from_bytes("t", text.as_bytes()).expect("it is a scenario");
    let prepared = Prepared::new(&file.scenario, "t");
    let mut health = Health::new(&prepared);
    let options = Options::default().sampled(&file.scenario);
    prepared.run_with(&options, &mut health).expect("it was checked");
    health.course("main").expect("it was played")
}

/// Requests of 0.8 s on average, so those of the last seconds cannot end before the run.
const HEALTHY: &str = r#"duration: "60s",
    load: { "web": Load(arrivals: Poisson(rate: "20/s")) },
    services: { "payment": Service(time: LogNormal(mean: "1s", cv: 0.5)) },
    calls: { "web": Call(to: "payment") }"#;

#[test]
fn requests_that_could_not_have_ended_decide_nothing() {
    for seed in 1..=20 {
        let course = played(&format!("seed: {seed}, {HEALTHY}"), None);
        let kinds: Vec<PhaseKind> = course.phases.iter().map(|phase| phase.kind).collect();
        assert_eq!(kinds, [Steady], "seed {seed}");
        assert!(!course.collapsed());
    }
    // An arm in which no request ends is not well, although no request has failed.
    let stuck = HEALTHY.replace("LogNormal(mean: \"1s\", cv: 0.5)", "Constant(\"1h\")");
    let course = played(&stuck, None);
    assert_eq!(course.phases[0].kind, Degraded);
    assert!(course.collapsed());
    // Twice the load that ten slots can bear: the line grows without end.
    let overloaded = HEALTHY.replace("cv: 0.5)", "cv: 0.5), slots: 10");
    assert!(played(&overloaded, None).collapsed());
}

#[test]
fn a_promise_of_time_is_kept_or_not() {
    // A limit of 300 ms fails every request of a constant second.
    let late = format!("objective: Objective(within: \"300ms\"), {HEALTHY}");
    assert!(played(&late, None).collapsed());
    let wide = format!("objective: Objective(within: \"30s\"), {HEALTHY}");
    let course = played(&wide, None);
    assert_eq!(course.phases.len(), 1);
    assert_eq!((course.phases[0].kind, course.last_ratio), (Steady, Some(1.0)));
}

#[test]
fn the_course_does_not_depend_on_how_a_series_is_sampled() {
    let text = r#"duration: "60s", load: { "u": Load(arrivals: Poisson(rate: "90/s")) },
        services: { "db": Service(time: Exponential(mean: "100ms"), slots: 10) },
        faults: { "f": Fault(service: "db", from: "20.123s", until: "23.7s", effect: Frozen) },
        calls: { "u": Call(to: "db", policy: [Retry(max_attempts: 3), Timeout("400ms")]) }"#;
    let course = played(text, None);
    for every in ["1ms", "77ms", "5s", "59s"] {
        assert_eq!(played(text, Some(every)), course, "{every}");
    }
    // Triggers begin and end at their own instants, not at those of bins.
    let trigger = course.phases.iter().find(|phase| phase.kind == PhaseKind::Trigger);
    let span = trigger.map(|phase| (phase.from_ns, phase.until_ns));
    assert_eq!(span, Some((20_123_000_000, 23_700_000_000)));
}

#[test]
fn throughput_is_the_outcome_of_closed_loops() {
    // No caller gives up, so every request succeeds; from 30 s on each takes ten times as long.
    let text = |until: &str| {
        format!(
            r#"duration: "60s",
            load: {{ "u": Load(arrivals: ClosedLoop(callers: 20, think: Constant("0s"))) }},
            services: {{ "db": Service(time: Exponential(mean: "10ms"), slots: 10) }},
            faults: {{
                "kick": Fault(service: "db", from: "20s", until: "21s", effect: Frozen),
                "slow": Fault(service: "db", from: "30s", until: "{until}", effect: {}) }},
            calls: {{ "u": Call(to: "db") }}"#,
            "Slowed(factor: 10)"
        )
    };
    let course = played(&text("40s"), None);
    let last = course.last().expect("callers are at work");
    assert_eq!((last.kind, last.from_ns), (Recovered, 40 * S));
    let throughput = course.throughput.expect("a trigger to compare with");
    assert!((throughput.reference_per_s - 1_000.0).abs() < 30.0, "{throughput:?}");
    assert!((throughput.last_per_s - 1_000.0).abs() < 30.0, "{throughput:?}");
    assert!(!course.collapsed());
}
