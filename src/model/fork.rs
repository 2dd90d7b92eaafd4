//! Worlds that go on in several ways: a copy of everything, with other luck from then on.
//!
//! What has been drawn stays drawn: work in a slot ends when it would have, and the next arrival is
//! the one that is due. Everything that is drawn later is drawn at another site. Whether an
//! attempt meets a fault is asked more than once and must be answered alike, so it goes on to
//! depend on its request alone; requests that arrive later have other keys in each branch.

use super::frame::NodeId;
use super::walker::Node;
use super::world::World;
use crate::kernel::calendar::Calendar;
use crate::metrics::probe::Probe;

impl<C: Calendar + Clone, P: Probe + Clone> World<C, P> {
    /// The same world with other luck: a function of this one and of `branch`.
    #[must_use]
    pub fn fork(&self, branch: u64) -> Self {
        let mut other = self.clone();
        for node in &mut other.nodes {
            match node {
                Node::Load(load, _) => load.fork(branch),
                Node::Service(service) => service.fork(branch),
                Node::Retry(retry) => retry.fork(branch),
                Node::Consumer(consumer) => consumer.fork(branch),
                Node::Call
                | Node::Breaker(_)
                | Node::Tap(_)
                | Node::Bulkhead(_)
                | Node::Timeout(_)
                | Node::Send { .. }
                | Node::Publish(_)
                | Node::Crash(..)
                | Node::Queue(..) => {}
            }
        }
        other
    }
}

impl<C: Calendar, P: Probe> World<C, P> {
    /// How much is under way: at the service or in the queue `node`, or everywhere, with every
    /// wait and every timer.
    #[must_use]
    pub fn under_way(&self, node: Option<NodeId>) -> u64 {
        match node.map(|node| &self.nodes[node as usize]) {
            Some(Node::Service(service)) => service.in_flight(),
            Some(Node::Queue(queue, _)) => queue.depth(),
            _ => self.cx.frames.len() as u64,
        }
    }

    /// True if it can be told how much is under way at this node.
    #[must_use]
    pub fn is_counted(&self, node: NodeId) -> bool {
        matches!(self.nodes[node as usize], Node::Service(_) | Node::Queue(..))
    }
}
