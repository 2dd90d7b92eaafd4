//! `dessim report`: a run as one HTML file.

use std::path::PathBuf;

use dessim::experiment::expect::in_one_run;
use dessim::experiment::explain::{Effort, explain};
use dessim::experiment::figures::figures;
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::{Options, common_bins, run};
use dessim::experiment::setting::{setting, topologies};
use dessim::report::explain::Explanation;
use dessim::report::html::{Sheet, to_html};
use dessim::report::result::RunResult;
use dessim::scenario::build::BuildError;
use dessim::scenario::resolved;
use dessim::scenario::schema::Scenario;

use super::Exit;
use super::args::Report;
use super::folder::Folder;
use super::input::ended;
use super::input::{self, Playable};
use super::target::Target;
use super::ui::{Failure, Ui, shown};

pub(super) fn report(ui: &Ui, args: &Report) -> Result<Exit, Failure> {
    let path = args
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(input::stem(&args.input.file) + ".html"));
    let target = Target::new("--output", &path)?;
    let folder = args.svg.as_deref().map(|dir| Folder::new(dir, args.overwrite)).transpose()?;
    let playable = Playable::open(&args.input.file, &args.input.set)?;
    let file = &playable.file;
    if !args.quiet {
        input::warn(ui, file);
    }
    let options = playable.options(args.input.seed)?;
    let (result, explanation) = play(&playable, &options)?;
    playable.verify(&result)?;
    let page = to_html(&Sheet {
        result: &result,
        setting: &setting(&file.scenario),
        explanation: Some(&explanation),
        topologies: &topologies(&file.scenario, &result),
        replayed: playable.vouches_for(&result),
    });
    target.write(&page)?;
    if let Some(folder) = &folder {
        folder.write(&figures(&file.scenario, &result))?;
    }
    if !target.is_stdout() && !args.quiet {
        ui.print(&format!("{}\n", shown(&path)))?;
    }
    Ok(ended(ui, &result))
}

/// Plays and explains it, with bins of one width in all arms: side by side, rates must be of the
/// same thing.
fn play(playable: &Playable, options: &Options) -> Result<(RunResult, Explanation), Failure> {
    let file = &playable.file;
    let broken = |error: BuildError| Failure::invalid(error.to_string());
    let (mut result, explanation) =
        explain(&file.scenario, &file.name, options, None, Effort::Bounded).map_err(broken)?;
    if let Some(sample) = common_bins(&result) {
        let options = Options { sample: Some(sample), ..options.clone() };
        result = run(&file.scenario, &file.name, &options).map_err(broken)?;
    }
    let prepared = Prepared::new(&file.scenario, &file.name);
    result.expectations = in_one_run(&prepared, options).map_err(broken)?;
    let ran = Scenario { seed: result.seed, ..file.scenario.clone() };
    result.scenario.resolved = Some(resolved(&ran));
    Ok((result, explanation))
}
