//! Aligned columns of plain text, and paragraphs that fit beside them.

use std::fmt::Write as _;

use super::format::width;

/// Target width of a page, in columns.
pub(in crate::report) const PAGE_COLUMNS: usize = 96;

/// Gap between two columns.
const GAP: &str = "   ";

/// One line for each row, without borders: the first column is left-aligned, the others
/// right-aligned. No cell is wrapped.
pub(in crate::report) fn lines(rows: &[Vec<String>]) -> Vec<String> {
    spaced(rows, GAP)
}

/// The same with `gap` between cells.
pub(in crate::report) fn spaced(rows: &[Vec<String>], gap: &str) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = width(cell).max(*widest);
        }
    }
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (column, (cell, widest)) in row.iter().zip(&widths).enumerate() {
            let space = " ".repeat(widest - width(cell));
            if column == 0 {
                line = format!("{cell}{space}");
            } else {
                let _ = write!(line, "{gap}{space}{cell}");
            }
        }
        line.truncate(line.trim_end().len());
        line
    };
    rows.iter().map(line).collect()
}

/// `text` wrapped at spaces to the width of the page. The first line begins with `lead`; the others
/// are indented by its width.
pub(in crate::report) fn paragraph(lead: &str, text: &str) -> String {
    paragraph_within(PAGE_COLUMNS, lead, text)
}

/// The same, wrapped to `columns`.
pub(in crate::report) fn paragraph_within(columns: usize, lead: &str, text: &str) -> String {
    let indent = " ".repeat(width(lead));
    let mut paragraph = lead.to_owned();
    let mut used = width(lead);
    let mut first = true;
    for word in text.split(' ') {
        let wide = width(word);
        if !first && used + 1 + wide > columns {
            paragraph.push('\n');
            paragraph.push_str(&indent);
            used = indent.len();
        } else if !first {
            paragraph.push(' ');
            used += 1;
        }
        paragraph.push_str(word);
        used += wide;
        first = false;
    }
    paragraph.push('\n');
    paragraph
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_hangs_under_its_first_word() {
        let text = "word ".repeat(30);
        let wrapped = paragraph("warning: ", text.trim_end());
        let lines: Vec<_> = wrapped.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.len() <= PAGE_COLUMNS));
        assert!(lines[1].starts_with("         word"));
    }

    #[test]
    fn a_word_longer_than_the_page_is_not_broken() {
        let word = "x".repeat(200);
        assert_eq!(paragraph("", &word), format!("{word}\n"));
    }
}
