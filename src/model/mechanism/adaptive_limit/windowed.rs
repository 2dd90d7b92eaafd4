//! Samples of a window taken as one, as `WindowedLimit.java` of concurrency-limits 0.5.4 does.
//!
//! A window ends with the first sample whose call ends after its end, which still belongs to it.
//! One with too few samples is thrown away and not extended, so a client below ten calls a second
//! never adapts.

use super::algorithm::{Netflix, Sample};
use crate::kernel::time::{Duration, Instant};

/// A limit that takes the samples of a window as one.
#[derive(Clone, Copy, Debug)]
pub struct Windowed {
    pub(super) of: Netflix,
    settings: WindowSettings,
    /// The window that is open ends with the first call that ends after this.
    end: Instant,
    window: Window,
}

/// The settings of windows.
#[derive(Clone, Copy, Debug)]
pub struct WindowSettings {
    /// Shortest and longest window, between which it is twice the best time of the one before.
    pub length: (Duration, Duration),
    /// Samples below which a window is thrown away.
    pub samples: u32,
    /// Times below this are no samples.
    pub shortest: Duration,
}

/// The samples of a window (`ImmutableAverageSampleWindow.java`).
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    count: u32,
    sum_ns: u64,
    best: Option<Duration>,
    inflight: u32,
    dropped: bool,
}

impl Windowed {
    /// Windows of samples for a limit.
    #[must_use]
    pub fn new(of: Netflix, settings: WindowSettings) -> Self {
        Self { of, settings, end: Instant::ZERO, window: Window::default() }
    }

    pub(super) fn record(&mut self, sample: Sample) {
        if sample.rtt < self.settings.shortest {
            return;
        }
        let window = &mut self.window;
        window.count = window.count.saturating_add(1);
        window.sum_ns = window.sum_ns.saturating_add(sample.rtt.as_ns());
        let best = window.best.map_or(sample.rtt, |best| best.min(sample.rtt));
        window.best = Some(best);
        window.inflight = window.inflight.max(sample.inflight);
        window.dropped |= sample.dropped;
        let now = sample.start.saturating_add(sample.rtt);
        if now <= self.end {
            return;
        }
        let Window { count, sum_ns, inflight, dropped, .. } = std::mem::take(&mut self.window);
        let (shortest, longest) = self.settings.length;
        let twice = Duration::from_ns(best.as_ns().saturating_mul(2));
        self.end = now.saturating_add(twice.max(shortest).min(longest));
        if count >= self.settings.samples {
            let rtt = Duration::from_ns(sum_ns / u64::from(count));
            self.of.record(Sample { start: sample.start, rtt, inflight, dropped });
        }
    }
}
