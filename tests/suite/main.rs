//! One integration binary, so that the library is linked once.

mod samplers;
