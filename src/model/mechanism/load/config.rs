//! What a load is set to.

use super::Arrivals;
use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::model::client::Clients;
use crate::model::mechanism::class::Shares;

/// What a load is set to.
#[derive(Clone, Debug)]
pub struct Config {
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// So many at most, `u64::MAX` for any number.
    pub total: u64,
    /// From here on.
    pub start: Instant,
    /// Before this instant.
    pub until: Instant,
    /// Successes that take longer are late.
    pub deadline: Duration,
    /// Where requests are keyed.
    pub request_site: Site,
    /// Where gaps and think times are drawn.
    pub gap_site: Site,
    /// Who makes the requests.
    pub clients: Clients,
    /// Which class each request belongs to.
    pub shares: Shares,
    /// Its requests are published as messages: nobody waits for their outcome.
    pub publishes: bool,
}

impl Config {
    /// True if nothing arrives at `at` any more. A load without an end is never over: an arrival
    /// past the end of the clock is for the clock to refuse.
    #[inline]
    pub(super) fn is_over(&self, at: Instant) -> bool {
        at >= self.until && self.until != Instant::NEVER
    }
}
