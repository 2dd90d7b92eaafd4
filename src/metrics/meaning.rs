//! What a number means, read from `docs/metrics.md`: there every number has its one definition,
//! and whoever adds one writes it there.

const DOCUMENT: &str = include_str!("../../docs/metrics.md");

/// The heading with which numbers of arms begin.
const FIRST: &str = "## Requests";

/// What the document says of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The kind of component that reports it; "" of numbers of an arm and of parts of
    /// distributions.
    pub kind: String,
    /// Its name, as in the data.
    pub name: String,
    /// Its meaning, without the marks of the document.
    pub meaning: String,
}

/// The meaning of a number of a kind of component, or of an arm where `kind` is "".
#[must_use]
pub fn meaning(kind: &str, name: &str) -> Option<String> {
    let mut all = definitions().into_iter();
    all.find(|known| known.kind == kind && known.name == name).map(|known| known.meaning)
}

/// Every definition of the document, in its order.
#[must_use]
pub fn definitions() -> Vec<Definition> {
    let mut all = Vec::new();
    let mut kind = String::new();
    let mut columns: Vec<String> = Vec::new();
    // Numbers of a whole run are no metrics, and some are called as those of an arm.
    for line in DOCUMENT.lines().skip_while(|line| *line != FIRST) {
        if line.starts_with("## ") {
            kind.clear();
        } else if let Some(heading) = line.strip_prefix("### ") {
            heading.trim_matches('`').clone_into(&mut kind);
        }
        let Some(row) = line.strip_prefix('|') else {
            columns.clear();
            continue;
        };
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        if columns.is_empty() {
            columns = cells.into_iter().map(str::to_owned).collect();
        } else if let Some(meaning) = meaning_of(&columns, &cells) {
            let add = |name: &str| {
                let (kind, name, meaning) = (kind.clone(), name.to_owned(), meaning.clone());
                all.push(Definition { kind, name, meaning });
            };
            // What is in backticks: every second piece.
            cells[0].split('`').skip(1).step_by(2).for_each(add);
        }
    }
    all
}

/// What a row says: its definition, or from where to where a latency is.
fn meaning_of(columns: &[String], cells: &[&str]) -> Option<String> {
    let named = matches!(columns.first()?.as_str(), "path" | "part" | "metric" | "number");
    let cell = |name: &str| {
        let at = columns.iter().position(|column| column == name)?;
        cells.get(at).filter(|cell| !cell.starts_with("---"))
    };
    if !named {
        return None;
    }
    if let Some(definition) = cell("definition") {
        return Some(plain(definition));
    }
    let (over, from, to) = (cell("over")?, cell("from")?, cell("to")?);
    Some(plain(&format!("Of {over}: from {from} to {to}")))
}

/// Without backticks, and of a link what it is called.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        match link.split_once("](").and_then(|(name, to)| Some((name, to.split_once(')')?.1))) {
            Some((name, after)) => {
                plain.push_str(name);
                rest = after;
            }
            None => {
                plain.push('[');
                rest = link;
            }
        }
    }
    (plain + rest).replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::names::{DERIVED, Kind, OF_ARM, PARTS};

    #[test]
    fn every_number_of_an_arm_and_every_part_is_defined() {
        for (name, kind) in DERIVED.into_iter().chain(OF_ARM).chain(PARTS) {
            let meaning = meaning("", name).unwrap_or_else(|| panic!("{name} has no definition"));
            assert!(meaning.len() > 3 && !meaning.contains('`'), "{name}: {meaning}");
            let unit = name.ends_with("_ns");
            assert_eq!(unit, kind == Kind::Time, "{name}");
        }
    }

    #[test]
    fn rows_are_read_as_they_are_meant() {
        let told = |kind, name| meaning(kind, name).unwrap_or_default();
        let latency = "Of succeeded requests: from arrival to success";
        assert_eq!(told("", "latency.end_to_end"), latency);
        assert_eq!(told("", "p99_ns"), told("", "p999_ns"), "one row may define several");
        assert_eq!(told("queue", "dropped"), "Lost because the queue was full");
        assert_eq!(told("service", "opened"), "");
        assert_eq!(plain("as under [attempts](#attempts), `a` [b"), "as under attempts, a [b");
    }
}
