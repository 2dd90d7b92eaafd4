//! The life of one request as a tree, for a terminal.

use super::story::{Effect, Happening, Story, StorySpan};
use crate::metrics::probe::{Number, Side};
use crate::report::text::format::{count, cut, time, width};
use crate::report::text::words::happened;

/// Longest line, in columns.
const COLUMNS: usize = 100;
/// Most lines of a story; a longer one loses its middle.
const LINES: usize = 80;

/// The story as text: identity and fate of the request, and the tree of its spans.
#[must_use]
pub fn tree(story: &Story) -> String {
    let mut lines = Lines { story, rows: Vec::new() };
    for (index, span) in story.spans.iter().enumerate() {
        if span.parent.is_none() {
            lines.span(index, "", "");
        }
    }
    // Events while no span was open.
    let loose =
        lines.happenings(None).map(|event| Row { at_ns: event.at_ns, text: elsewhere(event) });
    lines.rows.extend(loose);
    format!("{}\n{}", cut(&headline(story), COLUMNS), lines.print())
}

fn headline(story: &Story) -> String {
    let who = format!("{}#{} in arm {}", story.load, story.request, story.arm);
    let attempts = match story.attempts {
        0 => "without an attempt".to_owned(),
        1 => "in one attempt".to_owned(),
        n => format!("in {} attempts", count(u64::from(n))),
    };
    match (story.fate, story.ended_ns) {
        (Some(fate), Some(ended)) => {
            let after = time(ended - story.arrived_ns);
            format!("{who} {} after {after}, {attempts}", fate.words())
        }
        _ => format!("{who} was still under way when the run ended, {attempts}"),
    }
}

/// A line of the tree.
struct Row {
    at_ns: u64,
    text: String,
}

struct Lines<'a> {
    story: &'a Story,
    rows: Vec<Row>,
}

/// Children of a span, in order.
enum Child<'a> {
    Span(usize),
    Happening(&'a Happening),
    /// End of the span: instant, and event in words.
    Ending(u64, String),
}

impl Child<'_> {
    fn ending(&self) -> Option<&str> {
        match self {
            Self::Ending(_, words) => Some(words),
            Self::Span(_) | Self::Happening(_) => None,
        }
    }
}

impl<'a> Lines<'a> {
    fn happenings(&self, span: Option<usize>) -> impl Iterator<Item = &'a Happening> + use<'a> {
        self.story.events.iter().filter(move |event| event.span == span)
    }

    fn span(&mut self, index: usize, branch: &str, indent: &str) {
        let span = &self.story.spans[index];
        let children = self.children(index);
        let mut title = format!("{branch}{}", self.title(index));
        if let [only] = &children[..]
            && let Some(words) = only.ending()
        {
            let between = if title.contains(": ") { "; " } else { ": " };
            let whole = format!("{title}{between}{words}");
            // The title takes two lines if one would be too long.
            if width(&whole) <= self.room() {
                title = whole;
                self.rows.push(Row { at_ns: span.began_ns, text: title });
                return;
            }
        }
        self.rows.push(Row { at_ns: span.began_ns, text: title });
        let last = children.len().saturating_sub(1);
        for (position, child) in children.into_iter().enumerate() {
            let (branch, below) = match position == last {
                true => ("└─ ", "   "),
                false => ("├─ ", "│  "),
            };
            let branch = format!("{indent}{branch}");
            let (at_ns, text) = match child {
                Child::Span(child) => {
                    self.span(child, &branch, &format!("{indent}{below}"));
                    continue;
                }
                Child::Happening(event) => (event.at_ns, elsewhere(event)),
                Child::Ending(at_ns, words) => (at_ns, words),
            };
            self.rows.push(Row { at_ns, text: format!("{branch}{text}") });
        }
    }

    /// Title of a span: name, duration, and number of its event.
    fn title(&self, index: usize) -> String {
        let span = &self.story.spans[index];
        let number = match span.side {
            Side::Caller if span.attempt > 0 => format!(" {}", count(u64::from(span.attempt))),
            _ => String::new(),
        };
        let (name, component) = (span.name, &span.component);
        let lasted = time(span.ended_ns - span.began_ns);
        let mut opening =
            self.happenings(Some(index)).filter(|event| event.effect == Effect::Opens);
        let says = match opening.next() {
            Some(event) if event.kind.number != Number::None && !is_duration(span, event) => {
                format!(": {}", happened(event.kind, event.value))
            }
            _ => String::new(),
        };
        format!("{name}{number} at {component}, {lasted}{says}")
    }

