//! A diff as a page of text.

use serde_json::Value;

use super::numbers::Numbers;
use super::{
    ArmComparison, Diff, FateGroup, FieldChange, First, Moment, NAME_COLUMNS, RequestChanges, Side,
};
use crate::report::result::LatencySummary;
use crate::report::text::format::{count, cut, time, width};
use crate::report::text::table::{lines, paragraph};
use crate::report::text::words::exactly;

/// Most values, or groups, listed without `--all`; the rest is counted.
const FIELDS: usize = 20;

/// The diff as plain text; `all` lists everything.
#[must_use]
pub fn text(diff: &Diff, all: bool) -> String {
    let mut text = head("a", &diff.a) + &head("b", &diff.b);
    if let Some(changes) = &diff.fields {
        text.push_str(&fields(changes, most(FIELDS, all)));
    }
    text.push('\n');
    for arm in &diff.arms {
        text.push_str(&records(arm));
    }
    for arm in &diff.arms {
        text.push_str(&arm_text(arm, all));
    }
    if let Some(first) = &diff.first {
        text.push_str(&parting(first));
    }
    if !diff.notes.is_empty() {
        text.push('\n');
    }
    for note in &diff.notes {
        text.push_str(&paragraph("note: ", note));
    }
    if diff.first.is_none() {
        text.push_str(&format!("\n{}\n", diff.conclusion()));
    }
    text
}

impl Diff {
    /// Sentence that says whether the runs differ.
    pub(super) fn conclusion(&self) -> &'static str {
        match (self.differs, self.arms.iter().all(ArmComparison::is_same)) {
            (false, _) => "the runs are identical",
            (true, true) => "everything that happens is the same; what is counted of it differs",
            (true, false) => "the runs differ",
        }
    }
}

fn most(some: usize, all: bool) -> usize {
    if all { usize::MAX } else { some }
}

fn head(name: &str, side: &Side) -> String {
    let arm = side.arm.as_ref().map_or(String::new(), |arm| format!(", arm {}", cut(arm, 60)));
    let made = match side.kind {
        super::SideKind::Trace => {
            format!(", traced by dessim {} (model {})", side.dessim, side.model)
        }
        _ => String::new(),
    };
    format!("{name}  {}{arm}: seed {}, digest {}{made}\n", side.given, side.seed, side.digest)
}

fn fields(changes: &[FieldChange], most: usize) -> String {
    if changes.is_empty() {
        return "\nthe scenarios say the same\n".to_owned();
    }
    let mut text = "\nthe scenarios differ in\n".to_owned();
    for change in changes.iter().take(most) {
        text.push_str(&format!("  {}: {}\n", change.path, change.words()));
    }
    if changes.len() > most {
        text.push_str(&format!("  and {} values more (--all shows them)\n", changes.len() - most));
    }
    text
}

impl FieldChange {
    /// Both values in words, cut where they are long.
    pub(super) fn words(&self) -> String {
        let value = |value: &Value| cut(&value.to_string(), 80);
        // A value that holds others is shortened to its name or kind, which begins with a capital.
        let only = |value: &Value| match value {
            Value::Object(parts)
                if parts.len() == 1
                    && parts.keys().all(|kind| kind.starts_with(char::is_uppercase)) =>
            {
                parts.keys().map(|kind| format!("{}, ", cut(kind, 80))).collect()
            }
            Value::Object(_) | Value::Array(_) => String::new(),
            value => format!("{}, ", cut(&value.to_string(), 80)),
        };
        match (&self.a, &self.b) {
            (Some(a), Some(b)) => format!("{} in a, {} in b", value(a), value(b)),
            (Some(a), None) => format!("{}only in a", only(a)),
            (None, Some(b)) => format!("{}only in b", only(b)),
            (None, None) => "in neither".to_owned(),
        }
    }
}

fn records(arm: &ArmComparison) -> String {
    format!("arm {}: {}\n", cut(&arm.name, 80), arm.records_words())
}

impl ArmComparison {
    /// Length of the common beginning in words, without the name of the arm.
    pub(super) fn records_words(&self) -> String {
        let same = count(self.records.same);
        match (self.only_in, self.records.parts_at_ns) {
            (Some(side), _) => format!("only {side} has it"),
            (None, None) => format!("all {same} records are the same"),
            (None, Some(at)) if self.records.same == 0 => {
                format!("the first records differ, at {}", time(at))
            }
            (None, Some(at)) => {
                let records = match self.records.same {
                    1 => "1 record is".to_owned(),
                    _ => format!("{same} records are"),
                };
                format!("{records} the same, the next one differs, at {}", time(at))
            }
        }
    }
}

/// Changed fates and numbers of an arm; empty if there are none.
fn arm_text(arm: &ArmComparison, all: bool) -> String {
    let mut text = String::new();
    if let Some(changes) = arm.requests.as_ref().filter(|changes| changes.differ()) {
        let name = cut(&arm.name, 80);
        text.push_str(&format!("\nrequests of arm {name}: {} in both\n", count(changes.in_both)));
        for line in changes.sentences() {
            text.push_str(&paragraph("  ", &line));
        }
        text.push_str(&groups(changes, most(FIELDS, all)));
    }
    if let Some(numbers) = arm.numbers.as_ref().filter(|numbers| numbers.differ()) {
        text.push_str(&format!("\nnumbers of arm {}\n", cut(&arm.name, 80)));
        text.push_str(&table(numbers, all));
    }
    text
}

impl RequestChanges {
    /// True unless every request did the same in both runs.
    pub(super) fn differ(&self) -> bool {
        self.changed().next().is_some()
            || self.only_in_a + self.only_in_b > 0
            || self.as_fast() < self.good_in_both
            || self.attempts_saved + self.attempts_added > 0
    }

