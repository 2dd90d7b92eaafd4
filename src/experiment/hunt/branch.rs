//! A world of one arm that can be stopped on its way, copied, and continued with other random
//! numbers.

use std::collections::BTreeMap;

use crate::experiment::expect::Observed;
use crate::experiment::health::Health;
use crate::experiment::listener::Listener;
use crate::experiment::play::{EVENTS_PER_CHECK, Played};
use crate::experiment::prepared::Prepared;
use crate::kernel::calendar::LaneCalendar;
use crate::kernel::limits::Limits;
use crate::kernel::simulation::{self, End};
use crate::kernel::time::Instant;
use crate::metrics::probe::{self, Probe, Record, Unfinished};
use crate::model::seat::ComponentId;
use crate::model::world::World;
use crate::scenario::build::{BuildError, Built, build};

/// The arm whose worlds are split.
#[derive(Debug)]
pub(super) struct Stock<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) arm: &'a str,
    /// Component whose in-flight count measures progress; `None` for all of them.
    pub(super) node: Option<ComponentId>,
    /// True if phases are needed.
    pub(super) courses: bool,
    pub(super) max_events: u64,
    pub(super) limits: Limits,
}

/// A probe that receives the ends of requests, if phases are needed.
#[derive(Clone, Debug)]
struct EndListener(Option<Health>);

impl Probe for EndListener {
    const RECORDS: bool = false;
    const ENDS: bool = true;

    fn record(&mut self, _: &Record) {}

    fn ended(&mut self, end: &probe::End) {
        if let Some(health) = &mut self.0 {
            health.ended(end);
        }
    }

    fn unfinished(&mut self, request: &Unfinished) {
        if let Some(health) = &mut self.0 {
            health.unfinished(request);
        }
    }
}

/// A world in progress.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    world: World<LaneCalendar, EndListener>,
    names: Vec<String>,
    /// Largest in-flight count since the beginning or the split.
    pub(super) most: u64,
}

/// State of a branch after it has advanced.
pub(super) enum Advance {
    /// It reached the level.
    Up(Box<Branch>),
    /// It ended, for this reason.
    Over(Box<Branch>, End),
}

impl Branch {
    /// A world at its first instant.
    pub(super) fn new(stock: &Stock<'_>, seed: u64) -> Result<Self, BuildError> {
        let scenario = stock.prepared.scenario();
        let mut health = stock.courses.then(|| Health::new(stock.prepared));
        let arm = &stock.prepared.arms()[stock.arm];
        let Built { mut world, names } =
            build::<LaneCalendar, EndListener>(scenario, arm, seed, |names| {
                if let Some(health) = &mut health {
                    health.begin(stock.arm, names);
                }
                EndListener(health)
            })?;
        world.start(stock.limits);
        let most = world.under_way(stock.node);
        Ok(Self { world, names, most })
    }

    /// A copy with other random numbers.
    pub(super) fn fork(&self, branch: u64) -> Self {
        let world = self.world.fork(branch);
        Self { world, names: self.names.clone(), most: 0 }
    }

    pub(super) fn events(&self) -> u64 {
        self.world.events()
    }

    /// The component of this name, if it has an in-flight count.
    pub(super) fn node(&self, name: &str) -> Option<ComponentId> {
        let at = self.names.iter().zip(0..).filter(|(of, _)| *of == name).map(|(_, node)| node);
        at.into_iter().find(|&node| self.world.is_counted(node))
    }

    /// Names of the components with an in-flight count.
    pub(super) fn counted(&self) -> Vec<&str> {
        let nodes = self.names.iter().zip(0..).filter(|&(_, node)| self.world.is_counted(node));
        nodes.map(|(name, _)| name.as_str()).collect()
    }

    /// Advances until the in-flight count reaches `level`, or to the end.
    pub(super) fn up_to(mut self, stock: &Stock<'_>, level: u64) -> Advance {
        let until = end_of(stock);
        loop {
            if self.world.events().is_multiple_of(EVENTS_PER_CHECK) {
                self.world.check_limits();
            }
            let under_way = self.world.under_way(stock.node);
            self.most = self.most.max(under_way);
            if under_way >= level {
                return Advance::Up(Box::new(self));
            }
            let events = (self.world.events() + 1).min(stock.max_events);
            match simulation::run(&mut self.world, until, events) {
                End::MaxEvents if self.world.events() < stock.max_events => {}
                why => return Advance::Over(Box::new(self), why),
            }
        }
    }

    /// The observed run; `None` if it stopped early, which shows nothing.
    pub(super) fn observed(mut self, stock: &Stock<'_>, why: End) -> Option<Observed> {
        let end = match why {
            End::Drained | End::Horizon if stock.prepared.scenario().duration.is_some() => {
                end_of(stock)
            }
            End::Drained | End::Horizon => self.world.now(),
            End::MaxEvents | End::Halted(_) => return None,
        };
        if let Some(health) = &mut self.world.probe().0 {
            health.over(end);
        }
        self.world.settle(end);
        self.world.report_unfinished();
        let health = self.world.probe().0.take();
        let finished = self.world.finish(end);
        let mut result = stock.prepared.empty(0);
        let played = Played { finished, names: self.names, end, stopped: None, series: None };
        result.arms.insert(stock.arm.to_owned(), played.result());
        let courses = health.map_or_else(BTreeMap::new, |health| health.courses());
        Some(Observed::of(stock.prepared, result, courses))
    }
}

fn end_of(stock: &Stock<'_>) -> Instant {
    let duration = stock.prepared.scenario().duration;
    duration.map_or(Instant::NEVER, |duration| Instant::ZERO.saturating_add(duration))
}
