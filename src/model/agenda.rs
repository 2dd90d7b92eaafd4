//! Work left in the present event or instant.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A queue whose items can be taken back wherever they are, without a search.
#[derive(Clone, Debug)]
pub struct Pending<T> {
    list: VecDeque<T>,
    /// Number of times that an item of the list was taken back: so many of it, the first ones, no
    /// longer count.
    taken_back: BTreeMap<T, usize>,
    /// The sum of these numbers.
    dead: usize,
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self { list: VecDeque::new(), taken_back: BTreeMap::new(), dead: 0 }
    }
}

impl<T: Copy + Ord> Pending<T> {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.list.len() - self.dead
    }

    /// True if nothing is left to take, not even an item that was taken back.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds an item at the end, which is not in the queue or was taken back.
    #[inline(always)]
    pub fn push(&mut self, item: T) {
        self.list.push_back(item);
    }

    /// Removes and returns the first item.
    #[inline(always)]
    pub fn take(&mut self) -> Option<T> {
        let first = self.list.pop_front()?;
        if self.dead == 0 { Some(first) } else { self.first_living(first) }
    }

    /// This item, or the first one behind it that was not taken back.
    #[cold]
    fn first_living(&mut self, mut item: T) -> Option<T> {
        while let Some(times) = self.taken_back.get_mut(&item) {
            (*times, self.dead) = (*times - 1, self.dead - 1);
            if *times == 0 {
                self.taken_back.remove(&item);
            }
            item = self.list.pop_front()?;
        }
        Some(item)
    }

    /// Removes an item that is in the queue.
    pub fn take_back(&mut self, item: T) {
        // Calls leave the latest first, so this one is mostly at the back.
        if self.list.back() == Some(&item) {
            self.list.pop_back();
        } else {
            *self.taken_back.entry(item).or_default() += 1;
            self.dead += 1;
        }
    }
}

/// A list without duplicates.
#[derive(Clone, Debug)]
pub struct Agenda<T> {
    list: VecDeque<T>,
    /// The items of the list; used once it is long, until it is empty.
    known: BTreeSet<T>,
}

/// Length up to which the list is searched for duplicates.
const SHORT: usize = 8;

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { list: VecDeque::new(), known: BTreeSet::new() }
    }
}

impl<T: Copy + Ord> Agenda<T> {
    /// True without items.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds an item, unless it is in the list.
    #[inline(always)]
    pub fn add(&mut self, item: T) {
        match self.list.back() {
            None => self.list.push_back(item),
            // A burst of messages adds their queue again and again.
            Some(last) if *last == item => {}
            Some(_) => self.add_to_others(item),
        }
    }

    fn add_to_others(&mut self, item: T) {
        if self.list.len() >= SHORT || !self.known.is_empty() {
            self.add_to_long(item);
        } else if !self.list.contains(&item) {
            self.list.push_back(item);
        }
    }

    #[cold]
    fn add_to_long(&mut self, item: T) {
        if self.known.is_empty() {
            self.known = self.list.iter().copied().collect();
        }
        if self.known.insert(item) {
            self.list.push_back(item);
        }
    }

    /// Removes and returns the item that was added last.
    #[inline(always)]
    pub fn take_last(&mut self) -> Option<T> {
        let item = self.list.pop_back()?;
        self.forget(&item);
        Some(item)
    }

    /// Removes and returns the item that was added first.
    #[inline(always)]
    pub fn take_first(&mut self) -> Option<T> {
        let item = self.list.pop_front()?;
        self.forget(&item);
        Some(item)
    }

    #[inline(always)]
    fn forget(&mut self, item: &T) {
        if !self.known.is_empty() {
            self.known.remove(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_back_is_not_taken() {
        let mut pending = Pending::default();
        (0..6).for_each(|item| pending.push(item));
        [5, 0, 3].into_iter().for_each(|item| pending.take_back(item));
        // Of an item that comes again, the later one counts.
        pending.push(3);
        assert_eq!((pending.len(), pending.take(), pending.take()), (4, Some(1), Some(2)));
        pending.push(0);
        pending.take_back(4);
        let taken: Vec<_> = std::iter::from_fn(|| pending.take()).collect();
        assert_eq!((taken, pending.len()), (vec![3, 0], 0));
        assert!(pending.is_empty() && pending.taken_back.is_empty());
    }

    #[test]
    fn no_item_occurs_twice_however_long_the_list_is() {
        for length in [1, SHORT - 1, SHORT, SHORT + 1, 5 * SHORT] {
            let mut agenda = Agenda::default();
            for _ in 0..2 {
                (0..length).for_each(|item| agenda.add(item));
            }
            assert_eq!(agenda.take_last(), Some(length - 1));
            // An item that was taken can be added again.
            agenda.add(length - 1);
            let taken: Vec<usize> = std::iter::from_fn(|| agenda.take_first()).collect();
            assert_eq!(taken, (0..length).collect::<Vec<_>>(), "{length}");
            assert!(agenda.is_empty() && agenda.known.is_empty());
        }
    }
}
