//! Values of the language as the model has them.

use super::{BuildError, Builder, instant};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::Distribution;
use crate::model::backoff::{Backoff, Formula, Jitter};
use crate::model::mechanism::load::{Arrivals, Stages};
use crate::model::mechanism::service::Overload;
use crate::scenario::distribution::resolve;
use crate::scenario::schema;

impl<C: Calendar> Builder<C> {
    pub(super) fn arrivals(&mut self, config: &schema::Load) -> Result<Arrivals, BuildError> {
        Ok(match &config.arrivals {
            schema::Arrivals::Bursts { size, every } => {
                Arrivals::Bursts { size: *size, every: self.clock.constant(*every) }
            }
            schema::Arrivals::Constant { rate } => {
                Arrivals::Constant { count_nano: rate.count_nano, per_ns: rate.per.as_ns() }
            }
            schema::Arrivals::Poisson { rate, .. } if rate.is_zero() => {
                Arrivals::Constant { count_nano: 0, per_ns: 1 }
            }
            schema::Arrivals::Poisson { rate, batch } => Arrivals::Renewal {
                gap: Distribution::exponential(1.0 / rate.per_ns())?,
                batch: *batch,
            },
            schema::Arrivals::Renewal { gap, batch } => {
                Arrivals::Renewal { gap: resolve(gap)?, batch: *batch }
            }
            schema::Arrivals::Stages { stages, repeat, spacing } => {
                let stage = |stage: &schema::Stage| {
                    let to = stage.ramp_to.unwrap_or(stage.rate);
                    (stage.lasts.as_ns(), stage.rate.per_ns(), to.per_ns())
                };
                let poisson = *spacing == schema::Spacing::Poisson;
                let stages = stages.iter().map(stage).collect();
                Arrivals::Stages(Stages::new(stages, *repeat, poisson, instant(config.start)))
            }
            schema::Arrivals::ClosedLoop { callers, think } => {
                Arrivals::ClosedLoop { callers: *callers, think: resolve(think)? }
            }
        })
    }

    pub(super) fn backoff(
        &self,
        name: &str,
        config: &schema::Backoff,
    ) -> Result<Backoff, BuildError> {
        let formula = match config {
            schema::Backoff::None => Formula::None,
            schema::Backoff::Constant(wait) => Formula::exponential(*wait, 1.0, None, Jitter::None),
            schema::Backoff::Exponential { base, multiplier, cap, jitter } => {
                let jitter = match jitter {
                    schema::Jitter::None => Jitter::None,
                    schema::Jitter::Full => Jitter::Full,
                    schema::Jitter::Equal => Jitter::Equal,
                    schema::Jitter::Proportional(ratio) => Jitter::Proportional(ratio.get()),
                };
                Formula::exponential(*base, *multiplier, *cap, jitter)
            }
            schema::Backoff::Decorrelated { base, cap } => {
                Formula::Decorrelated { base: base.as_ns() as f64, cap: cap.as_ns() as f64 }
            }
            schema::Backoff::Random(distribution) => Formula::Random(resolve(distribution)?),
        };
        Ok(Backoff::new(formula, self.site(name, "backoff")))
    }
}

pub(super) fn overload(config: &schema::Overload) -> Overload {
    Overload {
        knee: config.knee,
        added_latency_ns: config.added_latency.as_ns() as f64,
        added_failure_ratio: config.added_failure_ratio,
        max_failure_ratio: config.max_failure_ratio.get(),
    }
}
