use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Op {
    Schedule { delay: u64, slot: Slot },
    Constant { slot: Slot, which: usize },
    Cancel(Slot),
    Pop { within: u64 },
}

const CONSTANTS: [u64; 3] = [0, 5, 40];

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..50_u64, 0..64_u32).prop_map(|(delay, slot)| Op::Schedule { delay, slot }),
        3 => (0..64_u32, 0..3_usize).prop_map(|(slot, which)| Op::Constant { slot, which }),
        2 => (0..64_u32).prop_map(Op::Cancel),
        4 => (0..60_u64).prop_map(|within| Op::Pop { within }),
    ]
}

/// The obvious twin: a vector of entries, sorted at every pop.
#[derive(Default)]
struct Sorted {
    entries: Vec<(u64, u64, Slot)>,
    sequence: u64,
}

type Popped = Option<(Instant, Slot)>;

/// Plays `ops` and returns the popped entries, of the calendar and of the twin.
fn play<C: Calendar>(ops: &[Op]) -> (Vec<Popped>, Vec<Popped>) {
    let mut calendar = C::new();
    let lanes = CONSTANTS.map(|ns| calendar.lane(Duration::from_ns(ns)));
    let (mut sorted, mut now) = (Sorted::default(), 0);
    let (mut popped, mut expected) = (Vec::new(), Vec::new());
    for op in ops {
        match *op {
            Op::Schedule { delay, slot } => {
                schedule(&mut calendar, &mut sorted, Lane::NONE, now + delay, slot);
            }
            Op::Constant { slot, which } => {
                let at = now + CONSTANTS[which];
                schedule(&mut calendar, &mut sorted, lanes[which], at, slot);
            }
            Op::Cancel(slot) => {
                calendar.cancel(slot);
                sorted.entries.retain(|entry| entry.2 != slot);
            }
            Op::Pop { within } => {
                let end = now + within;
                popped.push(calendar.pop_before(Instant::from_ns(end)));
                sorted.entries.sort_unstable();
                let due = sorted.entries.first().is_some_and(|entry| entry.0 < end);
                let entry = due.then(|| sorted.entries.remove(0));
                expected.push(entry.map(|(at, _, slot)| (Instant::from_ns(at), slot)));
                now = entry.map_or(now, |entry| entry.0);
            }
        }
        assert_eq!(calendar.len(), sorted.entries.len());
    }
    (popped, expected)
}

fn schedule<C: Calendar>(calendar: &mut C, sorted: &mut Sorted, lane: Lane, at: u64, slot: Slot) {
    if sorted.entries.iter().any(|entry| entry.2 == slot) {
        calendar.cancel(slot);
        sorted.entries.retain(|entry| entry.2 != slot);
    }
    calendar.schedule(lane, Instant::from_ns(at), slot);
    sorted.sequence += 1;
    sorted.entries.push((at, sorted.sequence, slot));
}

proptest! {
    // The cases are the same every day, and no file records failures.
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_117),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn both_calendars_agree_with_a_sorted_vector(ops in prop::collection::vec(op(), 0..400)) {
        let (lanes, expected) = play::<LaneCalendar>(&ops);
        prop_assert_eq!(&lanes, &expected);
        let (keyed, expected) = play::<KeyedCalendar>(&ops);
        prop_assert_eq!(&keyed, &expected);
    }
}

fn ties<C: Calendar>() {
    let mut calendar = C::new();
    let lane = calendar.lane(Duration::from_ns(9));
    let at = Instant::from_ns(9);
    for slot in 0..10_000 {
        calendar.schedule(if slot % 3 == 0 { lane } else { Lane::NONE }, at, slot * 7 % 10_007);
    }
    for slot in 0..10_000 {
        assert_eq!(calendar.pop_before(Instant::NEVER), Some((at, slot * 7 % 10_007)));
    }
    assert_eq!(calendar.pop_before(Instant::NEVER), None);
}

#[test]
fn equal_instants_fire_in_the_order_of_insertion() {
    ties::<LaneCalendar>();
    ties::<KeyedCalendar>();
}

/// With a timeout of a minute on calls of a microsecond, 60 million timers are dead at any time.
#[test]
fn dead_timers_do_not_pile_up() {
    let mut calendar = LaneCalendar::new();
    let minute = Duration::from_s(60);
    let lane = calendar.lane(minute);
    let mut now = Instant::ZERO;
    let mut most = 0;
    for call in 0..200_000 {
        let lane = if call % 2 == 0 { lane } else { Lane::NONE };
        calendar.schedule(lane, now.saturating_add(minute), 1);
        calendar.schedule(Lane::NONE, now.saturating_add(Duration::from_ns(1_000)), 2);
        let (at, slot) = calendar.pop_before(Instant::NEVER).unwrap();
        assert_eq!(slot, 2);
        now = at;
        calendar.cancel(1);
        most = most.max(calendar.stored());
    }
    assert!(most < 5_000, "{most} entries for 2 live ones");
}

#[test]
#[should_panic(expected = "scheduled in the past")]
fn the_past_is_refused() {
    let mut calendar = LaneCalendar::new();
    calendar.schedule(Lane::NONE, Instant::from_ns(5), 0);
    calendar.pop_before(Instant::NEVER);
    calendar.schedule(Lane::NONE, Instant::from_ns(4), 0);
}
