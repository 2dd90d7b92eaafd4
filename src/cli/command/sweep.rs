//! `dessim sweep`: many settings and seeds of one scenario.

mod args;
mod grammar;
mod looped;
mod merge;
mod outputs;
mod part;
mod study;

use std::fs;
use std::io::ErrorKind;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use dessim::experiment::pool::Ended;
use dessim::experiment::sweep::{self, Plan};
use dessim::report::sweep::Cell;
use dessim::report::text::format::count;
use dessim::scenario::Problems;

use crate::cli::args::WorkArgs;
use crate::cli::exit::Exit;
use crate::cli::files::claims;
use crate::cli::files::input;
use crate::cli::files::target::{Target, replace};
use crate::cli::interrupt;
use crate::cli::search::announce;
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui, shown};

pub(crate) use args::Sweep;
use args::{Part, PlanArgs, RunArgs, StudyArgs, Whole};
use outputs::Outputs;
use part::Writer;

pub(super) fn sweep(ui: &Ui, args: &Sweep) -> Result<Exit, Failure> {
    match &args.command {
        None => whole(ui, &args.whole),
        Some(Part::Plan(args)) => plan(ui, args),
        Some(Part::Run(args)) => run(ui, args),
        Some(Part::Merge(args)) => merge::merge(ui, args),
        Some(Part::Loop(args)) => looped::run(ui, args),
    }
}

/// Checks a study and the plan it makes; returns the warnings of its scenario.
pub(super) fn check(
    ui: &Ui,
    path: &Path,
    set: &[String],
    outside: bool,
) -> Result<Option<Problems>, Failure> {
    let (file, set) = (Some(path.to_owned()), set.to_vec());
    let args = StudyArgs { file, set, outside, yes: true, ..StudyArgs::default() };
    study::plan(ui, &args).map(|(_, warnings)| warnings)
}

/// The plan of a study; prints the warnings of its scenario first.
fn planned(ui: &Ui, args: &StudyArgs, quiet: bool) -> Result<Plan, Failure> {
    let (plan, warnings) = study::plan(ui, args)?;
    if !quiet {
        input::warn_of(ui, warnings.as_ref());
    }
    Ok(plan)
}

/// File name of the plan beside its parts.
const PLAN: &str = "plan.json";

fn plan(ui: &Ui, args: &PlanArgs) -> Result<Exit, Failure> {
    let target = Target::new("--output", &args.output)?;
    let plan = planned(ui, &args.study, args.quiet.quiet)?;
    target.write(&plan.to_json())?;
    Ok(Exit::Done)
}

/// Reads a plan written by `dessim sweep plan`.
fn saved(path: &Path) -> Result<Plan, Failure> {
    Plan::from_json(&input::read(path)?).map_err(|error| {
        let message = format!("cannot use the plan {}: {error}", shown(path));
        let hint = "dessim sweep plan STUDY -o plan.json writes one".to_owned();
        Failure::Message(Exit::Invalid, message, Some(hint))
    })
}

fn whole(ui: &Ui, args: &Whole) -> Result<Exit, Failure> {
    let outputs = Outputs::new(&args.outputs)?;
    let plan = planned(ui, &args.study, args.work.quiet)?;
    outputs.suit(&plan)?;
    let cells = 0..plan.cells();
    let part = args.output.as_deref().map(|dir| {
        let part = claimed(dir, &plan, &cells)?;
        keep(dir, &plan).map(|()| part)
    });
    let part = part.transpose()?;
    let mut writing = outputs.open(&plan)?;
    let writer =
        part.map(|path| Writer::open(&path, plan.outline(), &cells, |cell| writing.add(&cell)));
    let mut writer = writer.transpose()?;
    let from = writer.as_ref().map_or(0, |writer| writer.next);
    let ended = work(ui, &plan, from..cells.end, &args.work, |cell| {
        if let Some(writer) = &mut writer {
            writer.add(plan.outline(), &cell)?;
        }
        writing.add(&cell)
    });
    let kept = writer.is_some();
    // Also after a failure: finished cells are kept.
    writer.map_or(Ok(()), Writer::close)?;
    match ended? {
        Ended::Done => writing.close(),
        Ended::Before(done) => {
            let hint = match kept {
                true => "give the same command to go on",
                false => "nothing of it is kept: give -o DIR to be able to go on",
            };
            Ok(interrupted(ui, from + done, plan.cells(), hint))
        }
    }
}

