//! Configurations and incidents from the field, with the answers that are right.

mod check;
