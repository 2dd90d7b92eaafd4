//! Calls under way: one record each, in an arena.
//!
//! A request is a call at the seat of its load. Each layer that it passes keeps its memory in a few
//! words of the call, laid out when the system is built, so a straight line of layers costs no
//! further record. Only forks do: the calls that a service makes are children of the call that it
//! serves.
//!
//! An attempt that goes on although its caller has left keeps its record and its place in every
//! line; the caller goes on in a new one ([`Calls::split`]).

mod copies;
mod leaving;

mod state;

pub use state::{Standing, State};

use super::seat::{ComponentId, NONE, Port, SeatId};
use crate::kernel::calendar::Slot;
use crate::kernel::time::Instant;

/// Index of a call.
pub type CallId = u32;

/// A call under way.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Key of its draws.
    pub key: u64,
    /// Key of the call that made it; 0 for a request.
    pub made_by: u64,
    /// Number of its request within its load.
    pub index: u64,
    /// Instant at which its request arrived.
    pub arrived: Instant,
    /// Instant at which its present attempt was picked up.
    pub picked: Instant,
    /// Deadline of the call that made it; [`Instant::NEVER`] without one.
    pub deadline: Instant,
    /// Instant since which nobody waits for it, directly or further up; [`Instant::NEVER`] while
    /// somebody does. A call that it makes later has nobody waiting from the start.
    pub left: Instant,
    /// State of the call at the seat at which it waits.
    pub state: State,
    /// Component of its load.
    pub load: ComponentId,
    /// Caller of a closed loop that waits for it, or [`NONE`].
    pub caller: u32,
    /// Client that makes it.
    pub client: u32,
    /// Replica that it was sent to.
    pub replica: u32,
    /// Class of its request, or [`NONE`].
    pub class: u32,
    /// Attempts sent so far; if its caller has left, the number of the attempt that goes on.
    pub attempts: u32,
    /// Attempts sent by copies of it other than the first.
    pub extra: u32,
    /// At a service: the present step of its handler.
    pub step: u16,
    /// At a service: the endpoint that it was sent to.
    pub endpoint: u16,
    /// At a service: the calls of its step that are under way.
    pub open: u16,
    /// At a service: the calls of its step that have succeeded.
    pub good: u16,
    /// Seat at which it waits; [`NONE`] before it begins.
    pub at: SeatId,
    /// Timer that wakes it at that seat.
    pub timer: Slot,
    /// Call whose seat waits for its outcome, or [`NONE`].
    pub parent: CallId,
    /// Port of that seat that it went down.
    pub port: Port,
    /// Latest of its own calls that are under way.
    pub(super) child: CallId,
    /// Neighbours among its parent's calls; free calls are linked through `younger`.
    pub(super) elder: CallId,
    pub(super) younger: CallId,
    /// Neighbours in a line.
    pub(super) ahead: CallId,
    pub(super) behind: CallId,
    /// Receiver of its outcome.
    pub standing: Standing,
    /// True if its request arrived in the measured part of the run.
    pub measured: bool,
    /// Rank of its priority: the least goes first.
    pub rank: u8,
    /// True for one of several copies of its parent, whose attempts count as the parent's.
    pub copy: bool,
}

impl Call {
    /// True if nobody waits for its outcome.
    #[inline]
    #[must_use]
    pub const fn is_unneeded(&self) -> bool {
        matches!(self.standing, Standing::Left | Standing::Alone | Standing::Awaited)
    }

    /// True once nobody waits for the call, directly or further up.
    #[inline]
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.left != Instant::NEVER
    }

    /// True if no seat is above that at which it waits, because its caller has left.
    #[inline]
    #[must_use]
    pub const fn is_cut_off(&self) -> bool {
        matches!(self.standing, Standing::Left)
    }

    /// Number of attempts sent so far, with those of all copies.
    #[inline]
    #[must_use]
    pub const fn all_attempts(&self) -> u32 {
        self.attempts + self.extra
    }
}

/// The arena of calls.
#[derive(Clone, Debug)]
pub struct Calls {
    slots: Vec<Call>,
    /// Memory of layers, `stride` words per call.
    words: Vec<u64>,
    stride: usize,
    free: CallId,
    used: usize,
}

impl Calls {
    /// An empty arena, whose calls have `words` words of memory for their layers.
    #[must_use]
    pub fn new(words: u32) -> Self {
        let (slots, memory) = (Vec::new(), Vec::new());
        Self { slots, words: memory, stride: words as usize, free: NONE, used: 0 }
    }

