//! `dessim report`: a run as one HTML file.

use std::path::PathBuf;

use clap::Args;
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

use crate::cli::args::Input;
use crate::cli::exit::Exit;
use crate::cli::files::folder::Folder;

use crate::cli::files::input::{self, Playable, ended};
use crate::cli::files::target::Target;
use crate::cli::terminal::ui::{Failure, Ui, shown};

const REPORT_EXAMPLES: &str = "\
Examples:
  dessim report scenarios/burst.ron
  dessim report burst.ron --seed 8 -o burst-8.html
  dessim run burst.ron --export-json burst.json && dessim report burst.json

The page opens without a network. A saved result is played again, and must be the same run.";

#[derive(Debug, Args)]
#[command(after_long_help = REPORT_EXAMPLES)]
pub(crate) struct Report {
    #[command(flatten)]
    pub input: Input,
    /// Where to write it; `-` is standard output [default: FILE's stem with .html, here]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the figures as SVG into this directory, too
    #[arg(long, value_name = "DIR")]
    pub svg: Option<PathBuf>,
    /// Let --svg write into a directory that is not empty, replacing the figures there
    #[arg(long, requires = "svg")]
    pub overwrite: bool,
    /// Print no warnings, and not where it was written
    #[arg(short, long)]
    pub quiet: bool,
}

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

/// Plays and explains a run. All arms get bins of one width, so that their rates can be compared
/// side by side.
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
