//! Numbers from 1 to n, the k-th with a probability in proportion to 1 / k^s: Zipf's law.
//!
//! Samples come from rejection-inversion (Hörmann and Derflinger 1996, "Rejection-inversion to
//! generate variates from monotone discrete distributions"), which is exact for every s from 0 on,
//! needs no table, and takes at most some tenths of a draw more than one in the mean.

use super::draw::Site;
use super::fpmath::{exp, exp_m1, ln, ln_1p};

/// Zipf's law over 1 to `count`.
#[derive(Clone, Copy, Debug)]
pub struct Zipf {
    count: u64,
    exponent: f64,
    /// The integral of the hat at its left end and at its right end.
    from: f64,
    to: f64,
    /// Distance from a number below which a point is accepted without evaluating the hat.
    near: f64,
}

impl Zipf {
    /// The law over 1 to `count`, at least 1, with an `exponent` of 0 (all equally likely) or more.
    #[must_use]
    pub fn new(count: u64, exponent: f64) -> Self {
        let mut zipf = Self { count, exponent, from: 0.0, to: 0.0, near: 0.0 };
        zipf.from = zipf.integral(1.5) - 1.0;
        zipf.to = zipf.integral(count as f64 + 0.5);
        zipf.near = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.weight(2.0));
        zipf
    }

    /// The number of `subject`, drawn at `site`.
    #[must_use]
    pub fn draw(&self, site: Site, subject: u64) -> u64 {
        let mut index = 0;
        loop {
            let u = self.to + site.unit(subject, 0, index) * (self.from - self.to);
            let x = self.inverse(u);
            let number = (x + 0.5).floor().clamp(1.0, self.count as f64);
            if number - x <= self.near || u >= self.integral(number + 0.5) - self.weight(number) {
                return number as u64;
            }
            index += 1;
        }
    }

    /// 1 / x^s.
    fn weight(&self, x: f64) -> f64 {
        exp(-self.exponent * ln(x))
    }

    /// The integral of the weight from 1 to `x`: (x^(1 - s) - 1) / (1 - s), or ln x.
    fn integral(&self, x: f64) -> f64 {
        let (log, power) = (ln(x), 1.0 - self.exponent);
        let t = power * log;
        if t.abs() > 1e-8 { exp_m1(t) / power } else { log * (1.0 + t / 2.0 * (1.0 + t / 3.0)) }
    }

    /// The `x` to which the integral is `area`.
    fn inverse(&self, area: f64) -> f64 {
        let t = (area * (1.0 - self.exponent)).max(-1.0);
        let log = if t.abs() > 1e-8 {
            ln_1p(t) / (1.0 - self.exponent)
        } else {
            area * (1.0 - t * (0.5 - t / 3.0))
        };
        exp(log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    /// Against the exact probabilities, numbers beyond the 30th together. The draws are fixed, so
    /// a pass stays one.
    #[test]
    fn numbers_have_the_probabilities_of_the_law() {
        for (count, exponent) in
            [(1, 1.0), (2, 0.5), (10, 0.0), (100, 0.99), (100, 1.0), (1_000, 1.2), (50, 3.0)]
        {
            let zipf = Zipf::new(count, exponent);
            let site = Site::new(1, "web", &format!("key {count} {exponent}"));
            let draws = 200_000_u64;
            let mut counts = vec![0_u64; count.min(31) as usize];
            for subject in 0..draws {
                let number = zipf.draw(site, subject);
                assert!((1..=count).contains(&number), "{number} of {count}");
                counts[number.min(31) as usize - 1] += 1;
            }
            let all: f64 = (1..=count).map(|number| zipf.weight(number as f64)).sum();
            let expected = |number: u64| match number {
                31 => (31..=count).map(|number| zipf.weight(number as f64)).sum::<f64>() / all,
                number => zipf.weight(number as f64) / all,
            };
            let distance: f64 = (1..)
                .zip(&counts)
                .map(|(number, count)| {
                    let expected = expected(number) * draws as f64;
                    (*count as f64 - expected) * (*count as f64 - expected) / expected
                })
                .sum();
            let Ok(law) = ChiSquared::new((counts.len() - 1) as f64) else { continue };
            let p = 1.0 - law.cdf(distance);
            assert!(p > 0.001, "{count} {exponent}: {distance}, p = {p}");
        }
    }

    #[test]
    fn many_keys_need_no_table() {
        let zipf = Zipf::new(1_000_000_000_000, 0.8);
        let site = Site::new(1, "web", "key");
        let largest = (0..1_000).map(|subject| zipf.draw(site, subject)).max();
        assert!(largest > Some(1_000_000_000));
    }
}
