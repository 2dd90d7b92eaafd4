//! A deterministic discrete-event simulator of how retries turn a hiccup into a failure cascade.
//!
//! A scenario states load, services, queues and policies; a run plays it on a virtual clock. The
//! same scenario and seed give the same result on every machine, so an outcome can be pinned:
//!
//! ```
//! let scenario = dessim::Scenario::from_bytes(
//!     "patient",
//!     br#"Scenario(
//!         schema: 1,
//!         load: { "clients": Load(arrivals: Constant(rate: "100/s"), total: 50) },
//!         services: { "db": Service(time: Constant("5ms"), slots: 1) },
//!         calls: { "clients": Call(to: "db", policy: [Timeout("20ms")]) },
//!     )"#,
//! )?;
//! let result = scenario.seed(7).run();
//! assert_eq!(result.arms["main"].requests.succeeded, 50);
//! assert!(result.snapshot().contains("patient, seed 7, "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In a test suite, `Scenario::from_path` takes a file and insta keeps the snapshot, in the same
//! file that `dessim test` compares with:
//!
//! ```ignore
//! let result = dessim::Scenario::from_path("scenarios/burst.ron")?.run();
//! insta::assert_snapshot!("burst", result.snapshot());
//! ```

mod api;
pub mod experiment;
pub mod kernel;
pub mod metrics;
pub mod model;
pub mod report;
pub mod scenario;
pub mod statistics;

#[cfg(feature = "cli")]
pub use api::LoadError;
pub use api::{Scenario, ScenarioFile};
