//! Replicas by what is in flight at each, so that the least loaded one of thousands is at hand.

/// How many are in flight at each replica, and the replicas by that number. Every step costs the
/// same, whatever their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    level: Vec<u32>,
    /// The replicas with so many in flight.
    at_level: Vec<Vec<u32>>,
    /// Where a replica stands among those of its level.
    place: Vec<u32>,
    least: u32,
}

impl Levels {
    /// None in flight at any of the replicas.
    pub(super) fn new(replicas: u32) -> Self {
        let all: Vec<u32> = (0..replicas).collect();
        let level = vec![0; replicas as usize];
        Self { level, at_level: vec![all.clone()], place: all, least: 0 }
    }

    /// The replicas with the fewest in flight.
    pub(super) fn least(&self) -> &[u32] {
        &self.at_level[self.least as usize]
    }

    /// One more is in flight.
    pub(super) fn rise(&mut self, replica: u32) {
        let level = self.level[replica as usize];
        self.change(replica, level + 1);
        if self.least().is_empty() {
            self.least += 1;
        }
    }

    /// One less is in flight.
    pub(super) fn fall(&mut self, replica: u32) {
        let level = self.level[replica as usize] - 1;
        self.change(replica, level);
        self.least = self.least.min(level);
    }

    fn change(&mut self, replica: u32, level: u32) {
        let from = &mut self.at_level[self.level[replica as usize] as usize];
        let place = self.place[replica as usize];
        from.swap_remove(place as usize);
        if let Some(&moved) = from.get(place as usize) {
            self.place[moved as usize] = place;
        }
        if self.at_level.len() <= level as usize {
            self.at_level.push(Vec::new());
        }
        let to = &mut self.at_level[level as usize];
        self.place[replica as usize] = to.len() as u32;
        to.push(replica);
        self.level[replica as usize] = level;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draw::mix;

    /// Against counting, over a long mix of arrivals and departures.
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
