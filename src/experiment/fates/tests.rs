use super::*;
use crate::ScenarioFile;
use crate::experiment::run::{Options, run_with};
use crate::report::result::RunResult;

const TEXT: &str = r#"Scenario(schema: 1, seed: 3, duration: "2s", warm_up: "200ms",
    load: {
        "users": Load(arrivals: Poisson(rate: "150/s")),
        "batch": Load(arrivals: Constant(rate: "20/s"), deadline: "30ms"),
    },
    services: { "db": Service(time: Exponential(mean: "10ms"), slots: 1, queue: 2) },
    arms: {
        "plain": Arm(calls: { "users": Call(to: "db"), "batch": Call(to: "db") }),
        "retry": Arm(calls: {
            "users": Call(to: "db", policy: [Retry(max_retries: 2), Timeout("50ms")]),
            "batch": Call(to: "db"),
        }),
    })"#;

fn played(text: &str) -> (Fates, RunResult) {
    let file = ScenarioFile::from_bytes("a", text.as_bytes()).expect("it is a scenario");
    let mut fates = Fates::new();
    let result = run_with(&file.scenario, "a", &Options::default(), &mut fates).expect("it runs");
    (fates, result)
}

fn count(arm: &ArmFates, outcome: Outcome) -> u64 {
    arm.iter().filter(|(_, _, known)| known.outcome == outcome).count() as u64
}

#[test]
fn every_measured_request_has_the_fate_that_the_run_counts() {
    let (fates, result) = played(TEXT);
    let mut in_flight = 0;
    for (name, arm) in fates.arms() {
        let of = &result.arms[name];
        let requests = of.requests;
        assert_eq!(arm.iter().count() as u64, requests.offered);
        for (outcome, expected) in [
            (Outcome::Ended(Fate::Succeeded), requests.succeeded),
            (Outcome::Ended(Fate::Late), requests.late),
            (Outcome::Ended(Fate::Error), of.failed_by.error),
            (Outcome::Ended(Fate::Timeout), of.failed_by.timeout),
            (Outcome::Ended(Fate::Rejected), requests.rejected),
            (Outcome::Ended(Fate::Shed), requests.shed),
            (Outcome::InFlight, requests.in_flight),
        ] {
            assert_eq!(count(arm, outcome), expected, "{name} {outcome:?}");
        }
        in_flight += requests.in_flight;
        let attempts: u64 = arm.iter().map(|(_, _, known)| u64::from(known.attempts)).sum();
        assert_eq!(attempts, of.attempts.total);
    }
    assert!(in_flight > 0, "the test shows nothing about those");
    // The warm-up is not counted: 20 a second, from 0 on, 200 ms long.
    let retry = fates.arm("retry").expect("it was played");
    assert_eq!((retry.of("batch", 3), fates.arm("none").is_none()), (None, true));
    assert!(retry.of("batch", 4).is_some());
    assert_eq!((retry.of("db", 4), retry.of("batch", u64::MAX)), (None, None));
    let names: Vec<_> = retry.iter().map(|(load, number, _)| (load, number)).collect();
    assert!(names.is_sorted() && names[0] == ("batch", 4), "{names:?}");
}

#[test]
fn every_code_is_read_as_it_was_written() {
    let all = Fate::ALL.map(Outcome::Ended);
    for outcome in all.into_iter().chain([Outcome::Failed, Outcome::InFlight]) {
        assert_eq!(Outcome::of(outcome.code()), Some(outcome));
        assert_eq!(outcome.is_good(), outcome == Outcome::Ended(Fate::Succeeded));
    }
    assert_eq!(Outcome::of(ABSENT), None);
}

fn known(outcome: Outcome, took_ns: u64, attempts: u32) -> Known {
    Known { outcome, took_ns, attempts }
}

fn by_hand(of: &[(&str, u64, Known)]) -> ArmFates {
    let mut arm = ArmFates::default();
    of.iter().for_each(|(load, number, known)| arm.set(load, *number, *known));
    arm
}

