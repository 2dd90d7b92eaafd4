//! Renders problems for a terminal.

use core::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Problem, Severity};

/// Most problems shown; further ones are counted.
const SHOWN: usize = 50;
/// Longest source line, in bytes; a longer one is cut around its caret.
const LINE_BYTES: usize = 160;
/// Bytes underlined of a value that extends beyond the cut.
const MARK_BYTES: usize = 40;
/// Longest name or value in a quotation.
const QUOTED_CHARS: usize = 80;

/// True for characters that a terminal would obey or not show: control characters, line separators,
/// overrides that reorder text, and invisible ones.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{180e}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// Text from a scenario for a message: unprintable characters are escaped, and long texts are cut.
#[must_use]
pub fn printable(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", escaped(&text[..end])),
        None => escaped(text),
    }
}

/// Escapes unprintable characters. Every message passes through here before it is printed, even if
/// its quotations were escaped before.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_unprintable(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Offset of the first byte of the line that holds a byte.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = &text[..floor(text, at)];
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// Line and column of a byte, both from 1; columns count characters.
pub(in crate::scenario) fn line_column(text: &str, at: usize) -> (usize, usize) {
    let at = floor(text, at);
    let start = line_start(text, at);
    let line = 1 + text[..start].bytes().filter(|byte| *byte == b'\n').count();
    (line, 1 + text[start..at].chars().count())
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A source line without unprintable characters, in which every byte keeps its offset, so that
/// spans stay valid: tabs become a space, others a symbol or a box of the same length.
fn harmless(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match (is_unprintable(c), c.len_utf8()) {
            (false, _) => out.push(c),
            (true, 1) => out.push(if c == '\t' { ' ' } else { '?' }),
            (true, 2) => out.push('¿'),
            (true, 3) => out.push('\u{fffd}'),
            (true, _) => out.push('\u{1f7c6}'),
        }
    }
    out
}

/// One source line, cut to a window around a span, and the span within the window.
struct Excerpt {
    number: usize,
    text: String,
    mark: Range<usize>,
    /// True if the start of the line is cut off.
    shifted: bool,
}

fn excerpt(text: &str, span: &Range<usize>) -> Excerpt {
    let start = floor(text, span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let line_end = line_start + text[line_start..line_end].trim_end_matches('\r').len();
    let start = start.min(line_end);
    let end = floor(text, span.end).clamp(start, line_end);
    let (mut from, mut to) = (line_start, line_end);
    if line_end - line_start > LINE_BYTES {
        let near = start - line_start < LINE_BYTES / 2;
        let left = start.saturating_sub(LINE_BYTES / 3);
        from = if near { line_start } else { floor(text, left) };
        to = floor(text, (from + LINE_BYTES).min(line_end));
    }
    let end = match end > to {
        true => floor(text, start + MARK_BYTES).min(to),
        false => end,
    };
    let mut shown = String::new();
    if from > line_start {
        shown.push_str("...");
    }
    let shift = shown.len();
    shown.push_str(&harmless(&text[from..to]));
    if to < line_end {
        shown.push_str("...");
    }
    Excerpt {
        number: line_column(text, start).0,
        text: shown,
        mark: start - from + shift..end - from + shift,
        shifted: from > line_start,
    }
}

type Marked = (Excerpt, AnnotationKind, Option<String>);

/// The lines of a problem in the order of the text, with their labels.
fn marked_lines(text: &str, span: &Range<usize>, problem: &Problem) -> Vec<Marked> {
    let label = (!problem.found.is_empty()).then(|| escaped(&problem.found));
    let mut lines = vec![(excerpt(text, span), AnnotationKind::Primary, label)];
    for (other, label) in &problem.also {
        let other = excerpt(text, other);
        lines.push((other, AnnotationKind::Context, Some(escaped(label))));
    }
    lines.sort_by_key(|(line, ..)| line.number);
    lines
}

/// One snippet of all marked lines and the lines between them, which the renderer folds.
fn snippet(text: &str, lines: Vec<Marked>) -> Snippet<'static, Annotation<'static>> {
    let first = lines.first().map_or(1, |(line, ..)| line.number);
    let mut source = String::new();
    let mut marks = Vec::new();
    let mut last = first;
    for (line, kind, label) in lines {
        if marks.is_empty() || line.number > last {
            let between = text.lines().skip(last).take((line.number - last).saturating_sub(1));
            for skipped in between.filter(|_| !marks.is_empty()) {
                source.push('\n');
                source.push_str(&harmless(&skipped[..floor(skipped, LINE_BYTES)]));
            }
            if !marks.is_empty() {
                source.push('\n');
            }
            source.push_str(&line.text);
            last = line.number;
        }
        let base = source.len() - line.text.len();
        let mut mark = kind.span(base + line.mark.start..base + line.mark.end);
        if let Some(label) = label {
            mark = mark.label(label);
        }
        marks.push(mark);
    }
    Snippet::source(source).line_start(first).annotations(marks)
}

/// Snippets of the lines: spans that are far apart, or in different parts of a very long line, get
/// one each.
fn snippets(text: &str, lines: Vec<Marked>) -> Vec<Snippet<'static, Annotation<'static>>> {
    const TOGETHER: usize = 1_000;
    let numbers = || lines.iter().map(|(line, ..)| line.number);
    let spread = numbers().max().unwrap_or(0) - numbers().min().unwrap_or(0);
    let differ = lines.windows(2).any(|pair| {
        let (one, two) = (&pair[0].0, &pair[1].0);
        one.number == two.number && one.text != two.text
    });
    if spread > TOGETHER || differ {
        return lines.into_iter().map(|line| snippet(text, vec![line])).collect();
    }
    vec![snippet(text, lines)]
}

fn one(renderer: &Renderer, name: &str, text: &str, problem: &Problem) -> String {
    let title = match problem.path.is_root() {
        true => escaped(&problem.rule),
        false => format!("{}: {}", problem.path, escaped(&problem.rule)),
    };
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(title);
    let mut group = Group::with_title(match problem.lint {
        Some(lint) => title.id(lint),
        None => title,
    });
    let name = printable(name);
    if let Some(span) = &problem.span {
        let (line, column) = line_column(text, span.start);
        let lines = marked_lines(text, span, problem);
        let shifted = lines.iter().any(|(line, ..)| line.shifted);
        let mut snippets = snippets(text, lines);
        if shifted || snippets.len() > 1 {
            // The renderer would count columns of the excerpt, not of the file.
            group = group.element(Origin::path(name).line(line).char_column(column));
        } else if let Some(only) = snippets.pop() {
            snippets.push(only.path(name));
        }
        group = group.elements(snippets);
    } else {
        group = group.element(Origin::path(name));
        if !problem.found.is_empty() {
            group = group.element(Level::NOTE.message(escaped(&problem.found)));
        }
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.message(escaped(hint)));
    }
    renderer.render(&[group])
}

/// All problems, one after the other, and their number.
pub(super) fn render(name: &str, text: &str, list: &[Problem], color: bool) -> String {
    let renderer = match color {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let mut out = String::new();
    for problem in list.iter().take(SHOWN) {
        out.push_str(&one(&renderer, name, text, problem));
        out.push_str("\n\n");
    }
    let count = |severity| list.iter().filter(|p| p.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let counted = [(errors, "error"), (warnings, "warning")]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
        .collect::<Vec<_>>()
        .join(" and ");
    let cut = match list.len() > SHOWN {
        true => format!("; the first {SHOWN} are shown"),
        false => String::new(),
    };
    let _ = writeln!(out, "{}: {counted}{cut}", printable(name));
    out
}
