//! Facts about a scenario that a page shows beside the result, as plain data, so that rendering
//! does not depend on scenarios.

use std::collections::BTreeMap;

/// Facts about the scenario of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// The `about` of the scenario, perhaps empty.
    pub about: String,
    /// End of the warm-up; earlier arrivals are not counted.
    pub warm_up_ns: u64,
    /// Facts about the arms, by name.
    pub arms: BTreeMap<String, ArmSetting>,
}

/// Facts about an arm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArmSetting {
    /// The `about` of the arm, perhaps empty.
    pub about: String,
    /// Faults, in the order in which they begin.
    pub troubles: Vec<Trouble>,
}

/// A fault in [from, until).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Name of the fault.
    pub name: String,
    /// Component that the fault hits.
    pub component: String,
    /// Effect, in a few words.
    pub words: String,
    /// Its first instant.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
}
