//! The topology of an arm: its components from the scenario, its traffic from the result.
//!
//! Layers, arrivals and effects are read from their serialised form, so a new one of the language
//! is drawn without a change here.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::model::mechanism::balancer::spec::Senders;
use crate::report::figure::Band;
use crate::report::result::{ArmResult, Component, Metric};
use crate::report::text::format;
use crate::report::topology::{Chip, Link, Node, Topology};
use crate::scenario::handlers::calls_of;
use crate::scenario::names::{balancer_name, layer_names};
use crate::scenario::pipelines::edge_name;
use crate::scenario::schema::{Arm, Fault, Layer, Pool, Scenario};

/// Settings that a label shows; the rest shows on hovering.
const MAIN_SETTINGS: usize = 2;
/// Numbers that a label shows.
const MAIN_NUMBERS: usize = 2;

/// The topology of a complete `arm` (of [`crate::scenario::arms::arms`]) with its results.
#[must_use]
pub fn topology(scenario: &Scenario, arm: &Arm, result: &ArmResult) -> Topology {
    let (topology, ids) = (Topology::default(), BTreeMap::new());
    let mut maker = Maker { result, pools: &arm.pools, topology, ids };
    for (name, load) in &scenario.load {
        let policy = arm.calls.get(name).map_or(&[][..], |call| &call.policy);
        let node = maker.node("load", name, settings(load), policy);
        if let Some(call) = arm.calls.get(name) {
            maker.balancer(node, arm, &call.to, call.senders());
        }
    }
    for (name, queue) in &arm.queues {
        maker.node("queue", name, settings(queue), &[]);
    }
    for (name, consumer) in &arm.consumers {
        let of_links = ["from", "to", "policy", "balancing", "max_repicks", "outlier_detection"];
        let mut set = settings(consumer);
        set.retain(|(field, _)| !of_links.contains(&field.as_str()));
        let node = maker.node("consumer", name, set, &consumer.policy);
        maker.balancer(node, arm, &consumer.to, consumer.senders());
    }
    for (name, service) in &arm.services {
        let mut set = settings(service);
        set.retain(|(field, _)| field != "handler" && field != "endpoints");
        let node = maker.node("service", name, set, &[]);
        for call in calls_of(service) {
            let policy = arm.calls.get(call).map_or(&[][..], |call| &call.policy);
            let names = layer_names(call, policy);
            let chips: Vec<Chip> = policy
                .iter()
                .zip(names)
                .map(|(layer, name)| maker.layer_chip(layer, &name))
                .collect();
            maker.topology.nodes[node].layers.extend(chips);
        }
        let of_this = arm.faults.iter().filter(|(_, fault)| fault.service == *name);
        let faults = of_this.map(|(name, fault)| {
            let [from, until] = [fault.from, fault.until].map(|at| format::time(at.as_ns()));
            format!("{name}: {}, {from} to {until}", effect(fault))
        });
        let faults = faults.collect();
        maker.topology.nodes[node].faults = faults;
    }
    maker.links(scenario, arm);
    maker.topology
}

/// The faults of an arm as bands, in the order of their beginnings.
#[must_use]
pub fn bands(arm: &Arm) -> Vec<Band> {
    let mut bands: Vec<Band> = arm.faults.iter().map(|(name, fault)| band(name, fault)).collect();
    bands.sort_by_key(|band| band.from_ns);
    bands
}

fn band(name: &str, fault: &Fault) -> Band {
    let (from_ns, until_ns) = (fault.from.as_ns(), fault.until.as_ns());
    Band { label: format!("{name}: {} {}", fault.service, effect(fault)), from_ns, until_ns }
}

/// The effect of a fault in a few words.
fn effect(fault: &Fault) -> String {
    let (effect, details) = variant(&value(&fault.effect));
    let mut parts = vec![effect];
    parts.extend(details.iter().map(|(field, value)| line(field, value)));
    parts.extend(fault.replica.map(|replica| format!("replica {replica}")));
    parts.extend(fault.zone.as_ref().map(|zone| format!("zone {zone}")));
    if fault.ratio.get() < 1.0 {
        parts.push(format!("{} of the attempts", format::percent(fault.ratio.get())));
    }
    parts.join(", ")
}

struct Maker<'a> {
    result: &'a ArmResult,
    pools: &'a BTreeMap<String, Pool>,
    topology: Topology,
    /// Indices of nodes by kind and name: names are unique only within a kind.
    ids: BTreeMap<(&'static str, &'a str), usize>,
}

impl<'a> Maker<'a> {
    fn node(
        &mut self,
        kind: &'static str,
        name: &'a str,
        settings: Settings,
        policy: &[Layer],
    ) -> usize {
        let id = self.topology.nodes.len();
        self.ids.insert((kind, name), id);
        let names = layer_names(name, policy);
        let component = self.component(kind, name);
        self.topology.nodes.push(Node {
            kind: kind.to_owned(),
            name: name.to_owned(),
            settings: settings.into_iter().map(|(field, value)| line(&field, &value)).collect(),
            layers: policy
                .iter()
                .zip(names)
                .map(|(layer, name)| self.layer_chip(layer, &name))
                .collect(),
            numbers: component.map(most).unwrap_or_default(),
            faults: Vec::new(),
        });
        id
    }

