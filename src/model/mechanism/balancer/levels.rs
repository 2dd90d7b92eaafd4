//! Replicas by the number of attempts in flight, to choose among the least loaded without a scan.

/// Attempts in flight by replica, and the replicas by that level. Each update takes constant time,
/// whatever the number of replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    /// Attempts in flight by replica.
    level: Vec<u32>,
    /// Replicas by level.
    by_level: Vec<Vec<u32>>,
    /// Index of a replica among those of its level.
    index: Vec<u32>,
    /// Lowest level that has a replica.
    least: u32,
}

impl Levels {
    /// Level 0 for each of `replicas`.
    pub(super) fn new(replicas: u32) -> Self {
        let all: Vec<u32> = (0..replicas).collect();
        let level = vec![0; replicas as usize];
        Self { level, by_level: vec![all.clone()], index: all, least: 0 }
    }

    /// The replicas with the fewest attempts in flight.
    pub(super) fn least(&self) -> &[u32] {
        &self.by_level[self.least as usize]
    }

    /// Those of some replicas with the fewest attempts in flight.
    pub(super) fn least_of(&self, replicas: &[u32]) -> Vec<u32> {
        let level = |replica: &&u32| self.level[**replica as usize];
        let least = replicas.iter().map(|replica| level(&replica)).min();
        replicas.iter().filter(|replica| Some(level(replica)) == least).copied().collect()
    }

    /// Adds an attempt in flight.
    pub(super) fn rise(&mut self, replica: u32) {
        let level = self.level[replica as usize];
        self.change(replica, level + 1);
        if self.least().is_empty() {
            self.least += 1;
        }
    }

    /// Removes an attempt in flight.
    pub(super) fn fall(&mut self, replica: u32) {
        let level = self.level[replica as usize] - 1;
        self.change(replica, level);
        self.least = self.least.min(level);
    }

    fn change(&mut self, replica: u32, level: u32) {
        let from = &mut self.by_level[self.level[replica as usize] as usize];
        let index = self.index[replica as usize];
        from.swap_remove(index as usize);
        if let Some(&moved) = from.get(index as usize) {
            self.index[moved as usize] = index;
        }
        if self.by_level.len() <= level as usize {
            self.by_level.push(Vec::new());
        }
        let to = &mut self.by_level[level as usize];
        self.index[replica as usize] = to.len() as u32;
        to.push(replica);
        self.level[replica as usize] = level;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draw::mix;

    /// Compared with a scan of counts, over a long mix of arrivals and departures.
    #[test]
    fn the_least_loaded_are_those_that_counting_gives() {
        let mut levels = Levels::new(7);
        let mut counts = [0_u32; 7];
        for step in 0..20_000_u64 {
            let random = mix(step);
            let replica = (random % 7) as usize;
            if random & 1 << 40 == 0 {
                counts[replica] += 1;
                levels.rise(replica as u32);
            } else if counts[replica] > 0 {
                counts[replica] -= 1;
                levels.fall(replica as u32);
            }
            let fewest = counts.iter().min().expect("replicas");
            let expected: Vec<u32> =
                (0..7).filter(|&one| counts[one as usize] == *fewest).collect();
            let mut least = levels.least().to_vec();
            least.sort_unstable();
            assert_eq!(least, expected, "after {step} steps");
        }
    }
}
