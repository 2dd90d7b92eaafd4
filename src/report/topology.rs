//! What an arm is made of, as plain data: what a drawing of it needs, and nothing of the model.
//!
//! Whoever knows the scenario fills it in; whoever draws it knows neither layers nor components.

/// A directed graph: requests and messages go along its links. It may have cycles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// Its nodes, in any order.
    pub nodes: Vec<Node>,
    /// What goes from one to another.
    pub links: Vec<Link>,
}

/// A load, a service, a queue, a group of consumers, or whatever else there will be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// What it is: "load", "service".
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How it is set, a line each: "slots 20".
    pub settings: Vec<String>,
    /// The layers that what leaves it goes through, outermost first.
    pub layers: Vec<Chip>,
    /// What it did, a line each: "busy most 16".
    pub numbers: Vec<String>,
    /// What is done to it, a line each: "Slowed, 1 s to 2 s".
    pub faults: Vec<String>,
}

/// A layer of a policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chip {
    /// What it is: "retry".
    pub label: String,
    /// How it is set, in a few words: "max retries 3, backoff exponential".
    pub setting: String,
    /// What it did: "118 retries".
    pub numbers: String,
    /// Its name and all of its settings.
    pub all: String,
}

/// A way from one node to another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// Index of the node that it leaves.
    pub from: usize,
    /// Index of the node that it leads to.
    pub to: usize,
    /// What went along it, a line each: "458 attempts", the most important first.
    pub flow: Vec<String>,
    /// What went wrong there: "23.6 % failed"; empty if nothing did.
    pub trouble: String,
    /// How much went along it: links are as thick as their parts of the largest.
    pub weight: u64,
}