    /// Adds the balancer of several replicas behind the layers.
    fn balancer(&mut self, node: usize, arm: &Arm, to: &str, by: Senders<'_>) {
        if arm.services.get(to).is_some_and(|service| service.all_replicas() > 1) {
            let name = balancer_name(&self.topology.nodes[node].name);
            let mut more = Vec::new();
            if by.max_repicks > 0 {
                more.push(("max_repicks".to_owned(), by.max_repicks.to_string()));
            }
            more.extend(by.outlier_detection.map(settings).unwrap_or_default());
            let chip = self.chip(by.balancing, more, &name);
            self.topology.nodes[node].layers.push(chip);
        }
    }

    fn component(&self, kind: &str, name: &str) -> Option<&'a Component> {
        self.result.components.get(name).filter(|component| component.kind == kind)
    }

    /// A layer of a policy; one that refers to a pool shows the name and the settings of the pool.
    fn layer_chip(&self, layer: &Layer, name: &str) -> Chip {
        let Layer::Pool(pool) = layer else { return self.chip(layer, Vec::new(), name) };
        let more = self.pools.get(&pool.name).map(settings).unwrap_or_default();
        self.chip(layer, more, &pool.name)
    }

    fn chip(&self, shown: &impl Serialize, more: Settings, name: &str) -> Chip {
        let (label, mut fields) = variant(&value(shown));
        fields.extend(more);
        let lines: Vec<String> = fields.iter().map(|(field, value)| line(field, value)).collect();
        // Parts in brackets show on hovering only.
        let main = lines.iter().take(MAIN_SETTINGS);
        let main: Vec<&str> = main.filter_map(|line| line.split('(').next()).collect();
        let numbers = self.result.components.get(name).map(counts).unwrap_or_default();
        Chip {
            label,
            setting: main.join(", "),
            numbers: numbers.into_iter().take(MAIN_NUMBERS).collect::<Vec<_>>().join(", "),
            all: format!("{name}: {}", lines.join(", ")),
        }
    }

    fn links(&mut self, scenario: &'a Scenario, arm: &'a Arm) {
        for name in scenario.load.keys() {
            if let Some(call) = arm.calls.get(name) {
                self.sends(("load", name), name, &call.to);
            } else if let Some(queue) = arm.publishes.get(name) {
                self.publishes(scenario, arm, name, queue);
            }
        }
        for (name, service) in &arm.services {
            for call in calls_of(service) {
                if let Some(to) = arm.calls.get(call).map(|call| call.to.as_str()) {
                    self.sends(("service", name), call, to);
                }
            }
        }
        for (name, consumer) in &arm.consumers {
            self.link(("queue", &consumer.from), ("consumer", name), |maker| {
                let count = maker.count("consumer", name, "deliveries");
                (vec![format!("{} deliveries", format::count(count))], String::new(), count)
            });
            self.sends(("consumer", name), name, &consumer.to);
            if consumer.max_deliveries > 1 {
                self.link(("consumer", name), ("queue", &consumer.from), |maker| {
                    let count = maker.count("consumer", name, "redelivered");
                    (vec![format!("{} back", format::count(count))], String::new(), count)
                });
            }
        }
    }

    /// Adds the link of a call; its policy ends in an edge, which is a component of the result.
    fn sends(&mut self, from: (&'static str, &'a str), call: &str, service: &'a str) {
        self.link(from, ("service", service), |maker| {
            let edge = edge_name(call, service);
            let count = |metric| maker.count("edge", &edge, metric);
            let (attempts, failed) = (count("attempts"), count("failed"));
            let mut flow = vec![format!("{} attempts", format::count(attempts))];
            if count("retries") > 0 {
                flow.push(format!("{} retries", format::count(count("retries"))));
            }
            let component = maker.component("edge", &edge);
            if let Some(Metric::Number(Some(per))) =
                component.and_then(|edge| edge.get("amplification"))
                && per > 1.0
            {
                flow.push(format!("{} a call", format::number(per)));
            }
            let trouble = match failed {
                0 => String::new(),
                _ => format!("{} failed", format::share(failed, attempts)),
            };
            (flow, trouble, attempts)
        });
    }

    fn publishes(&mut self, scenario: &Scenario, arm: &Arm, load: &'a str, queue: &'a str) {
        let publishers = arm.publishes.values().filter(|other| *other == queue).count();
        self.link(("load", load), ("queue", queue), |maker| {
            let dropped = maker.count("queue", queue, "dropped");
            // The counts of a queue are totals over all its publishers.
            let alone = publishers == 1 && scenario.load.len() == 1;
            let count = if alone { maker.result.requests.offered } else { 0 };
            let flow = match alone {
                true => vec![format!("{} messages", format::count(count))],
                false => Vec::new(),
            };
            let trouble = match dropped {
                0 => String::new(),
                dropped if alone => format!("{} dropped", format::count(dropped)),
                _ => String::new(),
            };
            (flow, trouble, count)
        });
    }

    fn link(
        &mut self,
        from: (&'static str, &str),
        to: (&'static str, &str),
        flow: impl FnOnce(&Self) -> (Vec<String>, String, u64),
    ) {
        let (Some(&from), Some(&to)) = (self.ids.get(&from), self.ids.get(&to)) else { return };
        let (flow, trouble, weight) = flow(self);
        self.topology.links.push(Link { from, to, flow, trouble, weight });
    }

    fn count(&self, kind: &str, name: &str, metric: &str) -> u64 {
        match self.component(kind, name).and_then(|component| component.get(metric)) {
            Some(Metric::Count(count)) => count,
            _ => 0,
        }
    }
}

/// The counts of a component, without zeros.
fn counts(component: &Component) -> Vec<String> {
    let line = |&(name, metric): &(&str, Metric)| match metric {
        Metric::Count(count) if count > 0 => Some(
            at_most(component, name, count)
                .unwrap_or_else(|| format!("{} {}", format::count(count), spaced(name))),
        ),
        _ => None,
    };
    component.metrics.iter().filter_map(line).collect()
}

/// A maximum in words; `None` of a number that is none.
fn at_most(component: &Component, name: &str, count: u64) -> Option<String> {
    let what = component.quantity(name)?.most(name)?;
    Some(format!("{} {} at most", format::count(count), spaced(what)))
}

/// The maxima of a component, and its utilisation.
fn most(component: &Component) -> Vec<String> {
    let line = |&(name, metric): &(&str, Metric)| match metric {
        Metric::Count(count) if count > 0 => at_most(component, name, count),
        _ => None,
    };
    let mut lines: Vec<String> = component.metrics.iter().filter_map(line).collect();
    if let Some(Metric::Number(Some(ratio))) = component.get("utilisation") {
        lines.push(format!("{} used", format::percent(ratio)));
    }
    lines
}

/// Settings in the order of the language, without empty ones.
type Settings = Vec<(String, String)>;

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn settings(of: &impl Serialize) -> Settings {
    fields(&value(of))
}

/// A variant of the language: name in words, and settings.
fn variant(value: &Value) -> (String, Settings) {
    match value {
        Value::Object(map) if map.len() == 1 => {
            let (name, inside) = map.iter().next().map_or(("", &Value::Null), |(n, v)| (n, v));
            let inside = match inside {
                Value::Object(_) => fields(inside),
                other => vec![(String::new(), short(other))],
            };
            (lower(name), inside)
        }
        Value::String(name) => (lower(name), Vec::new()),
        other => (short(other), Vec::new()),
    }
}

fn fields(value: &Value) -> Settings {
    let Value::Object(map) = value else { return Vec::new() };
    let says = |(_, value): &(&String, &Value)| !is_nothing(value);
    map.iter().filter(says).map(|(field, value)| (field.clone(), short(value))).collect()
}

/// True for "none" and "no limit", which are not shown.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => ["None", "unlimited", "0s", ""].contains(&text.as_str()),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

/// A value in a few words: `uniform(8ms, 14ms)`, which needs no knowledge of the variant.
fn short(value: &Value) -> String {
    match value {
        // A variant without settings; durations and rates begin with a digit.
        Value::String(text) if text.starts_with(|c: char| c.is_ascii_uppercase()) => lower(text),
        Value::String(text) => text.clone(),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => format::count(whole),
            (None, Some(float)) if float.fract() == 0.0 && float < 1e15 => {
                format::count(float as u64)
            }
            _ => number.to_string(),
        },
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(values) => values.iter().map(short).collect::<Vec<_>>().join(" "),
        Value::Object(map) if map.len() == 1 => {
            let (name, inside) = variant(value);
            let inside: Vec<String> = inside.into_iter().map(|(_, value)| value).collect();
            format!("{name}({})", inside.join(", "))
        }
        Value::Object(map) => {
            let set = map.iter().filter(|(_, value)| !is_nothing(value));
            set.map(|(field, value)| line(field, &short(value))).collect::<Vec<_>>().join(", ")
        }
        Value::Null => String::new(),
    }
}

fn line(field: &str, value: &str) -> String {
    format!("{} {value}", spaced(field)).trim_start().to_owned()
}

fn spaced(field: &str) -> String {
    field.replace('_', " ")
}

/// `ClosedLoop` as `closed loop`.
fn lower(name: &str) -> String {
    let mut words = String::new();
    for (at, character) in name.chars().enumerate() {
        if at > 0 && character.is_uppercase() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}
