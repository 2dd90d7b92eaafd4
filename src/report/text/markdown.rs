//! The result as Markdown for a pull request: the groups of the page as one table.

use super::format::{count, time};
use super::layout::{Cell, groups, legend};
use super::page::stopped;
use super::verdict::verdict;
use crate::report::result::RunResult;

/// The result as a heading, a table and the verdict.
///
/// Names are escaped, so that they are no markup, no HTML and no mention of a user.
#[must_use]
pub fn to_markdown(result: &RunResult) -> String {
    let arms: Vec<_> = result.arms.iter().map(|(name, arm)| (name.as_str(), arm)).collect();
    let mut text = format!(
        "### {}\n\nseed {}, {} events in {} of virtual time, fingerprint `{}`\n",
        escaped(&result.scenario.name),
        result.seed,
        count(result.events),
        time(result.virtual_ns),
        result.fingerprint,
    );
    for (at, line) in verdict(result).iter().enumerate() {
        let mark = if at == 0 { "**" } else { "" };
        text.push_str(&format!("\n{mark}{}{mark}\n", escaped(line)));
    }
    for warning in &result.warnings {
        text.push_str(&format!("\nWarning: {}\n", escaped(warning)));
    }
    if let Some(why) = &result.stopped {
        text.push_str(&format!("\nStopped: {}\n", escaped(&stopped(why))));
    }
    if !result.expectations.is_empty() {
        text.push('\n');
    }
    for expected in &result.expectations {
        let (sentence, actual) = (escaped(&expected.sentence()), escaped(&expected.brief));
        text.push_str(&format!("- {} {sentence}: {actual}\n", expected.mark()));
    }
    let names: Vec<_> = arms.iter().map(|(name, _)| escaped(name)).collect();
    text.push_str(&format!("\n{}", row("", &names)));
    text.push_str(&row(":--", &vec!["--:".to_owned(); arms.len()]));
    let groups = groups(&arms);
    let legend = legend(&groups);
    for group in groups {
        let heading = format!("**{}**", escaped(&group.heading));
        text.push_str(&row(&heading, &vec![String::new(); arms.len()]));
        for line in group.lines {
            let cells: Vec<_> = line.cells.iter().map(plain).collect();
            text.push_str(&row(&escaped(line.label.trim()), &cells));
        }
    }
    if let Some(legend) = legend {
        text.push_str(&format!("\n{}\n", escaped(legend)));
    }
    text
}

pub(in crate::report) fn row(label: &str, cells: &[String]) -> String {
    let mut row = format!("| {label} |");
    for cell in cells {
        row.push_str(&format!(" {cell} |"));
    }
    row + "\n"
}

fn plain(cell: &Cell) -> String {
    let mut text = cell.digits.clone();
    if !cell.unit.is_empty() {
        text.push_str(&format!(" {}", cell.unit));
    }
    if let Some(share) = &cell.share {
        text.push_str(&format!(" ({})", escaped(share)));
    }
    text
}

/// Escapes `text` against Markdown and HTML, also at the beginning of a line.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let inner = text.trim_start();
    // Leading spaces would begin a block of code or continue a list.
    text[..text.len() - inner.len()].chars().for_each(|_| escaped.push_str("&#32;"));
    let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut before = "";
    for (at, character) in inner.char_indices() {
        let follows = |word: &str| inner[at..].starts_with(word);
        let next = inner[at..].chars().nth(1);
        let ends = next.is_none_or(char::is_whitespace);
        match character {
            // Begins a list, a rule, the underline of a heading, or a command to GitHub's runner.
            '-' | '+' | '=' | ':' if at == 0 && (ends || next == Some(character)) => {
                escaped.extend(['\\', character]);
            }
            // Begins a numbered list.
            '.' | ')' if ends && at > 0 && at == digits => escaped.extend(['\\', character]),
            // Would make an address a link.
            ':' if follows("://") => escaped.push_str("\\:"),
            '.' if before.to_ascii_lowercase().ends_with("www") => escaped.push_str("\\."),
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            // An empty comment prevents a mention of a user or a reference to an issue.
            '@' | '#' => {
                escaped.push(character);
                escaped.push_str("<!-- -->");
            }
            _ => escaped.push(character),
        }
        before = &inner[..at + character.len_utf8()];
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_burst() {
        insta::assert_snapshot!(to_markdown(&sample::burst()));
    }

    #[test]
    fn names_are_no_markup() {
        assert_eq!(
            escaped("a|b `c` <script> &amp; @team #1 *x* [y](z)"),
            "a\\|b \\`c\\` &lt;script&gt; &amp;amp; @<!-- -->team #<!-- -->1 \\*x\\* \\[y\\](z)"
        );
    }

    #[test]
    fn names_begin_nothing() {
        for (name, expected) in [
            ("- item", "\\- item"),
            ("+ item", "\\+ item"),
            ("12. item", "12\\. item"),
            ("1) item", "1\\) item"),
            ("---", "\\---"),
            ("===", "\\==="),
            ("    code", "&#32;&#32;&#32;&#32;code"),
            ("::error::x", "\\::error::x"),
            ("# heading", "#<!-- --> heading"),
            ("> quote", "&gt; quote"),
            ("see https://x.y or WWW.x.y", "see https\\://x.y or WWW\\.x.y"),
            ("a\nb", "a b"),
            ("12.5 ms", "12.5 ms"),
            ("-5 %", "-5 %"),
            ("a - b: 1. c", "a - b: 1. c"),
        ] {
            assert_eq!(escaped(name), expected);
        }
    }

    #[test]
    fn every_row_has_a_cell_for_every_arm() {
        let mut result = sample::burst();
        let arm = result.arms["rpc"].clone();
        result.arms.insert("a | b".to_owned(), arm);
        let text = to_markdown(&result);
        let table = text.lines().filter(|line| line.starts_with('|'));
        for line in table {
            assert_eq!(line.replace("\\|", "").matches('|').count(), 5, "{line}");
        }
    }
}
