//! `dessim diff`: the first event in which two runs differ, and what led to it.

mod fields;
mod words;

use std::path::Path;

use dessim::ScenarioFile;
use dessim::experiment::diverge::{ArmDiff, Replay, ReplayError, ScenarioReplay, compare};
use dessim::experiment::run::Options;
use dessim::report::page::stopped;
use dessim::report::result::Hex;

use super::args::Diff;
use super::input::is_dash;
use super::trace::TraceFile;
use super::ui::{Failure, Ui, shown};
use super::{Exit, input};

/// One of the two things that are compared.
enum Side {
    Scenario(Box<ScenarioFile>),
    Trace(TraceFile),
}

pub(super) fn diff(ui: &Ui, args: &Diff) -> Result<Exit, Failure> {
    let (mut a, mut b) = (Side::open(&args.a, args)?, Side::open(&args.b, args)?);
    let mut text = format!("a  {}\n", a.describe(&args.a));
    text.push_str(&format!("b  {}\n", b.describe(&args.b)));
    let options = Options::default();
    let (result_a, result_b, arms) = {
        let (mut replay_a, mut replay_b) = (a.replay(&options), b.replay(&options));
        let arms = compare(replay_a.run(), replay_b.run());
        let arms = arms.map_err(|error| broken(args, &error))?;
        (replay_a.result(), replay_b.result(), arms)
    };
    for result in [&result_a, &result_b].into_iter().flatten() {
        if let Some(why) = &result.stopped {
            ui.warning(&format!("{} stopped early: {}", result.scenario.name, stopped(why)));
        }
    }
    let measured = match (&result_a, &result_b) {
        (Some(a), Some(b)) => a.fingerprint != b.fingerprint,
        _ => false,
    };
    if let (Side::Scenario(a), Side::Scenario(b)) = (&a, &b) {
        text.push_str(&words::fields(&fields::differences(&a.scenario, &b.scenario)));
    }
    let differs = !arms.values().all(|arm| matches!(arm, ArmDiff::Same { .. }));
    text.push_str(&words::arms(&arms));
    if differs {
        text.push_str(&words::first(&arms));
    } else if measured {
        text.push_str("\neverything that happens is the same; what is counted of it differs\n");
    } else {
        text.push_str("\nthe runs are identical\n");
    }
    Ui::print_raw(&text)?;
    Ok(match differs || measured {
        true => Exit::Difference,
        false => Exit::Done,
    })
}

/// What can be played, and its result if it is a run.
enum Player<'a> {
    Scenario(Box<ScenarioReplay<'a>>),
    Trace(&'a mut TraceFile),
}

impl Player<'_> {
    fn run(&mut self) -> &mut dyn Replay {
        match self {
            Self::Scenario(replay) => &mut **replay,
            Self::Trace(trace) => *trace,
        }
    }

    fn result(self) -> Option<dessim::report::result::RunResult> {
        match self {
            Self::Scenario(replay) => replay.result,
            Self::Trace(_) => None,
        }
    }
}

impl Side {
    fn open(path: &Path, args: &Diff) -> Result<Self, Failure> {
        if is_dash(path) {
            let message = "diff reads what it compares more than once, standard input cannot";
            return Err(Failure::usage(message, "give two files"));
        }
        if path.metadata().is_ok_and(|about| about.is_file())
            && let Some(trace) = TraceFile::open(path)?
        {
            return Ok(Self::Trace(trace));
        }
        let mut file = input::scenario(path, &[])?;
        file.scenario.seed = args.seed.unwrap_or(file.scenario.seed);
        Ok(Self::Scenario(Box::new(file)))
    }

    fn describe(&self, path: &Path) -> String {
        let (seed, digest, made) = match self {
            Self::Scenario(file) => {
                let digest = dessim::experiment::run::digest(&file.scenario);
                (file.scenario.seed, Hex(digest).to_string(), String::new())
            }
            Self::Trace(trace) => {
                let of = &trace.header;
                let made = format!(", traced by dessim {} (model {})", of.dessim, of.model);
                (of.seed, of.scenario.digest.clone(), made)
            }
        };
        format!("{}: seed {seed}, digest {digest}{made}", shown(path))
    }

    fn replay<'a>(&'a mut self, options: &'a Options) -> Player<'a> {
        match self {
            Self::Scenario(file) => {
                let replay = ScenarioReplay::new(&file.scenario, &file.name, options);
                Player::Scenario(Box::new(replay))
            }
            Self::Trace(trace) => Player::Trace(trace),
        }
    }
}

fn broken(args: &Diff, error: &ReplayError) -> Failure {
    let message = format!("cannot compare {} and {}: {error}", shown(&args.a), shown(&args.b));
    match error {
        ReplayError::Read(_) => Failure::Message(Exit::Trouble, message, None),
        _ => Failure::invalid(message),
    }
}
