//! Random sequences: settings from small menus, and instants that favour the corners, which are the
//! same instant, exact multiples of the time that matters, and a nanosecond to either side.

pub(crate) mod adaptive_limit;
pub(crate) mod breaker;
pub(crate) mod bulkhead;
pub(crate) mod hedge;
pub(crate) mod outlier_detection;
pub(crate) mod rate_limit;
pub(crate) mod retry;
pub(crate) mod throttle;

/// A generator of numbers (SplitMix64), of a seed and a library.
pub(crate) struct Dice(u64);

const MS: u64 = 1_000_000;

impl Dice {
    pub(crate) fn new(seed: u64, library: &str) -> Self {
        let mut dice = Self(seed);
        for byte in library.bytes() {
            dice.0 = dice.next() ^ u64::from(byte);
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<T: Copy>(&mut self, menu: &[T]) -> T {
        menu[self.below(menu.len() as u64) as usize]
    }

    /// The instant of the next step, in whole `grains`, where `period` is the time that matters.
    fn later(&mut self, now: u64, period: u64, grain: u64) -> u64 {
        let ahead = match self.below(8) {
            0..=2 => 0,
            3 => period,
            // To a multiple of the period, or next to it.
            4 => period - now % period,
            5 => (period - now % period) + grain,
            6 => (period - now % period).saturating_sub(grain),
            _ => self.below(4 * period),
        };
        (now + ahead) / grain * grain
    }
}
