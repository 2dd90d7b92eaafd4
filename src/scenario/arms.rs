//! The arms of a scenario, each with what is common folded in.

use std::collections::BTreeMap;

use super::check::arms::{View, Visible, views};
use super::schema::{Arm, Scenario};

/// Name of the only arm of a scenario that names none.
pub const ONLY_ARM: &str = "main";

/// Every arm by name, complete: what it says replaces what is common, as the check sees it.
#[must_use]
pub fn arms(scenario: &Scenario) -> BTreeMap<String, Arm> {
    let complete = |view: View<'_>| {
        let arm = Arm {
            about: String::new(),
            services: own(&view.services),
            pools: own(&view.pools),
            queues: own(&view.queues),
            consumers: own(&view.consumers),
            calls: own(&view.calls),
            publishes: own(&view.publishes),
            faults: own(&view.faults),
            allow: Vec::new(),
        };
        (view.name.to_owned(), arm)
    };
    views(scenario).into_iter().map(complete).collect()
}

fn own<T: Clone>(visible: &Visible<'_, T>) -> BTreeMap<String, T> {
    let own = |(name, (_, value)): (&&str, &(_, &T))| ((*name).to_owned(), (*value).clone());
    visible.iter().map(own).collect()
}
