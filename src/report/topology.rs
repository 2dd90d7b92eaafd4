//! The topology of an arm as plain data, independent of the model.
//!
//! The code that knows the scenario makes it; the code that draws it knows no layers or components.

/// A directed graph along whose links requests and messages go. It may have cycles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// Nodes in any order.
    pub nodes: Vec<Node>,
    /// Links between nodes.
    pub links: Vec<Link>,
}

/// A node: a load, a service, a queue, a group of consumers, or another component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Kind: "load", "service".
    pub kind: String,
    /// Name.
    pub name: String,
    /// Settings, one line each: "slots 20".
    pub settings: Vec<String>,
    /// Layers of the policy of its calls, outermost first.
    pub layers: Vec<Chip>,
    /// Results, one line each: "busy most 16".
    pub numbers: Vec<String>,
    /// Faults, one line each: "Slowed, 1 s to 2 s".
    pub faults: Vec<String>,
}

/// A layer of a policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chip {
    /// Kind of the layer: "retry".
    pub label: String,
    /// Settings in a few words: "max retries 3, backoff exponential".
    pub setting: String,
    /// Results: "118 retries".
    pub numbers: String,
    /// Name and all settings.
    pub all: String,
}

/// A link from one node to another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// Index of the first node.
    pub from: usize,
    /// Index of the second node.
    pub to: usize,
    /// Traffic, one line each, the most important first: "458 attempts".
    pub flow: Vec<String>,
    /// Failures on the link: "23.6 % failed"; empty without any.
    pub trouble: String,
    /// Amount of traffic; the thickness of a link is its share of the largest weight.
    pub weight: u64,
}
