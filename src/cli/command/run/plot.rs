//! Small plots below the page, if standard output is a terminal.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use clap::{Args, ValueEnum};
use dessim::report::result::RunResult;
use dessim::report::text::sparkline::{Window, sparklines};
use dessim::scenario::arms;
use dessim::scenario::schema::Scenario;

use crate::cli::terminal::ui::Failure;

#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    /// Plot over time below the page: auto, always or never
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true,
        default_missing_value = "always", hide_possible_values = true)]
    pub plot: Option<When>,
}

/// The values of `--plot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

/// True if plots are printed; `page` is false unless the text page of a single run is printed.
pub(super) fn wanted(args: &ShowArgs, page: bool) -> Result<bool, Failure> {
    match args.plot {
        Some(When::Always) if !page => {
            let message = "--plot goes with the page of one run on standard output";
            Err(Failure::usage(message, "leave out --seeds, --format, or the export to `-`"))
        }
        Some(When::Always) => Ok(true),
        Some(When::Never) => Ok(false),
        Some(When::Auto) | None => Ok(page && io::stdout().is_terminal()),
    }
}

/// The plots of a result, as wide as the terminal, or as the page where there is none.
pub(super) fn plots(result: &RunResult, scenario: &Scenario) -> String {
    let columns = match io::stdout().is_terminal() {
        true => terminal_size::terminal_size_of(io::stdout()),
        false => None,
    };
    // The last column stays free, because some terminals wrap a full line.
    let columns = columns.map_or(usize::MAX, |(width, _)| usize::from(width.0).saturating_sub(1));
    sparklines(result, &faults(scenario), columns)
}

fn faults(scenario: &Scenario) -> BTreeMap<String, Vec<Window>> {
    let windows = |arm: &dessim::scenario::schema::Arm| {
        arm.faults.values().map(|fault| (fault.from.as_ns(), fault.until.as_ns())).collect()
    };
    arms::arms(scenario).iter().map(|(name, arm)| (name.clone(), windows(arm))).collect()
}
