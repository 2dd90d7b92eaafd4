//! A class of requests: properties of a request from its arrival to its end.
//!
//! A request of a load belongs to one of the load's classes, or to none, by one draw that is keyed
//! by the request; the calls that services make for it belong to the same class. A class has the
//! size of its work, its priority in the lines of services, and the number of attempts that fail
//! before one can succeed. So one load can have paying customers and crawlers, small requests and
//! large ones, or a few messages that fail on every attempt.
//!
//! A class has no seat on the path of a call: it is looked up where needed, and this machine
//! measures its books.

pub mod spec;

use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::Distribution;
use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::fate::Fate;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventKind, Probe};
use crate::metrics::recorder::Recorder;
use crate::model::call::Call;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::request::RequestSite;
use crate::model::seat::{Port, Seat};
use crate::model::spec::size::UNIT;

crate::metrics! {
    /// Requests that arrived
    OFFERED: Count = "offered", "offered";
    /// Requests that succeeded in time
    SUCCEEDED: Count = "succeeded", "succeeded";
    /// Requests that succeeded after the load's `deadline`
    LATE: Count = "late", "late";
    /// Requests that ended in an error or a timeout
    FAILED: Count = "failed", "failed";
    /// Requests that a layer of their caller refused: the last try was not sent, earlier ones may
    /// have been
    REJECTED: Count = "rejected", "rejected";
    /// Requests that a service refused
    SHED: Count = "shed", "shed";
    /// Messages that were lost on a full queue; only of a load that publishes
    DROPPED: Count = "dropped", "dropped";
    /// Messages that a consumer gave up; only of a load that publishes
    DEAD_LETTERED: Count = "dead_lettered", "dead-lettered";
    /// Requests that were unfinished at the end
    IN_FLIGHT: Total = "in_flight";
    /// from arrival to success, of those that succeeded in time
    LATENCY: Latency = "latency";
}

/// The factor by which the work of a request takes longer.
#[derive(Clone, Debug)]
pub enum Size {
    /// A constant factor.
    Constant(f64),
    /// Drawn for each request, in units of 1 / [`UNIT`].
    Drawn(Distribution, RequestSite),
}

impl Size {
    /// The factor of the request of a call.
    fn of(&self, call: &Call) -> f64 {
        match self {
            Self::Constant(size) => *size,
            Self::Drawn(law, site) => {
                law.sample(site.of(call).unit(call.index, 0, 0)).as_ns() as f64 / UNIT
            }
        }
    }
}

/// The settings of a class.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Rank among the priorities of the scenario, from 0, which goes first.
    pub rank: u8,
    /// Size of its requests.
    pub size: Size,
    /// Number of first attempts of each call that fail; `u64::MAX`: all.
    pub fails_first: u64,
}

impl Settings {
    /// The time of work for a call, which takes `time` at size 1.
    #[inline]
    #[must_use]
    pub fn work(&self, time: Duration, call: &Call) -> Duration {
        match &self.size {
            Size::Constant(1.0) => time,
            size => Duration::from_ns_f64(time.as_ns() as f64 * size.of(call)),
        }
    }

    /// True if attempt number `attempt` of a call fails for certain.
    #[inline]
    #[must_use]
    pub fn fails(&self, attempt: u32) -> bool {
        u64::from(attempt) <= self.fails_first
    }
}

/// Settings and books of a class.
#[derive(Clone, Debug)]
struct Entry {
    settings: Settings,
    /// Ended requests by [`Fate`].
    ended: [u64; FATES],
    offered: u64,
    latency: Recorder,
}

const FATES: usize = Fate::ALL.len();

/// The classes of all loads.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    entries: Vec<Entry>,
}

impl Classes {
    /// Adds a class and returns its number.
    pub fn add(&mut self, settings: Settings) -> u32 {
        let (ended, latency) = ([0; FATES], Recorder::default());
        self.entries.push(Entry { settings, ended, offered: 0, latency });
        (self.entries.len() - 1) as u32
    }

    /// The settings of the class of a call, if it has one.
    #[inline]
    #[must_use]
    pub fn settings(&self, class: u32) -> Option<&Settings> {
        Some(&self.entries.get(class as usize)?.settings)
    }

    /// Draws at other sites for requests that arrive after `now`, in a branch of a split run.
    pub(in crate::model) fn fork(&mut self, branch: u64, now: Instant) {
        for entry in &mut self.entries {
            if let Size::Drawn(_, site) = &mut entry.settings.size {
                site.fork(branch, now);
            }
        }
    }

