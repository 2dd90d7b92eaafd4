//! Removes parts of a scenario, in ever smaller groups.

use super::Shrinker;
use crate::scenario::written::{Role, Way, Written};

/// Deepest nesting.
const DEPTH: usize = 16;

impl Shrinker<'_> {
    /// Removes all parts that can be removed, from the outermost level inwards.
    pub(super) fn cut(&mut self) {
        for depth in 1..=DEPTH {
            if self.tree.ways(depth).is_empty() || self.is_over() {
                break;
            }
            self.cut_level(depth);
        }
    }

    /// Removes parts of one level: in groups of half of the parts, then of a quarter, down to
    /// single parts, and single parts again until none can be removed.
    fn cut_level(&mut self, depth: usize) {
        let mut size = self.tree.ways(depth).len().div_ceil(2).max(1);
        loop {
            // Without the seed the run would be another one.
            let kept = |way: &Way| matches!(self.tree.path(way).as_str(), "seed" | "schema");
            let mut ways = self.tree.ways(depth);
            ways.retain(|way| !kept(way));
            let groups: Vec<&[Way]> = ways.chunks(size).collect();
            let mut candidates = Vec::new();
            let mut removed = Vec::new();
            for group in groups {
                let plain = self.tree.without(group);
                let with_uses = without_uses(&self.tree, &plain, group);
                let paths: Vec<String> = group.iter().map(|way| self.tree.path(way)).collect();
                for tree in [Some(plain), with_uses].into_iter().flatten() {
                    // A tuple cannot lose a part.
                    if tree.values() < self.tree.values() {
                        candidates.push(tree);
                        removed.push(paths.clone());
                    }
                }
            }
            match self.first(&candidates, self.first_events) {
                Some(at) => {
                    let cuts = removed[at].iter().map(|path| format!("without {path}"));
                    self.cuts.extend(cuts);
                }
                None if size == 1 => break,
                None => size = size.div_ceil(2),
            }
            if self.is_over() {
                break;
            }
        }
    }
}

/// The same cut, extended by all uses of the removed entries; `None` if there are no uses.
fn without_uses(tree: &Written, cut: &Written, group: &[Way]) -> Option<Written> {
    let mut gone: Vec<String> = group
        .iter()
        .filter_map(|way| {
            let (&at, above) = way.split_last()?;
            match tree.at(above)? {
                Written::Map(entries) => entries.get(at).map(|(name, _)| name.clone()),
                _ => None,
            }
        })
        .collect();
    if gone.is_empty() {
        return None;
    }
    let mut smaller = cut.clone();
    loop {
        let before = smaller.values();
        let mut also = Vec::new();
        each_entry(&smaller, &mut |name, value| {
            if uses(value, &gone) && !gone.iter().any(|of| of == name) {
                also.push(name.to_owned());
            }
        });
        smaller.retain(&|role, name, value| {
            role != Role::Entry || !(gone.iter().any(|of| of == name) || uses(value, &gone))
        });
        gone.extend(also);
        if smaller.values() == before {
            break;
        }
    }
    (smaller != *cut).then_some(smaller)
}

fn each_entry(tree: &Written, see: &mut impl FnMut(&str, &Written)) {
    if let Written::Map(entries) = tree {
        entries.iter().for_each(|(name, value)| see(name, value));
    }
    (0..tree.parts()).filter_map(|at| tree.part(at)).for_each(|part| each_entry(part, see));
}

/// True if a value is one of the names, or has a field with one: `to: "db"`.
fn uses(value: &Written, names: &[String]) -> bool {
    let is_name = |value: &Written| {
        let Written::Leaf(text) = value else { return false };
        names.iter().any(|name| crate::scenario::written::quoted(name) == *text)
    };
    match value {
        Written::Record(_, fields) => fields.iter().any(|(_, field)| is_name(field)),
        other => is_name(other),
    }
}
