//! A sweep as a page of text: a line for each setting and arm.

use super::{Column, Outline, SettingSummary};
use crate::metrics::names::Kind;
use crate::report::runs::notes::Notes;
use crate::report::text::format::{NO_VALUE, count, cut, mean_count, number, time};
use crate::report::text::table::{lines, paragraph};
use crate::statistics::summary::Summary;
use crate::statistics::validity::NoInterval;

/// Most settings that a page shows.
const MOST_SHOWN: usize = 200;

/// A page being filled; it keeps only the settings that it shows.
#[derive(Debug, Default)]
pub struct Page {
    settings: Vec<SettingSummary>,
    left_out: u64,
    invalid: u64,
    stopped: u64,
    first_invalid: Option<SettingSummary>,
}

/// A page without settings.
#[must_use]
pub fn table() -> Page {
    Page::default()
}

impl Page {
    /// Adds a setting.
    pub fn add(&mut self, setting: &SettingSummary) {
        self.stopped += setting.stopped;
        if setting.invalid.is_some() {
            self.invalid += 1;
            self.first_invalid.get_or_insert_with(|| setting.clone());
        }
        match self.settings.len() < MOST_SHOWN {
            true => self.settings.push(setting.clone()),
            false => self.left_out += 1,
        }
    }

    /// Renders the page.
    #[must_use]
    pub fn finish(&self, outline: &Outline) -> String {
        let mut text = head(outline);
        text.push('\n');
        let mut notes = Notes::default();
        text.push_str(&(lines(&self.rows(outline, &mut notes)).join("\n") + "\n"));
        text.push_str(&notes.text());
        let mut note = |words: String| {
            text.push('\n');
            text.push_str(&paragraph("", &words));
        };
        if outline.seeds.1 > 1 {
            note(
                "Numbers are means over the seeds, with half of their 95 % interval by Student's t \
                 where there is one."
                    .to_owned(),
            );
        }
        if self.left_out > 0 {
            note(format!(
                "{} settings more are not shown; --export-csv and --export-json have them all.",
                count(self.left_out)
            ));
        }
        if self.stopped > 0 {
            let runs = count(self.stopped);
            note(format!(
                "warning: {runs} runs stopped early; their numbers are of what had \
                          happened by then."
            ));
        }
        if let Some(first) = &self.first_invalid {
            let values = values(outline, first);
            let why = first.invalid.as_deref().unwrap_or_default();
            note(format!(
                "warning: {} of {} settings make no scenario that can run; the first is {values}: \
                 {why}",
                count(self.invalid),
                count(outline.settings)
            ));
        }
        text
    }

    fn rows(&self, outline: &Outline, notes: &mut Notes) -> Vec<Vec<String>> {
        let (arms, shown) = (outline.arms(), outline.shown());
        let mut names: Vec<String> = Vec::new();
        for at in &shown {
            let name = outline.columns[*at].name();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let labels = outline.labels();
        let mut head: Vec<String> = labels.iter().map(|label| cut(label, 24)).collect();
        head.push("arm".to_owned());
        head.extend(names.iter().map(|name| cut(&heading(name), 30)));
        let mut rows = vec![head];
        for setting in &self.settings {
            for (n, arm) in arms.iter().enumerate() {
                let value = |value: &String| match n {
                    0 => cut(value, 24),
                    _ => String::new(),
                };
                let mut row: Vec<String> = setting.setting.iter().map(value).collect();
                row.push(cut(arm, 24));
                row.extend(names.iter().map(|name| {
                    let is_it = |at: &&usize| {
                        let column = &outline.columns[**at];
                        column.arm == **arm && column.name() == *name
                    };
                    shown.iter().find(is_it).map_or(String::new(), |at| {
                        cell(&outline.columns[*at], setting.columns[*at].as_ref(), notes)
                    })
                }));
                rows.push(row);
            }
        }
        rows
    }
}

/// The head of the page: scenario and axes, in two lines.
fn head(outline: &Outline) -> String {
    let (first, seeds) = outline.seeds;
    let seeds = match seeds {
        1 => format!("seed {first}"),
        _ => format!("seeds {first}..{}", first + seeds - 1),
    };
    let settings = count(outline.settings);
    format!(
        "{}, {settings} settings over {seeds}: {} runs\nplan {}   dessim {} (model {})\n",
        cut(&outline.name, 60),
        count(outline.cells()),
        outline.plan,
        outline.dessim,
        outline.model,
    )
}

/// The values of a setting in words.
pub(super) fn values(outline: &Outline, setting: &SettingSummary) -> String {
    let pairs = outline.axes.iter().zip(&setting.setting);
    let pairs: Vec<_> = pairs.map(|(axis, value)| format!("{} = {value}", axis.paths[0])).collect();
    pairs.join(", ")
}

/// Short name of a number.
pub(super) fn heading(name: &str) -> String {
    match name {
        "goodput_per_s" => "goodput /s".to_owned(),
        name => {
            let name = name.strip_prefix("latency.").unwrap_or(name);
            crate::report::text::format::label(name).replace('.', " ")
        }
    }
}

/// A number of a column, with its unit.
pub(super) fn printed(column: &Column, value: f64) -> String {
    let is_count = column.metric.starts_with("requests.") || column.metric.starts_with("attempts.");
    if column.kind == Kind::Time {
        time(value.max(0.0).round() as u64)
    } else if is_count {
        mean_count(value)
    } else {
        number(value)
    }
}

fn cell(column: &Column, summary: Option<&Summary>, notes: &mut Notes) -> String {
    let Some(summary) = summary else {
        return NO_VALUE.to_owned();
    };
    let mean = printed(column, summary.mean);
    match &summary.interval {
        Ok((from, to)) => format!("{mean} \u{b1} {}", printed(column, (to - from) / 2.0)),
        Err(NoInterval::AllAlike(_) | NoInterval::FewRuns(1)) => mean,
        Err(why) => format!("{mean} {}", notes.number(why.to_string())),
    }
}
