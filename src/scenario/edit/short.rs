//! Paths that begin with the name of a component in output: `rpc.clients.breaker.window`.
//!
//! A name is resolved in the text alone, because an assignment may correct an invalid scenario. It
//! means every definition of the component; after the name of an arm, the one that the arm uses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Place;
use super::steps::Step;
use super::walk::{Here, Stepped};
use crate::metrics::names::quoted;
use crate::model::mechanism::LAYERS;
use crate::scenario::arms::ONLY_ARM;
use crate::scenario::conform::{did_you_mean, list_of};
use crate::scenario::document::Document;
use crate::scenario::names::class_name;
use crate::scenario::path::{Path, Segment};
use crate::scenario::problem::{Problem, printable};
use crate::scenario::shape::{ROOT, SHAPES, Shape};
use crate::scenario::syntax::{Kind, Node, Span};

/// The maps of a scenario and of an arm whose keys are names of components. A route has the name of
/// its load.
const GROUPS: [&str; 7] = ["load", "services", "pools", "queues", "consumers", "calls", "faults"];

/// Most parts of a name between dots, since names have at most 200 bytes.
const MOST_PARTS: usize = 110;

/// Fields that a path may begin with instead.
static FIELDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let scenario = Shape::Named(ROOT.to_owned());
    SHAPES.fields(&scenario).unwrap_or_default().iter().map(|field| field.name.clone()).collect()
});

/// A definition of a component in the text.
struct Definition<'a> {
    /// Name in output: the key of the entry, or that and the kind of a layer.
    name: String,
    /// The map of the entry.
    group: &'static str,
    key: &'a str,
    /// Path below the entry: empty, a layer of its policy, or a class of its requests.
    inner: Vec<String>,
    /// Arm of the definition; `None` for a common one.
    arm: Option<&'a str>,
}

/// A reading of the first steps of a path.
struct Reading<'a> {
    definitions: Vec<&'a Definition<'a>>,
    /// Name, after that of the arm if the path begins with one.
    name: String,
    /// Number of steps of the name.
    steps: usize,
    /// True if the definition that the arm uses is shared with other arms.
    shared: bool,
}

impl Document {
    /// The places that a path means, at least one.
    pub(super) fn places(&self, steps: &[Step]) -> Result<Vec<Place<'_>>, Box<Problem>> {
        let long = Here::root(&self.tree.root).walk(steps);
        let first = &steps[0];
        let is_field = !first.quoted && FIELDS.contains(&first.text);
        if let (Ok(place), true) = (long, is_field) {
            return Ok(vec![place]);
        }
        let scope = Scope::new(&self.tree.root);
        let readings = scope.readings(steps);
        let mut found: Vec<(String, Vec<Place<'_>>)> = Vec::new();
        let mut refusals: Vec<Problem> = Vec::new();
        if scope.arms.contains(&first.text.as_str()) {
            let arms = Step { text: "arms".to_owned(), span: first.span.clone(), quoted: false };
            if let Ok(place) = Here::root(&self.tree.root).walk(&[&[arms], steps].concat()) {
                found.push((format!("arms.{}", first.text), vec![place]));
            }
        }
        for reading in &readings {
            match self.read(reading, steps) {
                Ok(places) => found.push((reading.describe(), places)),
                Err(problem) => refusals.push(*problem),
            }
        }
        match (found.len(), refusals.is_empty(), is_field) {
            (1, ..) => Ok(found.remove(0).1),
            (0, _, true) => Ok(vec![Here::root(&self.tree.root).walk(steps)?]),
            (0, true, false) => Err(Box::new(scope.unknown(steps))),
            (0, false, false) => Err(Box::new(scope.best(refusals, &readings, steps))),
            _ => {
                let span = first.span.start..steps.last().map_or(0, |step| step.span.end);
                let rule = "a path must have one meaning";
                let candidates: Vec<&str> = found.iter().map(|(way, _)| way.as_str()).collect();
                let problem = Problem::error(&Path::root(), rule, "this may mean several things");
                let hint = format!("it may begin {}", list_of(candidates));
                Err(Box::new(problem.at(span).hint(hint)))
            }
        }
    }

