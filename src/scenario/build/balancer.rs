//! The end of a pipeline: the service, and the balancer in front of its replicas.

use super::Builder;
use crate::kernel::calendar::Calendar;
use crate::model::mechanism::balancer::{Algorithm, Balancer, Ring};
use crate::model::mechanism::service::Service;
use crate::model::seat::{Scope, SeatId};
use crate::scenario::names::balancer_name;
use crate::scenario::schema::{self, Balancing};

impl<C: Calendar> Builder<C> {
    /// What the pipeline `name` of so many clients sends along `edge` comes to the service, by way
    /// of a balancer if there is anything to choose. Each client knows only what it has sent.
    pub(super) fn arrive(
        &mut self,
        (name, clients, edge): (&str, u32, SeatId),
        (to, service, endpoint): (&str, SeatId, u32),
        balancing: &Balancing,
    ) {
        let replicas = self.machines.get::<Service>(self.seats[service].index).replicas();
        if replicas == 1 {
            self.again(service, endpoint, Some((edge, 0)));
            return;
        }
        let name = balancer_name(name);
        let site = self.site(&name, "replica");
        let algorithm = self.algorithm(balancing, to, replicas);
        let machine = self.machines.add(Balancer::new(algorithm, replicas, site));
        let balancer = self.add(&name, machine, Some((edge, 0)));
        if clients > 1 {
            self.seats.set_scope(balancer, Scope::Client);
        }
        let seat = self.again(service, endpoint, Some((balancer, 0)));
        self.seats.set_scope(seat, Scope::Replica);
    }

    /// The algorithm of a balancer in front of so many replicas of a service.
    fn algorithm(&self, balancing: &schema::Balancing, service: &str, replicas: u32) -> Algorithm {
        match balancing {
            schema::Balancing::RoundRobin => Algorithm::RoundRobin,
            schema::Balancing::Random => Algorithm::Random,
            schema::Balancing::LeastRequest => Algorithm::LeastRequest,
            schema::Balancing::PowerOfTwo => Algorithm::PowerOfTwo,
            schema::Balancing::Choices(choices) => Algorithm::Choices(*choices),
            schema::Balancing::Weighted(weights) => Algorithm::Weighted(weights.clone()),
            schema::Balancing::ConsistentHash { points, bound } => {
                // Whoever sends to the service hashes alike.
                let ring = Ring::new(replicas, *points, self.site(service, "ring"));
                Algorithm::ConsistentHash(ring, *bound)
            }
            schema::Balancing::Ewma { decay } => Algorithm::Ewma { decay_ns: decay.as_ns() as f64 },
            schema::Balancing::PeakEwma { decay, initial } => Algorithm::PeakEwma {
                decay_ns: decay.as_ns() as f64,
                initial_ns: initial.as_ns() as f64,
            },
        }
    }
}
