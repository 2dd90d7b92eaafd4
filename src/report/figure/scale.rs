//! Axes: positions and labels of ticks, and positions of values.
//!
//! Ticks are 1, 2 or 5 times a power of ten; those of time are round on a clock.

use crate::kernel::fpmath;
use crate::report::text::format;

/// An axis between two values, with ticks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    log: bool,
    /// Share of the axis below a logarithmic part, at whose beginning zero is.
    zero: f64,
    low: f64,
    high: f64,
    /// Value and label of each tick.
    pub(super) ticks: Vec<(f64, String)>,
}

/// Measures of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// A number.
    Number,
    /// A time in nanoseconds.
    Time,
}

impl Measure {
    /// The value in words.
    pub(super) fn words(self, value: f64) -> String {
        match self {
            Self::Time => format::time(value.max(0.0).round() as u64),
            Self::Number if value.fract() == 0.0 && value.abs() < 1e15 => {
                format::count(value.max(0.0) as u64)
            }
            Self::Number => format::number(value),
        }
    }

    /// Label of a tick, without trailing zeros.
    fn tick(self, value: f64) -> String {
        match self {
            Self::Number if value >= 1e7 => format!("{value:e}"),
            Self::Number if value.fract() == 0.0 => format::count(value as u64),
            Self::Number => format!("{value}"),
            Self::Time => tick_time(value.round() as u64),
        }
    }
}

/// Label of a tick of time, in the largest unit in which it is short.
pub(super) fn tick_time(ns: u64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (86_400_000_000_000, "d"),
        (3_600_000_000_000, "h"),
        (60_000_000_000, "min"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
    ];
    if ns == 0 {
        return "0".to_owned();
    }
    for (at, (unit, name)) in UNITS.into_iter().enumerate() {
        if ns < unit {
            continue;
        }
        let (whole, rest) = (format::count(ns / unit), ns % unit);
        if rest == 0 {
            return format!("{whole} {name}");
        }
        // 2.5 s is shorter than 2,500 ms; an hour and a half is 1 h 30 min.
        if unit <= 1_000_000_000 && rest.is_multiple_of(unit / 100) {
            let hundredths = format!("{:02}", rest / (unit / 100));
            return format!("{whole}.{} {name}", hundredths.trim_end_matches('0'));
        }
        if let Some((next, next_name)) =
            UNITS.get(at + 1).filter(|(next, _)| *next >= 1_000_000_000)
            && rest.is_multiple_of(*next)
        {
            return format!("{whole} {name} {} {next_name}", rest / next);
        }
    }
    format!("{} ns", format::count(ns))
}

/// The least number of the form 1, 2 or 5 times a power of ten that is at least `least`, which is
/// above 0.
pub(super) fn round_up(least: f64) -> f64 {
    let text = format!("{least:e}");
    let exponent = text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok());
    let exponent: i32 = exponent.unwrap_or(0);
    // Parsing the text gives the exact power of ten.
    let of = |digit: u32, exponent: i32| format!("{digit}e{exponent}").parse().unwrap_or(f64::MAX);
    let steps = [of(1, exponent), of(2, exponent), of(5, exponent), of(1, exponent + 1)];
    steps.into_iter().find(|step| *step >= least).unwrap_or(f64::MAX).min(f64::MAX)
}

/// `k` times a round number, exact in decimal: three times 0.1 is 0.3.
fn times(k: u32, step: f64) -> f64 {
    let text = format!("{step:e}");
    let exact = text.split_once('e').and_then(|(digits, exponent)| {
        let digits: u32 = digits.parse().ok()?;
        format!("{}e{exponent}", digits.checked_mul(k)?).parse().ok()
    });
    exact.unwrap_or(f64::from(k) * step).min(f64::MAX)
}

impl Axis {
    /// A linear axis from 0 to a round value at or above `most`, with about `ticks` ticks.
    pub(super) fn linear(most: f64, ticks: u32, measure: Measure) -> Self {
        let most = if most > 0.0 && most.is_finite() { most } else { 1.0 };
        let step = match measure {
            Measure::Number => round_up(most / f64::from(ticks)),
            Measure::Time => round_time(most / f64::from(ticks)),
        };
        let steps = (most / step).ceil().max(1.0);
        let at = |k: u32| (times(k, step), measure.tick(times(k, step)));
        let ticks = (0..=steps as u32).map(at).collect();
        Self { log: false, zero: 0.0, low: 0.0, high: times(steps as u32, step), ticks }
    }

    /// An axis of time from 0 to exactly `end`, with about `ticks` ticks.
    pub(super) fn time(end: u64, ticks: u32) -> Self {
        let step = round_time((end.max(1) as f64) / f64::from(ticks)) as u64;
        let step = step.max(1);
        let at = |k: u64| k.checked_mul(step).filter(|ns| *ns <= end.max(1));
        let ticks = (0..).map_while(at).map(|ns| (ns as f64, tick_time(ns))).collect();
        Self { log: false, zero: 0.0, low: 0.0, high: end.max(1) as f64, ticks }
    }

