//! The machines of the layers of a policy.

use super::{BuildError, Builder, limit};
use crate::kernel::calendar::Calendar;
use crate::model::mechanism::Kind;
use crate::model::mechanism::breaker::Breaker;
use crate::model::mechanism::bulkhead::Bulkhead;
use crate::model::mechanism::retry::{self, Retry};
use crate::model::mechanism::timeout::Timeout;
use crate::scenario::schema::{self, Layer};

impl<C: Calendar> Builder<C> {
    /// A new machine of a layer, with a name of its own for its draws.
    pub(super) fn layer(&mut self, name: &str, layer: &Layer) -> Result<(Kind, u32), BuildError> {
        Ok(match layer {
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
            Layer::Bulkhead(schema::Bulkhead { permits, queue }) => self
                .machines
                .add(Bulkhead::new(u64::from(*permits), limit(*queue), self.measured_from)),
        })
    }
}
