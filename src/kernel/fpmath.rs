//! Transcendental functions whose bits are the same on every machine.
//!
//! `f64::ln`, `exp`, `powf` and their kin call whatever the platform links: results differ in the
//! last bit between operating systems and targets, and even within one binary, because the C
//! library picks a variant by CPU. One changed bit of a service time can reorder two events, and
//! with them the rest of a run. The functions here come from one pure-Rust library, pinned to the
//! patch release, and nothing else in this crate may call it.
//!
//! Only `+ - * /`, comparisons, conversions and `f64::sqrt` need no wrapper: IEEE 754 fixes their
//! bits.

/// Natural logarithm; -inf at 0, NaN below.
#[must_use]
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)` without the loss that the sum has for small `x`; -inf at -1, NaN below.
#[must_use]
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// e to the power of `x`.
#[must_use]
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `exp(x) - 1` without the loss that the difference has for small `x`.
#[must_use]
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// `base` to the power of `exponent`; NaN for a negative base and a fractional exponent.
#[must_use]
#[inline]
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Square root; a wrapper for symmetry only, the standard one is exact on every platform.
#[must_use]
#[inline]
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// The gamma function; infinite above 171.6.
#[must_use]
#[inline]
pub fn tgamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// Natural logarithm of the absolute value of the gamma function.
#[must_use]
#[inline]
pub fn lgamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Complementary error function, `1 - erf(x)`, with full precision far into the tail.
#[must_use]
#[inline]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hash of the bits of `f` at 20,000 points that cover `low..high` evenly.
    fn bits(low: f64, high: f64, f: impl Fn(f64) -> f64) -> u64 {
        (0..20_000_u32).fold(0, |hash: u64, i| {
            let x = low + (high - low) * (f64::from(i) + 0.5) / 20_000.0;
            (hash.rotate_left(5) ^ f(x).to_bits()).wrapping_mul(0x517c_c1b7_2722_0a95)
        })
    }

    #[test]
    fn golden_bits_of_many_inputs() {
        let hashes = [
            ("ln", bits(0.0, 1.0, ln)),
            ("ln, wide", bits(0.0, 1e9, ln)),
            ("ln_1p", bits(-1.0, 1.0, ln_1p)),
            ("exp", bits(-700.0, 700.0, exp)),
            ("exp_m1", bits(-2.0, 2.0, exp_m1)),
            ("pow", bits(0.0, 1.0, |x| pow(x, -1.0 / 1.5))),
            ("pow, wide", bits(-30.0, 30.0, |x| pow(36.7, x))),
            ("sqrt", bits(0.0, 1e6, sqrt)),
            ("tgamma", bits(0.0, 170.0, tgamma)),
            ("lgamma", bits(0.0, 3_000.0, lgamma)),
            ("erfc", bits(-6.0, 27.0, erfc)),
        ];
        let hashes = hashes.map(|(name, hash)| format!("{name}: {hash:#018x}"));
        assert_eq!(hashes, GOLDEN);
    }

    const GOLDEN: [&str; 11] = [
        "ln: 0x4fb90f10800d53a9",
        "ln, wide: 0x1a47856d488e5b53",
        "ln_1p: 0x3c6c3d612258a21e",
        "exp: 0xc884b0501edfb532",
        "exp_m1: 0x9a0f4b36f5ae7367",
        "pow: 0x64f8a90c1e187ffa",
        "pow, wide: 0x4c327284dddfd455",
        "sqrt: 0x8a3c67d6c6af68fa",
        "tgamma: 0x69e20f95b580485d",
        "lgamma: 0x121b8ef50ca42617",
        "erfc: 0x3d3124ddcb89cfff",
    ];

    #[test]
    fn golden_bits_of_single_inputs() {
        let values = [
            ln(0.3),
            ln_1p(-0.3),
            exp(0.3),
            exp_m1(0.3),
            pow(0.3, 0.7),
            sqrt(0.3),
            tgamma(0.3),
            lgamma(0.3),
            erfc(0.3),
        ];
        assert_eq!(values.map(f64::to_bits), SINGLE);
    }

    const SINGLE: [u64; 9] = [
        0xbff3_4378_fcbd_a721,
        0xbfd6_d3c3_24e1_3f4e,
        0x3ff5_9905_8c8c_1a96,
        0x3fd6_6416_3230_6a56,
        0x3fdb_8d80_9c61_5f41,
        0x3fe1_86f1_74f8_8472,
        0x4007_eebb_b8ae_c4ab,
        0x3ff1_8863_7a6c_4196,
        0x3fe5_7be3_bbf1_0af8,
    ];

    #[test]
    fn edges_are_those_of_the_reals() {
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert_eq!(ln_1p(-1.0), f64::NEG_INFINITY);
        assert_eq!((exp(0.0), exp_m1(0.0), pow(0.0, 0.5)), (1.0, 0.0, 0.0));
        assert_eq!((tgamma(5.0), lgamma(1.0), erfc(0.0)), (24.0, 0.0, 1.0));
        assert!(tgamma(172.0).is_infinite());
    }
}