    /// A logarithmic axis around `least` and `most`, which are above 0.
    pub(super) fn log(least: f64, most: f64, measure: Measure) -> Self {
        let (least, most) = (least.max(1e-9), most.max(least).max(1e-9));
        let high = round_up(most);
        let decade = |value: f64| {
            let text = format!("{value:e}");
            let exponent: i32 = text.split_once('e').map_or(0, |(_, e)| e.parse().unwrap_or(0));
            exponent
        };
        let (from, to) = (decade(least), decade(high));
        let all = (from..=to).flat_map(|exponent| [1, 2, 5].map(|digit| (digit, exponent)));
        let value = |(digit, exponent): (u32, i32)| {
            let value: f64 = format!("{digit}e{exponent}").parse().unwrap_or(f64::MAX);
            (value, digit)
        };
        let all: Vec<(f64, u32)> = all.map(value).collect();
        let low = all.iter().map(|(value, _)| *value).rfind(|value| *value <= least);
        let low = low.unwrap_or(least);
        // A single value would make an axis of no length.
        let (low, high) = if low < high { (low, high) } else { (low, round_up(high * 1.5)) };
        let within = |value: f64| (low..=high).contains(&value);
        let few = all.iter().filter(|(value, _)| within(*value)).count() <= 6;
        let shown = |&(value, digit): &(f64, u32)| within(value) && (few || digit == 1);
        let ticks: Vec<f64> = all.into_iter().filter(shown).map(|(value, _)| value).collect();
        let thin = ticks.len().div_ceil(6).max(1);
        let ticks = ticks.into_iter().step_by(thin);
        let ticks = ticks.map(|value| (value, measure.tick(value))).collect();
        Self { log: true, zero: 0.0, low, high, ticks }
    }

    /// The axis with room for zero at its beginning.
    pub(super) fn with_zero(mut self) -> Self {
        self.zero = 0.18;
        self.ticks.insert(0, (0.0, "0".to_owned()));
        self
    }

    /// Largest value of the axis.
    pub(super) const fn most(&self) -> f64 {
        self.high
    }

    /// Position of `value`, from 0 at the beginning to 1 at the end; values outside are clamped.
    pub(super) fn at(&self, value: f64) -> f64 {
        let at = match self.log {
            false => (value - self.low) / (self.high - self.low),
            true if value <= 0.0 => 0.0,
            true => {
                let at = fpmath::ln(value / self.low) / fpmath::ln(self.high / self.low);
                self.zero + (1.0 - self.zero) * at.max(0.0)
            }
        };
        if at.is_nan() { 0.0 } else { at.clamp(0.0, 1.0) }
    }
}

/// The least time that is round on a clock and at least `least` nanoseconds.
fn round_time(least: f64) -> f64 {
    const S: f64 = 1e9;
    const LONG: [f64; 15] = [
        15.0 * S,
        30.0 * S,
        60.0 * S,
        120.0 * S,
        300.0 * S,
        600.0 * S,
        900.0 * S,
        1_800.0 * S,
        3_600.0 * S,
        7_200.0 * S,
        10_800.0 * S,
        21_600.0 * S,
        43_200.0 * S,
        86_400.0 * S,
        172_800.0 * S,
    ];
    if least <= 10.0 * S {
        return round_up(least.max(1.0));
    }
    match LONG.iter().find(|step| **step >= least) {
        Some(step) => *step,
        None => 86_400.0 * S * round_up(least / (86_400.0 * S)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, words)| words.as_str()).collect()
    }

    #[test]
    fn ticks_are_one_two_or_five_of_a_unit() {
        for (value, step) in [(0.7, 1.0), (1.0, 1.0), (1.1, 2.0), (3.0, 5.0), (5.1, 10.0)] {
            assert_eq!(round_up(value), step, "{value}");
        }
        assert_eq!(round_up(2.3e-4), 5e-4);
        assert_eq!(round_up(f64::MAX), f64::MAX);
        assert_eq!(words(&Axis::linear(1_650.0, 3, Measure::Number)), ["0", "1,000", "2,000"]);
        assert_eq!(words(&Axis::linear(0.29, 3, Measure::Number)), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(words(&Axis::linear(0.0, 3, Measure::Number)).len(), 3);
        assert_eq!(words(&Axis::linear(6e11, 2, Measure::Number)), ["0", "5e11", "1e12"]);
        assert_eq!(words(&Axis::linear(1.04e9, 3, Measure::Time)), ["0", "500 ms", "1 s", "1.5 s"]);
    }

    #[test]
    fn ticks_of_time_are_round_on_a_clock() {
        let labels = |end| {
            let axis = Axis::time(end, 6);
            axis.ticks.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(0), "0 1 ns");
        assert_eq!(labels(7), "0 2 ns 4 ns 6 ns");
        assert_eq!(labels(1_540_000_000), "0 500 ms 1 s 1.5 s");
        assert_eq!(labels(90_000_000_000), "0 15 s 30 s 45 s 1 min 1 min 15 s 1 min 30 s");
        assert_eq!(labels(7_200_000_000_000), "0 30 min 1 h 1 h 30 min 2 h");
        assert_eq!(labels(864_000_000_000_000), "0 2 d 4 d 6 d 8 d 10 d");
        assert!(labels(u64::MAX).ends_with(" d"), "{}", labels(u64::MAX));
    }

    #[test]
    fn logarithms_have_a_tick_a_decade_or_three() {
        let axis = Axis::log(11e6, 464e6, Measure::Time);
        assert_eq!(words(&axis), ["10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms"]);
        assert_eq!((axis.at(10e6), axis.at(500e6), axis.at(0.0)), (0.0, 1.0, 0.0));
        let wide = Axis::log(1.0, u64::MAX as f64, Measure::Time);
        assert!(words(&wide).len() <= 6, "{:?}", words(&wide));
        let single = Axis::log(1e6, 1e6, Measure::Time);
        assert_eq!(words(&single), ["1 ms", "2 ms"]);
        assert!((single.at(1e6), single.at(2e6)) == (0.0, 1.0));
    }
}
