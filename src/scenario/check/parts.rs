//! Applies the rules and lints of every part and layer of an arm, and gives their findings places.

use std::collections::BTreeMap;

use super::Checker;
use super::arms::View;
use crate::model::spec::finding::{self, Finding};
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::{Around, Pipeline, Source, System};
use crate::scenario::handlers::calls_of;
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, Severity};
use crate::scenario::schema::{Layer, Scenario};

/// An arm in the form that specifications use, with the paths of its policies.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) system: System<'a>,
    /// Path of the call or the group of consumers of each pipeline.
    paths: Vec<&'a Path>,
}

impl<'a> Placed<'a> {
    pub(crate) fn new(scenario: &'a Scenario, view: &'a View<'a>) -> Self {
        let consumers = view.consumers.iter().map(|(name, (path, consumer))| {
            let source = Some(Source::Consumer(consumer));
            let (policy, clients, to) = (&*consumer.policy, consumer.all_clients(), &*consumer.to);
            (path, Pipeline { name, source, policy, clients, to })
        });
        let calls = view.calls.iter().map(|(name, (path, call))| {
            let source = scenario.load.get(*name).map(Source::Load);
            let (policy, clients, to) = (&*call.policy, call.all_clients(), &*call.to);
            (path, Pipeline { name, source, policy, clients, to })
        });
        let (paths, pipelines) = consumers.chain(calls).unzip();
        let publications = view
            .publishes
            .iter()
            .filter_map(|(load, (_, queue))| Some((queue.as_str(), scenario.load.get(*load)?)));
        let made = view.services.iter().map(|(name, (_, service))| (*name, calls_of(service)));
        let made = made.collect();
        let system = System::new(
            (view.within(), scenario.duration),
            (specifications(&view.services), made),
            specifications(&view.pools),
            specifications(&view.queues),
            pipelines,
            publications,
        );
        Self { system, paths }
    }

    /// Every layer with its surroundings and its path.
    fn layers(&self) -> impl Iterator<Item = (&Layer, Around<'_>, Path)> {
        let system = &self.system;
        let pipelines = system.pipelines.iter().zip(&self.paths);
        pipelines.flat_map(move |(pipeline, path)| {
            let at = path.field("policy");
            pipeline.policy.iter().enumerate().map(move |(index, layer)| {
                let around = Around { system, pipeline, index };
                (layer, around, at.index(index).variant(layer.declaration().name))
            })
        })
    }
}

fn specifications<'a, T>(visible: &BTreeMap<&'a str, (Path, &'a T)>) -> BTreeMap<&'a str, &'a T> {
    visible.iter().map(|(name, (_, specification))| (*name, *specification)).collect()
}

/// Parts of an arm with their names and paths.
fn parts<'a>(view: &'a View<'a>) -> impl Iterator<Item = (&'a str, &'a Path, &'a dyn PartSpec)> {
    fn of<'a, T: PartSpec>(
        parts: &'a BTreeMap<&'a str, (Path, &'a T)>,
    ) -> impl Iterator<Item = (&'a str, &'a Path, &'a dyn PartSpec)> {
        parts.iter().map(|(name, (path, part))| (*name, path, *part as &dyn PartSpec))
    }
    let messages = of(&view.queues).chain(of(&view.consumers));
    of(&view.services).chain(of(&view.pools)).chain(messages).chain(of(&view.faults))
}

impl Checker<'_> {
    /// Checks loads, which all arms share.
    pub(super) fn loads(&mut self) {
        for (name, load) in &self.scenario.load {
            let mut findings = Vec::new();
            load.check(self.scenario.duration, &mut findings);
            self.report(&Path::root().field("load").key(name), findings);
        }
    }

    /// Applies the rules of all parts of an arm.
    pub(super) fn parts(&mut self, view: &View<'_>) {
        let scenario = self.scenario;
        for (_, path, part) in parts(view) {
            let mut findings = Vec::new();
            part.check(scenario.duration, &mut findings);
            self.report(path, findings);
        }
        for (layer, around, at) in Placed::new(scenario, view).layers() {
            let mut findings = Vec::new();
            layer.spec().check(&around, &mut findings);
            self.report(&at, findings);
        }
    }

    /// Applies the lints of an arm without errors, because lints compute with its numbers.
    pub(super) fn lint(&mut self, view: &View<'_>) {
        let placed = Placed::new(self.scenario, view);
        for (name, path, part) in parts(view) {
            let mut findings = Vec::new();
            part.lint(name, &placed.system, &mut findings);
            self.report(path, findings);
        }
        for (layer, around, at) in placed.layers() {
            let mut findings = Vec::new();
            layer.spec().lint(&around, &mut findings);
            self.report(&at, findings);
        }
    }

    pub(super) fn report(&mut self, at: &Path, findings: Vec<Finding>) {
        for finding in findings {
            self.add(problem(at, finding));
        }
    }
}

/// The problem of a finding about the specification at `at`.
fn problem(at: &Path, finding: Finding) -> Problem {
    let path = finding.place.iter().fold(at.clone(), |path, segment| match segment {
        finding::Segment::Field(name) => path.field(name),
        finding::Segment::Key(name) => path.key(name),
        finding::Segment::Variant(name) => path.variant(name),
        finding::Segment::Index(index) => path.index(*index),
    });
    let problem = Problem::error(&path, finding.rule, finding.found).maybe_hint(finding.hint);
    Problem {
        severity: if finding.lint.is_some() { Severity::Warning } else { Severity::Error },
        lint: finding.lint.map(|lint| lint.name),
        of_name: finding.of_name,
        ..problem
    }
}
