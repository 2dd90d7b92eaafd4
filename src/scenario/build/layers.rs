//! The machines of the layers of a policy.

use super::{BuildError, Builder, limit};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Duration;
use crate::model::mechanism::Kind;
use crate::model::mechanism::breaker::Breaker;
use crate::model::mechanism::bulkhead::Bulkhead;
use crate::model::mechanism::deadline::Deadline;
use crate::model::mechanism::hedge::{self, After, Hedge, Losers};
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
                let retry_on = outcomes(retry_on);
                let retry = Retry::new(max_retries.unwrap_or(0), backoff, budget, retry_on);
                self.machines.add(retry)
            }
            Layer::Deadline(schema::Deadline { after }) => {
                let after = self.clock.constant(*after);
                self.machines.add(Deadline::new(after))
            }
            Layer::Hedge(hedge) => {
                let hedge = self.hedge(name, hedge);
                self.machines.add(Hedge::new(hedge))
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

    fn hedge(&mut self, name: &str, hedge: &schema::Hedge) -> hedge::Config {
        let fixed = hedge.after.map(|after| self.clock.constant(after));
        let after = match (hedge.quantile, fixed) {
            (Some(of), before) => After::Quantile { of: of.get(), window: hedge.window, before },
            (None, fixed) => After::Constant(fixed.unwrap_or(Delay::varying(Duration::ZERO))),
        };
        hedge::Config {
            after,
            max: hedge.max,
            losers: match hedge.losers {
                schema::Losers::Cancel => Losers::Cancel,
                schema::Losers::Leave => Losers::Leave,
                schema::Losers::Await => Losers::Await,
            },
            non_fatal: outcomes(&hedge.non_fatal),
            site: self.site(name, "copy"),
        }
    }
}

fn outcomes(of: &[schema::RetryOn]) -> retry::RetryOn {
    retry::RetryOn {
        error: of.contains(&schema::RetryOn::Error),
        timeout: of.contains(&schema::RetryOn::Timeout),
        shed: of.contains(&schema::RetryOn::Shed),
        rejected: of.contains(&schema::RetryOn::Rejected),
    }
}