    /// Follows the rest of the steps from each definition that has them.
    fn read(&self, reading: &Reading<'_>, steps: &[Step]) -> Result<Vec<Place<'_>>, Box<Problem>> {
        let (name, rest) = steps.split_at(reading.steps);
        let span = name[0].span.start..name[name.len() - 1].span.end;
        let mut places = Vec::new();
        let mut refusal = None;
        for definition in &reading.definitions {
            let here = definition.here(&self.tree.root, &span)?;
            let path = Path::root().then(Segment::Component(reading.name.clone()));
            match (Here { path, ..here }).walk(rest) {
                Ok(place) => places.push(place),
                Err(problem) => refusal = refusal.or(Some(problem)),
            }
        }
        match refusal {
            Some(problem) if places.is_empty() => Err(problem),
            _ if reading.shared => Err(Box::new(reading.common(span))),
            _ => Ok(places),
        }
    }
}

impl Reading<'_> {
    /// The paths of the definitions, in words.
    fn describe(&self) -> String {
        let ways = self.definitions.iter().map(|of| of.way().join("."));
        ways.collect::<Vec<_>>().join(" and ")
    }

    fn common(&self, span: Span) -> Problem {
        let name = printable(&self.definitions[0].name);
        let rule = format!("`{name}` is common to several arms");
        let problem = Problem::error(&Path::root(), rule, "this arm has none of its own").at(span);
        problem.hint(format!("write `{name}` to set it for all of them"))
    }
}

impl Definition<'_> {
    /// The steps from the scenario to the definition.
    fn way(&self) -> Vec<String> {
        let mut way = self.arm.map_or_else(Vec::new, |arm| vec!["arms".to_owned(), arm.to_owned()]);
        way.extend([self.group.to_owned(), self.key.to_owned()]);
        way.extend(self.inner.iter().cloned());
        way
    }

    fn here<'a>(&self, root: &'a Node, span: &Span) -> Result<Here<'a>, Box<Problem>> {
        let mut here = Here::root(root);
        for text in self.way() {
            let step = Step { text, span: span.clone(), quoted: false };
            match here.step(&step)? {
                Stepped::To(next) => here = next,
                Stepped::Absent(..) => {
                    return Err(Box::new(Problem::error(&here.path, "is not there", "")));
                }
            }
        }
        Ok(here)
    }
}

