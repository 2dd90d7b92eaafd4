//! Views of the arms: the common entries, with those of the arm added or in their place.

use std::collections::BTreeMap;

use crate::scenario::arms::ONLY_ARM;
use crate::scenario::path::Path;
use crate::scenario::schema::{Arm, Call, Consumer, Fault, Pool, Queue, Scenario, Service};

/// Entries by name, each with its path.
pub(crate) type Visible<'a, T> = BTreeMap<&'a str, (Path, &'a T)>;

/// A complete arm.
#[derive(Debug)]
pub(crate) struct View<'a> {
    /// Name of the arm; "main" if the scenario has none.
    pub(crate) name: &'a str,
    /// Path of the arm, if it is written.
    pub(crate) arm: Option<Path>,
    pub(crate) services: Visible<'a, Service>,
    pub(crate) pools: Visible<'a, Pool>,
    pub(crate) queues: Visible<'a, Queue>,
    pub(crate) consumers: Visible<'a, Consumer>,
    pub(crate) calls: Visible<'a, Call>,
    pub(crate) publishes: Visible<'a, String>,
    pub(crate) faults: Visible<'a, Fault>,
}

impl View<'_> {
    /// " in arm "rpc"", or an empty text if there is only one arm.
    pub(crate) fn within(&self) -> String {
        match self.arm {
            Some(_) => format!(" in arm \"{}\"", super::super::problem::printable(self.name)),
            None => String::new(),
        }
    }
}

/// All arms, by name.
pub(crate) fn views(scenario: &Scenario) -> Vec<View<'_>> {
    if scenario.arms.is_empty() {
        return vec![view(scenario, ONLY_ARM, None)];
    }
    let arms = scenario.arms.iter();
    arms.map(|(name, arm)| view(scenario, name, Some(arm))).collect()
}

fn view<'a>(scenario: &'a Scenario, name: &'a str, arm: Option<&'a Arm>) -> View<'a> {
    let root = Path::root();
    let at = root.field("arms").key(name);
    let mut view = View {
        name,
        arm: arm.map(|_| at.clone()),
        services: BTreeMap::new(),
        pools: BTreeMap::new(),
        queues: BTreeMap::new(),
        consumers: BTreeMap::new(),
        calls: BTreeMap::new(),
        publishes: BTreeMap::new(),
        faults: BTreeMap::new(),
    };
    put(&mut view.services, &root.field("services"), &scenario.services);
    put(&mut view.pools, &root.field("pools"), &scenario.pools);
    put(&mut view.queues, &root.field("queues"), &scenario.queues);
    put(&mut view.consumers, &root.field("consumers"), &scenario.consumers);
    put(&mut view.calls, &root.field("calls"), &scenario.calls);
    put(&mut view.publishes, &root.field("publishes"), &scenario.publishes);
    put(&mut view.faults, &root.field("faults"), &scenario.faults);
    if let Some(arm) = arm {
        put(&mut view.services, &at.field("services"), &arm.services);
        put(&mut view.pools, &at.field("pools"), &arm.pools);
        put(&mut view.queues, &at.field("queues"), &arm.queues);
        put(&mut view.consumers, &at.field("consumers"), &arm.consumers);
        put(&mut view.faults, &at.field("faults"), &arm.faults);
        // A route replaces the common route of its load, of either kind.
        view.calls.retain(|load, _| !arm.publishes.contains_key(*load));
        view.publishes.retain(|load, _| !arm.calls.contains_key(*load));
        put(&mut view.calls, &at.field("calls"), &arm.calls);
        put(&mut view.publishes, &at.field("publishes"), &arm.publishes);
    }
    view
}

fn put<'a, T>(into: &mut Visible<'a, T>, at: &Path, from: &'a BTreeMap<String, T>) {
    for (name, entry) in from {
        into.insert(name, (at.key(name), entry));
    }
}
