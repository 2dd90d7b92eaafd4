//! One arm of a scenario that can be stopped on its way, copied, and gone on with in other luck.

use std::collections::BTreeMap;

use crate::experiment::expect::Observed;
use crate::experiment::health::Health;
use crate::experiment::listen::Listener;
use crate::experiment::play::{EVENTS_PER_LOOK, Played};
use crate::experiment::prepared::Prepared;
use crate::kernel::calendar::LaneCalendar;
use crate::kernel::limits::Limits;
use crate::kernel::simulation::{self, End};
use crate::kernel::time::Instant;
use crate::metrics::probe::{self, Probe, Record, Unfinished};
use crate::model::seat::ComponentId;
use crate::model::world::World;
use crate::scenario::build::{BuildError, Built, build};

/// What is split.
#[derive(Debug)]
pub(super) struct Stock<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) arm: &'a str,
    /// Where it is counted how much is under way; everywhere without it.
    pub(super) node: Option<ComponentId>,
    /// Phases are asked for.
    pub(super) courses: bool,
    pub(super) max_events: u64,
    pub(super) limits: Limits,
}

/// Hears how requests end, if anybody asks.
#[derive(Clone, Debug)]
struct Ear(Option<Health>);

impl Probe for Ear {
    const LISTENS: bool = false;
    const HEARS_ENDS: bool = true;

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

/// A world under way.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    world: World<LaneCalendar, Ear>,
    names: Vec<String>,
    /// The most that was under way since it began or was split.
    pub(super) most: u64,
}

/// Where a branch is after it has gone on.
pub(super) enum Went {
    /// At the level.
    Up(Box<Branch>),
    /// To its end; whether it stopped before the scenario's.
    Over(Box<Branch>, End),
}

impl Branch {
    /// The world at its first instant.
    pub(super) fn new(stock: &Stock<'_>, seed: u64) -> Result<Self, BuildError> {
        let scenario = stock.prepared.scenario();
        let mut health = stock.courses.then(|| Health::new(stock.prepared));
        let arm = &stock.prepared.arms()[stock.arm];
        let Built { mut world, names } =
            build::<LaneCalendar, Ear>(scenario, arm, seed, |names| {
                if let Some(health) = &mut health {
                    health.begin(stock.arm, names);
                }
                Ear(health)
            })?;
        world.start(stock.limits);
        let most = world.under_way(stock.node);
        Ok(Self { world, names, most })
    }

    /// A copy with other luck.
    pub(super) fn fork(&self, branch: u64) -> Self {
        let world = self.world.fork(branch);
        Self { world, names: self.names.clone(), most: 0 }
    }

    pub(super) fn events(&self) -> u64 {
        self.world.events()
    }

    /// The node of this name of which it can be told how much is under way.
    pub(super) fn node(&self, name: &str) -> Option<ComponentId> {
        let at = self.names.iter().zip(0..).filter(|(of, _)| *of == name).map(|(_, node)| node);
        at.into_iter().find(|&node| self.world.is_counted(node))
    }

    /// What can be counted.
    pub(super) fn counted(&self) -> Vec<&str> {
        let nodes = self.names.iter().zip(0..).filter(|&(_, node)| self.world.is_counted(node));
        nodes.map(|(name, _)| name.as_str()).collect()
    }

    /// Goes on until so much is under way, or to the end.
    pub(super) fn up_to(mut self, stock: &Stock<'_>, level: u64) -> Went {
        let until = end_of(stock);
        loop {
            if self.world.events().is_multiple_of(EVENTS_PER_LOOK) {
                self.world.look_at_limits();
            }
            let under_way = self.world.under_way(stock.node);
            self.most = self.most.max(under_way);
            if under_way >= level {
                return Went::Up(Box::new(self));
            }
            let events = (self.world.events() + 1).min(stock.max_events);
            match simulation::run(&mut self.world, until, events) {
                End::MaxEvents if self.world.events() < stock.max_events => {}
                why => return Went::Over(Box::new(self), why),
            }
        }
    }

    /// What became of it; `None` if it stopped early, which shows nothing.
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
