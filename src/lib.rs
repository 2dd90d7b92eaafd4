//! A deterministic discrete-event simulator of how retries turn a hiccup into a failure cascade.
//!
//! A scenario states load, services, queues and policies; a run plays it on a virtual clock. The
//! same scenario and seed give the same result on every machine, so an outcome can be pinned:
//!
//! ```
//! let file = dessim::ScenarioFile::from_bytes(
//!     "patient",
//!     br#"Scenario(
//!         schema: 1,
//!         load: { "clients": Load(arrivals: Constant(rate: "100/s"), total: 50) },
//!         services: { "db": Service(time: Constant("5ms"), slots: 1) },
//!         calls: { "clients": Call(to: "db", policy: [Timeout("20ms")]) },
//!     )"#,
//! )?;
//! let result = dessim::run(&file)?;
//! assert_eq!(result.arms["main"].requests.succeeded, 50);
//! assert!(dessim::snapshot(&result).contains("patient, seed 1: "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In a test suite, `load` takes a file and insta keeps the snapshot, in the same file that
//! `dessim test` compares with:
//!
//! ```ignore
//! let file = dessim::load("scenarios/burst.ron")?;
//! insta::assert_snapshot!("burst", dessim::snapshot(&dessim::run(&file)?));
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
pub use api::{LoadError, load};
pub use api::{Scenario, ScenarioFile, run, snapshot};
