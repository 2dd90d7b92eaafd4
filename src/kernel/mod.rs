//! The simulation kernel: virtual time, values with units, the calendar of events, keyed random
//! draws, distributions and the loop that joins them.
//!
//! It refuses to know the model: no request, service or queue has a name here.

pub mod calendar;
pub mod distribution;
pub mod draw;
pub mod fpmath;
pub mod limits;
pub mod simulation;
pub mod time;
pub mod units;
pub mod zipf;
