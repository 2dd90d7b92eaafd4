//! Values that differ between two scenarios, with every default filled in.

use serde_json::{Map, Value};

use crate::report::diff::FieldChange;
use crate::scenario::arms::arms;
use crate::scenario::names::component_path;
use crate::scenario::path::Segment;
use crate::scenario::problem::escaped;
use crate::scenario::schema::{Arm, Scenario};

/// The values that differ, in the order of the language; those of one arm, if each side names
/// one. `about` is left out, because it changes no run.
pub(super) fn differences(
    (a, arm_a): (&Scenario, Option<&str>),
    (b, arm_b): (&Scenario, Option<&str>),
) -> Vec<FieldChange> {
    let mut differences = Vec::new();
    walk(&[], Some(&meaning(a, arm_a)), Some(&meaning(b, arm_b)), &mut differences);
    let change = |(way, a_value, b_value): Difference| {
        let short = match (arm_a, arm_b) {
            (None, None) => component_path(&[a, b], &way),
            // Paths of single arms are shown without the name of the arm.
            _ => None,
        };
        FieldChange { path: short.unwrap_or_else(|| long(&way)), a: a_value, b: b_value }
    };
    differences.into_iter().map(change).collect()
}

/// The path of a value, and its value on either side.
type Difference = (Vec<Segment>, Option<Value>, Option<Value>);

/// The meaning of a scenario as data, without fields that change no run; or that of one arm, with
/// the common parts folded into it.
fn meaning(scenario: &Scenario, arm: Option<&str>) -> Value {
    let Ok(Value::Object(mut whole)) = serde_json::to_value(scenario) else {
        return Value::Null;
    };
    whole.shift_remove("about");
    match arm {
        None => {
            let own = whole.get_mut("arms").and_then(Value::as_object_mut);
            for arm in own.into_iter().flat_map(Map::values_mut) {
                arm.as_object_mut().and_then(|arm| arm.shift_remove("about"));
            }
        }
        Some(arm) => {
            whole.shift_remove("arms");
            let folded = arms(scenario).remove(arm).map(serde_json::to_value::<Arm>);
            if let Some(Ok(Value::Object(mut parts))) = folded {
                parts.shift_remove("about");
                whole.extend(parts);
            }
        }
    }
    Value::Object(whole)
}

fn walk(way: &[Segment], a: Option<&Value>, b: Option<&Value>, differences: &mut Vec<Difference>) {
    let below = |segment: Segment| [way, &[segment]].concat();
    match (a, b) {
        (Some(a), Some(b)) if a == b => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let only_b = b.keys().filter(|name| !a.contains_key(*name));
            for name in a.keys().chain(only_b) {
                walk(&below(Segment::Key(name.clone())), a.get(name), b.get(name), differences);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for at in 0..a.len().max(b.len()) {
                walk(&below(Segment::Index(at)), a.get(at), b.get(at), differences);
            }
        }
        _ => differences.push((way.to_vec(), a.cloned(), b.cloned())),
    }
}

/// A path as `--set` takes it: a name that is a word follows a dot, any other is in brackets.
fn long(way: &[Segment]) -> String {
    let below = |path: String, segment: &Segment| match segment {
        Segment::Index(at) => format!("{path}[{at}]"),
        Segment::Field(name)
        | Segment::Key(name)
        | Segment::Variant(name)
        | Segment::Component(name) => {
            let word = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
            match (path.is_empty(), word) {
                (true, _) => escaped(name),
                (false, true) => format!("{path}.{name}"),
                (false, false) => format!("{path}[\"{}\"]", escaped(name)),
            }
        }
    };
    way.iter().fold(String::new(), below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioFile;

    const TEXT: &str = r#"Scenario(schema: 1, about: "one",
        load: { "about": Load(arrivals: Poisson(rate: "9/s"), total: 9) },
        services: { "db": Service(time: Constant("1ms"), slots: 1) },
        queues: { "q": Queue(capacity: 5), "r": Queue(capacity: 5) },
        consumers: {
            "c": Consumer(from: "q", concurrency: 1, to: "db", max_deliveries: 1),
            "d": Consumer(from: "r", concurrency: 1, to: "db", max_deliveries: 1),
        },
        arms: {
            "x": Arm(about: "two", publishes: { "about": "q" }),
            "y z": Arm(calls: { "about": Call(to: "db") }),
        })"#;

    fn scenario(text: &str) -> Scenario {
        ScenarioFile::from_bytes("a", text.as_bytes()).expect("it is a scenario").scenario
    }

    fn changes(a: (&str, Option<&str>), b: (&str, Option<&str>)) -> Vec<String> {
        let changes = differences((&scenario(a.0), a.1), (&scenario(b.0), b.1));
        let value =
            |value: Option<Value>| value.map_or("none".to_owned(), |value| value.to_string());
        let line = |change: FieldChange| {
            format!("{}: {} {}", change.path, value(change.a), value(change.b))
        };
        changes.into_iter().map(line).collect()
    }

    #[test]
    fn only_the_field_about_says_nothing() {
        let other = TEXT.replace("one", "1").replace("two", "2");
        assert!(changes((TEXT, None), (&other, None)).is_empty());
        assert!(changes((TEXT, Some("x")), (&other, Some("x"))).is_empty());
        let other = TEXT.replace(r#""about": "q""#, r#""about": "r""#);
        let lines = changes((TEXT, None), (&other, None));
        assert_eq!(lines, [r#"arms.x.publishes.about: "q" "r""#]);
    }

    #[test]
    fn arms_are_compared_as_they_are_when_they_run() {
        let lines = changes((TEXT, Some("x")), (TEXT, Some("y z")));
        assert!(
            lines.iter().any(|changes| changes.starts_with("publishes.about: \"q\" none")),
            "{lines:?}"
        );
        assert!(
            lines.iter().any(|changes| changes.starts_with("calls.about: none {")),
            "{lines:?}"
        );
        assert!(lines.iter().all(|changes| !changes.starts_with("services")), "{lines:?}");
        let other = TEXT.replace("capacity: 5", "capacity: 6");
        let lines = changes((TEXT, Some("x")), (&other, Some("x")));
        assert!(lines.contains(&"queues.q.capacity: 5 6".to_owned()), "{lines:?}");
        let lines = changes((TEXT, None), (&TEXT.replace("y z", "y"), None));
        assert!(lines[0].starts_with("arms[\"y z\"]: {"), "{lines:?}");
    }

    #[test]
    fn what_a_component_is_set_to_stands_behind_its_name() {
        let base = TEXT.replace(
            "Call(to: \"db\")",
            "Call(to: \"db\", policy: [Timeout(\"1s\"), Retry(max_retries: 1), Timeout(\"9ms\")])",
        );
        let changed = base
            .replace("\"9ms\"", "\"8ms\"")
            .replace("max_retries: 1", "max_retries: 2")
            .replace("slots: 1", "slots: 2")
            .replace("total: 9", "total: 8");
        let lines = changes((&base, None), (&changed, None));
        assert_eq!(
            lines,
            [
                "about.total: 9 8",
                "db.slots: 1 2",
                "'y z'.about.retry.max_retries: 1 2",
                "'y z'.about.timeout#2: \"9ms\" \"8ms\"",
            ]
        );
        let lines = changes((&base, None), (&base.replace("[Timeout(\"1s\"), ", "["), None));
        assert!(lines[0].starts_with("arms[\"y z\"].calls.about.policy[0]"), "{lines:?}");
    }
}
