use super::*;
use crate::ScenarioFile;
use crate::experiment::run::Options;
use crate::report::diff::SideKind;

const TEXT: &str = r#"Scenario(schema: 1, seed: 3, duration: "2s",
    load: { "users": Load(arrivals: Poisson(rate: "150/s")) },
    services: { "db": Service(time: Exponential(mean: "10ms"), slots: 1, queue: 2) },
    arms: {
        "plain": Arm(calls: { "users": Call(to: "db") }),
        "retry": Arm(calls: {
            "users": Call(to: "db", policy: [Retry(max_retries: 2), Timeout("50ms")]),
        }),
    })"#;

/// The diff of two texts, or of an arm of each.
fn compared((a, arm_a): (&str, Option<&str>), (b, arm_b): (&str, Option<&str>)) -> Compared {
    let options = Options::default();
    let read = |text: &str| ScenarioFile::from_bytes("x", text.as_bytes()).expect("a scenario");
    let (file_a, file_b) = (read(a), read(b));
    fn subject<'a>(file: &'a ScenarioFile, arm: Option<&str>, options: &'a Options) -> Subject<'a> {
        let side = Side {
            given: "x.ron".to_owned(),
            kind: SideKind::Scenario,
            arm: arm.map(str::to_owned),
            seed: file.scenario.seed,
            digest: String::new(),
            dessim: String::new(),
            model: 1,
            fingerprint: None,
            stopped: None,
        };
        let run = ScenarioReplay::new(&file.scenario, "x", options);
        Subject { side, player: Player::Run(Box::new(run)) }
    }
    let (a, b) = (subject(&file_a, arm_a, &options), subject(&file_b, arm_b, &options));
    compare_runs(a, b).expect("both run")
}

/// The counts of an arm with the sides exchanged.
fn mirrored(arm: &ArmComparison) -> ArmComparison {
    let mut arm = arm.clone();
    if let Some(requests) = &mut arm.requests {
        let of = requests.clone();
        (requests.only_in_a, requests.only_in_b) = (of.only_in_b, of.only_in_a);
        (requests.saved, requests.lost) = (of.lost, of.saved);
        requests.failing = of.lost + of.bad_in_both;
        (requests.slower, requests.faster) = (of.faster, of.slower);
        (requests.attempts_saved, requests.attempts_added) = (of.attempts_added, of.attempts_saved);
        requests.groups.iter_mut().for_each(|group| (group.a, group.b) = (group.b, group.a));
        requests.groups.sort_by_key(|group| (group.a, group.b));
    }
    if let Some(numbers) = &mut arm.numbers {
        std::mem::swap(&mut numbers.only_in_a, &mut numbers.only_in_b);
        for change in &mut numbers.differing {
            (change.a, change.b) = (change.b, change.a);
            change.ratio = None;
        }
    }
    arm
}

fn plainly(arm: &ArmComparison) -> ArmComparison {
    let mut arm = arm.clone();
    if let Some(requests) = &mut arm.requests {
        requests.groups.sort_by_key(|group| (group.a, group.b));
    }
    if let Some(numbers) = &mut arm.numbers {
        numbers.differing.iter_mut().for_each(|change| change.ratio = None);
    }
    arm
}

#[test]
fn exchanging_the_sides_mirrors_everything() {
    for (from, to) in [("queue: 2", "queue: 9"), ("50ms", "30ms"), ("\"2s\"", "\"3s\"")] {
        let other = TEXT.replace(from, to);
        let (forward, backward) = (
            compared((TEXT, None), (&other, None)).diff,
            compared((&other, None), (TEXT, None)).diff,
        );
        assert!(forward.differs && backward.differs, "{from}");
        assert_eq!(forward.arms.len(), 2);
        for (arm, other) in forward.arms.iter().zip(&backward.arms) {
            assert_eq!(mirrored(arm), plainly(other), "{from}");
        }
        let (first, other) =
            (forward.first.expect("they part"), backward.first.expect("they part"));
        let of = |first: &First| (first.at_ns, first.history.clone());
        assert_eq!((of(&first), first.a, first.b), (of(&other), other.b, other.a));
    }
}

