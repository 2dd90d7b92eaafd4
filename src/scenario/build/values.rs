//! Values of the language as the model has them.

use std::collections::BTreeMap;

use super::{BuildError, Builder, instant};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::Distribution;
use crate::model::mechanism::load::{Arrivals, Stages};
use crate::model::mechanism::service::{Endpoint, Onward, Overload, Step};
use crate::model::seat::Port;
use crate::model::spec::distribution::resolve;
use crate::scenario::handlers::calls_of;
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

    /// What can be asked of a service: what it does by itself, then its endpoints by name.
    pub(super) fn endpoints(
        &self,
        name: &str,
        config: &schema::Service,
    ) -> Result<Vec<Endpoint>, BuildError> {
        let ports: BTreeMap<&str, Port> = calls_of(config).into_iter().zip(0..).collect();
        let mut uses = BTreeMap::new();
        let mut all = vec![Endpoint {
            time: resolve(&config.time)?,
            site: self.site(name, "service time"),
            handler: self.steps(name, &config.handler, &ports, &mut uses)?,
        }];
        for (endpoint, config) in &config.endpoints {
            let name = format!("{name}/{endpoint}");
            let mut uses = BTreeMap::new();
            all.push(Endpoint {
                time: resolve(&config.time)?,
                site: self.site(&name, "service time"),
                handler: self.steps(&name, &config.handler, &ports, &mut uses)?,
            });
        }
        Ok(all)
    }

    /// The steps of a handler; `uses` counts how often each call was named before.
    fn steps<'a>(
        &self,
        name: &str,
        steps: &'a [schema::Step],
        ports: &BTreeMap<&str, Port>,
        uses: &mut BTreeMap<&'a str, u32>,
    ) -> Result<Vec<Step>, BuildError> {
        let onward = |call: &'a str, uses: &mut BTreeMap<&'a str, u32>| {
            let number = uses.entry(call).or_insert(0);
            *number += 1;
            Onward { port: ports[call], site: self.site(call, "call"), number: *number - 1 }
        };
        let mut all = Vec::with_capacity(steps.len());
        for step in steps {
            all.push(match step {
                schema::Step::Work(time) => Step::Work(resolve(time)?, self.site(name, "work")),
                schema::Step::Call(call) => {
                    Step::Calls { calls: vec![onward(call, uses)], needs: 1 }
                }
                schema::Step::Parallel { calls, wait } => {
                    let needs = match wait {
                        schema::Wait::All => calls.len() as u32,
                        schema::Wait::Quorum(quorum) => *quorum,
                        schema::Wait::First => 1,
                    };
                    let calls = calls.iter().map(|call| onward(call, uses)).collect();
                    Step::Calls { calls, needs }
                }
                schema::Step::Optional(inside) => {
                    Step::Optional(self.steps(name, inside, ports, uses)?)
                }
                schema::Step::Branch(cases) => {
                    let mut ways = Vec::with_capacity(cases.len());
                    for case in cases {
                        let steps = self.steps(name, &case.steps, ports, uses)?;
                        ways.push((case.ratio.get(), steps));
                    }
                    Step::Branch(ways, self.site(name, "branch"))
                }
            });
        }
        Ok(all)
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
