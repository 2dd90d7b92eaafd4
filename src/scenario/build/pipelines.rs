//! Builds the layers of a policy, and the edge at its end.

use super::balancer::{Target, avoids_tried};
use super::{BuildError, Builder};
use crate::kernel::calendar::Calendar;
use crate::kernel::draw::Site;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::model::mechanism::Machines;
use crate::model::mechanism::balancer::Trail;
use crate::model::mechanism::balancer::spec::Senders;
use crate::model::mechanism::edge::Sender;
use crate::model::seat::{Scope, SeatId};
use crate::model::spec::building::Building;
use crate::scenario::names::{layer_names, trail_name};
use crate::scenario::pipelines::edge_name;

impl<C: Calendar> Builder<C> {
    /// Connects each copy of a hedge to `inside`, the top of its own line of seats.
    pub(super) fn lead(&mut self, copies: Option<(SeatId, u32)>, inside: SeatId) {
        if let Some((hedge, copies)) = copies {
            (0..copies).for_each(|_| self.seats.lead(hedge, inside));
        }
    }

    /// Adds the layers of a policy below `above`, outermost first, the edge at its end, and a
    /// balancer if there are several replicas; returns the topmost seat.
    pub(super) fn pipeline(
        &mut self,
        name: &str,
        by: Senders<'_>,
        to: Target<'_>,
        picks_up: bool,
        above: Option<SeatId>,
    ) -> Result<SeatId, BuildError> {
        let (mut above, mut top, mut copies) = (above, None, None);
        let mut gates = Vec::new();
        let trail = avoids_tried(by, to.config).then(|| {
            let machine = self.machines.add(Trail);
            self.add(&trail_name(name), machine, above.map(|above| (above, 0)))
        });
        if let Some(trail) = trail {
            (top, above) = (Some(trail), Some(trail));
        }
        for (layer, name) in by.policy.iter().zip(layer_names(name, by.policy)) {
            let (up, own) = (above.map(|above| (above, 0)), layer.spec().scope().is_client());
            let states = if own { by.clients } else { 1 };
            let seat = if let Some(shared) = layer.spec().seat_of() {
                self.again(self.find(shared)?, 0, up)
            } else {
                let mut component = Component { name: &name, states, builder: self };
                let machine = layer.spec().build(&mut component)?;
                self.add(&name, machine, up)
            };
            if states > 1 {
                self.seats.set_scope(seat, Scope::Client);
            }
            self.lead(copies.take(), seat);
            top.get_or_insert(seat);
            above = Some(seat);
            if let Some(copies_at_once) = layer.spec().copies() {
                copies = Some((seat, copies_at_once as u32));
                above = None;
            }
            // A layer that observes every attempt stands behind the layer that makes attempts.
            if layer.spec().attempts().is_some() {
                for (gate, part) in gates.drain(..) {
                    above = above.map(|above| self.again(gate, part, Some((above, 0))));
                }
            }
            gates.extend(layer.spec().part_behind_retry().map(|part| (seat, part)));
        }
        let sender = self.machines.add(Sender::new(picks_up));
        let edge = self.add(&edge_name(name, to.name), sender, above.map(|above| (above, 0)));
        self.lead(copies, edge);
        self.arrive((name, edge), by, to, trail);
        Ok(*top.get_or_insert(edge))
    }
}

/// A component of the world being built.
pub(super) struct Component<'a, C> {
    pub(super) name: &'a str,
    pub(super) states: u32,
    pub(super) builder: &'a mut Builder<C>,
}

impl<C: Calendar> Building for Component<'_, C> {
    fn site(&self, purpose: &str) -> Site {
        self.builder.site(self.name, purpose)
    }

    fn constant(&mut self, duration: Duration) -> Delay {
        self.builder.clock.constant(duration)
    }

    fn measured_from(&self) -> Instant {
        self.builder.measured_from
    }

    fn states(&self) -> u32 {
        self.states
    }

    fn classes(&self, name: &str) -> Vec<u32> {
        self.builder.classes.named(name).to_vec()
    }

    fn machines(&mut self) -> &mut Machines {
        &mut self.builder.machines
    }
}
