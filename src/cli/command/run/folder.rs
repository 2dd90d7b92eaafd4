//! `dessim run DIR`: every scenario in a directory, one after the other.

use super::args::{Format, Run};
use crate::cli::args::ScenarioArgs;
use crate::cli::exit::Exit;
use crate::cli::files::folder::files_below;
use crate::cli::terminal::ui::{Failure, Ui, shown};

pub(super) fn folder(ui: &Ui, args: &Run) -> Result<Exit, Failure> {
    let folder = &args.scenario.file;
    let files = [&args.export_json, &args.export_markdown, &args.trace, &args.trace_chrome];
    let more = [&args.trace_perfetto, &args.svg, &args.exports.export_csv];
    let others = [&args.exports.export_parquet, &args.exports.export_prometheus];
    let all = files.into_iter().chain(more).chain(others).chain([&args.exports.export_influx]);
    if all.into_iter().any(Option::is_some) {
        let message = format!("{} is a directory, and an export is of one scenario", shown(folder));
        return Err(Failure::usage(message, "give a scenario, or leave the exports out"));
    }
    if args.format == Some(Format::Json) {
        let message = format!("{} is a directory, and --format json is of one", shown(folder));
        return Err(Failure::usage(message, "give --format jsonl: one object a line"));
    }
    let paths = files_below(&[folder.to_owned()])?;
    if paths.is_empty() {
        let message = format!("there is no scenario in {}", shown(folder));
        return Err(Failure::Message(Exit::Nothing, message, None));
    }
    let mut worst = Exit::Done;
    for (at, file) in paths.into_iter().enumerate() {
        if at > 0 && args.format != Some(Format::Jsonl) {
            Ui::print_raw("\n")?;
        }
        let scenario = ScenarioArgs { file, set: args.scenario.set.clone() };
        let exit = match super::scenario(ui, &Run { scenario, ..args.clone() }) {
            Err(failure @ Failure::Stdout(_)) => return Err(failure),
            Err(failure) => failure.print(ui),
            Ok(Exit::Interrupted) => return Ok(Exit::Interrupted),
            Ok(exit) => exit,
        };
        // A scenario that cannot run decides the exit code over one that fails.
        let weight = |exit: Exit| match exit {
            Exit::Trouble | Exit::Usage => 3,
            Exit::Invalid => 2,
            Exit::Difference => 1,
            Exit::Done | Exit::Nothing | Exit::Interrupted => 0,
        };
        if weight(exit) > weight(worst) {
            worst = exit;
        }
    }
    Ok(worst)
}
