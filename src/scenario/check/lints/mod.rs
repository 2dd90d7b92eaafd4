//! The list of all lints, each with its name, its reason and an example.
//!
//! Lints of a mechanism are beside it (`model/mechanism/`); those about a scenario as a whole are
//! here.

mod writing;

use std::sync::LazyLock;

use super::Checker;
use crate::model::mechanism::DECLARATIONS;
use crate::model::spec::distribution::ALWAYS_ZERO;
use crate::scenario::conform::{did_you_mean, list_of};
use crate::scenario::path::{Path, Segment};
use crate::scenario::problem::{Problem, printable};

pub use crate::model::spec::lint::{Group, Lint};
pub(super) use writing::{BINS_MERGED, EVENT_AFTER_FAULT, NEVER_REACHED};

/// All lints, by group and name.
pub static LINTS: LazyLock<Vec<&'static Lint>> = LazyLock::new(|| {
    let of_mechanisms = DECLARATIONS.iter().flat_map(|declaration| declaration.lints);
    let mut lints: Vec<&Lint> = of_mechanisms.chain(writing::LINTS).copied().collect();
    lints.push(&ALWAYS_ZERO);
    lints.sort_by_key(|lint| (lint.group, lint.name));
    lints
});

/// The lint of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.name == name).copied()
}

impl Checker<'_> {
    /// Checks that the names in `allow` are those of lints.
    pub(super) fn allowances(&mut self) {
        let root = Path::root();
        let arms = self.scenario.arms.iter();
        let arms = arms.map(|(name, arm)| (root.field("arms").key(name), &arm.allow));
        for (at, allow) in arms.chain([(root.clone(), &self.scenario.allow)]) {
            for (index, name) in allow.iter().enumerate().filter(|(_, name)| find(name).is_none()) {
                let path = at.field("allow").index(index);
                let names = || LINTS.iter().map(|lint| lint.name);
                let hint = match did_you_mean(name, names()) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => format!("the lints are {}", list_of(names())),
                };
                let rule = format!("unknown lint \"{}\"", printable(name));
                self.add(Problem::error(&path, rule, "no lint has this name").hint(hint));
            }
        }
    }

    /// True if the scenario allows the warning, as a whole or in the arm where it is written.
    pub(super) fn allows(&self, problem: &Problem) -> bool {
        let Some(lint) = problem.lint else { return false };
        let arm = match problem.path.segments() {
            [Segment::Field(arms), Segment::Key(arm), ..] if arms == "arms" => {
                self.scenario.arms.get(arm)
            }
            _ => None,
        };
        let allowed = |allow: &[String]| allow.iter().any(|name| name == lint);
        allowed(&self.scenario.allow) || arm.is_some_and(|arm| allowed(&arm.allow))
    }
}

#[cfg(test)]
mod tests;