#[test]
fn changes_are_counted_request_by_request() {
    let succeeded = Outcome::Ended(Fate::Succeeded);
    let rejected = Outcome::Ended(Fate::Rejected);
    let a = by_hand(&[
        ("u", 0, known(rejected, 5, 4)),
        ("u", 1, known(rejected, 5, 4)),
        ("u", 2, known(succeeded, 50, 1)),
        ("u", 3, known(succeeded, 50, 1)),
        ("u", 4, known(succeeded, 50, 1)),
        ("u", 5, known(Outcome::InFlight, 0, 2)),
        ("v", 1, known(succeeded, 1, 1)),
    ]);
    let b = by_hand(&[
        ("v", 2, known(succeeded, 1, 1)),
        ("v", 3, known(succeeded, 1, 1)),
        ("u", 0, known(succeeded, 90, 1)),
        ("u", 1, known(succeeded, 90, 2)),
        ("u", 2, known(succeeded, 57, 1)),
        ("u", 3, known(succeeded, 20, 1)),
        ("u", 4, known(Outcome::Ended(Fate::Late), 9, 3)),
        ("u", 5, known(rejected, 9, 2)),
    ]);
    let changes = FateChanges::of(&a, &b);
    assert_eq!(
        (changes.requests.in_both, changes.requests.only_in_a, changes.requests.only_in_b),
        (6, 1, 2)
    );
    assert_eq!(
        (changes.requests.failing, changes.requests.saved, changes.requests.lost),
        (3, 2, 1)
    );
    assert_eq!(
        (changes.requests.good_in_both, changes.requests.bad_in_both, changes.changed()),
        (2, 1, 4)
    );
    assert_eq!((changes.requests.attempts_saved, changes.requests.attempts_added), (5, 2));
    assert_eq!(changes.groups[&(rejected, succeeded)], 2);
    assert_eq!(changes.named[&(rejected, succeeded)], ["u#0", "u#1"]);
    assert_eq!((changes.requests.slower.count, changes.requests.slower.p50_ns), (1, Some(7)));
    assert_eq!((changes.requests.faster.count, changes.requests.faster.p50_ns), (1, Some(30)));
}

/// Exchanging `a` and `b` mirrors the changes, and every request is counted once.
#[test]
fn changes_add_up_and_mirror() {
    let (a, _) = played(TEXT);
    for (from, to) in
        [("max_retries: 2", "max_retries: 1"), ("queue: 2", "queue: 9"), ("2s", "2100ms")]
    {
        let (b, _) = played(&TEXT.replace(from, to));
        let (forward, backward) = (FateChanges::between(&a, &b), FateChanges::between(&b, &a));
        assert_eq!(forward.len(), 2);
        for (arm, changes) in &forward {
            let mirror = &backward[arm];
            assert!(changes.requests.in_both > 0);
            let parts = [
                changes.requests.saved,
                changes.requests.lost,
                changes.requests.good_in_both,
                changes.requests.bad_in_both,
            ];
            assert_eq!(parts.iter().sum::<u64>(), changes.requests.in_both);
            assert_eq!(changes.groups.values().sum::<u64>(), changes.requests.in_both);
            assert_eq!(
                changes.requests.failing,
                changes.requests.saved + changes.requests.bad_in_both
            );
            let total = |fates: &Fates| fates.arm(arm).expect("it has it").iter().count() as u64;
            assert_eq!(changes.requests.in_both + changes.requests.only_in_a, total(&a));
            assert_eq!(changes.requests.in_both + changes.requests.only_in_b, total(&b));
            let swapped = |((a, b), count): (&(Outcome, Outcome), &u64)| ((*b, *a), *count);
            let one = &changes.requests;
            let requests = RequestChanges {
                only_in_a: one.only_in_b,
                only_in_b: one.only_in_a,
                failing: one.lost + one.bad_in_both,
                saved: one.lost,
                lost: one.saved,
                slower: one.faster,
                faster: one.slower,
                attempts_saved: one.attempts_added,
                attempts_added: one.attempts_saved,
                ..one.clone()
            };
            let expected = FateChanges {
                requests,
                groups: changes.groups.iter().map(swapped).collect(),
                named: changes.named.iter().map(|((a, b), n)| ((*b, *a), n.clone())).collect(),
                later: changes.sooner,
                sooner: changes.later,
            };
            assert_eq!(*mirror, expected);
        }
        let plain = &forward["plain"];
        // Fewer retries change nothing for arms without retries; a longer line saves some requests.
        match from {
            "max_retries: 2" => assert_eq!((plain.changed(), plain.requests.slower.count), (0, 0)),
            "queue: 2" => assert!(plain.requests.saved > 0 && plain.requests.slower.count > 0),
            _ => assert!(plain.requests.only_in_b > 0 && plain.requests.only_in_a == 0),
        }
    }
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let (a, _) = played(TEXT);
    for changes in FateChanges::between(&a, &a.clone()).values() {
        assert_eq!((changes.changed(), changes.requests.saved, changes.requests.lost), (0, 0, 0));
        assert_eq!((changes.requests.slower.count, changes.requests.faster.count), (0, 0));
        assert_eq!((changes.requests.attempts_saved, changes.requests.attempts_added), (0, 0));
    }
}

#[test]
fn numbers_and_memory_are_as_promised() {
    let mut arm = ArmFates::default();
    for number in 0..2_000_000 {
        arm.set("users", number, known(Outcome::Ended(Fate::Succeeded), number, 1));
    }
    let load = &arm.loads[0];
    let bytes = load.outcome.capacity() + size_of::<(u64, u32)>() * load.costs.capacity();
    assert!((BYTES * 2_000_000..=2 * BYTES * 2_000_000).contains(&bytes), "{bytes}");
}
