//! A pool: permits with a name of their own, which several policies share.
//!
//! Threads of a host, connections of a client: whoever passes a `Pool` layer takes a permit and
//! keeps it while what is inside lasts, calls that a service makes in turn included. Calls of all
//! policies stand in one line, in the order of their arrival, so that one slow callee can take
//! every permit and starve the others: what a bulkhead around each of them prevents. Its machine
//! is that of a bulkhead ([`Permits`], with the drawing of its states), which has one seat.

pub mod spec;

use super::bulkhead::Permits;

/// The permits of several seats.
pub type Pool = Permits<true>;
