//! `dessim compare`: two systems or more under the same seeds, with intervals of what differs.

mod plan;

use std::ops::{ControlFlow, RangeInclusive};
use std::path::PathBuf;

use clap::Args;
use dessim::experiment::compare::Seen;
use dessim::experiment::pool::{Ended, in_order};
use dessim::experiment::run::Options;
use dessim::report::compare::text::text;
use dessim::report::result::RunResult;

use crate::cli::args::{FormatArgs, TextOrJson, WorkArgs, seeds};
use crate::cli::exit::Exit;
use crate::cli::files::input;
use crate::cli::files::input::ended;
use crate::cli::interrupt;
use crate::cli::search::announce;
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui};
use plan::Systems;

const COMPARE_EXAMPLES: &str = "\
Examples:
  dessim compare burst.ron --arms rpc,event-driven
  dessim compare before.ron after.ron --seeds 1..100
  dessim compare burst.ron --set services.downstream.overload.knee=40
  dessim compare metastable.ron --arms retries --metric latency.end_to_end.p99_ns \\
      --with 'one: services.db.slots=12' --with 'two: services.db.slots=14'";

#[derive(Debug, Args)]
#[command(after_long_help = COMPARE_EXAMPLES)]
pub(crate) struct Compare {
    /// Scenarios; the others are compared with the first. Of a single one, its arms
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Replace a value of all but the first, or of the first where it stands alone; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Add the first with these values replaced, perhaps as `NAME: PATH=VALUE`; may be repeated
    #[arg(long, value_name = "PATH=VALUE[; ..]")]
    pub with: Vec<String>,
    /// Compare these arms of one scenario; of several, this arm of all, or one of each
    #[arg(long, value_name = "X,Y")]
    pub arms: Option<String>,
    /// Run once with each seed from A to B, both included
    #[arg(long, value_name = "A..B", value_parser = seeds, allow_hyphen_values = true,
        default_value = "1..30")]
    pub seeds: RangeInclusive<u64>,
    /// Compare this number instead of the usual six; may be repeated, the first one ranks
    #[arg(long, value_name = "NAME")]
    pub metric: Vec<String>,
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub work: WorkArgs,
}

pub(super) fn compare(ui: &Ui, args: &Compare) -> Result<Exit, Failure> {
    let systems = Systems::open(args)?;
    if !args.work.quiet {
        input::warn(ui, &systems.files[0]);
    }
    let plan = systems.plan(args)?;
    let (first, last) = (*args.seeds.start(), *args.seeds.end());
    let seeds = (last - first).saturating_add(1);
    let each = plan.scenarios.len() as u64;
    let runs = seeds.saturating_mul(each);
    announce(ui, args.work.quiet, &systems.files[0].scenario, runs, false);
    let meter = Meter::new(args.work.progress, args.work.quiet, &systems.files[0].scenario, runs);
    let stop = interrupt::stop();
    let play = |number: u64| {
        let (seed, stop) = (Some(first + number), Some(stop));
        let options = Options { seed, stop, ..Options::default() };
        plan.play(&options, |at, fates, play| {
            play(&mut meter.watch(number * each + at as u64, fates))
        })
    };
    let mut seen: Vec<Seen> = Vec::new();
    let mut exit = Exit::Done;
    let mut take = |number: u64, one: Seen, results: Vec<RunResult>| {
        if seen.is_empty() {
            plan.knows(&results).map_err(|(message, hint)| Failure::usage(message, hint))?;
        }
        for (at, result) in (0..).zip(&results) {
            meter.run_ended(number * each + at, result.events);
            if meter.aside(|| ended(ui, result)) != Exit::Done {
                exit = Exit::Invalid;
            }
        }
        seen.push(one);
        Ok(())
    };
    let mut failure = None;
    let all = in_order(args.work.jobs(), seeds, stop, play, |number, played| {
        let played = played.map_err(|error| Failure::invalid(error.to_string()));
        failure = played.and_then(|(one, results)| take(number, one, results)).err();
        match failure {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    let mut until = last;
    if let (true, Ended::Before(done)) = (stop.is_requested(), all) {
        meter.aside(|| ui.warning(&format!("interrupted after {done} of {seeds} seeds")));
        exit = Exit::Interrupted;
        let Some(number) = done.checked_sub(1) else { return Ok(exit) };
        until = first + number;
    }
    drop(meter);
    let comparison = plan.comparison((first, until), &seen);
    Ui::print_raw(&match args.format.format {
        TextOrJson::Text => text(&comparison),
        TextOrJson::Json => comparison.to_json(),
    })?;
    Ok(exit)
}