#[test]
fn requests_and_numbers_agree() {
    let other = TEXT.replace("queue: 2", "queue: 9");
    let Compared { diff, a, b, .. } = compared((TEXT, None), (&other, None));
    let (a, b) = (a.expect("it was played"), b.expect("it was played"));
    for arm in &diff.arms {
        let requests = arm.requests.as_ref().expect("both were played");
        let (of_a, of_b) = (&a.arms[&arm.name].requests, &b.arms[&arm.name].requests);
        // Arrivals are the same, so the requests are.
        assert_eq!((requests.in_both, requests.only_in_a), (of_a.offered, 0));
        assert_eq!(requests.in_both - requests.failing, of_a.succeeded);
        assert_eq!(of_a.succeeded + requests.saved - requests.lost, of_b.succeeded);
        let groups = |good: &dyn Fn(&FateGroup) -> bool| -> u64 {
            requests.groups.iter().filter(|group| good(group)).map(|group| group.requests).sum()
        };
        assert_eq!(groups(&|_| true), requests.in_both);
        assert_eq!(groups(&|of| of.a == "shed"), of_a.shed);
        assert_eq!(groups(&|of| of.b == "shed"), of_b.shed);
        assert_eq!(groups(&|of| of.b == "in_flight"), of_b.in_flight);
        let changed = requests.changed().map(|group| group.requests).collect::<Vec<_>>();
        assert!(changed.is_sorted_by(|a, b| a >= b) && changed.len() > 1, "{changed:?}");
        let numbers = arm.numbers.as_ref().expect("both were played");
        let succeeded = numbers.differing.iter().find(|of| of.metric == "requests.succeeded");
        let ratio = succeeded.and_then(|of| of.ratio).expect("it differs");
        assert!((ratio - of_b.succeeded as f64 / of_a.succeeded as f64).abs() < 1e-12);
    }
}

#[test]
fn two_arms_of_different_names_are_compared() {
    let Compared { diff, .. } = compared((TEXT, Some("plain")), (TEXT, Some("retry")));
    let [arm] = diff.arms.as_slice() else { panic!("one arm") };
    assert_eq!(arm.name, "plain against retry");
    let requests = arm.requests.as_ref().expect("both were played");
    assert_eq!(requests.only_in_a + requests.only_in_b, 0);
    assert!(requests.saved + requests.lost > 0 && diff.differs);
    let numbers = arm.numbers.as_ref().expect("both were played");
    assert_eq!(numbers.only_in_b, ["retry users.retry", "timeout users.timeout"]);
    let Compared { diff: same, .. } = compared((TEXT, Some("retry")), (TEXT, Some("retry")));
    assert!(!same.differs && same.fields.is_some_and(|fields| fields.is_empty()));
    // The same records, but with other counts.
    let warm = TEXT.replace("seed: 3", "seed: 3, warm_up: \"100ms\"");
    let Compared { diff, .. } = compared((TEXT, Some("retry")), (&warm, Some("retry")));
    assert!(diff.differs && diff.first.is_none());
    assert!(diff.arms[0].requests.as_ref().is_some_and(|of| of.only_in_a > 0));
}

#[test]
fn a_long_history_keeps_its_ends() {
    let often = TEXT.replace("max_retries: 2", "max_retries: 40").replace("50ms", "1ms");
    let later = often.replace("max_retries: 40", "max_retries: 39");
    let first = compared((&often, None), (&later, None)).diff.first.expect("they part");
    assert_eq!(first.history.len(), HISTORY);
    assert!(first.left_out > 40);
    assert_eq!((first.history[0].attempt, first.history[0].text.as_str()), (0, "arrives"));
    assert_eq!(first.history[HISTORY - 1].attempt, 40);
}
