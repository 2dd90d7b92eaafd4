//! Listeners of a run, and the detail that they receive.

use crate::kernel::time::Instant;
use crate::metrics::probe::{End, Probe, Record, Unfinished};

/// Amount of detail that a listener receives; less detail makes a run faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Progress only.
    Progress,
    /// Also the end of each request, and the requests without one.
    Ends,
    /// Also every event of a request.
    Records,
}

/// Receives the events of a run, which it cannot influence.
pub trait Listener {
    /// The detail that the listener needs, constant during a run.
    fn detail(&self) -> Detail {
        Detail::Records
    }

    /// An arm begins, with the names of its components by the index in records.
    fn begin(&mut self, _arm: &str, _names: &[String]) {}

    /// False if the listener does not need records of this request of this load.
    fn wants(&self, _load: u32, _request: u64) -> bool {
        true
    }

    /// An event of the present arm.
    fn record(&mut self, _record: &Record) {}

    /// A request of the present arm ended.
    fn ended(&mut self, _end: &End) {}

    /// The present arm ended before this request.
    fn unfinished(&mut self, _request: &Unfinished) {}

    /// True once the listener needs no more: the run may stop, and its result is then useless.
    fn satisfied(&self) -> bool {
        false
    }

    /// The present arm ended at `at`.
    fn over(&mut self, _at: Instant) {}

    /// Progress of the present arm, reported from time to time.
    fn progress(&mut self, _progress: &Progress) {}
}

/// Progress of an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Virtual time.
    pub at: Instant,
    /// Events dispatched in this arm.
    pub events: u64,
    /// Requests that have arrived in this arm, without those of the warm-up.
    pub offered: u64,
}

/// A listener that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoListener;

impl Listener for NoListener {
    fn detail(&self) -> Detail {
        Detail::Progress
    }
}

/// Several listeners to the same run.
#[derive(Default)]
pub struct Listeners<'a>(pub Vec<&'a mut dyn Listener>);

impl std::fmt::Debug for Listeners<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} listeners", self.0.len())
    }
}

impl Listener for Listeners<'_> {
    fn detail(&self) -> Detail {
        self.0.iter().map(|one| one.detail()).max().unwrap_or(Detail::Progress)
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
        // Without listeners the run is played for its result, and so must not stop.
        !self.0.is_empty() && self.0.iter().all(|one| one.satisfied())
    }

    fn over(&mut self, at: Instant) {
        self.0.iter_mut().for_each(|one| one.over(at));
    }

    fn progress(&mut self, progress: &Progress) {
        self.0.iter_mut().for_each(|one| one.progress(progress));
    }
}

/// Adapts a listener to the probe of a world.
#[derive(Debug)]
pub(super) struct Forward<L, const RECORDS: bool, const ENDS: bool>(pub(super) L);

impl<const RECORDS: bool, const ENDS: bool> Probe for Forward<&mut dyn Listener, RECORDS, ENDS> {
    const RECORDS: bool = RECORDS;
    const ENDS: bool = ENDS;

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
