//! What there is to say about an arm, read off its time series: each point with its numbers.
//!
//! Components appear by their kind and their meters' words alone.

use super::lens::Lens;
use crate::experiment::health::triggers::Trigger;
use crate::metrics::series::{ARM, Column, Series, Values};
use crate::report::explanation::{Phase, PhaseKind, Point, Topic};
use crate::report::format::{count, number, percent, share, time};
use crate::report::result::ArmResult;
use crate::scenario::pipelines::{edge_name, pipelines};
use crate::scenario::schema::Arm;

/// A level is used up when its mean over a bin is at least this part of its limit.
pub(super) const USED_UP: f64 = 0.9;
/// What keeps a collapse going is named from this ratio on.
const MUCH: f64 = 0.2;
/// So many used-up resources, and so many counts of a component, are named.
const MOST_NAMED: usize = 3;

/// What the points of an arm are read off.
pub(super) struct Evidence<'a> {
    pub(super) system: &'a Arm,
    pub(super) result: &'a ArmResult,
    pub(super) series: &'a Series,
    pub(super) triggers: &'a [Trigger],
    pub(super) phases: &'a [Phase],
}

impl Evidence<'_> {
    /// Everything there is to say, in reading order.
    pub(super) fn points(&self) -> Vec<Point> {
        let mut points = vec![self.outcome()];
        points.extend(self.trigger());
        points.extend(self.saturation());
        points.extend(self.sustained());
        points.extend(self.edges());
        points
    }

    fn point(&self, topic: Topic, text: String, (from_ns, until_ns): (u64, u64)) -> Point {
        Point { topic, text, from_ns, until_ns: until_ns.min(self.series.end_ns) }
    }

    /// The stretch in which it goes wrong: from the first phase that is neither steady nor idle to
    /// the end of the last one that is not well.
    fn trouble(&self) -> Option<(u64, u64)> {
        let wrong = |phase: &&Phase| {
            matches!(phase.kind, PhaseKind::Trigger | PhaseKind::Degraded | PhaseKind::Metastable)
        };
        let mut found = self.phases.iter().filter(wrong);
        let first = found.next()?;
        Some((first.from_ns, found.next_back().unwrap_or(first).until_ns))
    }

    /// True if requests were lost that should not have been.
    pub(super) fn suffers(&self) -> bool {
        let ill = |phase: &Phase| matches!(phase.kind, PhaseKind::Degraded | PhaseKind::Metastable);
        let requests = &self.result.requests;
        let lost = requests.offered - requests.succeeded - requests.in_flight;
        self.phases.iter().any(ill) || lost * 100 > requests.offered
    }

    fn outcome(&self) -> Point {
        let (requests, attempts) = (&self.result.requests, &self.result.attempts);
        let offered = requests.offered;
        let mut text = format!(
            "of {} requests {} ({}) succeed in time",
            count(offered),
            count(requests.succeeded),
            share(requests.succeeded, offered)
        );
        let fates = [
            ("succeed late", requests.late),
            ("fail in a timeout", self.result.failed_by.timeout),
            ("fail in an error", self.result.failed_by.error),
            ("are rejected", requests.rejected),
            ("are shed", requests.shed),
            ("are dropped", requests.dropped),
            ("are dead-lettered", requests.dead_lettered),
            ("are still in flight at the end", requests.in_flight),
        ];
        for (words, of) in fates.into_iter().filter(|(_, of)| *of > 0) {
            text.push_str(&format!(", {} {words}", count(of)));
        }
        if let Some(amplification) = self.result.amplification {
            let amplification = number(amplification);
            text.push_str(&format!(
                "; {} attempts are made, {amplification} a request",
                count(attempts.total)
            ));
        }
        self.point(Topic::Outcome, text, (0, self.series.end_ns))
    }

    fn trigger(&self) -> Vec<Point> {
        let told = self.triggers.iter();
        let told = told.map(|trigger| {
            let span = (trigger.from_ns, trigger.until_ns);
            self.point(Topic::Trigger, trigger.text.clone(), span)
        });
        let mut points: Vec<Point> = told.collect();
        if points.is_empty() && self.suffers() {
            let text = "nothing from outside changes: no fault, no rise of the load. It fails \
                        under the load that it is given"
                .to_owned();
            points.push(self.point(Topic::Trigger, text, (0, self.series.end_ns)));
        }
        points
    }

    /// The resources in the order in which they are used up.
    pub(super) fn used_up(&self) -> Vec<(u64, &Column)> {
        let changes = self.triggers.iter().filter(|trigger| trigger.changes);
        let from = changes.map(|trigger| trigger.from_ns).min().unwrap_or(0);
        let first = |column: &Column| {
            let Values::Levels { limit: Some(limit), .. } = column.values else {
                return None;
            };
            let bins = Lens::new(self.series, (from, self.series.end_ns)).bins();
            let full = bins.into_iter().find(|&bin| {
                let mean = column.mean(bin, self.series.length_ns(bin));
                mean.is_some_and(|mean| mean >= USED_UP * limit as f64)
            })?;
            Some(self.series.start_of(full).max(from))
        };
        let columns = self.series.columns.iter();
        let mut found: Vec<(u64, &Column)> =
            columns.filter_map(|column| Some((first(column)?, column))).collect();
        // Of those in one bin, the one that was built first: services come before what calls them.
        found.sort_by_key(|(at, _)| *at);
        found
    }

    fn saturation(&self) -> Option<Point> {
        let found = self.used_up();
        let (at, _) = *found.first()?;
        let mut texts: Vec<String> = Vec::new();
        for &(from, column) in found.iter().take(MOST_NAMED) {
            let Values::Levels { limit: Some(limit), .. } = column.values else {
                continue;
            };
            let until = self.trouble().map_or(self.series.end_ns, |(_, until)| until).max(from + 1);
            let lens = Lens::new(self.series, (from, until));
            let (mean, most) = (lens.mean(column), lens.most(column).unwrap_or(0));
            let kind = column.kind;
            let text = format!(
                "{kind} {}, {}: from {} on, with a limit of {}, on average {} and at most {} \
                 until {}",
                column.component,
                column.meter.words,
                time(from),
                count(limit),
                mean.map_or_else(|| "-".to_owned(), number),
                count(most),
                time(lens.ends_ns())
            );
            texts.push(text);
        }
        let more = found.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            texts.push(format!("and {more} more"));
        }
        Some(self.point(Topic::Saturation, texts.join("; then "), (at, at)))
    }

    /// The worst phase, in which whatever keeps it going is at work.
    fn worst(&self) -> Option<&Phase> {
        let of = |kind| self.phases.iter().find(move |phase| phase.kind == kind);
        of(PhaseKind::Metastable)
            .or_else(|| of(PhaseKind::Degraded))
            .or_else(|| of(PhaseKind::Trigger))
    }

    fn sustained(&self) -> Vec<Point> {
        let Some(phase) = self.worst().filter(|_| self.suffers()) else {
            return Vec::new();
        };
        let span = (phase.from_ns, phase.until_ns);
        let lens = Lens::new(self.series, span);
        let mut texts: Vec<String> = Vec::new();
        for pipeline in pipelines(self.system) {
            texts.extend(fed(&lens, &edge_name(pipeline.from, pipeline.to), pipeline.to));
        }
        texts.extend(states(&lens));
        let lead = format!("{} phase, {} to {}", phase.kind.name(), time(span.0), time(span.1));
        let tell = |text| self.point(Topic::Loop, format!("{lead}: {text}"), span);
        texts.into_iter().map(tell).collect()
    }

    /// One point an edge: how it did in each phase.
    fn edges(&self) -> Vec<Point> {
        let edge = |from: &str, to: &str| {
            let name = edge_name(from, to);
            let told: Vec<String> = self
                .phases
                .iter()
                .filter_map(|phase| {
                    let lens = Lens::new(self.series, (phase.from_ns, phase.until_ns));
                    let attempts = lens.sum(&name, "attempts");
                    (attempts > 0).then(|| {
                        let first = attempts - lens.sum(&name, "retries");
                        let amplification = match first {
                            0 => "retries only".to_owned(),
                            first => {
                                format!("{} a first one", number(attempts as f64 / first as f64))
                            }
                        };
                        let waste = match (lens.sum(&name, "work_ns"), lens.sum(&name, "wasted_ns"))
                        {
                            (0, _) => String::new(),
                            (work, wasted) => {
                                format!(", {} of the work wasted", share(wasted, work))
                            }
                        };
                        let (kind, attempts) = (phase.kind.name(), count(attempts));
                        format!("{kind} {attempts} attempts ({amplification}){waste}")
                    })
                })
                .collect();
            let text = format!("edge {name}: {}", told.join("; "));
            (!told.is_empty()).then(|| self.point(Topic::Edges, text, (0, self.series.end_ns)))
        };
        let all = pipelines(self.system);
        all.iter().filter_map(|pipeline| edge(pipeline.from, pipeline.to)).collect()
    }
}

