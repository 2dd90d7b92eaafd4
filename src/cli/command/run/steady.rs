//! `dessim run --steady`: the steady state of one long run.

use dessim::ScenarioFile;
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::Options;
use dessim::experiment::steady::{Latencies, resolution, steady as settled};
use dessim::report::steady::{steady_page, to_json};

use super::args::{Format, Run};
use super::broken;
use crate::cli::exit::Exit;
use crate::cli::files::input::ended;
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui};

pub(super) fn steady(
    ui: &Ui,
    args: &Run,
    file: &ScenarioFile,
    (options, meter): (&Options, Meter),
) -> Result<Exit, Failure> {
    let mut latencies = Latencies::default();
    let options = Options { sample: resolution(&file.scenario), ..options.clone() };
    let prepared = Prepared::new(&file.scenario, &file.name);
    let result = prepared.run_with(&options, &mut meter.watch(0, &mut latencies));
    let result = result.map_err(|error| broken(&error))?;
    drop(meter);
    let steady = settled(&file.scenario, &result, &latencies);
    Ui::print_raw(&match args.format.unwrap_or(Format::Text) {
        Format::Text => steady_page(&steady),
        Format::Json => to_json(&steady, true),
        Format::Jsonl => to_json(&steady, false),
    })?;
    Ok(ended(ui, &result))
}
