//! The plan of a sweep: its cells, and its form as a file for other machines.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::axis::Axis;
use super::columns::columns;
use super::design::Points;
use super::sobol;
use crate::experiment::knob::Kind;
use crate::experiment::run::{DEFAULT_MAX_EVENTS, digest};
use crate::kernel::draw::key;
use crate::report::result::{Hex, MODEL_VERSION};
use crate::report::sweep::{AxisOutline, AxisScale, Outline};
use crate::scenario::arms::arms;
use crate::scenario::schema::Scenario;
use crate::scenario::study::{self, Design, Study};
use crate::scenario::{Document, Path, Problem, Problems, expected_requests};

/// The schema name of a plan.
pub const PLAN_SCHEMA: &str = "dessim.plan/1";

/// Most cells of a plan.
pub const MOST_CELLS: u64 = 1_000_000_000;

/// Cells above which a plan is probably a mistake.
pub const MANY_CELLS: u64 = 10_000_000;

/// Most axes of a study.
const MOST_AXES: usize = 100;

/// The cells of a sweep, by index.
#[derive(Clone, Debug)]
pub struct Plan {
    outline: Outline,
    base: Scenario,
    document: Document,
    study: Study,
    axes: Vec<Axis>,
    points: Points,
    max_events: u64,
}

/// Reasons why a saved plan cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file is not a plan.
    #[error("it is no plan of schema {PLAN_SCHEMA}: {0}")]
    Malformed(String),
    /// Another release made the plan, and may give it another meaning.
    #[error(
        "it was made by dessim {dessim} (model {model}), and this is dessim {} (model {})",
        env!("CARGO_PKG_VERSION"),
        MODEL_VERSION
    )]
    Version {
        /// The release.
        dessim: String,
        /// Its model.
        model: u64,
    },
    /// The digest does not match the contents.
    #[error("its digest does not fit what it holds: it was changed")]
    Changed,
    /// The scenario is invalid.
    #[error("{0}")]
    Scenario(Problems),
}

impl Plan {
    /// The plan of `study` for the scenario `document`, which results call `name`. The assignments
    /// of the study must be applied to the document already.
    ///
    /// # Errors
    /// All problems of the study, at their places in the study, or those of the scenario.
    pub fn new(
        name: &str,
        document: &Document,
        study: &Study,
    ) -> Result<Self, Result<Vec<Problem>, Problems>> {
        let scenario = document.scenario().map_err(Err)?.scenario;
        let mut problems = Vec::new();
        let seeds = seeds(study, &scenario).unwrap_or_else(|problem| {
            problems.push(*problem);
            1..=1
        });
        let axes = axes(document, study, &mut problems);
        let columns = columns(&scenario, &study.metrics).unwrap_or_else(|unknown| {
            problems.extend(unknown);
            Vec::new()
        });
        if !problems.is_empty() {
            return Err(Ok(problems));
        }
        let lengths: Vec<u64> = axes.iter().map(Axis::len).collect();
        let count = (seeds.end() - seeds.start()).checked_add(1);
        let settings = Points::count_of(study.design, &lengths);
        let cells = settings.zip(count).and_then(|(settings, seeds)| settings.checked_mul(seeds));
        let (Some(settings), Some(count), Some(_)) =
            (settings, count, cells.filter(|cells| *cells <= MOST_CELLS))
        else {
            return Err(Ok(vec![too_many(cells)]));
        };
        let points = Points::new(study.design, lengths);
        let outline = |axis: &Axis| AxisOutline {
            paths: axis.paths.clone(),
            scale: scale(axis),
            log: axis.is_log(),
        };
        let mut plan = Self {
            outline: Outline {
                name: name.to_owned(),
                about: study.about.clone(),
                plan: Hex(0),
                scenario: Hex(digest(&scenario)),
                dessim: env!("CARGO_PKG_VERSION").to_owned(),
                model: MODEL_VERSION,
                axes: axes.iter().map(outline).collect(),
                grid: study.design == Design::Grid,
                seeds: (*seeds.start(), count),
                settings,
                columns,
                chosen: !study.metrics.is_empty(),
            },
            base: scenario,
            document: document.clone(),
            study: plain(study, &seeds),
            axes,
            points,
            max_events: study.max_events.unwrap_or(DEFAULT_MAX_EVENTS),
        };
        plan.outline.plan = Hex(key(&plan.digested().to_string()));
        Ok(plan)
    }

    /// Outline of the sweep.
    #[must_use]
    pub const fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The scenario without any setting.
    #[must_use]
    pub const fn base(&self) -> &Scenario {
        &self.base
    }

