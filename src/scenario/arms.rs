//! The arms of a scenario, each with the common entries folded in.

use std::collections::BTreeMap;

use super::check::arms::{View, Visible, views};
use super::schema::{Arm, Scenario};

/// Name of the arm of a scenario without `arms`.
pub const ONLY_ARM: &str = "main";

/// Every complete arm by name: its own entries, and the common ones that they do not replace.
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
