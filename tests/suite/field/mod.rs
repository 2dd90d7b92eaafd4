//! Cases from the field: configurations that a sentence, a number or a warning was once wrong about.

mod verdict;
