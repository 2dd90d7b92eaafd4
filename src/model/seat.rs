//! Seats: the places of a system, joined by explicit wires.
//!
//! A component is state; a seat is a place where calls meet it. One service has a seat at the end
//! of every edge that leads to it, and a breaker that records the attempts inside a retry has two:
//! all of them share one machine. A seat names the seat above it, and a table of wires, by port,
//! the seats below, so no id is computed.

use super::call::{Call, CallId, Calls};
use super::context::At;
use super::mechanism::{Below, Kind, Wakes};

/// Index of a seat.
pub type SeatId = u32;
/// Index of a component, which is the index of its name.
pub type ComponentId = u32;
/// One of the ways down from a seat, from 0.
pub type Port = u32;

/// No seat, no call, no timer.
pub const NONE: u32 = u32::MAX;

/// The scope of the states of a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// One state for all calls.
    #[default]
    Shared,
    /// One state per client.
    Client,
    /// One state per replica.
    Replica,
    /// One state per client and replica, those of the first client first.
    ClientAndReplica {
        /// Number of replicas.
        replicas: u32,
    },
}

impl Scope {
    /// The number of the state that this call meets.
    #[inline]
    fn of(self, call: &Call) -> u32 {
        match self {
            Self::Shared => 0,
            Self::Client => call.client,
            Self::Replica => call.replica,
            Self::ClientAndReplica { replicas } => call.client * replicas + call.replica,
        }
    }
}

/// A place in a system, in one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Seat {
    /// Kind of the mechanism.
    pub kind: Kind,
    /// Owner of its timers.
    pub wakes: Wakes,
    /// Part of the component: 0 is all of it, other numbers are defined by the mechanism.
    pub part: u32,
    /// Component of the seat.
    pub component: ComponentId,
    /// Index of its machine among those of the kind.
    pub index: u32,
    /// Scope of the component's states at this seat.
    pub scope: Scope,
    /// Seat above; [`NONE`] at the top of a call, whose parent decides.
    pub up: SeatId,
    /// Port of the seat above that leads to this one.
    pub port: Port,
    /// Seat below at the first port; [`NONE`] at the bottom.
    pub first: SeatId,
    /// Index in the table of wires of the first port.
    down: u32,
    ports: u32,
    /// Index of its first word in the memory of a call.
    pub word: u32,
    /// Index of the edge that leads to the seat: the nearest edge above.
    pub edge: u32,
    /// Word of a call in which the nearest deadline above keeps its end, or [`NONE`].
    pub deadline: u32,
}

/// The seats of a system and the wires between them.
#[derive(Clone, Debug, Default)]
pub struct Seats {
    list: Vec<Seat>,
    wires: Vec<SeatId>,
    /// Ways down to the top of another call, those of a seat in their order.
    leads: Vec<(SeatId, SeatId)>,
    words: u32,
}

impl Seats {
    /// Adds a seat for the machine number `index` of its kind, below `above` if it is not the top
    /// of a call.
    pub fn add(
        &mut self,
        (kind, part): (Kind, u32),
        (component, index): (ComponentId, u32),
        above: Option<(SeatId, Port)>,
    ) -> SeatId {
        let (up, port) = above.unwrap_or((NONE, 0));
        let above = self.list.get(up as usize);
        let word = above.map_or(0, |above| above.word + above.kind.words());
        let edge = match kind.below() {
            Below::Attempt => index,
            _ => above.map_or(NONE, |above| above.edge),
        };
        let deadline = above.map_or(NONE, |above| match above.kind.deadline() {
            Some(word) => above.word + word,
            None => above.deadline,
        });
        self.words = self.words.max(word + kind.words());
        let (first, down, ports, scope) = (NONE, 0, 0, Scope::Shared);
        let seat = Seat {
            kind,
            wakes: kind.wakes(),
            part,
            component,
            index,
            scope,
            up,
            port,
            first,
            down,
            ports,
            word,
            edge,
            deadline,
        };
        self.list.push(seat);
        (self.list.len() - 1) as SeatId
    }

    /// Sets the scope of the component's states at `seat`.
    pub fn set_scope(&mut self, seat: SeatId, scope: Scope) {
        self.list[seat as usize].scope = scope;
    }

    /// Leads the next port of `from` to `top`, the top of another call, which ports of other seats
    /// may lead to as well.
    pub fn lead(&mut self, from: SeatId, top: SeatId) {
        self.leads.push((from, top));
    }

    /// Builds the table of wires, when all seats are added.
    pub fn wire(&mut self) {
        let mut below: Vec<(SeatId, Port, SeatId)> = (0..)
            .zip(&self.list)
            .filter(|(_, seat)| seat.up != NONE)
            .map(|(id, seat)| (seat.up, seat.port, id))
            .collect();
        let mut ports = vec![0; self.list.len()];
        below.extend(self.leads.drain(..).map(|(from, top)| {
            let port = ports[from as usize];
            ports[from as usize] += 1;
            (from, port, top)
        }));
        below.sort_unstable();
        for &(up, port, id) in &below {
            let seat = &mut self.list[up as usize];
            debug_assert_eq!(port, seat.ports, "ports are numbered from 0");
            if port == 0 {
                seat.first = id;
            }
            seat.ports += 1;
        }
        let mut first = 0;
        for seat in &mut self.list {
            seat.down = first;
            first += seat.ports;
        }
        self.wires = below.into_iter().map(|(.., id)| id).collect();
    }

    /// The seat below `seat` at `port`.
    #[inline(always)]
    #[must_use]
    pub fn below(&self, seat: SeatId, port: Port) -> SeatId {
        let seat = &self.list[seat as usize];
        debug_assert!(port < seat.ports, "a port of the seat");
        self.wires[(seat.down + port) as usize]
    }

    /// The meeting of a seat and a call.
    #[inline(always)]
    pub(super) fn place(&self, calls: &Calls, id: SeatId, call: CallId) -> At<'_> {
        let seat = &self[id];
        // Most states are shared, so a branch is cheaper than a table of jumps.
        let instance = if seat.scope == Scope::Shared { 0 } else { seat.scope.of(&calls[call]) };
        At { seat, id, call, instance }
    }

    /// A seat without a call and with instance 0, which the caller may replace.
    #[inline(always)]
    pub(super) fn home(&self, id: SeatId) -> At<'_> {
        At { seat: &self[id], id, call: NONE, instance: 0 }
    }

    /// Number of words of memory that a call needs.
    #[must_use]
    pub const fn words(&self) -> u32 {
        self.words
    }

    /// Every seat, by id.
    pub fn iter(&self) -> impl Iterator<Item = (SeatId, &Seat)> {
        (0..).zip(&self.list)
    }
}

impl std::ops::Index<SeatId> for Seats {
    type Output = Seat;

    #[inline]
    fn index(&self, id: SeatId) -> &Seat {
        &self.list[id as usize]
    }
}
