//! Random numbers: one stream, as cheap as they get.

/// wyrand: a counter through one wide multiplication.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    #[inline]
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0xa076_1d64_78bd_642f);
        let wide = u128::from(self.0).wrapping_mul(u128::from(self.0 ^ 0xe703_7ed1_a0b4_28db));
        (wide >> 64) as u64 ^ wide as u64
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Exponential, by the logarithm that dessim uses.
    #[inline]
    pub fn exponential(&mut self, mean: f64) -> u64 {
        (-libm::log(1.0 - self.unit()) * mean) as u64
    }
}
