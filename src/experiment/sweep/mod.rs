//! Sweeps: many settings and seeds of one scenario, on one machine or many.
//!
//! A [`Plan`] is a pure function of study and scenario: an ordered list of cells, each a setting
//! and a seed, computed from its index when it is asked for. Running a cell is a pure function of
//! the plan and its index. So it makes no difference which machine runs which cells, in which
//! order, or how often.

mod axis;
mod columns;
mod design;
pub mod looped;
mod plan;
mod run;
mod sobol;

pub use plan::{MANY_CELLS, MOST_CELLS, PLAN_SCHEMA, Plan, PlanError};
pub use run::run;