/// Retries and wasted work on an edge, and what they did to the service at its end.
fn fed(lens: &Lens<'_>, edge: &str, to: &str) -> Option<String> {
    let (attempts, retries) = (lens.sum(edge, "attempts"), lens.sum(edge, "retries"));
    let (work, wasted) = (lens.sum(edge, "work_ns"), lens.sum(edge, "wasted_ns"));
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let mut clauses: Vec<String> = Vec::new();
    if ratio(retries, attempts) >= MUCH {
        let per_s = |attempts: u64| number(attempts as f64 * 1e9 / lens.length_ns().max(1) as f64);
        clauses.push(format!(
            "{} of {} attempts on {edge} ({}) are retries, so {to} is sent {} a second instead \
             of {}",
            count(retries),
            count(attempts),
            share(retries, attempts),
            per_s(attempts),
            per_s(attempts - retries)
        ));
    }
    if ratio(wasted, work) >= MUCH {
        clauses.push(format!(
            "{} of the {} of work that {to} does for {edge} is for callers that have left",
            percent(ratio(wasted, work)),
            time(work)
        ));
    }
    if clauses.is_empty() {
        return None;
    }
    let level = |column: &Column| {
        let (mean, most) = (lens.mean(column)?, lens.most(column)?);
        (most > 0).then(|| {
            let words = column.meter.words;
            format!("{words} {} on average and {} at most", number(mean), count(most))
        })
    };
    let levels: Vec<String> = lens.of(to).filter_map(level).collect();
    if !levels.is_empty() {
        clauses.push(format!("at {to}: {}", levels.join(", ")));
    }
    Some(clauses.join("; "))
}

/// What is in an unusual state for long, and what it counts meanwhile.
fn states(lens: &Lens<'_>) -> Vec<String> {
    let state = |column: &Column| {
        let Values::States(_) = column.values else {
            return None;
        };
        let lasted = lens.total(column);
        let part = lasted as f64 / lens.length_ns().max(1) as f64;
        if part < MUCH {
            return None;
        }
        let counts = lens.of(&column.component).filter_map(|of| match of.values {
            Values::Counts(_) => Some((lens.total(of), of.meter.words)).filter(|(n, _)| *n > 0),
            _ => None,
        });
        let counts: Vec<String> =
            counts.take(MOST_NAMED).map(|(n, words)| format!("{} {words}", count(n))).collect();
        let (kind, words) = (column.kind, column.meter.words);
        Some(format!(
            "{kind} {} is {words} for {} ({} of the time): {}",
            column.component,
            time(lasted),
            percent(part.min(1.0)),
            if counts.is_empty() { "nothing counted".to_owned() } else { counts.join(", ") }
        ))
    };
    let columns = lens.series.columns.iter().filter(|column| column.node != ARM);
    columns.filter_map(state).collect()
}
