//! The facts about an arm, read off its phases and its time series.
//!
//! Components appear by their kind and their meters alone.

use super::window::Window;
use crate::metrics::meter::Aspect;
use crate::metrics::series::{ARM, Column, Series, Values};
use crate::report::explain::{
    Bottleneck, Count, EdgePhase, EdgeUse, Level, Link, NeverFree, Outcome, Phase, Story,
    SustainingLoop, Trigger,
};
use crate::report::result::ArmResult;
use crate::scenario::pipelines::{Pipeline, edge_name, pipelines};
use crate::scenario::schema::{Arm, Arrivals, Scenario};

/// A level is at its limit when its mean over a bin is at least this part of it.
const AT_LIMIT: f64 = 0.9;
/// What may have kept an arm broken is named from this ratio on.
const MUCH: f64 = 0.2;
/// So many counts of a component are named.
const MOST_COUNTS: usize = 3;

/// What the facts of an arm are read off.
pub(super) struct Evidence<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) system: &'a Arm,
    pub(super) result: &'a ArmResult,
    pub(super) series: &'a Series,
    pub(super) triggers: &'a [Trigger],
    pub(super) phases: &'a [Phase],
}

impl<'a> Evidence<'a> {
    /// Everything that one run shows: a story without an example and without reruns.
    pub(super) fn story(&self) -> Story {
        let mut story = Story {
            outcome: self.outcome(),
            phases: self.phases.to_vec(),
            breakages: super::breakage::breakages(self.phases, self.triggers),
            triggers: self.triggers.to_vec(),
            edges: self.edges(),
            ..Story::default()
        };
        let trouble_ends_ns = story.breakages.last().map(|last| last.until_ns);
        story.bottlenecks = self.bottlenecks(trouble_ends_ns.unwrap_or(self.series.end_ns));
        if let Some(phase) = story.worst_phase() {
            story.loops = self.loops(phase);
        }
        story
    }

    fn outcome(&self) -> Outcome {
        let calls = self.system.calls.keys().chain(self.system.publishes.keys());
        let mut loads = calls.filter_map(|load| self.scenario.load.get(load));
        Outcome {
            requests: self.result.requests,
            failed_by: self.result.failed_by,
            attempts: self.result.attempts.total,
            amplification: self.result.amplification,
            goodput_per_s: self.result.goodput_per_s,
            p99_ns: self.result.latency.outcome.p99_ns,
            closed_loop: loads.any(|load| matches!(load.arrivals, Arrivals::ClosedLoop { .. })),
        }
    }

    /// The levels with room in the order in which they reach their limits, from the first trigger
    /// on, each with its limit. A level with a limit of 0 has no room: it is at its limit always.
    fn at_limit(&self) -> Vec<(u64, &'a Column, u64)> {
        let from = self.first_change_ns().unwrap_or(0);
        let bins = Window::new(self.series, (from, self.series.end_ns)).bins();
        let columns = self.series.columns.iter();
        let mut found: Vec<(u64, &Column, u64)> = columns
            .filter_map(|column| {
                let limit = limit(column)?;
                let full = bins.clone().find(|&bin| self.is_at_limit(column, limit, bin))?;
                Some((self.series.start_of(full).max(from), column, limit))
            })
            .collect();
        // Of those in one bin, the one that was built first: services come before what calls them.
        found.sort_by_key(|(at, column, limit)| (self.was_at_limit(column, *limit), *at));
        found
    }

    fn first_change_ns(&self) -> Option<u64> {
        let changes = self.triggers.iter().filter(|trigger| trigger.changes);
        changes.map(|trigger| trigger.from_ns).min()
    }

    fn is_at_limit(&self, column: &Column, limit: u64, bin: usize) -> bool {
        let mean = column.mean(bin, self.series.length_ns(bin));
        mean.is_some_and(|mean| mean >= AT_LIMIT * limit as f64)
    }

    /// True if a level is at its limit in the mean of all the time before the first trigger.
    fn was_at_limit(&self, column: &Column, limit: u64) -> bool {
        let Some(until) = self.first_change_ns().filter(|from| *from >= self.series.bin_ns) else {
            return false;
        };
        let mean = Window::new(self.series, (0, until)).mean(column);
        mean.is_some_and(|mean| mean >= AT_LIMIT * limit as f64)
    }

    fn bottlenecks(&self, trouble_ends_ns: u64) -> Vec<Bottleneck> {
        let bottleneck = |&(from_ns, column, limit): &(u64, &Column, u64)| {
            let window = Window::new(self.series, (from_ns, trouble_ends_ns.max(from_ns + 1)));
            Bottleneck {
                component: column.component.clone(),
                kind: column.kind,
                meter: column.meter,
                limit,
                as_before: self.was_at_limit(column, limit),
                from_ns,
                until_ns: window.ends_ns(),
                mean: window.mean(column),
                max: window.max(column).unwrap_or(0),
            }
        };
        self.at_limit().iter().map(bottleneck).collect()
    }

    /// Since when the first bottleneck was never free again, until `until_ns`.
    pub(super) fn never_free(&self, until_ns: u64) -> Option<NeverFree> {
        let (_, column, limit) = *self.at_limit().first()?;
        let series = self.series;
        let before = |bin: &usize| series.start_of(*bin) < until_ns;
        let mut bins = (0..series.bins).filter(before).rev();
        let free = bins.find(|&bin| !self.is_at_limit(column, limit, bin));
        let from_ns = free.map_or(0, |bin| series.end_of(bin));
        (from_ns < until_ns).then(|| NeverFree {
            component: column.component.clone(),
            kind: column.kind,
            meter: column.meter,
            limit,
            ratio: AT_LIMIT,
            from_ns,
            until_ns,
        })
    }

