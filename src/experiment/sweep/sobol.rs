//! Sobol's sequence: points that fill a cube evenly, the same on every machine.
//!
//! Direction numbers: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better
//! two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), table new-joe-kuo-6.21201. Order:
//! I. A. Antonov and V. M. Saleev, "An economic method of computing LP-tau sequences" (1979), by
//! Gray code, as in other programs. The first point is the corner at 0, because dropping it costs
//! balance (A. B. Owen, "On dropping the first Sobol' point", 2020).

/// Denominator of coordinates, which are whole multiples of `1 / PARTS`.
pub(super) const PARTS: u64 = 1 << BITS;

const BITS: u32 = 32;

/// Number of dimensions.
pub(super) const DIMENSIONS: usize = PRIMITIVE.len() + 1;

/// For each dimension from the second on: the coefficients of its primitive polynomial, inner ones
/// only, and the first direction numbers, as many as its degree.
const PRIMITIVE: [(u32, &[u32]); 20] = [
    (0, &[1]),
    (1, &[1, 3]),
    (1, &[1, 3, 1]),
    (2, &[1, 1, 1]),
    (1, &[1, 1, 3, 3]),
    (4, &[1, 3, 5, 13]),
    (2, &[1, 1, 5, 5, 17]),
    (4, &[1, 1, 5, 5, 5]),
    (7, &[1, 1, 7, 11, 19]),
    (11, &[1, 1, 5, 1, 1]),
    (13, &[1, 1, 1, 3, 11]),
    (14, &[1, 3, 5, 5, 31]),
    (1, &[1, 3, 3, 9, 7, 49]),
    (13, &[1, 1, 1, 15, 21, 21]),
    (16, &[1, 3, 1, 13, 27, 49]),
    (19, &[1, 1, 1, 15, 7, 5]),
    (22, &[1, 3, 1, 15, 13, 25]),
    (25, &[1, 1, 5, 5, 19, 61]),
    (1, &[1, 3, 7, 11, 23, 15, 103]),
    (4, &[1, 3, 7, 13, 13, 15, 69]),
];

/// The coordinate `dimension` of point `index`, in [`PARTS`].
///
/// # Panics
/// If `dimension` is not below [`DIMENSIONS`], or `index` is not below 2^32.
pub(super) fn coordinate(dimension: usize, index: u64) -> u64 {
    let index = u32::try_from(index).expect("there are 2^32 points");
    let directions = directions(dimension);
    let gray = index ^ (index >> 1);
    let bits = (0..BITS).filter(|bit| gray >> bit & 1 == 1);
    u64::from(bits.fold(0, |sum, bit| sum ^ directions[bit as usize]))
}

fn directions(dimension: usize) -> [u32; BITS as usize] {
    let mut v = [0_u32; BITS as usize];
    if dimension == 0 {
        for (at, v) in v.iter_mut().enumerate() {
            *v = 1 << (BITS - 1 - at as u32);
        }
        return v;
    }
    let (a, m) = PRIMITIVE[dimension - 1];
    let degree = m.len();
    for (at, m) in m.iter().enumerate() {
        v[at] = m << (BITS - 1 - at as u32);
    }
    for at in degree..v.len() {
        v[at] = v[at - degree] ^ (v[at - degree] >> degree);
        for k in 1..degree {
            if a >> (degree - 1 - k) & 1 == 1 {
                v[at] ^= v[at - k];
            }
        }
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(index: u64, dimensions: usize) -> Vec<f64> {
        let one = |dimension| coordinate(dimension, index) as f64 / PARTS as f64;
        (0..dimensions).map(one).collect()
    }

    /// The first ten points in three dimensions, as published by Joe and Kuo.
    #[test]
    fn the_first_points_are_the_published_ones() {
        let published = [
            [0.0, 0.0, 0.0],
            [0.5, 0.5, 0.5],
            [0.75, 0.25, 0.25],
            [0.25, 0.75, 0.75],
            [0.375, 0.375, 0.625],
            [0.875, 0.875, 0.125],
            [0.625, 0.125, 0.875],
            [0.125, 0.625, 0.375],
            [0.1875, 0.3125, 0.9375],
            [0.6875, 0.8125, 0.4375],
        ];
        for (index, published) in (0..).zip(published) {
            assert_eq!(point(index, 3), published, "{index}");
        }
    }

    /// The net property: each interval of length 2^-k has one of the first 2^k points, in every
    /// dimension.
    #[test]
    fn every_coordinate_visits_every_part_once() {
        for dimension in 0..DIMENSIONS {
            let mut parts: Vec<u64> =
                (0..1_024).map(|index| coordinate(dimension, index) >> (BITS - 10)).collect();
            parts.sort_unstable();
            assert_eq!(parts, (0..1_024).collect::<Vec<_>>(), "{dimension}");
        }
    }
}