/// The definitions of a scenario.
struct Scope<'a> {
    definitions: Vec<Definition<'a>>,
    /// Arms; the default one if none is named.
    arms: Vec<&'a str>,
    /// Loads that each arm publishes from, which have no call there.
    publishes: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Scope<'a> {
    fn new(root: &'a Node) -> Self {
        let mut scope =
            Self { definitions: Vec::new(), arms: Vec::new(), publishes: BTreeMap::new() };
        scope.add(root, None);
        for (arm, node) in entries(root, "arms") {
            scope.arms.push(arm);
            scope.add(node, Some(arm));
            let loads = entries(node, "publishes").map(|(load, _)| load).collect();
            scope.publishes.insert(arm, loads);
        }
        if scope.arms.is_empty() {
            scope.arms.push(ONLY_ARM);
        }
        scope
    }

    fn add(&mut self, node: &'a Node, arm: Option<&'a str>) {
        for group in GROUPS {
            for (key, value) in entries(node, group) {
                let mut define = |name: String, inner: Vec<String>| {
                    self.definitions.push(Definition { name, group, key, inner, arm });
                };
                define(key.to_owned(), Vec::new());
                for (layer, at) in layers(value) {
                    define(format!("{key}.{layer}"), vec!["policy".to_owned(), at.to_string()]);
                }
                for (class, _) in entries(value, "classes") {
                    define(class_name(key, class), vec!["classes".to_owned(), class.to_owned()]);
                }
            }
        }
    }

    /// True if the arm uses this definition: its own, or a common one that it does not replace.
    fn uses(&self, arm: &str, of: &Definition<'_>) -> bool {
        let replaces = |other: &Definition<'_>| {
            (other.arm, other.group, other.key) == (Some(arm), of.group, of.key)
        };
        match of.arm {
            Some(at) => at == arm,
            None => {
                let published = self.publishes.get(arm).is_some_and(|all| all.contains(&of.key));
                let is_published = of.group == "calls" && published;
                !is_published && !self.definitions.iter().any(replaces)
            }
        }
    }

    /// All readings of the first steps.
    fn readings(&self, steps: &[Step]) -> Vec<Reading<'_>> {
        let mut readings = Vec::new();
        for length in 0..steps.len().min(MOST_PARTS) {
            let arm = joined(&steps[..length]);
            if length > 0 && !self.arms.contains(&arm.as_str()) {
                continue;
            }
            for end in length + 1..=steps.len().min(length + MOST_PARTS) {
                let name = joined(&steps[length..end]);
                let mut groups: BTreeMap<(&str, bool), Vec<&Definition<'_>>> = BTreeMap::new();
                for of in self.definitions.iter().filter(|of| of.name == name) {
                    if length == 0 || self.uses(&arm, of) {
                        groups.entry((of.group, !of.inner.is_empty())).or_default().push(of);
                    }
                }
                for definitions in groups.into_values() {
                    let others = self.arms.iter().filter(|other| **other != arm);
                    let users = others.filter(|other| self.uses(other, definitions[0])).count();
                    let front = if length == 0 { String::new() } else { quoted(&arm) + "." };
                    let name = front + &quoted(&name);
                    let shared = length > 0 && users > 0;
                    readings.push(Reading { definitions, name, steps: end, shared });
                }
            }
        }
        readings
    }

    /// The problem of a path whose first steps name no component.
    fn unknown(&self, steps: &[Step]) -> Problem {
        let arm = self.arms.contains(&steps[0].text.as_str());
        let (scope, step) = match steps.get(1) {
            Some(second) if arm => (Some(steps[0].text.as_str()), second),
            _ => (None, &steps[0]),
        };
        let seen = |of: &&Definition<'_>| scope.is_none_or(|arm| self.uses(arm, of));
        let names = self.definitions.iter().filter(seen).map(|of| of.name.as_str());
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        let rule = match scope {
            Some(arm) => format!("arm `{}` has no such component", printable(arm)),
            None => "no field of a scenario, arm or component is called so".to_owned(),
        };
        let found = format!("found `{}`", printable(&step.text));
        let problem = Problem::error(&Path::root(), rule, found).at(step.span.clone());
        let fields = FIELDS.iter().map(String::as_str).chain(self.arms.iter().copied());
        let others = fields.filter(|_| scope.is_none());
        problem.hint(match did_you_mean(&step.text, names.iter().copied().chain(others)) {
            Some(meant) => format!("did you mean `{}`?", printable(meant)),
            None => format!("components are {}", list_of(names)),
        })
    }

    /// The refusal that got furthest; if none got beyond the component, with the names that it has.
    fn best(&self, refusals: Vec<Problem>, readings: &[Reading<'_>], steps: &[Step]) -> Problem {
        let furthest = |problem: &Problem| problem.span.as_ref().map_or(0, |span| span.start);
        let best = refusals.into_iter().max_by_key(furthest);
        let best = best.unwrap_or_else(|| Problem::error(&Path::root(), "leads nowhere", ""));
        let Some(longest) = readings.iter().max_by_key(|reading| reading.steps) else {
            return best;
        };
        let Some(step) = steps.get(longest.steps) else { return best };
        if furthest(&best) != step.span.start {
            return best;
        }
        let inner = format!("{}.", longest.definitions[0].name);
        let layers = self.definitions.iter().filter_map(|of| of.name.strip_prefix(&inner));
        match did_you_mean(&step.text, layers) {
            Some(meant) => {
                best.hint(format!("did you mean `{}.{meant}`?", printable(&longest.name)))
            }
            None => best,
        }
    }
}

fn joined(steps: &[Step]) -> String {
    steps.iter().map(|step| step.text.as_str()).collect::<Vec<_>>().join(".")
}

/// The entries of a map field of a struct.
fn entries<'a>(node: &'a Node, field: &str) -> impl Iterator<Item = (&'a str, &'a Node)> {
    let entries = match field_of(node, field).map(|value| &value.kind) {
        Some(Kind::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().filter_map(|(key, value)| match &key.kind {
        Kind::Text(name) => Some((name.as_str(), value)),
        _ => None,
    })
}

fn field_of<'a>(node: &'a Node, field: &str) -> Option<&'a Node> {
    match &node.kind {
        Kind::Record(_, fields) => {
            fields.iter().find(|of| of.name.text == field).map(|of| of.value.unwrapped())
        }
        _ => None,
    }
}

/// The layers of a policy with their names, as in [`crate::scenario::names::layer_names`].
fn layers(node: &Node) -> Vec<(String, usize)> {
    let items = match field_of(node, "policy").map(|policy| &policy.kind) {
        Some(Kind::List(items)) => items.as_slice(),
        _ => &[],
    };
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut layers = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if let Kind::Record(Some(name), _) | Kind::Tuple(Some(name), _) = &item.kind {
            let layer = LAYERS.iter().find(|layer| layer.name == name.text);
            let kind =
                layer.map_or_else(|| name.text.to_lowercase(), |layer| layer.kind.to_owned());
            let count = seen.entry(kind.clone()).or_default();
            *count += 1;
            layers.push((if *count == 1 { kind } else { format!("{kind}#{count}") }, at));
        }
    }
    layers
}
