//! Partitions of a limit, as those of concurrency-limits 0.5.4 (`AbstractPartitionedLimiter.java`):
//! a class of requests has a part of the limit for itself.
//!
//! While fewer calls are inside than the limit, any class may use all of it. Once it is reached, a
//! call is admitted as long as fewer of its partition are inside than that part, rounded up and at
//! least 1: so more may be inside than the limit. Calls of no partition have no part.

use crate::kernel::simulation::Delay;

/// The partitions of the limits of all clients.
#[derive(Clone, Debug)]
pub struct Partitions {
    settings: Vec<Partition>,
    /// Partition by the number of a class; no entry, or `None`, without one.
    of_class: Vec<Option<u32>>,
    /// Most callers that are held up at once, of each client.
    max_delayed: u32,
    /// Calls inside, by client and partition.
    inside: Vec<u32>,
    /// Callers held up, by client.
    delayed: Vec<u32>,
}

/// The settings of a partition.
#[derive(Clone, Copy, Debug)]
pub struct Partition {
    /// Part of the limit.
    pub share: f64,
    /// Time for which a caller is held up whose call is refused.
    pub delay: Option<Delay>,
}

impl Partitions {
    /// Partitions with their classes, for each of `clients`.
    #[must_use]
    pub fn new(of: Vec<(Partition, Vec<u32>)>, max_delayed: u32, clients: u32) -> Self {
        let mut of_class = Vec::new();
        for (number, (_, classes)) in (0..).zip(&of) {
            for &class in classes {
                of_class.resize(of_class.len().max(class as usize + 1), None);
                of_class[class as usize] = Some(number);
            }
        }
        let clients = clients as usize;
        let (inside, delayed) = (vec![0; clients * of.len()], vec![0; clients]);
        let settings = of.into_iter().map(|(partition, _)| partition).collect();
        Self { settings, of_class, max_delayed, inside, delayed }
    }

    /// The partition of a class.
    fn of(&self, class: u32) -> Option<usize> {
        Some((*self.of_class.get(class as usize)?)? as usize)
    }

    /// Index of the calls inside of a class, if it has a partition.
    fn index(&self, (client, class): (u32, u32)) -> Option<usize> {
        Some(client as usize * self.settings.len() + self.of(class)?)
    }

    /// True if fewer calls of the class are inside than its part of the limit.
    pub(super) fn has_room(&self, (client, class): (u32, u32), limit: u32) -> bool {
        let Some(partition) = self.of(class) else { return false };
        let part = (f64::from(limit) * self.settings[partition].share).ceil().max(1.0);
        let index = self.index((client, class));
        index.is_some_and(|index| f64::from(self.inside[index]) < part)
    }

    /// A call of the class is admitted.
    pub(super) fn enter(&mut self, client: u32, class: u32) {
        if let Some(index) = self.index((client, class)) {
            self.inside[index] += 1;
        }
    }

    /// A call of the class is over.
    pub(super) fn leave(&mut self, client: u32, class: u32) {
        if let Some(index) = self.index((client, class)) {
            self.inside[index] -= 1;
        }
    }

    /// Holds up the caller of a call that is refused, if it may be.
    pub(super) fn delay(&mut self, client: u32, class: u32) -> Option<Delay> {
        let delay = self.settings[self.of(class)?].delay?;
        let delayed = &mut self.delayed[client as usize];
        if *delayed >= self.max_delayed {
            return None;
        }
        *delayed += 1;
        Some(delay)
    }

    /// A caller is no longer held up.
    pub(super) fn end_delay(&mut self, client: u32) {
        self.delayed[client as usize] -= 1;
    }
}
