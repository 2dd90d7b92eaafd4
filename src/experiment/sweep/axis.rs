//! One axis of a study: its paths in the scenario, and its values as `--set` takes them.

use std::collections::BTreeSet;

use super::design::Place;
use crate::experiment::knob::{Amount, Kind, Knob, Scale, Span};
use crate::scenario::study::{self, Design};
use crate::scenario::{Document, Landing, Path, Problem};

/// Most values of an axis, each of which is checked before anything runs.
const MOST_VALUES: u64 = 1_000_000;

/// An axis checked against the scenario.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) paths: Vec<String>,
    /// Places in the document that the paths lead to.
    pub(super) places: BTreeSet<Landing>,
    /// True if two paths lead to one place.
    pub(super) repeats: bool,
    /// Kind of the number, if the value is one.
    pub(super) kind: Option<Kind>,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    List(Vec<String>),
    Span(Span, Option<u64>),
}

impl Axis {
    /// The axis at `at` of the study, or all of its problems.
    pub(super) fn new(
        document: &Document,
        axis: &study::Axis,
        design: Design,
        at: &Path,
    ) -> Result<Self, Vec<Problem>> {
        let places: Vec<(&String, Path)> = match (&axis.path, axis.paths.as_slice()) {
            (Some(path), []) => vec![(path, at.field("path"))],
            (None, [_, ..]) => {
                let at = at.field("paths");
                axis.paths.iter().enumerate().map(|(n, path)| (path, at.index(n))).collect()
            }
            _ => {
                let found = "this axis has neither, or both";
                let problem = Problem::error(at, "an axis has either `path` or `paths`", found);
                return Err(vec![problem]);
            }
        };
        let mut problems = Vec::new();
        for (path, at) in &places {
            if let Err(problem) = document.field_at(path) {
                problems.push(moved(*problem, at));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let knobs: Vec<Option<Knob>> =
            places.iter().map(|(path, _)| Knob::at(document, path).ok()).collect();
        let kind = knobs[0].as_ref().map(Knob::kind).filter(|_| !has_variants(&axis.values));
        let paths = places.iter().map(|(path, _)| (*path).clone()).collect();
        let at = at.field("values");
        let values = match &axis.values {
            study::Values::List(list) => {
                Values::List(list.iter().map(|value| value.0.clone()).collect())
            }
            study::Values::Range { from, to, count } => {
                let at = at.variant("Range");
                span(&knobs, [from, to], *count, (Scale::Linear, design, &at))?
            }
            study::Values::Log { from, to, count } => {
                let at = at.variant("Log");
                span(&knobs, [from, to], *count, (Scale::Log, design, &at))?
            }
        };
        let landings: Vec<Landing> =
            places.iter().filter_map(|(path, _)| document.landings(path).ok()).flatten().collect();
        let count = landings.len();
        let places: BTreeSet<Landing> = landings.into_iter().collect();
        let axis = Self { paths, repeats: places.len() < count, places, kind, values };
        let problems = axis.check(document, &at);
        if problems.is_empty() { Ok(axis) } else { Err(problems) }
    }

    /// Checks that the language allows every value at every path.
    fn check(&self, document: &Document, at: &Path) -> Vec<Problem> {
        let admitted = |value: &str, at: &Path| {
            let refused = |path: &String| {
                let problems = document.admits(&format!("{path}={value}")).err()?;
                problems.into_iter().next().map(|problem| moved(problem, at))
            };
            self.paths.iter().find_map(refused)
        };
        match &self.values {
            Values::List(list) => {
                let at = at.variant("List");
                let mut seen = BTreeSet::new();
                let mut problems = Vec::new();
                for (n, value) in list.iter().enumerate() {
                    let at = at.index(n);
                    problems.extend(admitted(value, &at));
                    if !seen.insert(value) {
                        let rule = "a value of an axis is given twice";
                        problems.push(Problem::error(&at, rule, "and again here"));
                    }
                }
                problems
            }
            // The allowed numbers form an interval, so allowed ends suffice.
            Values::Span(span, _) => {
                let ends = [(span.from(), "from"), (span.to(), "to")];
                let field = |name: &str| match span.scale() {
                    Scale::Linear => at.variant("Range").field(name),
                    Scale::Log => at.variant("Log").field(name),
                };
                let end =
                    |(amount, name): (Amount, &str)| admitted(&amount.to_string(), &field(name));
                ends.into_iter().filter_map(end).collect()
            }
        }
    }

    /// Number of values; 0 for samples of a span.
    pub(super) fn len(&self) -> u64 {
        match &self.values {
            Values::List(list) => list.len() as u64,
            Values::Span(_, count) => count.unwrap_or(0),
        }
    }

    /// True if its values have equal ratios.
    pub(super) const fn is_log(&self) -> bool {
        matches!(&self.values, Values::Span(span, _) if matches!(span.scale(), Scale::Log))
    }

    /// A value as a number, if it is one.
    pub(super) fn number(&self, value: &str) -> Option<f64> {
        self.kind?.read(value).ok().map(Amount::as_f64)
    }

    /// The value at a place on the axis, as `--set` takes it.
    pub(super) fn value(&self, place: Place) -> String {
        match (&self.values, place) {
            (Values::List(list), Place::Nth(n)) => list[n as usize].clone(),
            (Values::List(list), Place::Part(part, whole)) => {
                let n = u128::from(part) * list.len() as u128 / u128::from(whole);
                list[n as usize].clone()
            }
            (Values::Span(span, count), Place::Nth(n)) => {
                let steps = count.map_or(1, |count| count.saturating_sub(1)).max(1);
                span.at(n, steps).to_string()
            }
            (Values::Span(span, _), Place::Part(part, whole)) => span.at(part, whole).to_string(),
        }
    }
}

/// True if a value is a variant, such as `Exponential(..)`, in place of a plain number.
fn has_variants(values: &study::Values) -> bool {
    match values {
        study::Values::List(list) => {
            list.iter().any(|value| value.0.starts_with(char::is_uppercase))
        }
        study::Values::Range { .. } | study::Values::Log { .. } => false,
    }
}

/// Moves a problem of a path or of a value to its place in the study.
fn moved(problem: Problem, at: &Path) -> Problem {
    Problem { path: at.clone(), span: None, also: Vec::new(), ..problem }
}

fn span(
    knobs: &[Option<Knob>],
    [from, to]: [&study::Written; 2],
    count: Option<u64>,
    (scale, design, at): (Scale, Design, &Path),
) -> Result<Values, Vec<Problem>> {
    let refuse = |at: &Path, rule: String, found: &str| vec![Problem::error(at, rule, found)];
    let Some(knob) = &knobs[0] else {
        let found = "what is at this path is no number";
        let hint = "give its values as a list";
        let problem = Problem::error(at, "only numbers have a range", found).hint(hint);
        return Err(vec![problem]);
    };
    let kind = knob.kind();
    let same = |other: &Option<Knob>| other.as_ref().is_some_and(|knob| alike(knob.kind(), kind));
    if !knobs.iter().all(same) {
        let found = "what is at these paths is of different kinds";
        return Err(refuse(at, "one range is for numbers of one kind".to_owned(), found));
    }
    let bad = |name: &str, value: &study::Written| {
        let why = knob.amount(&value.0).err()?;
        Some(Problem::error(&at.field(name), "expected a value of this axis", why))
    };
    let problems: Vec<Problem> = [bad("from", from), bad("to", to)].into_iter().flatten().collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let span = knob
        .span(&from.0, &to.0, scale)
        .map_err(|why| refuse(at, "no range from one to the other".to_owned(), &why))?;
    match (design, count) {
        (Design::Grid, None) => {
            let problem = Problem::error(at, "a range of a grid has a `count`", "it is missing");
            return Err(vec![problem.hint("count: 10 gives ten values, both ends included")]);
        }
        (Design::Grid, Some(count)) => {
            if count > MOST_VALUES {
                let rule = format!("an axis has at most {MOST_VALUES} values");
                return Err(refuse(&at.field("count"), rule, "more than that"));
            }
            let repeats = (1..count).find(|n| span.at(*n, count - 1) == span.at(n - 1, count - 1));
            if let Some(n) = repeats {
                let value = span.at(n, count - 1);
                let found = format!("{value} would be there twice");
                let rule = "the range has fewer different values than `count`".to_owned();
                return Err(refuse(&at.field("count"), rule, &found));
            }
        }
        (_, Some(_)) => {
            let found = "the design has `samples`";
            let rule = "samples lie anywhere in a range: it has no `count`".to_owned();
            return Err(refuse(&at.field("count"), rule, found));
        }
        (_, None) => {}
    }
    Ok(Values::Span(span, count))
}

/// True for kinds with the same notation: a whole number and a limit, a ratio and a number.
fn alike(a: Kind, b: Kind) -> bool {
    let written = |kind| match kind {
        Kind::Limit => Kind::Whole,
        Kind::Ratio => Kind::Float,
        other => other,
    };
    written(a) == written(b)
}
