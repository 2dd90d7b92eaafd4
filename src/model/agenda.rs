//! Work left in the present event, each item once.

use std::collections::{BTreeSet, VecDeque};

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
