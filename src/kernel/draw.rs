//! Keyed random draws: a draw is a pure function of its key.
//!
//! There is no stream. A [`Site`] stands for (seed, component, purpose); a draw adds the subject (a
//! request, an arrival), the attempt and the index of the draw. So the draws of one component never
//! depend on other parts of a scenario, on the order of events, or on the number of draws of
//! another component. Keys use names: renaming a component changes its draws.
//!
//! The key is mixed by the finaliser of splitmix64 (Steele, Lea and Flood 2014, "Fast splittable
//! pseudorandom number generators"), the mix seeds a PCG (XSL-RR 128/64, O'Neill 2014), and the
//! draw is that generator's first output.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

/// 2^64 divided by the golden ratio, odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const ATTEMPT: u64 = 0xd1b5_4a32_d192_ed03;
const INDEX: u64 = 0x8cb9_2ba7_2f3d_8dd7;

/// A bijection of 64 bits in which every input bit flips about half of the output bits.
#[inline]
#[must_use]
pub const fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A 64-bit key of `text`, the same on every machine and in every release.
#[must_use]
pub fn key(text: &str) -> u64 {
    text.as_bytes().chunks(8).fold(mix(text.len() as u64 ^ GOLDEN), |key, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(key.wrapping_add(GOLDEN) ^ u64::from_le_bytes(word))
    })
}

/// The key of draws of one component of one seeded run, for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site(u64);

impl Site {
    /// The site of the draws of `component` for `purpose` in a run with `seed`.
    #[must_use]
    pub fn new(seed: u64, component: &str, purpose: &str) -> Self {
        let component = mix(mix(seed.wrapping_add(GOLDEN)) ^ key(component));
        Self(mix(component.wrapping_add(GOLDEN) ^ key(purpose)))
    }

    /// The site in a branch of a split run: its draws are independent of those of other branches
    /// and of those before the split.
    #[must_use]
    pub const fn fork(self, branch: u64) -> Self {
        Self(mix(mix(self.0 ^ branch.wrapping_mul(INDEX)).wrapping_add(GOLDEN)))
    }

    /// The key of the `index`-th subject of this site, such as a request of a load.
    #[inline]
    #[must_use]
    pub const fn subject(self, index: u64) -> u64 {
        mix(self.0 ^ index.wrapping_mul(GOLDEN))
    }

    /// 64 random bits for `subject` (itself a well-mixed key), its `attempt` and the draw `index`.
    #[inline]
    #[must_use]
    pub fn bits(self, subject: u64, attempt: u32, index: u32) -> u64 {
        let key = mix((self.0 ^ subject)
            .wrapping_add(ATTEMPT.wrapping_mul(u64::from(attempt)))
            .wrapping_add(INDEX.wrapping_mul(u64::from(index))));
        let state = u128::from(key) << 64 | u128::from(key.rotate_left(32) ^ self.0);
        Pcg64Mcg::new(state).next_u64()
    }

    /// A uniform number in [0, 1) with 53 bits, from [`Site::bits`].
    #[inline]
    #[must_use]
    pub fn unit(self, subject: u64, attempt: u32, index: u32) -> f64 {
        (self.bits(subject, attempt, index) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }
}
