//! The settings of a load.

use super::Arrivals;
use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::model::client::Clients;
use crate::model::mechanism::class::Shares;

/// The settings of a load.
#[derive(Clone, Debug)]
pub struct Config {
    /// Arrival process.
    pub arrivals: Arrivals,
    /// Most requests; `u64::MAX`: no limit.
    pub total: u64,
    /// First instant of arrivals.
    pub start: Instant,
    /// End of arrivals.
    pub until: Instant,
    /// Time above which a success is late.
    pub deadline: Duration,
    /// Site of the keys of requests.
    pub request_site: Site,
    /// Site of gaps and think times.
    pub gap_site: Site,
    /// Clients that make the requests.
    pub clients: Clients,
    /// Classes of requests.
    pub shares: Shares,
    /// True if requests are published as messages, and nobody waits for their outcome.
    pub publishes: bool,
}

impl Config {
    /// True if arrivals have ended at `at`. A load without an end is never over: the clock refuses
    /// an arrival past its end.
    #[inline]
    pub(super) fn is_over(&self, at: Instant) -> bool {
        at >= self.until && self.until != Instant::NEVER
    }
}
