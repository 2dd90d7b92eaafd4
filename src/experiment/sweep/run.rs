//! Runs the cells of a plan.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::plan::Plan;
use crate::experiment::pool::{Ended, Jobs, Stop, in_order};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::report::sweep::{Cell, Outcome};
use crate::report::text::page::stopped;

/// A setting, prepared once for all of its seeds.
struct Ready {
    setting: Vec<String>,
    scenario: Result<Prepared<'static>, String>,
}

/// Settings in work, by number.
type Settings = Mutex<BTreeMap<u64, Arc<OnceLock<Ready>>>>;

/// Runs these cells on several threads, and hands each to `sink` in the order of its index, in
/// memory that does not depend on the number of cells.
pub fn run(
    plan: &Plan,
    cells: Range<u64>,
    jobs: Jobs,
    stop: &'static Stop,
    mut sink: impl FnMut(Cell) -> ControlFlow<()>,
) -> Ended {
    let settings = Settings::default();
    let lock = || settings.lock().unwrap_or_else(PoisonError::into_inner);
    let work = |number: u64| {
        let index = cells.start + number;
        let (setting, seed) = plan.cell(index);
        let ready = lock().entry(setting).or_default().clone();
        let ready = ready.get_or_init(|| prepare(plan, setting));
        let outcome = match &ready.scenario {
            Ok(prepared) => played(plan, prepared, seed, stop),
            Err(why) => Outcome::Invalid(why.clone()),
        };
        Cell { index, setting: ready.setting.clone(), seed, outcome }
    };
    let count = cells.end - cells.start;
    in_order(jobs, count, stop, work, |_, cell| {
        // A setting is not needed after its last seed.
        let (done, _) = plan.cell(cell.index + 1);
        let mut settings = lock();
        while let Some(first) = settings.first_entry().filter(|first| *first.key() < done) {
            first.remove();
        }
        drop(settings);
        sink(cell)
    })
}

fn prepare(plan: &Plan, number: u64) -> Ready {
    let setting = plan.setting(number);
    let scenario =
        plan.scenario(&setting).map(|scenario| Prepared::owned(scenario, &plan.outline().name));
    Ready { setting, scenario }
}

fn played(plan: &Plan, prepared: &Prepared<'_>, seed: u64, stop: &'static Stop) -> Outcome {
    let (seed, max_events, stop) = (Some(seed), plan.max_events(), Some(stop));
    let options = Options { seed, max_events, stop, ..Options::default() };
    match prepared.run(&options) {
        Ok(result) => Outcome::Ran {
            fingerprint: result.fingerprint,
            stopped: result.stopped.as_ref().map(stopped),
            values: plan.outline().values(&result),
        },
        Err(error) => Outcome::Invalid(error.to_string()),
    }
}