    /// Sentences about all requests of the arm.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![format!(
            "of {} that do not succeed in a, {} succeed in b; of {} that succeed in a, {} do not \
             in b",
            count(self.failing),
            count(self.saved),
            count(self.in_both - self.failing),
            count(self.lost)
        )];
        if self.only_in_a + self.only_in_b > 0 {
            let (a, b) = (count(self.only_in_a), count(self.only_in_b));
            sentences.push(format!("beside them, {a} are only in a and {b} only in b"));
        }
        if self.as_fast() < self.good_in_both {
            sentences.push(format!(
                "of {} that succeed in both, {} are slower in b{}, {} are faster{}, {} as fast",
                count(self.good_in_both),
                count(self.slower.count),
                by(&self.slower),
                count(self.faster.count),
                by(&self.faster),
                count(self.as_fast())
            ));
        }
        if self.attempts_saved + self.attempts_added > 0 {
            let (saved, added) = (count(self.attempts_saved), count(self.attempts_added));
            sentences.push(format!("b saves {saved} attempts and adds {added}"));
        }
        sentences
    }
}

fn by(change: &LatencySummary) -> String {
    match (change.p50_ns, change.p99_ns) {
        (Some(p50), Some(p99)) => format!(" (by {}, p99 {})", time(p50), time(p99)),
        _ => String::new(),
    }
}

fn groups(changes: &RequestChanges, most: usize) -> String {
    let changed: Vec<&FateGroup> = changes.changed().collect();
    if changed.is_empty() {
        return String::new();
    }
    let mut rows = vec![["  requests", "in a", "in b", "the first of them"].map(str::to_owned)];
    for group in changed.iter().take(most) {
        rows.push([
            format!("  {}", count(group.requests)),
            FateGroup::words(group.a),
            FateGroup::words(group.b),
            group.first.iter().map(|name| cut(name, NAME_COLUMNS)).collect::<Vec<_>>().join(", "),
        ]);
    }
    let mut text = columns(&rows, &[0]);
    if changed.len() > most {
        text.push_str(&format!("  and {} groups more (--all shows them)\n", changed.len() - most));
    }
    text
}

/// Aligned rows; the columns in `numbers` are right-aligned, all others left-aligned.
fn columns<const N: usize>(rows: &[[String; N]], numbers: &[usize]) -> String {
    let mut text = String::new();
    let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(widest).collect();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let gap = " ".repeat(widths[column] - width(cell));
            match numbers.contains(&column) {
                true => format!("{gap}{cell}"),
                false => format!("{cell}{gap}"),
            }
        });
        let line = cells.collect::<Vec<_>>().join("   ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

impl Numbers {
    /// True if there is anything to show.
    pub(super) fn differ(&self) -> bool {
        !(self.differing.is_empty() && self.only_in_a.is_empty() && self.only_in_b.is_empty())
    }
}

fn table(numbers: &Numbers, all: bool) -> String {
    let (mut shown, mut left) = numbers.split();
    if all {
        shown.append(&mut left);
    }
    let mut text = String::new();
    if !shown.is_empty() {
        let mut rows = vec![["", "a", "b", "b / a"].map(str::to_owned).to_vec()];
        for change in shown {
            let label = format!("  {}", change.label());
            rows.push([vec![label], change.cells().to_vec()].concat());
        }
        for line in lines(&rows) {
            text.push_str(&format!("{line}\n"));
        }
    }
    if !left.is_empty() {
        let left = count(left.len() as u64);
        text.push_str(&format!("  and {left} numbers more (--all shows them)\n"));
    }
    for (side, names) in [("a", &numbers.only_in_a), ("b", &numbers.only_in_b)] {
        if !names.is_empty() {
            let names: Vec<_> = names.iter().map(|name| cut(name, NAME_COLUMNS)).collect();
            text.push_str(&paragraph("  ", &format!("only in {side}: {}", names.join(", "))));
        }
    }
    text
}

/// The first difference, with its history.
fn parting(first: &First) -> String {
    let arm = cut(&first.arm, 80);
    let mut text = format!("\nthe first difference is in arm {arm}\n");
    let (before, after) = first.halves();
    let mut rows: Vec<[String; 5]> = before.iter().map(|moment| row("", Some(moment))).collect();
    let gap = rows.len();
    rows.extend(after.iter().map(|moment| row("", Some(moment))));
    rows.extend([row("a", first.a.as_ref()), row("b", first.b.as_ref())]);
    let aligned = columns(&rows, &[1]);
    for (at, line) in aligned.lines().enumerate() {
        if at == gap && first.left_out > 0 {
            text.push_str(&format!("     ... {} records more\n", count(first.left_out)));
        }
        text.push_str(&format!("{line}\n"));
    }
    text
}

impl First {
    /// The history before and after the part left out of it.
    pub(super) fn halves(&self) -> (&[Moment], &[Moment]) {
        let at = if self.left_out > 0 { self.history.len() / 2 } else { self.history.len() };
        self.history.split_at(at)
    }
}

fn row(side: &str, moment: Option<&Moment>) -> [String; 5] {
    let side = format!("  {side}");
    match moment {
        None => {
            let [at, request, component] = [(); 3].map(|()| String::new());
            [side, at, request, component, "nothing more happens".to_owned()]
        }
        Some(moment) => [
            side,
            exactly(moment.at_ns),
            format!("{}, attempt {}", cut(&moment.request, NAME_COLUMNS), moment.attempt),
            cut(&moment.component, NAME_COLUMNS),
            moment.text.clone(),
        ],
    }
}
