//! What a page tells of a scenario beyond the result of its run, as plain data.
//!
//! Whoever knows scenarios fills it; whoever draws it does not have to know any.

use std::collections::BTreeMap;

/// What a run was about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// What the scenario says about itself, perhaps nothing.
    pub about: String,
    /// Until then, what arrives is not counted.
    pub warm_up_ns: u64,
    /// Its arms by name.
    pub arms: BTreeMap<String, ArmSetting>,
}

/// What an arm was about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArmSetting {
    /// What the arm says about itself, perhaps nothing.
    pub about: String,
    /// What goes wrong from outside, by the instants at which it begins.
    pub troubles: Vec<Trouble>,
}

/// Something that goes wrong from outside, in [from, until).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its name.
    pub name: String,
    /// What it meets.
    pub component: String,
    /// What it does, in a few words.
    pub words: String,
    /// Its first instant.
    pub from_ns: u64,
    /// The first instant after it.
    pub until_ns: u64,
}
