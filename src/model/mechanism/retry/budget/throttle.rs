//! Retries while few attempts fail: gRPC's `retryThrottling`.
//!
//! A failure takes a token, a success gives a part of one back, and there are retries while more
//! than half of the tokens are left. It is a switch on the ratio of failures: if that is above
//! `r / (1 + r)`, where `r` is the token ratio, the tokens run down to the half; below, they fill
//! up. Sources: gRPC proposal A6, grpc-go `clientconn.go` (`retryThrottler`).

/// The tokens of a throttle.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    tokens: f64,
    most: f64,
    ratio: f64,
}

impl Throttle {
    /// A full throttle of `most` tokens, to which each success adds `ratio`.
    #[must_use]
    pub const fn new(most: f64, ratio: f64) -> Self {
        Self { tokens: most, most, ratio }
    }

    /// Takes a token for a failure; true if a retry may follow. The last failure of a call costs
    /// one as well.
    #[inline]
    pub(super) fn fail(&mut self) -> bool {
        self.tokens = (self.tokens - 1.0).max(0.0);
        self.is_open()
    }

    /// True while more than half of the tokens are left.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.tokens > self.most / 2.0
    }

    #[inline]
    pub(super) fn succeed(&mut self) {
        self.tokens = (self.tokens + self.ratio).min(self.most);
    }
}
