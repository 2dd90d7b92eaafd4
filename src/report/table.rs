//! Aligned columns of plain text, and paragraphs that fit beside them.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::format::width;

/// The columns of text that a page aims at.
pub(super) const PAGE_COLUMNS: usize = 96;

/// One line of text for each row: the first column to the left, numbers to the right, without a
/// border. No cell is wrapped.
pub(super) fn lines(rows: &[Vec<String>]) -> Vec<String> {
    spaced(rows, 3)
}

/// The same with `gap` columns of space between cells.
pub(super) fn spaced(rows: &[Vec<String>], gap: u16) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.add_rows(rows.iter().map(|row| row.iter().map(Cell::new)));
    for (at, column) in table.column_iter_mut().enumerate() {
        let first = at == 0;
        column.set_padding((if first { 0 } else { gap }, 0));
        column.set_cell_alignment(if first { CellAlignment::Left } else { CellAlignment::Right });
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// `text` broken at spaces to fit the page; lines after the first are indented like the first,
/// which starts with `lead`.
pub(super) fn paragraph(lead: &str, text: &str) -> String {
    paragraph_within(PAGE_COLUMNS, lead, text)
}

/// The same to fit `columns`.
pub(super) fn paragraph_within(columns: usize, lead: &str, text: &str) -> String {
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