    /// Number of calls under way.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.used
    }

    /// True without calls.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Adds the call of request number `index` of `load`, with draws keyed by `key`.
    #[inline(always)]
    pub fn add_request(
        &mut self,
        load: ComponentId,
        (index, key): (u64, u64),
        arrived: Instant,
        caller: u32,
        measured: bool,
    ) -> CallId {
        self.add(Call {
            key,
            made_by: 0,
            index,
            arrived,
            picked: arrived,
            deadline: Instant::NEVER,
            left: Instant::NEVER,
            state: State::None,
            load,
            caller,
            client: 0,
            replica: 0,
            class: NONE,
            attempts: 0,
            extra: 0,
            step: 0,
            endpoint: 0,
            open: 0,
            good: 0,
            at: NONE,
            timer: NONE,
            parent: NONE,
            port: 0,
            child: NONE,
            elder: NONE,
            younger: NONE,
            ahead: NONE,
            behind: NONE,
            standing: Standing::Request,
            measured,
            rank: 0,
            copy: false,
        })
    }

    /// Adds a call of `parent`, along `port` of its seat, with draws keyed by `key`.
    pub fn add_child(&mut self, parent: CallId, port: Port, key: u64) -> CallId {
        let of = self.slots[parent as usize];
        let (standing, elder) = (Standing::Child, of.child);
        let made_by = of.key;
        let call = Call { key, made_by, parent, port, standing, elder, caller: NONE, ..of };
        let (attempts, at, timer, child) = (0, NONE, NONE, NONE);
        let (younger, ahead, behind, state) = (NONE, NONE, NONE, State::None);
        let call = Call { attempts, at, timer, child, younger, ahead, behind, state, ..call };
        let id = self.add(Call { extra: 0, copy: false, ..call });
        if elder != NONE {
            self.slots[elder as usize].younger = id;
        }
        self.slots[parent as usize].child = id;
        id
    }

    #[inline(always)]
    fn add(&mut self, call: Call) -> CallId {
        self.used += 1;
        let id = self.free;
        if let Some(slot) = self.slots.get_mut(id as usize) {
            self.free = slot.younger;
            *slot = call;
            let words = id as usize * self.stride;
            self.words[words..words + self.stride].fill(0);
            return id;
        }
        assert!(self.slots.len() < NONE as usize, "the arena of calls is full");
        self.slots.push(call);
        self.words.resize(self.words.len() + self.stride, 0);
        (self.slots.len() - 1) as CallId
    }

    /// Removes a call, which must have no child left.
    #[inline(always)]
    pub fn remove(&mut self, id: CallId) {
        if self.slots[id as usize].parent != NONE {
            self.detach(id);
        }
        let slot = &mut self.slots[id as usize];
        debug_assert_ne!(slot.standing, Standing::Free, "a call is removed once");
        debug_assert_eq!(slot.child, NONE, "a call outlives its children");
        slot.standing = Standing::Free;
        slot.younger = self.free;
        self.free = id;
        self.used -= 1;
    }

    /// The latest of a call's own calls that are under way, or [`NONE`].
    #[inline]
    #[must_use]
    pub fn latest_child(&self, id: CallId) -> CallId {
        self.slots[id as usize].child
    }

    fn detach(&mut self, id: CallId) {
        let Call { parent, elder, younger, .. } = self.slots[id as usize];
        match younger {
            NONE => self.slots[parent as usize].child = elder,
            younger => self.slots[younger as usize].elder = elder,
        }
        if elder != NONE {
            self.slots[elder as usize].younger = younger;
        }
        let call = &mut self.slots[id as usize];
        (call.parent, call.elder, call.younger) = (NONE, NONE, NONE);
    }

    /// Word number `word` of the memory of a call's layers; 0 in a new call.
    #[inline(always)]
    #[must_use]
    pub fn word(&self, id: CallId, word: u32) -> u64 {
        self.words[id as usize * self.stride + word as usize]
    }

    /// The `N` words from number `word` on of the memory of a call's layers.
    ///
    /// # Panics
    /// When the memory has fewer words.
    #[inline(always)]
    pub fn words<const N: usize>(&mut self, id: CallId, word: u32) -> &mut [u64; N] {
        let first = id as usize * self.stride + word as usize;
        let words = self.words.get_mut(first..).and_then(<[u64]>::first_chunk_mut);
        words.expect("a seat's words lie within its calls'")
    }

    /// Sets word number `word` of the memory of a call's layers.
    #[inline(always)]
    pub fn set_word(&mut self, id: CallId, word: u32, value: u64) {
        self.words[id as usize * self.stride + word as usize] = value;
    }

    /// Bytes of the arena, with those of free calls.
    #[must_use]
    pub fn memory(&self) -> u64 {
        (self.slots.len() * (size_of::<Call>() + self.stride * size_of::<u64>())) as u64
    }

    /// Calls under way and their ids, by id.
    pub fn iter(&self) -> impl Iterator<Item = (CallId, &Call)> {
        (0..).zip(&self.slots).filter(|(_, call)| call.standing != Standing::Free)
    }

    /// Requests under way.
    pub fn requests(&self) -> impl Iterator<Item = &Call> {
        self.slots.iter().filter(|call| call.standing == Standing::Request)
    }

    /// Number of measured requests under way.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.requests().filter(|request| request.measured).count() as u64
    }
}

impl std::ops::Index<CallId> for Calls {
    type Output = Call;

    #[inline]
    fn index(&self, id: CallId) -> &Call {
        &self.slots[id as usize]
    }
}

impl std::ops::IndexMut<CallId> for Calls {
    #[inline]
    fn index_mut(&mut self, id: CallId) -> &mut Call {
        &mut self.slots[id as usize]
    }
}