    /// Number of cells.
    #[must_use]
    pub const fn cells(&self) -> u64 {
        self.outline.cells()
    }

    /// Limit of the events of a run.
    #[must_use]
    pub const fn max_events(&self) -> u64 {
        self.max_events
    }

    /// Number of the setting, and seed, of a cell. Seeds vary faster than settings.
    #[must_use]
    pub const fn cell(&self, index: u64) -> (u64, u64) {
        let (first, seeds) = self.outline.seeds;
        (index / seeds, first + index % seeds)
    }

    /// The value of each axis in setting `number`.
    #[must_use]
    pub fn setting(&self, number: u64) -> Vec<String> {
        let value = |(index, axis): (usize, &Axis)| axis.value(self.points.place(number, index));
        self.axes.iter().enumerate().map(value).collect()
    }

    /// Position of a setting on each axis of numbers: nanoseconds, events per second.
    #[must_use]
    pub fn numbers(&self, setting: &[String]) -> Vec<Option<f64>> {
        let number = |(axis, value): (&Axis, &String)| axis.number(value);
        self.axes.iter().zip(setting).map(number).collect()
    }

    /// The scenario with these values.
    ///
    /// # Errors
    /// A line with the reason why they make no valid scenario.
    pub fn scenario(&self, setting: &[String]) -> Result<Scenario, String> {
        let assignments = self.axes.iter().zip(setting);
        let assignments = assignments
            .flat_map(|(axis, value)| axis.paths.iter().map(move |path| format!("{path}={value}")));
        let changed = self.document.with(assignments).map_err(|problems| first(&problems))?;
        let scenario = changed.scenario().map_err(|problems| first(&problems))?.scenario;
        let requests = expected_requests(&scenario) * arms(&scenario).len() as f64;
        if requests > 2.0 * self.max_events as f64 && self.study.max_events.is_none() {
            return Err(format!(
                "would send about {requests:.1e} requests, and a run stops after {} events",
                self.max_events
            ));
        }
        Ok(scenario)
    }

    /// The cells of shard `shard`, from 1, of `shards`, which have nearly equal sizes; empty for
    /// some if there are more shards than cells.
    #[must_use]
    pub fn shard(&self, shard: u64, shards: u64) -> core::ops::Range<u64> {
        let start =
            |shard: u64| (u128::from(self.cells()) * u128::from(shard) / u128::from(shards)) as u64;
        start(shard - 1)..start(shard)
    }

    /// The data that determine the plan, which its digest covers.
    fn digested(&self) -> Value {
        json!({
            "dessim": self.outline.dessim,
            "model": self.outline.model,
            "name": self.outline.name,
            "study": self.study,
            "scenario": &*self.document.text,
        })
    }

    /// The plan as JSON, schema [`PLAN_SCHEMA`], with everything that another machine needs.
    #[must_use]
    pub fn to_json(&self) -> String {
        let outline = &self.outline;
        let (first, seeds) = outline.seeds;
        let plan = json!({
            "schema": PLAN_SCHEMA,
            "dessim": outline.dessim,
            "model": outline.model,
            "digest": outline.plan.to_string(),
            "cells": self.cells(),
            "settings": outline.settings,
            "seeds": { "first": first, "count": seeds },
            "about": outline.about,
            "study": self.study,
            "scenario": {
                "name": outline.name,
                "digest": outline.scenario.to_string(),
                "text": &*self.document.text,
            },
        });
        let text = serde_json::to_string_pretty(&plan).expect("a plan has string keys only");
        text + "\n"
    }

    /// Reads the output of [`Plan::to_json`].
    ///
    /// # Errors
    /// If the bytes are no plan, are of another release, or were changed.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PlanError> {
        let malformed = |why: &str| PlanError::Malformed(why.to_owned());
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| PlanError::Malformed(error.to_string()))?;
        if value["schema"] != PLAN_SCHEMA {
            return Err(malformed("its schema is another"));
        }
        let dessim = value["dessim"].as_str().ok_or_else(|| malformed("it names no release"))?;
        let model = value["model"].as_u64().ok_or_else(|| malformed("it names no model"))?;
        if (dessim, model) != (env!("CARGO_PKG_VERSION"), u64::from(MODEL_VERSION)) {
            return Err(PlanError::Version { dessim: dessim.to_owned(), model });
        }
        let study: Study = serde_json::from_value(value["study"].clone())
            .map_err(|error| PlanError::Malformed(error.to_string()))?;
        let about = value["about"].as_str().unwrap_or_default().to_owned();
        let study = Study { about, ..study };
        let name = value["scenario"]["name"].as_str();
        let text = value["scenario"]["text"].as_str();
        let (Some(name), Some(text)) = (name, text) else {
            return Err(malformed("it holds no scenario"));
        };
        let document = Document::parse(name, text.as_bytes()).map_err(PlanError::Scenario)?;
        let name = crate::scenario::problem::escaped(name);
        let plan = Self::new(&name, &document, &study).map_err(|error| match error {
            Ok(problems) => {
                let rules: Vec<_> = problems
                    .iter()
                    .map(|problem| format!("{}: {}", problem.path, problem.rule))
                    .collect();
                PlanError::Malformed(rules.join("; "))
            }
            Err(problems) => PlanError::Scenario(problems),
        })?;
        match value["digest"] == plan.outline.plan.to_string() {
            true => Ok(plan),
            false => Err(PlanError::Changed),
        }
    }
}