    /// Books the arrival of a measured request.
    #[inline]
    pub(super) fn offer(&mut self, class: u32) {
        if let Some(entry) = self.entries.get_mut(class as usize) {
            entry.offered += 1;
        }
    }

    /// Books the end of a measured request.
    #[inline]
    pub(super) fn end(&mut self, request: &Call, fate: Fate, now: Instant) {
        if let Some(entry) = self.entries.get_mut(request.class as usize) {
            entry.ended[fate as usize] += 1;
            if fate == Fate::Succeeded {
                entry.latency.record(now - request.arrived);
            }
        }
    }
}

/// The shares of a load's classes.
#[derive(Clone, Debug)]
pub struct Shares {
    /// Classes with cumulative ratios.
    pub bounds: Vec<(f64, u32)>,
    /// Class of requests without a class, which has only their size; [`NONE`] if that is 1.
    ///
    /// [`NONE`]: crate::model::seat::NONE
    pub rest: u32,
    /// The rank of a request of no class.
    pub rank: u8,
    /// Site of the draws of classes.
    pub site: Site,
}

impl Shares {
    /// The class of the request with `key`, or `rest`.
    #[inline]
    #[must_use]
    pub fn draw(&self, key: u64) -> u32 {
        if self.bounds.is_empty() {
            return self.rest;
        }
        let drawn = self.site.unit(key, 0, 0);
        let class = self.bounds.iter().find(|(bound, _)| drawn < *bound);
        class.map_or(self.rest, |(_, class)| *class)
    }
}

/// The machine of a class, which measures its books.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// Number of the class.
    pub number: u32,
    /// True if its requests are messages.
    pub publishes: bool,
}

impl Mechanism for Class {
    const KIND: &'static str = "class";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[];
    const METRICS: &'static [&'static Quantity] = METRICS;

    fn enter<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("a class stands in no way of a call")
    }

    fn exit<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Port,
        _: Outcome,
    ) -> Flow {
        unreachable!("a class stands in no way of a call")
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("a class sets no timer")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>, _: Leaving) {
        unreachable!("a class stands in no way of a call")
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        let Entry { ended, offered, latency, .. } = &cx.classes.entries[self.number as usize];
        let of = |fate: Fate| ended[fate as usize];
        into.count(&OFFERED, *offered);
        into.count(&SUCCEEDED, of(Fate::Succeeded));
        into.count(&LATE, of(Fate::Late));
        into.count(&FAILED, of(Fate::Error) + of(Fate::Timeout));
        into.count(&REJECTED, of(Fate::Rejected));
        into.count(&SHED, of(Fate::Shed));
        if self.publishes {
            into.count(&DROPPED, of(Fate::Dropped));
            into.count(&DEAD_LETTERED, of(Fate::DeadLettered));
        }
        into.total(&IN_FLIGHT, |_| offered - ended.iter().sum::<u64>());
        into.latency(&LATENCY, latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::seat::NONE;

    #[test]
    fn the_first_attempts_fail_and_those_of_poison_always() {
        let settings = |fails_first| Settings { rank: 0, size: Size::Constant(1.0), fails_first };
        let twice = settings(2);
        assert_eq!([1, 2, 3, 4].map(|attempt| twice.fails(attempt)), [true, true, false, false]);
        assert!(settings(u64::MAX).fails(u32::MAX));
        assert!(!settings(0).fails(1));
    }

    #[test]
    fn a_request_belongs_to_a_class_by_its_ratio_or_to_none() {
        let site = Site::new(1, "web", "class");
        let bounds = vec![(0.1, 7), (0.4, 3)];
        let shares = Shares { bounds, rest: NONE, rank: 0, site };
        let keys = Site::new(1, "web", "request");
        let drawn: Vec<u32> = (0..100_000).map(|index| shares.draw(keys.subject(index))).collect();
        let count = |class| drawn.iter().filter(|drawn| **drawn == class).count();
        // Four standard deviations of a count of 100,000 are at most 633.
        assert!(count(7).abs_diff(10_000) < 633, "{}", count(7));
        assert!(count(3).abs_diff(30_000) < 633, "{}", count(3));
        assert_eq!(count(7) + count(3) + count(NONE), 100_000);
    }
}
