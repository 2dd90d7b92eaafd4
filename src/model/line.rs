//! A line of waiting calls: first come, first served.

use super::call::{CallId, Calls};
use super::seat::NONE;
use crate::metrics::probe::{Ending, EventDefinition, EventKind, Number, Role, Stretch};

/// A first-come-first-served line of calls, linked through them.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    head: CallId,
    tail: CallId,
    len: u64,
}

impl EventKind {
    /// The call waits for a permit or a slot; the number is that of waiting calls, itself included.
    pub const WAITS: Self = Self::new(&EventDefinition {
        name: "waits",
        verb: "waits",
        number: Number::Count,
        words: "waits in line, as number {}",
        role: Role::Begins(Stretch::wait("in line")),
    });
    /// The caller gave up while the call stood in line for a permit.
    pub const LEFT: Self = Self::new(&EventDefinition {
        name: "left",
        verb: "leaves",
        number: Number::None,
        words: "leaves the line: its caller has given up",
        role: Role::Ends(Ending::Badly),
    });
    /// The call has waited as long as the line allows; the number is the wait.
    pub const RENEGED: Self = Self::new(&EventDefinition {
        name: "reneged",
        verb: "reneges",
        number: Number::Nanoseconds,
        words: "leaves the line: {} is the longest wait there",
        role: Role::Ends(Ending::Badly),
    });
}

/// The events of a line.
pub const EVENTS: &[EventKind] = &[EventKind::WAITS, EventKind::LEFT, EventKind::RENEGED];

impl Default for Line {
    fn default() -> Self {
        Self { head: NONE, tail: NONE, len: 0 }
    }
}

impl Line {
    /// Number of calls in line.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True without calls in line.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The call that has waited longest.
    #[must_use]
    pub fn first(&self) -> Option<CallId> {
        (self.head != NONE).then_some(self.head)
    }

    /// The calls in line, first to last.
    pub fn iter<'a>(&self, calls: &'a Calls) -> impl Iterator<Item = CallId> + use<'a> {
        let next = |id: &CallId| Some(calls[*id].behind).filter(|&next| next != NONE);
        std::iter::successors(self.first(), next)
    }

    /// Puts a call at the end.
    #[inline]
    pub fn push(&mut self, calls: &mut Calls, id: CallId) {
        let call = &mut calls[id];
        (call.ahead, call.behind) = (self.tail, NONE);
        match self.tail {
            NONE => self.head = id,
            tail => calls[tail].behind = id,
        }
        self.tail = id;
        self.len += 1;
    }

    /// Removes and returns the call that has waited longest.
    #[inline]
    pub fn pop(&mut self, calls: &mut Calls) -> Option<CallId> {
        let head = self.head;
        (head != NONE).then(|| {
            self.remove(calls, head);
            head
        })
    }

    /// Removes and returns the call that has come last.
    pub fn pop_last(&mut self, calls: &mut Calls) -> Option<CallId> {
        let tail = self.tail;
        (tail != NONE).then(|| {
            self.remove(calls, tail);
            tail
        })
    }

    /// Removes a call from any place in line.
    #[inline]
    pub fn remove(&mut self, calls: &mut Calls, id: CallId) {
        let (ahead, behind) = (calls[id].ahead, calls[id].behind);
        match ahead {
            NONE => self.head = behind,
            ahead => calls[ahead].behind = behind,
        }
        match behind {
            NONE => self.tail = ahead,
            behind => calls[behind].ahead = ahead,
        }
        self.len -= 1;
    }
}

/// Lines of calls by rank: the least rank goes first, and within a rank first come, first served.
#[derive(Clone, Debug, Default)]
pub struct RankedLine {
    /// The line of rank 0, the only one without priorities.
    first: Line,
    /// The lines of the ranks from 1 to the largest that has occurred.
    lower: Vec<Line>,
    len: u64,
}

impl RankedLine {
    /// Number of calls in line.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True without calls in line.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The calls in line, in the order of service.
    pub fn iter<'a>(&self, calls: &'a Calls) -> impl Iterator<Item = CallId> + use<'a, '_> {
        std::iter::once(&self.first).chain(&self.lower).flat_map(|line| line.iter(calls))
    }

    /// Puts a call at the end of the line of its rank.
    #[inline]
    pub fn push(&mut self, calls: &mut Calls, id: CallId) {
        let rank = usize::from(calls[id].rank);
        if rank > self.lower.len() {
            self.lower.resize(rank, Line::default());
        }
        self.of_rank(rank).push(calls, id);
        self.len += 1;
    }

    /// Removes and returns the call that goes first.
    #[inline]
    pub fn pop(&mut self, calls: &mut Calls) -> Option<CallId> {
        let lower = &mut self.lower;
        let id =
            self.first.pop(calls).or_else(|| lower.iter_mut().find_map(|line| line.pop(calls)));
        self.len -= u64::from(id.is_some());
        id
    }

    /// Removes a call from any place in line.
    #[inline]
    pub fn remove(&mut self, calls: &mut Calls, id: CallId) {
        self.of_rank(usize::from(calls[id].rank)).remove(calls, id);
        self.len -= 1;
    }

    #[inline]
    fn of_rank(&mut self, rank: usize) -> &mut Line {
        match rank {
            0 => &mut self.first,
            rank => &mut self.lower[rank - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Instant;

    #[test]
    fn the_least_rank_goes_first_and_each_rank_in_turn() {
        let mut calls = Calls::new(0);
        let mut line = RankedLine::default();
        let ids: Vec<_> = [2, 0, 2, 1, 0, 1]
            .into_iter()
            .map(|rank| {
                let id = calls.add_request(0, (0, 0), Instant::ZERO, NONE, true);
                calls[id].rank = rank;
                line.push(&mut calls, id);
                id
            })
            .collect();
        line.remove(&mut calls, ids[3]);
        let order: Vec<_> = line.iter(&calls).collect();
        assert_eq!(order, [ids[1], ids[4], ids[5], ids[0], ids[2]]);
        assert_eq!(line.len(), 5);
        let order: Vec<_> = std::iter::from_fn(|| line.pop(&mut calls)).collect();
        assert_eq!(order, [ids[1], ids[4], ids[5], ids[0], ids[2]]);
        assert!(line.is_empty());
    }

    #[test]
    fn a_line_is_fair_and_can_be_left() {
        let mut calls = Calls::new(0);
        let mut line = Line::default();
        let ids: Vec<_> = (0..5)
            .map(|index| calls.add_request(0, (index, 0), Instant::ZERO, NONE, true))
            .collect();
        ids.iter().for_each(|&id| line.push(&mut calls, id));
        line.remove(&mut calls, ids[0]);
        line.remove(&mut calls, ids[2]);
        line.remove(&mut calls, ids[4]);
        line.push(&mut calls, ids[0]);
        assert_eq!(line.len(), 3);
        let order: Vec<_> = std::iter::from_fn(|| line.pop(&mut calls)).collect();
        assert_eq!(order, [ids[1], ids[3], ids[0]]);
        assert!(line.is_empty());
    }
}
