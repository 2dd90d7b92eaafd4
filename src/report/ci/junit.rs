//! A test as JUnit XML, in the form that Jenkins, GitLab and GitHub's actions read: a suite for
//! each scenario, a case for each claim and one for the snapshot.
//!
//! The readers require times. All of them are 0: how long a test takes says nothing about a
//! scenario, and differs from run to run.

use maud::{Markup, PreEscaped, html};

use super::test::{Tested, TestedExpectation, TestedScenario, TestedSnapshot, Trouble};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// How a case ended.
enum Outcome {
    Passed,
    /// Failed: the reason in a sentence, and at length.
    Failed(String, String),
    /// Not decided: the reason in a sentence, and at length.
    Error(String, String),
}

struct Case {
    name: String,
    line: Option<usize>,
    outcome: Outcome,
}

/// The whole document.
#[must_use]
pub fn to_junit(tested: &Tested) -> String {
    let suites: Vec<(&TestedScenario, Vec<Case>)> =
        tested.scenarios.iter().map(|scenario| (scenario, cases(scenario))).collect();
    let count = |which: fn(&Case) -> bool| -> usize {
        suites.iter().map(|(_, cases)| cases.iter().filter(|case| which(case)).count()).sum()
    };
    let document = html! {
        testsuites name="dessim test" tests=(count(|_| true)) failures=(count(failed))
            errors=(count(errs)) time="0" {
            "\n"
            @for (scenario, cases) in &suites { (suite(scenario, cases)) }
        }
        "\n"
    };
    format!("{HEAD}{}", document.into_string())
}

fn failed(case: &Case) -> bool {
    matches!(case.outcome, Outcome::Failed(..))
}

fn errs(case: &Case) -> bool {
    matches!(case.outcome, Outcome::Error(..))
}

fn suite(scenario: &TestedScenario, cases: &[Case]) -> Markup {
    let file = legal(&scenario.file);
    let count = |which: fn(&Case) -> bool| cases.iter().filter(|case| which(case)).count();
    html! {
        "  "
        testsuite name=(file) tests=(cases.len()) failures=(count(failed)) errors=(count(errs))
            skipped="0" time="0" {
            "\n"
            @for case in cases {
                "    "
                testcase name=(legal(&case.name)) classname=(file) file=(file) line=[case.line]
                    time="0" {
                    @match &case.outcome {
                        Outcome::Passed => {}
                        Outcome::Failed(message, text) => {
                            failure message=(legal(message)) type="failure" { (legal(text)) }
                        }
                        Outcome::Error(message, text) => {
                            error message=(legal(message)) type="error" { (legal(text)) }
                        }
                    }
                }
                "\n"
            }
            "  "
        }
        (PreEscaped("\n"))
    }
}

fn cases(scenario: &TestedScenario) -> Vec<Case> {
    let run = scenario.error.iter().map(troubled);
    let snapshot = scenario.snapshot.iter().map(compared);
    run.chain(snapshot).chain(scenario.expectations.iter().map(judged)).collect()
}

fn troubled(trouble: &Trouble) -> Case {
    let message = trouble.message.lines().next().unwrap_or_default().to_owned();
    let outcome = Outcome::Error(message, trouble.message.clone());
    Case { name: "run".to_owned(), line: trouble.line, outcome }
}

fn compared(snapshot: &TestedSnapshot) -> Case {
    let outcome = match snapshot.complaint() {
        None => Outcome::Passed,
        Some(complaint) => {
            let diff = snapshot.diff.as_deref().unwrap_or_default();
            Outcome::Failed(complaint, diff.to_owned())
        }
    };
    Case { name: "snapshot".to_owned(), line: None, outcome }
}

fn judged(one: &TestedExpectation) -> Case {
    let actual = one.expected.actual.clone();
    let command = one.command.as_deref().unwrap_or_default();
    let outcome = match one.expected.holds {
        Some(true) => Outcome::Passed,
        Some(false) => {
            Outcome::Failed(actual.clone(), format!("{actual}\n{command}").trim().into())
        }
        None => Outcome::Error(actual.clone(), actual),
    };
    Case { name: one.expected.sentence(), line: Some(one.line), outcome }
}

/// The text with U+FFFD in place of each character that XML 1.0 cannot hold, even escaped.
fn legal(text: &str) -> String {
    let is_legal = |c: char| {
        matches!(c, '\t' | '\n' | '\u{20}'..='\u{d7ff}')
            || matches!(c, '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    };
    text.chars().map(|c| if is_legal(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ci::test::samples;

    #[test]
    fn one_of_everything() {
        insta::assert_snapshot!(to_junit(&samples::tested()));
    }

    #[test]
    fn it_is_xml_and_its_counts_are_those_of_its_cases() {
        let xml = to_junit(&samples::tested());
        let document = roxmltree::Document::parse(&xml).expect("it is XML");
        let root = document.root_element();
        let named = |node: &roxmltree::Node<'_, '_>, name: &str| {
            node.descendants().filter(|below| below.has_tag_name(name)).count().to_string()
        };
        for node in root.descendants().filter(|node| node.has_attribute("tests")) {
            for (attribute, element) in
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error")]
            {
                let counted = Some(named(&node, element));
                assert_eq!(node.attribute(attribute).map(str::to_owned), counted);
            }
        }
        let names: Vec<_> = root.descendants().filter_map(|node| node.attribute("name")).collect();
        assert!(names.contains(&"rpc & co: goodput_per_s < 8%"), "{names:?}");
        let suites: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
        assert_eq!(suites.len(), 3);
        let text = suites[1].descendants().filter_map(|node| node.text()).collect::<String>();
        assert!(text.contains("-a <b>\n+a\u{fffd}[1m ]]>"), "{text}");
        assert!(text.contains("dessim run bad.ron --seed 7"), "{text}");
    }
}
