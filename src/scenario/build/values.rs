//! Converts values of the language into those of the model.

use std::collections::BTreeMap;

use super::{BuildError, Builder, instant};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::Distribution;
use crate::kernel::units::Ratio;
use crate::model::client::Clients;
use crate::model::mechanism::load::{Arrivals, Stages};
use crate::model::mechanism::service::{Endpoint, Onward, Overload, Step, When};
use crate::model::seat::Port;
use crate::model::spec::distribution::resolve;
use crate::model::spec::zones;
use crate::scenario::handlers::calls_of;
use crate::scenario::schema;

/// The port of a call that a handler makes, and its clients: by zone of the service, or all.
type Way = (Port, Vec<Clients>);

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

    /// The endpoints of a service: the default one, then the others by name.
    pub(super) fn endpoints(
        &self,
        name: &str,
        config: &schema::Service,
        calls: &BTreeMap<String, schema::Call>,
    ) -> Result<Vec<Endpoint>, BuildError> {
        let way =
            |(call, port)| (call, (port, self.clients_by_zone(config, call, calls.get(call))));
        let ways: BTreeMap<&str, Way> = calls_of(config).into_iter().zip(0..).map(way).collect();
        let mut uses = BTreeMap::new();
        let mut all = vec![Endpoint {
            time: resolve(&config.time)?,
            site: self.site(name, "service time"),
            handler: self.steps(name, &config.handler, &ways, &mut uses)?,
        }];
        for (endpoint, config) in &config.endpoints {
            let name = format!("{name}/{endpoint}");
            let mut uses = BTreeMap::new();
            all.push(Endpoint {
                time: resolve(&config.time)?,
                site: self.site(&name, "service time"),
                handler: self.steps(&name, &config.handler, &ways, &mut uses)?,
            });
        }
        Ok(all)
    }

    /// The clients that make the call `name` of a service: those in each of its zones, where both
    /// stand in zones, or all of them.
    fn clients_by_zone(
        &self,
        service: &schema::Service,
        name: &str,
        call: Option<&schema::Call>,
    ) -> Vec<Clients> {
        let all = self.clients(name, call.map_or(1, schema::Call::all_clients));
        let zones = call.filter(|call| !call.zones.is_empty()).map(|call| &call.zones);
        let Some(zones) = zones.filter(|_| !service.zones.is_empty()) else { return vec![all] };
        let in_zone = |zone| zones::ranges(zones).find(|(name, _)| *name == zone);
        let part =
            |zone| in_zone(zone).map_or(all, |(_, of)| all.part(of.start, of.end - of.start));
        service.zones.keys().map(|zone| part(zone.as_str())).collect()
    }

    /// The steps of a handler; `uses` counts earlier uses of each call.
    fn steps<'a>(
        &self,
        name: &str,
        steps: &'a [schema::Step],
        ways: &BTreeMap<&str, Way>,
        uses: &mut BTreeMap<&'a str, u32>,
    ) -> Result<Vec<Step>, BuildError> {
        let onward = |call: &'a str, uses: &mut BTreeMap<&'a str, u32>| {
            let number = uses.entry(call).or_insert(0);
            *number += 1;
            let (port, clients) = ways[call].clone();
            let (site, number) = (self.site(call, "call"), *number - 1);
            Onward { port, site, number, clients }
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
                    Step::Optional(self.steps(name, inside, ways, uses)?)
                }
                schema::Step::Branch(cases) => {
                    let mut targets = Vec::with_capacity(cases.len());
                    for case in cases {
                        let steps = self.steps(name, &case.steps, ways, uses)?;
                        let when = match (&case.class, case.ratio) {
                            (Some(class), _) => When::Classes(self.classes.named(class).to_vec()),
                            (None, ratio) => When::Chance(ratio.map_or(0.0, Ratio::get)),
                        };
                        targets.push((when, steps));
                    }
                    Step::Branch(targets, self.site(name, "branch"))
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