    fn children(&self, index: usize) -> Vec<Child<'a>> {
        let spans = self.story.spans.iter().enumerate();
        let held = spans.filter(|(_, span)| span.parent == Some(index));
        let opening = |child: usize| {
            let mut events = self.story.events.iter();
            events.position(|event| event.effect == Effect::Opens && event.span == Some(child))
        };
        let mut children: Vec<_> =
            held.map(|(child, _)| (opening(child), Child::Span(child))).collect();
        for (at, event) in self.story.events.iter().enumerate() {
            let child = match event.effect {
                _ if event.span != Some(index) => continue,
                Effect::Opens => continue,
                Effect::Nothing => Child::Happening(event),
                Effect::Closes => Child::Ending(event.at_ns, happened(event.kind, event.value)),
            };
            children.push((Some(at), child));
        }
        children.sort_by_key(|(at, _)| *at);
        let mut children: Vec<_> = children.into_iter().map(|(_, child)| child).collect();
        let span = &self.story.spans[index];
        let words = match span.ending {
            "unfinished" => "is under way when the run ends",
            "cut_short" => "is cut short",
            _ => return children,
        };
        children.push(Child::Ending(span.ended_ns, words.to_owned()));
        children
    }

    /// Widths of the columns of instants.
    fn widths(&self) -> (usize, usize) {
        let events = self.story.events.iter().map(|event| event.at_ns);
        let last = events.chain(self.story.spans.iter().map(|span| span.ended_ns)).max();
        let last = last.unwrap_or(self.story.arrived_ns);
        let width = |ns, title: &str| instant(ns).len().max(title.len());
        (width(last, AT), width(last - self.story.arrived_ns, SINCE))
    }

    /// Columns left beside those of instants.
    fn room(&self) -> usize {
        let (at, since) = self.widths();
        COLUMNS.saturating_sub(at + since + 6)
    }

    fn print(&self) -> String {
        let left_out = self.rows.len().saturating_sub(LINES);
        let (head, tail) = match left_out {
            0 => (self.rows.len(), self.rows.len()),
            _ => (LINES / 2, LINES / 2 + left_out),
        };
        let (at_width, since_width) = self.widths();
        let mut text = format!("  {AT:>at_width$}  {SINCE:>since_width$}\n");
        let mut before = None;
        for (number, row) in self.rows.iter().enumerate() {
            if number == head && left_out > 0 {
                let left_out = count(left_out as u64);
                text.push_str(&format!("  ... {left_out} lines are left out\n"));
                before = None;
            }
            if number < head || number >= tail {
                // An instant is printed only where it changes.
                let (at, since) = match before == Some(row.at_ns) {
                    true => (String::new(), String::new()),
                    false => (instant(row.at_ns), instant(row.at_ns - self.story.arrived_ns)),
                };
                before = Some(row.at_ns);
                let line = format!("  {at:>at_width$}  {since:>since_width$}  {}", row.text);
                text.push_str(&cut(&line, COLUMNS));
                text.push('\n');
            }
        }
        text
    }
}

/// Headings of the columns of instants.
const AT: &str = "at ms";
const SINCE: &str = "+ ms";

/// An event in words after its component, which is not that of the span.
fn elsewhere(event: &Happening) -> String {
    format!("{}: {}", event.component, happened(event.kind, event.value))
}

/// True if the number of the event repeats the duration of the span.
fn is_duration(span: &StorySpan, event: &Happening) -> bool {
    event.kind.number == Number::Nanoseconds && event.value == span.ended_ns - span.began_ns
}

/// Milliseconds to the microsecond: one unit for all instants, so that they can be compared.
fn instant(ns: u64) -> String {
    let us = ns / 1_000;
    format!("{}.{:03}", count(us / 1_000), us % 1_000)
}
