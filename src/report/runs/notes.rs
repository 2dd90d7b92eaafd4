//! Footnotes of a table: the reasons for missing intervals, each printed once.

use crate::report::text::table::paragraph;

/// The footnotes of a page.
#[derive(Debug, Default)]
pub struct Notes(Vec<String>);

impl Notes {
    /// The mark of a missing interval in the table, with the number of its reason.
    pub fn mark(&mut self, why: String) -> String {
        format!("none {}", self.number(why))
    }

    /// The number of a reason, to follow a mean without an interval.
    pub fn number(&mut self, why: String) -> String {
        let known = self.0.iter().position(|known| *known == why);
        let at = known.unwrap_or_else(|| {
            self.0.push(why);
            self.0.len() - 1
        });
        format!("({})", at + 1)
    }

    /// The footnotes after an empty line; empty without any.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (at, why) in self.0.iter().enumerate() {
            if at == 0 {
                text.push('\n');
            }
            text.push_str(&paragraph(&format!("({}) ", at + 1), &format!("no interval: {why}")));
        }
        text
    }

    /// The reasons in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