    /// What may have kept it broken in a phase.
    fn loops(&self, phase: &Phase) -> Vec<SustainingLoop> {
        let window = Window::new(self.series, (phase.from_ns, phase.until_ns));
        let mut links: Vec<(Link, Vec<Level>)> = Vec::new();
        for pipeline in pipelines(self.system) {
            let of_edge = edge_links(&window, pipeline);
            links.extend(of_edge.into_iter().map(|link| (link, levels(&window, pipeline.to))));
        }
        links.extend(states(&window).into_iter().map(|link| (link, Vec::new())));
        links.extend(self.backlogs(&window).into_iter().map(|link| (link, Vec::new())));
        let sustaining = |(link, levels): (Link, Vec<Level>)| SustainingLoop {
            phase: phase.kind,
            from_ns: phase.from_ns,
            until_ns: phase.until_ns,
            link,
            levels,
            decides: None,
        };
        links.into_iter().map(sustaining).collect()
    }

    /// Where more wait than are worked on: by Little's law they wait longer than they are worked
    /// on. What waits in a component that works on nothing is worked on by those who take from it.
    fn backlogs(&self, window: &Window<'_>) -> Vec<Link> {
        let backlog = |column: &Column| {
            if column.meter.aspect != Some(Aspect::Waiting) {
                return None;
            }
            let component = column.component.as_str();
            let worked_on = window.in_service(component).unwrap_or_else(|| {
                let consumers = self.system.consumers.iter();
                let takers = consumers.filter(|(_, of)| of.from == component);
                takers.filter_map(|(name, _)| window.in_service(name)).sum()
            });
            let mean = window.mean(column).filter(|mean| *mean >= 1.0 && *mean > worked_on)?;
            Some(Link::Backlog {
                component: component.to_owned(),
                component_kind: column.kind,
                meter: column.meter,
                mean,
                max: window.max(column).unwrap_or(0),
                worked_on,
            })
        };
        window.series.columns.iter().filter_map(backlog).collect()
    }

    /// How each edge did in each phase.
    fn edges(&self) -> Vec<EdgeUse> {
        let edge = |pipeline: &Pipeline<'_>| {
            let edge = edge_name(pipeline.from, pipeline.to);
            let phase = |phase: &Phase| {
                let window = Window::new(self.series, (phase.from_ns, phase.until_ns));
                EdgePhase {
                    phase: phase.kind,
                    from_ns: phase.from_ns,
                    until_ns: phase.until_ns,
                    attempts: window.sum(&edge, "attempts"),
                    retries: window.sum(&edge, "retries"),
                    work_ns: window.sum(&edge, "work_ns"),
                    wasted_ns: window.sum(&edge, "wasted_ns"),
                }
            };
            let phases = self.phases.iter().map(phase).filter(|of| of.attempts > 0);
            let phases: Vec<EdgePhase> = phases.collect();
            (!phases.is_empty()).then(|| EdgeUse { edge: edge.clone(), phases })
        };
        pipelines(self.system).iter().filter_map(edge).collect()
    }
}

/// The limit of a level that has room.
fn limit(column: &Column) -> Option<u64> {
    match column.values {
        Values::Levels { limit, .. } => limit.filter(|limit| *limit > 0),
        _ => None,
    }
}

/// Retries on an edge, and work at its end for callers that have left.
fn edge_links(window: &Window<'_>, pipeline: Pipeline<'_>) -> Vec<Link> {
    let edge = edge_name(pipeline.from, pipeline.to);
    let (attempts, retries) = (window.sum(&edge, "attempts"), window.sum(&edge, "retries"));
    let (work_ns, wasted_ns) = (window.sum(&edge, "work_ns"), window.sum(&edge, "wasted_ns"));
    let much = |part: u64, whole: u64| whole > 0 && part as f64 / whole as f64 >= MUCH;
    let mut links = Vec::new();
    let service = || pipeline.to.to_owned();
    if much(retries, attempts) {
        links.push(Link::Retries { edge: edge.clone(), service: service(), attempts, retries });
    }
    if much(wasted_ns, work_ns) {
        links.push(Link::WastedWork { edge, service: service(), work_ns, wasted_ns });
    }
    links
}

/// The levels of a component that are not 0 all the time.
fn levels(window: &Window<'_>, component: &str) -> Vec<Level> {
    let level = |column: &Column| {
        let (mean, max) = (window.mean(column)?, window.max(column)?);
        (max > 0).then_some(Level { meter: column.meter, mean, max })
    };
    window.of(component).filter_map(level).collect()
}

/// Components that are in an unusual state for long, and what they count meanwhile.
fn states(window: &Window<'_>) -> Vec<Link> {
    let state = |column: &Column| {
        let Values::States(_) = column.values else {
            return None;
        };
        let lasted_ns = window.total(column);
        if (lasted_ns as f64) < MUCH * window.length_ns().max(1) as f64 {
            return None;
        }
        let count = |of: &Column| match of.values {
            Values::Counts(_) => {
                Some(Count { meter: of.meter, count: window.total(of) }).filter(|of| of.count > 0)
            }
            _ => None,
        };
        Some(Link::State {
            component: column.component.clone(),
            component_kind: column.kind,
            meter: column.meter,
            lasted_ns,
            counts: window.of(&column.component).filter_map(count).take(MOST_COUNTS).collect(),
        })
    };
    let columns = window.series.columns.iter().filter(|column| column.node != ARM);
    columns.filter_map(state).collect()
}
