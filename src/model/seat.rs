//! Seats: the places of a system, joined by explicit wires.
//!
//! A component is state; a seat is a place where calls meet it. One service has a seat at the end
//! of every edge that leads to it, and a breaker that looks at the attempts inside a retry has two:
//! all of them share one machine. What stands above a seat is written in it, what stands below by
//! port in a table of wires, so nothing is found by arithmetic on ids.

use super::call::{Call, CallId, Calls};
use super::context::At;
use super::mechanism::{Kind, Wakes, deadline};

/// Index of a seat.
pub type SeatId = u32;
/// Index of a component, which is the index of its name.
pub type ComponentId = u32;
/// One of the ways down from a seat, from 0.
pub type Port = u32;

/// No seat, no call, no timer.
pub const NONE: u32 = u32::MAX;

/// Which of the states of a component a call meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// There is one, for all calls.
    #[default]
    Shared,
    /// That of its client.
    Client,
    /// That of the replica that it was sent to.
    Replica,
    /// That of its client for the replica: replicas of the first client come first.
    ClientAndReplica {
        /// How many replicas there are.
        replicas: u32,
    },
}

impl Scope {
    /// Which state this call meets.
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
    /// Which mechanism.
    pub kind: Kind,
    /// For whom its timers are set.
    pub wakes: Wakes,
    /// Which part of the component it is: 0 is all of it, the rest is for the mechanism to say.
    pub part: u32,
    /// Its name.
    pub component: ComponentId,
    /// Which machine of its kind.
    pub index: u32,
    /// Which of its states calls meet here.
    pub scope: Scope,
    /// What stands above; [`NONE`] at the top of a call, whose parent decides.
    pub up: SeatId,
    /// The way down from there that leads here.
    pub port: Port,
    /// The seat below, along the first way down; [`NONE`] at the bottom.
    pub first: SeatId,
    /// All ways down, in the table of wires.
    down: u32,
    ports: u32,
    /// Its first word in the memory of a call.
    pub word: u32,
    /// The books of the edge that it is reached by: those of the nearest edge above.
    pub edge: u32,
    /// The word of a call in which the nearest deadline above keeps its end, or [`NONE`].
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
        let edge = match kind {
            Kind::Edge => index,
            _ => above.map_or(NONE, |above| above.edge),
        };
        let deadline = above.map_or(NONE, |above| match above.kind {
            Kind::Deadline => above.word + deadline::DUE,
            _ => above.deadline,
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

    /// Calls meet one of several states of the component at `seat`.
    pub fn set_scope(&mut self, seat: SeatId, scope: Scope) {
        self.list[seat as usize].scope = scope;
    }

    /// The next way down from `from` leads to `top`, the top of another call, which others may
    /// lead to as well.
    pub fn lead(&mut self, from: SeatId, top: SeatId) {
        self.leads.push((from, top));
    }

    /// Draws the wires down, when all seats are there.
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

    /// Where the seat meets a call.
    #[inline(always)]
    pub(super) fn place(&self, calls: &Calls, id: SeatId, call: CallId) -> At<'_> {
        let seat = &self[id];
        // Mostly there is one state for all, which is not worth a table of jumps.
        let instance = if seat.scope == Scope::Shared { 0 } else { seat.scope.of(&calls[call]) };
        At { seat, id, call, instance }
    }

    /// A seat where no call meets it: its instance is for whoever asks to say.
    #[inline(always)]
    pub(super) fn home(&self, id: SeatId) -> At<'_> {
        At { seat: &self[id], id, call: NONE, instance: 0 }
    }

    /// Words that a call must remember at most.
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