impl Points {
    /// Number of settings of a design, without making its points.
    fn count_of(design: Design, lengths: &[u64]) -> Option<u64> {
        match design {
            Design::Grid => Self::Grid(lengths.to_vec()).count(),
            Design::LatinHypercube { samples, .. } | Design::Sobol { samples } => Some(samples),
        }
    }
}

/// The study in a normal form: without fields that change no cell, and with one spelling where the
/// language has two.
fn plain(study: &Study, seeds: &RangeInclusive<u64>) -> Study {
    let axis = |axis: &study::Axis| study::Axis {
        path: None,
        paths: axis.path.iter().chain(&axis.paths).cloned().collect(),
        values: axis.values.clone(),
    };
    Study {
        about: String::new(),
        scenario: String::new(),
        set: Vec::new(),
        seeds: Some(format!("{}..{}", seeds.start(), seeds.end())),
        axes: study.axes.iter().map(axis).collect(),
        ..study.clone()
    }
}

fn scale(axis: &Axis) -> AxisScale {
    match axis.kind {
        Some(Kind::Duration) => AxisScale::Time,
        Some(Kind::Rate) => AxisScale::Rate,
        Some(Kind::Ratio | Kind::Whole | Kind::Limit | Kind::Float) => AxisScale::Number,
        None => AxisScale::Names,
    }
}

fn axes(document: &Document, study: &Study, problems: &mut Vec<Problem>) -> Vec<Axis> {
    let at = Path::root().field("axes");
    let many = match study.design {
        Design::Sobol { .. } => sobol::DIMENSIONS,
        _ => MOST_AXES,
    };
    if study.axes.len() > many {
        let found = format!("this study has {}", study.axes.len());
        problems.push(Problem::error(&at, format!("at most {many} axes with this design"), found));
        return Vec::new();
    }
    if study.axes.is_empty() {
        problems.push(Problem::error(&at, "a study varies something", "nothing is varied"));
    }
    let mut axes: Vec<Axis> = Vec::new();
    for (n, axis) in study.axes.iter().enumerate() {
        let at = at.index(n);
        match Axis::new(document, axis, study.design, &at) {
            Err(found) => problems.extend(found),
            Ok(axis) => {
                // Several paths may lead to one place.
                let taken = axes.iter().any(|other| !other.places.is_disjoint(&axis.places));
                if axis.repeats || taken {
                    let found = "this one is varied already";
                    problems.push(Problem::error(&at, "a path is varied once", found));
                }
                axes.push(axis);
            }
        }
    }
    axes
}

fn seeds(study: &Study, scenario: &Scenario) -> Result<RangeInclusive<u64>, Box<Problem>> {
    let Some(text) = &study.seeds else {
        return Ok(scenario.seed..=scenario.seed);
    };
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => {
            let at = Path::root().field("seeds");
            let rule = "expected a range of seeds such as \"1..20\", both included";
            let found = format!("found {}", crate::scenario::problem::printable(text));
            Err(Box::new(Problem::error(&at, rule, found)))
        }
    }
}

fn too_many(cells: Option<u64>) -> Problem {
    let rule = format!("a sweep has at most {MOST_CELLS} runs");
    let found = match cells {
        Some(cells) => format!("this one has {cells}"),
        None => "this one has more than 64 bits can count".to_owned(),
    };
    let problem = Problem::error(&Path::root().field("axes"), rule, found);
    problem.hint("take fewer values, or samples: design: Sobol(samples: 1024)")
}

/// The first error on one line.
fn first(problems: &Problems) -> String {
    let problem = &problems.list()[0];
    let found = match problem.found.as_str() {
        "" => String::new(),
        found => format!(" ({found})"),
    };
    match problem.path.is_root() {
        true => format!("{}{found}", problem.rule),
        false => format!("{}: {}{found}", problem.path, problem.rule),
    }
}
