//! What is yet to be done in the present event, each thing once.

use std::collections::{BTreeSet, VecDeque};

/// A list in which nothing stands twice.
#[derive(Clone, Debug)]
pub struct Agenda<T> {
    list: VecDeque<T>,
    /// What is in the list, while that is long or has been.
    known: BTreeSet<T>,
}

/// Longer lists are not searched.
const SHORT: usize = 8;

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { list: VecDeque::new(), known: BTreeSet::new() }
    }
}

impl<T: Copy + Ord> Agenda<T> {
    /// True if there is nothing to do.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds a thing, unless it stands there.
    #[inline(always)]
    pub fn add(&mut self, thing: T) {
        match self.list.back() {
            None => self.list.push_back(thing),
            // A burst of messages adds their queue again and again.
            Some(last) if *last == thing => {}
            Some(_) => self.add_to_others(thing),
        }
    }

    fn add_to_others(&mut self, thing: T) {
        if self.list.len() >= SHORT || !self.known.is_empty() {
            self.add_to_long(thing);
        } else if !self.list.contains(&thing) {
            self.list.push_back(thing);
        }
    }

    #[cold]
    fn add_to_long(&mut self, thing: T) {
        if self.known.is_empty() {
            self.known = self.list.iter().copied().collect();
        }
        if self.known.insert(thing) {
            self.list.push_back(thing);
        }
    }

    /// Takes the thing that was added last.
    #[inline(always)]
    pub fn take_last(&mut self) -> Option<T> {
        let thing = self.list.pop_back()?;
        self.forget(&thing);
        Some(thing)
    }

    /// Takes the thing that was added first.
    #[inline(always)]
    pub fn take_first(&mut self) -> Option<T> {
        let thing = self.list.pop_front()?;
        self.forget(&thing);
        Some(thing)
    }

    #[inline(always)]
    fn forget(&mut self, thing: &T) {
        if !self.known.is_empty() {
            self.known.remove(thing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_twice_however_long_the_list_is() {
        for length in [1, SHORT - 1, SHORT, SHORT + 1, 5 * SHORT] {
            let mut agenda = Agenda::default();
            for _ in 0..2 {
                (0..length).for_each(|thing| agenda.add(thing));
            }
            assert_eq!(agenda.take_last(), Some(length - 1));
            // What has been done may have to be done again.
            agenda.add(length - 1);
            let taken: Vec<usize> = std::iter::from_fn(|| agenda.take_first()).collect();
            assert_eq!(taken, (0..length).collect::<Vec<_>>(), "{length}");
            assert!(agenda.is_empty() && agenda.known.is_empty());
        }
    }
}
