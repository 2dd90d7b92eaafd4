//! Designs: from the number of a setting to its place on each axis.

use super::sobol;
use crate::kernel::draw::Site;
use crate::scenario::study::Design;

/// A place on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Index of a value, from 0.
    Nth(u64),
    /// A fraction of the axis: parts, and their number in all, which is larger.
    Part(u64, u64),
}

/// All settings of a study, computed by number; only the strata of a Latin hypercube are stored.
#[derive(Clone, Debug)]
pub(super) enum Points {
    Grid(Vec<u64>),
    Hypercube { samples: u64, seed: u64, strata: Vec<Vec<u32>> },
    Sobol(u64),
}

/// Bits of the position of a sample within its stratum.
const WITHIN: u32 = 40;

impl Points {
    /// The points of a design; `lengths` are the numbers of values of each axis of a grid.
    pub(super) fn new(design: Design, lengths: Vec<u64>) -> Self {
        match design {
            Design::Grid => Self::Grid(lengths),
            Design::LatinHypercube { samples, seed } => {
                let strata = (0..lengths.len()).map(|axis| strata(samples, seed, axis)).collect();
                Self::Hypercube { samples, seed, strata }
            }
            Design::Sobol { samples } => Self::Sobol(samples),
        }
    }

    /// Number of settings; `None` beyond 64 bits.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Grid(lengths) => {
                lengths.iter().try_fold(1_u64, |count, length| count.checked_mul(*length))
            }
            Self::Hypercube { samples, .. } | Self::Sobol(samples) => Some(*samples),
        }
    }

    /// Place of setting `number` on `axis`.
    pub(super) fn place(&self, number: u64, axis: usize) -> Place {
        match self {
            Self::Grid(lengths) => {
                let faster: u64 = lengths[axis + 1..].iter().product();
                Place::Nth(number / faster % lengths[axis])
            }
            Self::Hypercube { samples, seed, strata } => {
                let stratum = u64::from(strata[axis][number as usize]);
                let site = Site::new(*seed, &format!("axis {axis}"), "place within a stratum");
                let within = site.bits(site.subject(number), 0, 0) >> (64 - WITHIN);
                Place::Part(stratum << WITHIN | within, samples << WITHIN)
            }
            Self::Sobol(_) => Place::Part(sobol::coordinate(axis, number), sobol::PARTS),
        }
    }
}

/// A random permutation of the strata: sorted by keyed draws, ties by number.
fn strata(samples: u64, seed: u64, axis: usize) -> Vec<u32> {
    let site = Site::new(seed, &format!("axis {axis}"), "order of strata");
    let mut order: Vec<(u64, u32)> = (0..samples as u32)
        .map(|stratum| (site.bits(site.subject(u64::from(stratum)), 0, 0), stratum))
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, stratum)| stratum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_axis_of_a_grid_varies_fastest() {
        let points = Points::new(Design::Grid, vec![2, 3]);
        assert_eq!(points.count(), Some(6));
        let places: Vec<_> = (0..6).map(|n| [points.place(n, 0), points.place(n, 1)]).collect();
        let nth = |a, b| [Place::Nth(a), Place::Nth(b)];
        assert_eq!(places, [nth(0, 0), nth(0, 1), nth(0, 2), nth(1, 0), nth(1, 1), nth(1, 2)]);
        assert_eq!(Points::new(Design::Grid, vec![1 << 40, 1 << 40]).count(), None);
    }

    #[test]
    fn a_latin_hypercube_has_one_sample_in_each_stratum_of_each_axis() {
        let design = |seed| Design::LatinHypercube { samples: 50, seed };
        let stratum = |points: &Points, number, axis| match points.place(number, axis) {
            Place::Part(part, whole) => part * 50 / whole,
            Place::Nth(_) => panic!("a sample is no value of a list"),
        };
        let of_axis = |points: &Points, axis| -> Vec<u64> {
            (0..50).map(|number| stratum(points, number, axis)).collect()
        };
        let points = Points::new(design(1), vec![0; 3]);
        for axis in 0..3 {
            let mut strata = of_axis(&points, axis);
            assert_ne!(strata, (0..50).collect::<Vec<_>>());
            strata.sort_unstable();
            assert_eq!(strata, (0..50).collect::<Vec<_>>());
        }
        assert_ne!(of_axis(&points, 0), of_axis(&points, 1), "axes are shuffled by themselves");
        let other = Points::new(design(2), vec![0; 3]);
        assert_ne!(of_axis(&points, 0), of_axis(&other, 0));
        // One more axis does not move the others.
        let wider = Points::new(design(1), vec![0; 4]);
        assert_eq!(of_axis(&points, 2), of_axis(&wider, 2));
    }
}
