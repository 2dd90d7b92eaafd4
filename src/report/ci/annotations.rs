//! Failures of a test as workflow commands of GitHub: lines that become annotations of files.
//!
//! The form is that of GitHub's "Workflow commands for GitHub Actions": `::error file=F,line=L::M`,
//! with `%`, line breaks and, in properties, `:` and `,` escaped.

use super::test::{Tested, TestedScenario, TestedSnapshot};

/// One line for each failure; empty if the test passed.
#[must_use]
pub fn github(tested: &Tested) -> String {
    tested.scenarios.iter().flat_map(annotations).collect()
}

fn annotations(scenario: &TestedScenario) -> Vec<String> {
    let mut lines = Vec::new();
    let mut error = |title: &str, place: Option<(usize, usize)>, message: &str| {
        let mut line = format!("::error file={}", property(&scenario.file));
        if let Some((at, column)) = place {
            line.push_str(&format!(",line={at},col={column}"));
        }
        lines.push(format!("{line},title={}::{}\n", property(title), data(message)));
    };
    if let Some(trouble) = &scenario.error {
        error("run", trouble.line.zip(trouble.column), &trouble.message);
    }
    if let Some(complaint) = scenario.snapshot.as_ref().and_then(TestedSnapshot::complaint) {
        error("snapshot", None, &complaint);
    }
    for one in scenario.expectations.iter().filter(|one| one.expected.holds == Some(false)) {
        let command = one.command.iter().map(|command| format!("\n{command}"));
        let message = one.expected.actual.clone() + &command.collect::<String>();
        error(&one.expected.sentence(), Some((one.line, one.column)), &message);
    }
    lines
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ci::test::samples;

    #[test]
    fn one_of_everything() {
        insta::assert_snapshot!(github(&samples::tested()));
    }

    /// As the runner reads them (`ActionCommand.TryParseV2`): properties end at the first `::`.
    #[test]
    fn what_is_escaped_is_read() {
        let unescaped = |text: &str| {
            let text = text.replace("%3A", ":").replace("%2C", ",");
            text.replace("%0A", "\n").replace("%25", "%")
        };
        let text = github(&samples::tested());
        let line = text.lines().find(|line| line.contains("line=12")).expect("one fails");
        let (properties, message) = line[2..].split_once("::").expect("it has two parts");
        let properties: Vec<_> =
            properties.split_once(' ').expect("it has some").1.split(',').collect();
        assert_eq!(properties.len(), 4, "{line}");
        assert_eq!(unescaped(properties[0]), "file=scenarios/bad, worse: 100%.ron");
        assert_eq!(unescaped(properties[3]), "title=rpc & co: goodput_per_s < 8%");
        let expected = "goodput_per_s is 7 %, \"not\" 8 %\ndessim run bad.ron --seed 7";
        assert_eq!(unescaped(message), expected);
    }
}
