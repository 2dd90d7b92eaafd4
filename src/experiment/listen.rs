//! Who listens to a run, and to how much of it.

use crate::kernel::time::Instant;
use crate::metrics::probe::{End, Probe, Record, Unfinished};

/// How much of a run a listener hears: the less, the faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hears {
    /// Only how far it is.
    Progress,
    /// How each request ends, and which do not, too.
    Ends,
    /// Everything that happens to a request, too.
    Records,
}

/// Hears of what happens in a run, and cannot change it.
pub trait Listener {
    /// How much it hears; the same during a whole run.
    fn hears(&self) -> Hears {
        Hears::Records
    }

    /// An arm begins; the names are those of its components, by the index in records.
    fn begin(&mut self, _arm: &str, _names: &[String]) {}

    /// False if records of this request of this load need not be made.
    fn wants(&self, _load: u32, _request: u64) -> bool {
        true
    }

    /// Something happened in the present arm.
    fn record(&mut self, _record: &Record) {}

    /// A request of the present arm is over.
    fn ended(&mut self, _end: &End) {}

    /// The present arm is over, and this request of it is not.
    fn unfinished(&mut self, _request: &Unfinished) {}

    /// True once it has heard enough: the run may end soon, and its result is then of no use.
    fn satisfied(&self) -> bool {
        false
    }

    /// The present arm ends at `at`.
    fn over(&mut self, _at: Instant) {}

    /// So far is the present arm; told every now and then.
    fn progress(&mut self, _progress: &Progress) {}
}

/// How far an arm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Virtual time.
    pub at: Instant,
    /// Events dispatched in this arm.
    pub events: u64,
    /// Requests that have arrived in this arm, without those of the warm-up.
    pub offered: u64,
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Listener for Nobody {
    fn hears(&self) -> Hears {
        Hears::Progress
    }
}

/// Several listeners, who hear the same.
#[derive(Default)]
pub struct Everyone<'a>(pub Vec<&'a mut dyn Listener>);

impl std::fmt::Debug for Everyone<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} listeners", self.0.len())
    }
}

impl Listener for Everyone<'_> {
    fn hears(&self) -> Hears {
        self.0.iter().map(|one| one.hears()).max().unwrap_or(Hears::Progress)
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        self.0.iter_mut().for_each(|one| one.begin(arm, names));
    }

    fn wants(&self, load: u32, request: u64) -> bool {
        self.0.iter().any(|one| one.wants(load, request))
    }

    fn record(&mut self, record: &Record) {
        let wanting = self.0.iter_mut().filter(|one| one.wants(record.load, record.request));
        wanting.for_each(|one| one.record(record));
    }

    fn ended(&mut self, end: &End) {
        self.0.iter_mut().for_each(|one| one.ended(end));
    }

    fn unfinished(&mut self, request: &Unfinished) {
        self.0.iter_mut().for_each(|one| one.unfinished(request));
    }

    fn satisfied(&self) -> bool {
        // Nobody is not satisfied: who runs for the result alone has no listener.
        !self.0.is_empty() && self.0.iter().all(|one| one.satisfied())
    }

    fn over(&mut self, at: Instant) {
        self.0.iter_mut().for_each(|one| one.over(at));
    }

    fn progress(&mut self, progress: &Progress) {
        self.0.iter_mut().for_each(|one| one.progress(progress));
    }
}

/// A listener as the probe of a world.
#[derive(Debug)]
pub(super) struct Forward<L, const RECORDS: bool, const ENDS: bool>(pub(super) L);

impl<const RECORDS: bool, const ENDS: bool> Probe for Forward<&mut dyn Listener, RECORDS, ENDS> {
    const LISTENS: bool = RECORDS;
    const HEARS_ENDS: bool = ENDS;

    fn wants(&self, load: u32, request: u64) -> bool {
        self.0.wants(load, request)
    }

    fn record(&mut self, record: &Record) {
        self.0.record(record);
    }

    fn ended(&mut self, end: &End) {
        self.0.ended(end);
    }

    fn unfinished(&mut self, request: &Unfinished) {
        self.0.unfinished(request);
    }
}
