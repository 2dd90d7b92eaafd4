//! A pool: named permits that several policies share.
//!
//! The permits are threads of a host or connections of a client. A call that passes a `Pool` layer
//! takes one and keeps it until the call is over, with all calls that a service makes in turn.
//! Calls of all policies stand in one line, in the order of their arrival, so one slow callee can
//! take every permit and starve the others; a bulkhead around each of them prevents that. The
//! machine is that of a bulkhead ([`Permits`], with the drawing of its states), which has one seat.

pub mod spec;

use super::bulkhead::Permits;
use super::bulkhead::supply::Fixed;

/// The permits of several seats.
pub type Pool = Permits<Fixed<true>>;
