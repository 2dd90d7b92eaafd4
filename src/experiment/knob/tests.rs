use super::*;

const TEXT: &str = r#"Scenario(schema: 1, duration: "9s",
    load: { "users": Load(arrivals: Poisson(rate: "10/s")) },
    services: { "db": Service(time: Constant("5ms"), slots: 4, queue: 20, failure_ratio: 0.25) },
    calls: { "users": Call(to: "db", policy: [Timeout("120ms")]) },
)"#;

fn document() -> Document {
    Document::parse("a.ron", TEXT.as_bytes()).expect("it is RON")
}

fn knob(path: &str) -> Knob {
    Knob::at(&document(), path).unwrap_or_else(|problems| panic!("{problems}"))
}

fn values(path: &str, from: &str, to: &str, scale: Scale, count: u64) -> Vec<String> {
    let span = knob(path).span(from, to, scale).expect("it is a span");
    (0..count).map(|at| span.at(at, count - 1).to_string()).collect()
}

const RATE: &str = "load.users.arrivals.Poisson.rate";
const SLOTS: &str = "services.db.slots";
const FAILURES: &str = "services.db.failure_ratio";
const TIMEOUT: &str = "calls.users.policy[0].Timeout";

#[test]
fn a_knob_knows_its_kind_and_where_it_stands() {
    let kinds = [
        (RATE, Kind::Rate, Some("10/s")),
        (TIMEOUT, Kind::Duration, Some("120ms")),
        (SLOTS, Kind::Limit, Some("4")),
        (FAILURES, Kind::Ratio, Some("0.25")),
        ("load.users.total", Kind::Whole, None),
        ("seed", Kind::Whole, None),
    ];
    for (path, kind, present) in kinds {
        let knob = knob(path);
        assert_eq!(knob.kind(), kind, "{path}");
        let shown = knob.present().map(|amount| amount.to_string());
        assert_eq!(shown.as_deref(), present, "{path}");
    }
    let refused = ["services.db.slot", "services.db", "load.users.arrivals.Constant.rate", "a=b"];
    for path in refused {
        assert!(Knob::at(&document(), path).is_err(), "{path}");
    }
}

#[test]
fn setting_one_changes_its_value_and_no_other() {
    let knob = knob(TIMEOUT);
    let amount = knob.amount("1.5s").unwrap();
    let changed = knob.set(&document(), amount).unwrap();
    assert_eq!(&*changed.text, TEXT.replace("120ms", "1.5s"));
    let zero = knob.amount("0s").unwrap();
    assert!(knob.set(&document(), zero).is_err(), "a timeout is above 0");
    for bad in ["120", "fast", "-1s", "40"] {
        assert!(knob.amount(bad).is_err(), "{bad}");
    }
}

#[test]
fn ranges_are_counted_and_meet_both_ends() {
    use Scale::{Linear, Log};
    assert_eq!(values(RATE, "10/s", "100/s", Linear, 4), ["10/s", "40/s", "70/s", "100/s"]);
    assert_eq!(values(RATE, "60/m", "2/s", Linear, 3), ["60/m", "90/m", "2/s"]);
    let thirds = ["0/s", "0.333333333/s", "0.666666667/s", "1/s"];
    assert_eq!(values(RATE, "0/s", "1/s", Linear, 4), thirds);
    assert_eq!(values(TIMEOUT, "1s", "1ms", Log, 4), ["1s", "100ms", "10ms", "1ms"]);
    assert_eq!(values(SLOTS, "1", "18446744073709551615", Linear, 3)[1], "9223372036854775808");
    assert_eq!(values(SLOTS, "1", "1000", Log, 4), ["1", "10", "100", "1000"]);
    // Sums of 0.1 would give 0.30000000000000004.
    let tenths = ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"];
    assert_eq!(values(FAILURES, "0", "1", Linear, 11), tenths);
    assert_eq!(values(FAILURES, "0.001", "1", Log, 4), ["0.001", "0.01", "0.1", "1.0"]);
    assert!(knob(RATE).span("0/s", "9/s", Log).is_err());
    assert!(knob(RATE).span("1/d", "500000000/s", Linear).is_err());
}

#[test]
fn the_middle_is_between_or_there_is_none() {
    let middle = |path: &str, a: &str, b: &str| {
        let knob = knob(path);
        let (a, b) = (knob.amount(a).unwrap(), knob.amount(b).unwrap());
        assert!(a < b, "{a} {b}");
        let middle = a.midpoint(b);
        assert_eq!(middle, b.midpoint(a));
        assert!(middle.is_none_or(|middle| a < middle && middle < b));
        middle.map(|middle| middle.to_string())
    };
    assert_eq!(middle(SLOTS, "1", "4").as_deref(), Some("2"));
    assert_eq!(middle(SLOTS, "1", "2"), None);
    assert_eq!(middle(TIMEOUT, "1ns", "2ns"), None);
    assert_eq!(middle(TIMEOUT, "1ms", "2ms").as_deref(), Some("1.5ms"));
    assert_eq!(middle(RATE, "1/s", "90/m").as_deref(), Some("75/m"));
    assert_eq!(middle(RATE, "1/s", "1.000000001/s"), None);
    assert_eq!(middle(FAILURES, "0.25", "0.5").as_deref(), Some("0.375"));
    let (a, b) = (Amount::Float(1.0), Amount::Float(1.0_f64.next_up()));
    assert_eq!(a.midpoint(b), None);
}