fn interrupted(ui: &Ui, done: u64, of: u64, hint: &str) -> Exit {
    ui.warning(&format!("interrupted after {} of {} runs", count(done), count(of)));
    ui.hint(hint);
    Exit::Interrupted
}

fn run(ui: &Ui, args: &RunArgs) -> Result<Exit, Failure> {
    let plan = saved(&args.plan)?;
    let cells = match (args.shard, args.cells) {
        (Some((shard, shards)), _) => plan.shard(shard, shards),
        (None, Some((first, last))) if last < plan.cells() => first..last + 1,
        (None, Some(_)) => {
            let last = plan.cells() - 1;
            let message = format!("the last cell of this plan is {last}");
            return Err(Failure::usage(message, format!("give --cells 0..{last} or a part of it")));
        }
        (None, None) => 0..plan.cells(),
    };
    if cells.is_empty() {
        keep(&args.output, &plan)?;
        if !args.work.quiet {
            ui.warning("there are more shards than cells: nothing is in this one");
        }
        return Ok(Exit::Done);
    }
    let path = claimed(&args.output, &plan, &cells)?;
    keep(&args.output, &plan)?;
    let mut writer = Writer::open(&path, plan.outline(), &cells, |_| Ok(()))?;
    let from = writer.next;
    let ended =
        work(ui, &plan, from..cells.end, &args.work, |cell| writer.add(plan.outline(), &cell));
    writer.close()?;
    match ended? {
        Ended::Done => {
            ui.print(&format!("{}\n", shown(&path)))?;
            Ok(Exit::Done)
        }
        Ended::Before(done) => {
            let done = from - cells.start + done;
            let of = cells.end - cells.start;
            Ok(interrupted(ui, done, of, "give the same command to go on"))
        }
    }
}

/// Runs cells and hands them on in the order of their index, until that fails.
fn work(
    ui: &Ui,
    plan: &Plan,
    cells: Range<u64>,
    args: &WorkArgs,
    mut take: impl FnMut(Cell) -> Result<(), Failure>,
) -> Result<Ended, Failure> {
    announce(ui, args.quiet, plan.base(), cells.end - cells.start, false);
    let meter = Meter::new(args.progress, args.quiet, plan.base(), cells.end - cells.start);
    let mut failure = None;
    let ended = sweep::run(plan, cells, args.jobs(), interrupt::stop(), |cell| {
        failure = take(cell).err();
        meter.one_ended();
        match failure {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    });
    failure.map_or(Ok(ended), Err)
}

/// The file for these cells in a directory, claimed against every other use.
fn claimed(dir: &Path, plan: &Plan, cells: &Range<u64>) -> Result<PathBuf, Failure> {
    let part = dir.join(part::name(plan.outline(), cells));
    claims::writes("--output", &part)?;
    Ok(part)
}

/// Makes the directory if there is none, and refuses one that holds another plan.
fn keep(dir: &Path, plan: &Plan) -> Result<(), Failure> {
    let path: PathBuf = dir.join(PLAN);
    match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            replace("--output", &path, &plan.to_json())
        }
        Err(error) => Err(Failure::io("read", &path, &error)),
        Ok(_) => {
            let other = saved(&path)?;
            if other.outline().plan == plan.outline().plan {
                return Ok(());
            }
            let message = format!(
                "{} holds the plan {}, and this is {}",
                shown(dir),
                other.outline().plan,
                plan.outline().plan
            );
            let hint = "one directory holds one plan: give another".to_owned();
            Err(Failure::Message(Exit::Invalid, message, Some(hint)))
        }
    }
}
