//! Builds a plan from a study, or from a scenario and flags.

use std::fs;
use std::path::{Component, Path, PathBuf};

use dessim::experiment::sweep::{MANY_CELLS, Plan};
use dessim::report::text::format::count;
use dessim::scenario::path::Segment;
use dessim::scenario::study::{Design, STUDY_VERSION, Study};
use dessim::scenario::syntax::begins_as;
use dessim::scenario::{Document, Problem, Problems};

use super::args::StudyArgs;
use crate::cli::exit::Exit;
use crate::cli::files::input;
use crate::cli::files::places::{is_dash, parent};
use crate::cli::terminal::ui::{Failure, Ui, shown};

/// The plan of a study, and the warnings of its scenario.
pub(super) fn plan(ui: &Ui, args: &StudyArgs) -> Result<(Plan, Option<Problems>), Failure> {
    let file = args.file.as_deref().unwrap_or(Path::new("-"));
    let document = input::document(file)?;
    let (study, scenario_file, scenario, source) = match document.is_study() {
        true => {
            let study = with_flags(from_document(&document, args)?, args);
            let path = scenario_path(file, &study);
            if !args.outside {
                within(file, &study, &path)?;
            }
            let scenario = read_scenario(&path)?;
            (study, path, scenario, Some(document))
        }
        false => (from_flags(file, args)?, file.to_owned(), document, None),
    };
    let scenario = with_values(&scenario, &study, &args.set)?;
    let plan = Plan::new(&input::name(&scenario_file), &scenario, &study);
    let plan = plan.map_err(|problems| match (problems, &source) {
        (Err(problems), _) => Failure::Problems(Exit::Invalid, Box::new(problems)),
        (Ok(problems), Some(source)) => match source.problems(problems) {
            Some(problems) => Failure::Problems(Exit::Invalid, Box::new(problems)),
            None => Failure::invalid("the study makes no plan"),
        },
        (Ok(problems), None) => report(ui, args, &problems),
    })?;
    if plan.cells() > MANY_CELLS && !args.yes {
        let (cells, settings) = (count(plan.cells()), count(plan.outline().settings));
        let message = format!("this sweep has {cells} runs: {settings} settings");
        return Err(Failure::usage(message, "give --yes if that is what you mean"));
    }
    let warnings = scenario.scenario().ok().and_then(|checked| checked.warnings);
    Ok((plan, warnings))
}

/// The study in a file; refuses axes in both the file and the flags.
fn from_document(document: &Document, args: &StudyArgs) -> Result<Study, Failure> {
    if !args.vary.is_empty() {
        let message = "--vary goes with a scenario, and this is a study";
        return Err(Failure::usage(message, "add an axis to the study"));
    }
    document.study().map_err(|problems| Failure::Problems(Exit::Invalid, Box::new(problems)))
}

/// Path of the scenario of a study, relative to the study.
fn scenario_path(study_file: &Path, study: &Study) -> PathBuf {
    match is_dash(study_file) {
        true => PathBuf::from(&study.scenario),
        false => parent(study_file).join(&study.scenario),
    }
}

/// Refuses a scenario outside the directory of its study: a study from elsewhere must not read
/// arbitrary files of whoever runs it.
fn within(study_file: &Path, study: &Study, scenario: &Path) -> Result<(), Failure> {
    let folder = if is_dash(study_file) { Path::new(".") } else { parent(study_file) };
    let canonical = |path: &Path| fs::canonicalize(path);
    let inside = match (canonical(folder), canonical(scenario)) {
        (Ok(folder), Ok(scenario)) => scenario.starts_with(folder),
        // A missing file is reported as missing, unless the path itself leads outside.
        _ => Path::new(&study.scenario)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir)),
    };
    if inside {
        return Ok(());
    }
    let message = format!("the study's scenario {} is outside its directory", shown(scenario));
    let hint = "give --outside to let a study read files elsewhere".to_owned();
    Err(Failure::Message(Exit::Invalid, message, Some(hint)))
}

/// Reads a file named by another file. Messages quote its lines only if it begins like a
/// scenario: any other file may hold what the readers of the messages must not see.
fn read_scenario(path: &Path) -> Result<Document, Failure> {
    let bytes = input::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    if !begins_as(text.trim_start_matches('\u{feff}'), "Scenario") {
        let message = format!("{} is not a scenario", shown(path));
        let hint = "it does not begin with `Scenario(`".to_owned();
        return Err(Failure::Message(Exit::Invalid, message, Some(hint)));
    }
    let invalid = |problems| Failure::Problems(Exit::Invalid, Box::new(problems));
    Document::parse(&path.to_string_lossy(), &bytes).map_err(invalid)
}

/// The study of a scenario and flags.
fn from_flags(file: &Path, args: &StudyArgs) -> Result<Study, Failure> {
    if args.vary.is_empty() {
        let message = "nothing is varied";
        let hint = "give --vary PATH=FROM..TO/COUNT, or a study: `Study(schema: 1, ..)`";
        return Err(Failure::usage(message, hint));
    }
    let study = Study {
        schema: STUDY_VERSION,
        about: String::new(),
        scenario: file.to_string_lossy().into_owned(),
        set: Vec::new(),
        seeds: None,
        axes: args.vary.iter().map(|vary| vary.axis.clone()).collect(),
        design: Design::Grid,
        metrics: Vec::new(),
        max_events: None,
    };
    Ok(with_flags(study, args))
}

/// Applies the flags, which override the study.
fn with_flags(study: Study, args: &StudyArgs) -> Study {
    Study {
        seeds: args.seeds.clone().or(study.seeds),
        design: args.design.unwrap_or(study.design),
        metrics: if args.metric.is_empty() { study.metrics } else { args.metric.clone() },
        max_events: args.max_events.or(study.max_events),
        ..study
    }
}

/// Applies the assignments of the study and of the flags.
fn with_values(scenario: &Document, study: &Study, more: &[String]) -> Result<Document, Failure> {
    let failed = |exit| move |problems| Failure::Problems(exit, Box::new(problems));
    let scenario = scenario.with(&study.set).map_err(failed(Exit::Invalid))?;
    scenario.with(more).map_err(failed(Exit::Usage))
}

/// Prints the problems of the flags, each with the text of its flag.
fn report(ui: &Ui, args: &StudyArgs, problems: &[Problem]) -> Failure {
    let of_axis = |problem: &Problem| match problem.path.segments() {
        [Segment::Field(field), Segment::Index(axis), ..] if field == "axes" => {
            args.vary.get(*axis)
        }
        _ => None,
    };
    let mut by_flag: Vec<Problems> = problems
        .iter()
        .filter_map(|problem| match of_axis(problem) {
            Some(vary) => {
                let mut problem = problem.clone().at(0..vary.text.len());
                problem.path = dessim::scenario::Path::root();
                Problems::new("--vary", vary.text.as_str(), vec![problem])
            }
            None => Problems::new("sweep", "", vec![problem.clone()]),
        })
        .collect();
    let last = by_flag.pop();
    by_flag.iter().for_each(|problems| ui.problems(problems));
    match last {
        Some(problems) => Failure::Problems(Exit::Usage, Box::new(problems)),
        None => Failure::usage("these flags make no plan", "see dessim sweep --help"),
    }
}
