//! `dessim run --seeds`: many runs, played side by side and printed in the order of their seeds.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, RangeInclusive};

use dessim::ScenarioFile;
use dessim::experiment::health::Health;
use dessim::experiment::heavy_tail::tails;
use dessim::experiment::listener::NoListener;
use dessim::experiment::pool::{Ended, in_order};
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::Options;
use dessim::experiment::warn::warnings;
use dessim::report::export::json;
use dessim::report::result::RunResult;
use dessim::report::runs::{self, Keep, Runs, runs_page};
use dessim::scenario::build::BuildError;

use super::args::{Format, Run};
use super::export::Writing;
use super::record::still;
use super::{Outputs, broken};
use crate::cli::exit::Exit;
use crate::cli::files::input::ended;
use crate::cli::interrupt;
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui};

/// A run, and for each arm whether it collapsed.
type Played = (RunResult, BTreeMap<String, bool>);

/// Takes the results of the runs in the order of their seeds.
struct Sink<'a, 'm> {
    ui: &'a Ui,
    meter: &'m Meter,
    /// True if each result is printed as a line of JSON.
    streams: bool,
    writing: Writing<'a>,
    /// Statistics over all runs, if any output needs them.
    runs: Option<Runs>,
    exit: Exit,
}

impl Sink<'_, '_> {
    fn take(&mut self, number: u64, played: &Played) -> Result<(), Failure> {
        let (result, collapsed) = played;
        self.meter.run_ended(number, result.events);
        if self.streams {
            let printed = self.meter.aside(|| Ui::print_raw(&json::to_json_line(result)));
            // Without a reader and without statistics, no further run is needed.
            match self.writing.is_over() && self.runs.is_none() {
                true => printed?,
                false => still(printed)?,
            }
        }
        if self.meter.aside(|| ended(self.ui, result)) != Exit::Done {
            self.exit = Exit::Invalid;
        }
        self.writing.add(result)?;
        if let Some(runs) = &mut self.runs {
            runs.add(result, collapsed);
        }
        Ok(())
    }

    /// True once no output needs another run.
    fn is_over(&self) -> bool {
        self.runs.is_none() && !self.streams && self.writing.is_over()
    }
}

pub(super) fn many(
    ui: &Ui,
    args: &Run,
    outputs: &Outputs,
    file: &ScenarioFile,
    (options, seeds, meter): (&Options, RangeInclusive<u64>, Meter),
) -> Result<Exit, Failure> {
    let streams = outputs.page && outputs.format == Format::Jsonl;
    let all = outputs.json.is_some() || (outputs.page && outputs.format == Format::Json);
    let some = outputs.markdown.is_some() || (outputs.page && !streams);
    let keep = if all { Keep::All } else { Keep::Page };
    let mut sink = Sink {
        ui,
        meter: &meter,
        streams,
        writing: outputs.others.open()?,
        runs: (all || some).then(|| Runs::new(keep, tails(&file.scenario))),
        exit: Exit::Done,
    };
    if !args.work.quiet {
        // Warnings depend on the scenario alone, so they are printed once for all seeds.
        warnings(&file.scenario).iter().for_each(|warning| ui.warning(warning));
    }
    let prepared = Prepared::new(&file.scenario, &file.name);
    let first = *seeds.start();
    let runs = (seeds.end() - first).saturating_add(1);
    let judges = sink.runs.is_some();
    let stop = interrupt::stop();
    let play = |number| {
        let (seed, stop) = (Some(first + number), Some(stop));
        let options = Options { seed, stop, ..options.clone() };
        if !judges {
            let result = prepared.run_with(&options, &mut meter.watch(number, &mut NoListener))?;
            return Ok((result, BTreeMap::new()));
        }
        let mut health = Health::new(&prepared);
        let result = prepared.run_with(&options, &mut meter.watch(number, &mut health))?;
        Ok((result, health.collapsed()))
    };
    let mut failure = None;
    let ended = in_order(args.work.jobs(), runs, stop, play, |number, result| {
        let taken = result.map_err(|error: BuildError| broken(&error));
        failure = taken.and_then(|played| sink.take(number, &played)).err();
        match failure.is_some() || sink.is_over() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    let Sink { writing, runs: kept, mut exit, .. } = sink;
    if stop.is_requested()
        && let Ended::Before(done) = ended
    {
        meter.aside(|| ui.warning(&format!("interrupted after {done} of {runs} runs")));
        exit = Exit::Interrupted;
        if done == 0 {
            return Ok(exit);
        }
    }
    drop(meter);
    writing.close()?;
    if let Some(kept) = kept {
        write(outputs, &kept)?;
    }
    Ok(exit)
}

/// Writes the statistics over all runs.
fn write(outputs: &Outputs, kept: &Runs) -> Result<(), Failure> {
    if let Some(target) = &outputs.json {
        target.write(&runs::to_json(kept))?;
    }
    if let Some(target) = &outputs.markdown {
        target.write(&runs::to_markdown(kept))?;
    }
    match outputs.format {
        _ if !outputs.page => Ok(()),
        Format::Text => Ui::print_raw(&runs_page(kept)),
        Format::Json => Ui::print_raw(&runs::to_json(kept)),
        Format::Jsonl => Ok(()),
    }
}
