//! What ends a run from outside: the result says so, and holds what there was.

use dessim::experiment::listen::{Listener, Progress};
use dessim::experiment::pool::Stop;
use dessim::experiment::run::{Options, run, run_with};
use dessim::report::result::Stopped;

use super::support::{only, scenario};

const STEADY: &str = r#"Scenario(
    schema: 1,
    load: { "clients": Load(arrivals: Constant(rate: "1000/s"), total: 1000000) },
    services: { "db": Service(time: Constant("1ms"), slots: 2) },
    calls: { "clients": Call(to: "db", policy: [Timeout("1s")]) },
)"#;

/// Requests a stop when the first report of progress comes.
struct Impatient(&'static Stop, u64);

impl Listener for Impatient {
    fn progress(&mut self, progress: &Progress) {
        self.1 = self.1.max(progress.events);
        self.0.ask();
    }
}

#[test]
fn a_run_looks_at_a_request_to_stop_and_says_so() {
    static STOP: Stop = Stop::new();
    let options = Options { stop: Some(&STOP), ..Options::default() };
    let mut impatient = Impatient(&STOP, 0);
    let result = run_with(&scenario(STEADY), "test", &options, &mut impatient).unwrap();
    assert!(matches!(result.stopped, Some(Stopped::Interrupted { .. })), "{:?}", result.stopped);
    let Impatient(_, asked_after) = impatient;
    assert!(asked_after > 0, "there was progress before the request");
    assert!(result.events - asked_after <= 10_000, "{} after {asked_after}", result.events);
    let requests = only(&result).requests;
    assert!(requests.succeeded > 50_000, "{requests:?}");
    // Once it is requested, the next run does not begin.
    let result = run(&scenario(STEADY), "test", &options).unwrap();
    assert!(matches!(result.stopped, Some(Stopped::Interrupted { at_ns: 0, .. })));
    assert_eq!(result.events, 0);
}
