//! Which values of two scenarios differ, every default filled in.

use dessim::scenario::problem::printable;
use dessim::scenario::schema::Scenario;
use serde_json::Value;

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Where it is.
    pub(super) path: String,
    /// Its value in the first scenario, as JSON; `None` if there is none.
    pub(super) a: Option<String>,
    /// Its value in the second one.
    pub(super) b: Option<String>,
}

/// Every value that differs, in the order of the language. `about` changes no run.
pub(super) fn differences(a: &Scenario, b: &Scenario) -> Vec<Field> {
    let value = |scenario| serde_json::to_value(scenario).unwrap_or_default();
    let mut found = Vec::new();
    walk(String::new(), Some(&value(a)), Some(&value(b)), &mut found);
    found
}

fn walk(path: String, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<Field>) {
    match (a, b) {
        (Some(a), Some(b)) if a == b => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let only_b = b.keys().filter(|name| !a.contains_key(*name));
            for name in a.keys().chain(only_b).filter(|name| *name != "about") {
                walk(below(&path, name), a.get(name), b.get(name), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for at in 0..a.len().max(b.len()) {
                walk(format!("{path}[{at}]"), a.get(at), b.get(at), found);
            }
        }
        _ => found.push(Field { path, a: a.map(Value::to_string), b: b.map(Value::to_string) }),
    }
}

/// A name that is a word follows a dot, as `--set` takes it, any other stands in brackets.
fn below(path: &str, name: &str) -> String {
    let word = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (path.is_empty(), word) {
        (true, _) => printable(name),
        (false, true) => format!("{path}.{name}"),
        (false, false) => format!("{path}[\"{}\"]", printable(name)),
    }
}
