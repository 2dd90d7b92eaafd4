//! `dessim compare`: two systems or more under the same seeds, with intervals of what differs.

mod plan;

use std::ops::ControlFlow;

use dessim::experiment::contrast::Seen;
use dessim::experiment::pool::{Ended, in_order};
use dessim::experiment::run::Options;
use dessim::report::contrast::text::text;
use dessim::report::result::RunResult;

use super::Exit;
use super::args::{Compare, TextOrJson};
use super::progress::{Meter, When};
use super::run::ended;
use super::ui::{Failure, Ui};
use super::{input, interrupt};
use plan::Systems;

pub(super) fn compare(ui: &Ui, args: &Compare) -> Result<Exit, Failure> {
    let systems = Systems::open(args)?;
    if !args.quiet {
        input::warn(ui, &systems.files[0]);
    }
    let plan = systems.plan(args)?;
    let (first, last) = (*args.seeds.start(), *args.seeds.end());
    let seeds = (last - first).saturating_add(1);
    let each = plan.scenarios.len() as u64;
    let when = args.progress.unwrap_or(When::Auto);
    let runs = seeds.saturating_mul(each);
    let meter = Meter::new(when, args.quiet, &systems.files[0].scenario, runs);
    let play = |number: u64| {
        let options = Options { seed: Some(first + number), ..Options::default() };
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
    let stop = interrupt::stop();
    let all = in_order(args.many.jobs(), seeds, stop, play, |number, played| {
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
    if let (true, Ended::Before(done)) = (stop.asked(), all) {
        meter.aside(|| ui.warning(&format!("interrupted after {done} of {seeds} seeds")));
        exit = Exit::Interrupted;
        until = first + done.saturating_sub(1);
    }
    drop(meter);
    let contrast = plan.contrast((first, until), &seen);
    Ui::print_raw(&match args.format {
        TextOrJson::Text => text(&contrast),
        TextOrJson::Json => contrast.to_json(),
    })?;
    Ok(exit)
}
