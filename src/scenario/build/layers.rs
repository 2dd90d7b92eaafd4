//! The machines of the layers of a policy.

use super::{Above, BuildError, Builder, limit};
use crate::kernel::calendar::Calendar;
use crate::model::mechanism::breaker::Breaker;
use crate::model::mechanism::bulkhead::Bulkhead;
use crate::model::mechanism::retry::{self, Retry};
use crate::model::mechanism::timeout::Timeout;
use crate::model::seat::SeatId;
use crate::scenario::schema::{self, Layer};

impl<C: Calendar> Builder<C> {
    /// The seat of a layer: of a new component, with a name of its own for its draws, or one more
    /// of the pool that it takes from.
    pub(super) fn layer(
        &mut self,
        name: &str,
        layer: &Layer,
        above: Above,
    ) -> Result<SeatId, BuildError> {
        let machine = match layer {
            Layer::Timeout(schema::Timeout { after }) => {
                let after = self.clock.constant(*after);
                self.machines.add(Timeout::new(after))
            }
            Layer::Retry(schema::Retry {
                max_retries,
                max_attempts,
                backoff,
                budget,
                retry_on,
            }) => {
                let max_retries = max_retries.or(max_attempts.map(|attempts| attempts - 1));
                let backoff = self.backoff(name, backoff)?;
                let budget = budget
                    .as_ref()
                    .map(|budget| retry::Budget::new(budget.deposit, budget.capacity, budget.cost));
                let covers = |on| retry_on.contains(&on);
                let retry_on = retry::RetryOn {
                    error: covers(schema::RetryOn::Error),
                    timeout: covers(schema::RetryOn::Timeout),
                    shed: covers(schema::RetryOn::Shed),
                    rejected: covers(schema::RetryOn::Rejected),
                };
                let retry = Retry::new(max_retries.unwrap_or(0), backoff, budget, retry_on);
                self.machines.add(retry)
            }
            Layer::Breaker(schema::Breaker {
                window,
                failure_threshold,
                open_duration,
                records,
            }) => self.machines.add(Breaker::new(
                *window,
                *failure_threshold,
                *open_duration,
                *records == schema::Records::Outcomes,
                self.measured_from,
            )),
            Layer::Bulkhead(schema::Bulkhead { permits, queue, max_wait }) => {
                let max_wait = max_wait.map(|most| self.clock.constant(most));
                let (permits, queue) = (u64::from(*permits), limit(*queue));
                self.machines.add(Bulkhead::new(permits, queue, max_wait, self.measured_from))
            }
            Layer::Pool(pool) => {
                let pool = self.find(&pool.name)?;
                return Ok(self.again(pool, 0, above));
            }
        };
        Ok(self.add(name, machine, above))
    }
}
