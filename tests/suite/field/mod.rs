//! Cases from the field: real configurations and disputes, each with its right answer.

mod explain;
