use super::*;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Duration;

#[test]
fn what_a_call_remembers_survives_its_word() {
    let mut states = vec![State::default()];
    for outcome in OUTCOMES {
        let (failed, decided) = (Some(outcome), Some(outcome));
        states.push(State { failed, ..State::default() });
        states.push(State { entries: u16::MAX, sent: 11, out: 10, waits: true, failed, decided });
    }
    for state in states {
        assert_eq!(State::unpack(state.pack()), state);
    }
}

#[test]
fn the_delay_is_a_quantile_of_the_latest_latencies() {
    let before = Some(Delay::varying(Duration::from_ns(7)));
    let mut delays = Delays::new(&After::Quantile { of: 0.9, window: 10, before });
    let present = |delays: &Delays| delays.present().map(|delay| delay.duration().as_ns());
    for latency in 1..10 {
        assert_eq!(present(&delays), Some(7), "not enough yet");
        delays.record(Duration::from_ns(latency));
    }
    delays.record(Duration::from_ns(10));
    assert_eq!(present(&delays), Some(9), "nine of ten took no longer");
    for latency in [100, 100, 1, 1] {
        delays.record(Duration::from_ns(latency));
    }
    // 5 to 10, 100, 100, 1 and 1.
    assert_eq!(present(&delays), Some(100));
    let silent = Delays::new(&After::Quantile { of: 0.9, window: 10, before: None });
    assert!(silent.present().is_none());
}
