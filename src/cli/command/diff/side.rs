//! One of the two things that are compared: a scenario, a saved result, or a trace.

use std::path::Path;

use dessim::experiment::diff::{Player, Subject};
use dessim::experiment::diverge::{Replay, ScenarioReplay};
use dessim::experiment::run::{Options, digest};
use dessim::report::diff::{Side, SideKind};
use dessim::report::result::{Hex, MODEL_VERSION, RunResult};
use dessim::scenario::arms::arms;
use dessim::scenario::problem::printable;

use super::Diff;
use crate::cli::files::input::Playable;
use crate::cli::files::places::is_dash;
use crate::cli::files::trace::TraceFile;
use crate::cli::terminal::ui::{Failure, shown};

/// An input, opened and checked, and how it is played.
pub(super) struct Input {
    given: String,
    source: Source,
}

enum Source {
    Run(Box<Playable>, Options),
    Trace(TraceFile),
}

impl Input {
    /// Opens `path` with these values of it replaced.
    pub(super) fn open(path: &Path, set: &[String], args: &Diff) -> Result<Self, Failure> {
        if is_dash(path) {
            let message = "diff reads what it compares more than once, standard input cannot";
            return Err(Failure::usage(message, "give it as a file"));
        }
        let given = match set.is_empty() {
            true => shown(path),
            false => {
                let set: Vec<_> = set.iter().map(|set| printable(set)).collect();
                format!("{} with {}", shown(path), set.join(", "))
            }
        };
        if let Some(trace) = TraceFile::open(path)? {
            if !set.is_empty() {
                let message = format!("{} is a trace, and --set changes scenarios", shown(path));
                return Err(Failure::usage(message, "give the scenario that it is of"));
            }
            return Ok(Self { given, source: Source::Trace(trace) });
        }
        let mut playable = Playable::open(path, set)?;
        let mut options = playable.options(args.seed)?;
        playable.file.scenario.seed = options.seed.unwrap_or(playable.file.scenario.seed);
        if args.html.is_some() {
            options = options.sampled(&playable.file.scenario);
        }
        Ok(Self { given, source: Source::Run(Box::new(playable), options) })
    }

    pub(super) fn arms(&self) -> Vec<String> {
        match &self.source {
            Source::Run(playable, _) => arms(&playable.file.scenario).into_keys().collect(),
            Source::Trace(trace) => trace.arms(),
        }
    }

    /// This side as a subject of the comparison, reduced to `arm` if one is given.
    pub(super) fn subject(&mut self, arm: Option<String>) -> Subject<'_> {
        let given = self.given.clone();
        match &mut self.source {
            Source::Run(playable, options) => {
                let file = &playable.file;
                let side = Side {
                    given,
                    kind: if playable.is_saved() { SideKind::Result } else { SideKind::Scenario },
                    arm,
                    seed: file.scenario.seed,
                    digest: Hex(digest(&file.scenario)).to_string(),
                    dessim: env!("CARGO_PKG_VERSION").to_owned(),
                    model: MODEL_VERSION,
                    fingerprint: None,
                    stopped: None,
                };
                let run = ScenarioReplay::new(&file.scenario, &file.name, options);
                Subject { side, player: Player::Run(Box::new(run)) }
            }
            Source::Trace(trace) => {
                let of = &trace.header;
                let side = Side {
                    given,
                    kind: SideKind::Trace,
                    arm,
                    seed: of.seed,
                    digest: printable(&of.scenario.digest),
                    dessim: printable(&of.dessim),
                    model: of.model,
                    fingerprint: None,
                    stopped: None,
                };
                Subject { side, player: Player::Trace(trace) }
            }
        }
    }

    /// Refuses a saved result that this release does not reproduce.
    pub(super) fn verify(&self, again: Option<&RunResult>) -> Result<(), Failure> {
        match (&self.source, again) {
            (Source::Run(playable, _), Some(again)) => playable.verify(again),
            _ => Ok(()),
        }
    }
}
