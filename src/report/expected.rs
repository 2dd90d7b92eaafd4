//! Results of the expectations of a scenario, as data and as lines of text.

use serde::Serialize;

use crate::report::text::format::width;

/// Columns of a sentence; a longer one pushes its numbers to the right.
const COLUMNS: usize = 60;

/// The result of one expectation, in one arm if its sentence is about several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Index in `expect`, from 0; a sentence about every arm has one entry for each.
    pub index: usize,
    /// The sentence as it is written.
    pub text: String,
    /// Arm of this entry, if the sentence names none and there are several.
    pub arm: Option<String>,
    /// Whether the claim holds; `None` if it was not judged.
    pub holds: Option<bool>,
    /// The numbers behind the judgement, in words.
    pub actual: String,
    /// A shorter form, for where the sentence stands beside it.
    #[serde(skip)]
    pub brief: String,
    /// Seed of a run that shows the failure: of a probability, the first run in which the event
    /// happened, or did not happen if it should be likely.
    pub seed: Option<u64>,
    /// Runs in which the event of a probability happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits: Option<u64>,
    /// Runs over which a probability was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<u64>,
}

impl Expected {
    /// The sentence, after its arm.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.arm {
            Some(arm) => format!("{}: {}", printed(arm), printed(&self.text)),
            None => printed(&self.text),
        }
    }

    /// A tick if it holds, a cross if it fails, a dash if it was not judged.
    #[must_use]
    pub const fn mark(&self) -> char {
        match self.holds {
            Some(true) => '✓',
            Some(false) => '✗',
            None => '–',
        }
    }
}

/// One line for each expectation: mark, sentence padded to a common width, and numbers.
#[must_use]
pub fn lines(all: &[Expected]) -> Vec<(&Expected, String)> {
    let sentences: Vec<String> = all.iter().map(Expected::sentence).collect();
    let widths = || sentences.iter().map(|sentence| width(sentence));
    let columns = widths().filter(|&wide| wide <= COLUMNS).max().unwrap_or(0);
    let gap = |sentence: &str| " ".repeat(columns.saturating_sub(width(sentence)) + 3);
    let line = |expected: &Expected, sentence: &String| {
        format!("{sentence}{}{}", gap(sentence), printed(&expected.brief))
    };
    all.iter().zip(&sentences).map(|(one, sentence)| (one, line(one, sentence))).collect()
}

/// The paragraph of a page that lists the expectations; empty without any.
#[must_use]
pub fn paragraph(all: &[Expected]) -> String {
    let mut text = String::new();
    if !all.is_empty() {
        text.push_str("\nexpectations\n");
    }
    for (expected, line) in lines(all) {
        text.push_str(&format!("  {} {}\n", expected.mark(), line.trim_end()));
    }
    text
}

/// A sentence on one line, even if it is written over several.
fn printed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(text: &str, arm: Option<&str>, holds: Option<bool>) -> Expected {
        Expected {
            index: 0,
            text: text.to_owned(),
            arm: arm.map(str::to_owned),
            holds,
            actual: "a.b is 3".to_owned(),
            brief: "it is 3".to_owned(),
            seed: Some(1),
            hits: None,
            runs: None,
        }
    }

    #[test]
    fn lines_are_aligned() {
        let long = "x".repeat(70) + " > 3";
        let all = [
            expected("amplification > 2", None, Some(true)),
            expected("a.b\n  > 2", Some("event driven"), Some(false)),
            expected(&long, None, None),
        ];
        let lines: Vec<String> = paragraph(&all).lines().map(str::to_owned).collect();
        assert_eq!(lines[..2], ["", "expectations"]);
        assert_eq!(lines[2], format!("  ✓ amplification > 2{}   it is 3", " ".repeat(4)));
        assert_eq!(lines[3], "  ✗ event driven: a.b > 2   it is 3");
        assert_eq!(lines[4], format!("  – {long}   it is 3"));
        assert_eq!(paragraph(&[]), "");
    }
}
