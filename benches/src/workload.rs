//! The four workloads: how large they are, and which answers of both sides must agree.

use std::fmt;

use serde_json::Value;

/// One of the scenarios in `benches/scenarios/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Workload {
    W1,
    W2,
    W3,
    W4,
}

/// A number that both sides compute: its name on the floor, where dessim's result has it, and by
/// how much, relatively, two independent runs may differ (about five standard errors).
pub struct Answer {
    pub floor: &'static str,
    pub pointer: &'static str,
    pub tolerance: f64,
}

const fn answer(floor: &'static str, pointer: &'static str, tolerance: f64) -> Answer {
    Answer { floor, pointer, tolerance }
}

impl Workload {
    pub const ALL: [Self; 4] = [Self::W1, Self::W2, Self::W3, Self::W4];

    /// Its file, below `benches/scenarios/`.
    pub fn file(self) -> String {
        format!("{self}.ron")
    }

    /// Requests, as the scenario says.
    pub fn requests(self) -> u64 {
        match self {
            Self::W1 => 1_000_000,
            _ => 2_000_000,
        }
    }

    /// What must agree. Quantities of single rare episodes, as a breaker's openings, are left out.
    pub fn answers(self) -> &'static [Answer] {
        match self {
            Self::W1 => {
                &const {
                    [
                        answer("served", "/requests/succeeded", 0.0),
                        answer("mean_sojourn_ns", "/latency/end_to_end/mean_ns", 0.07),
                    ]
                }
            }
            Self::W2 => {
                &const {
                    [
                        answer("calls", "/requests/offered", 0.001),
                        answer("timeouts", "/attempts/timeouts", 0.06),
                        answer("mean_wait_ns", "/latency/outcome/mean_ns", 0.005),
                    ]
                }
            }
            Self::W3 => {
                &const {
                    [
                        answer("succeeded", "/requests/succeeded", 0.005),
                        answer("retries", "/attempts/retries", 0.03),
                        answer("end_to_end_p50_ns", "/latency/end_to_end/p50_ns", 0.005),
                        answer("end_to_end_p99_ns", "/latency/end_to_end/p99_ns", 0.02),
                    ]
                }
            }
            Self::W4 => {
                &const {
                    [
                        answer("succeeded", "/requests/succeeded", 0.001),
                        answer("redelivered", "/attempts/retries", 0.03),
                        answer("processing_p50_ns", "/latency/processing/p50_ns", 0.005),
                        answer("end_to_end_p99_ns", "/latency/end_to_end/p99_ns", 0.02),
                    ]
                }
            }
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::W1 => "w1",
            Self::W2 => "w2",
            Self::W3 => "w3",
            Self::W4 => "w4",
        })
    }
}

impl Answer {
    /// A line that shows both sides, and whether they agree.
    pub fn compare(&self, floor: &Value, dessim: &Value) -> (String, bool) {
        let theirs = floor.get(self.floor).and_then(Value::as_f64);
        let ours = dessim.pointer(&format!("/arms/main{}", self.pointer)).and_then(Value::as_f64);
        let (Some(theirs), Some(ours)) = (theirs, ours) else {
            return (format!("{} is missing", self.floor), false);
        };
        let agrees = (ours - theirs).abs() <= self.tolerance * theirs.abs();
        let verdict = if agrees { "" } else { "  DIFFERS" };
        let name = self.floor;
        (format!("{name:<20} {ours:>14.0} {theirs:>14.0}{verdict}"), agrees)
    }
}
