//! Sweeps: many settings and seeds of one scenario, on one machine or many.
//!
//! A [`Plan`] is a pure function of study and scenario: an ordered list of cells, each a setting
//! and a seed, computed from its index on demand. Running a cell is a pure function of the plan and
//! its index. So any machine may run any cells, in any order and any number of times.

mod axis;
mod columns;
mod design;
pub mod looped;
mod plan;
mod run;
mod sobol;

pub use plan::{MANY_CELLS, MOST_CELLS, PLAN_SCHEMA, Plan, PlanError};
pub use run::run;
