//! `dessim shrink`: the smallest scenario that still shows something.

use std::path::{Path, PathBuf};

use clap::Args;
use dessim::ScenarioFile;
use dessim::experiment::hunt::Playing;
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::Options;
use dessim::experiment::shrink::{Outcome, Shrinking, shrink};
use dessim::report::export::json;
use dessim::report::search::shrink::Shrunk;

use crate::cli::args::{ScenarioArgs, TextOrJson, WorkArgs};
use crate::cli::command::test::local;
use crate::cli::exit::Exit;
use crate::cli::files::claims;
use crate::cli::files::input;
use crate::cli::files::input::feasible;
use crate::cli::files::places::is_dash;
use crate::cli::files::snap::Snap;
use crate::cli::files::target::{self, Target};
use crate::cli::interrupt;
use crate::cli::search::{WantedArgs, document, troubled};
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui, shown};

const EXAMPLES: &str = "\
Examples:
  dessim shrink scenarios/metastable.ron --for collapses -o small.ron
  dessim shrink burst.ron --expect 'rpc.amplification < 1.2' --seed 42 > small.ron

With -o, the snapshot of what it shows is written, too: `dessim test small.ron` holds it.";

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Shrink {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub wanted: WantedArgs,
    /// The seed of the run that shows it [default: the scenario's]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Write the scenario to this file, and its snapshot [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Where the snapshots are
    #[arg(long, value_name = "DIR", default_value = "snapshots")]
    pub dir: PathBuf,
    /// Try so many runs at most
    #[arg(long, value_name = "N", default_value_t = 2_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub tries: u64,
    /// How to tell what was cut
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextOrJson,
    #[command(flatten)]
    pub work: WorkArgs,
}

pub(super) fn run(ui: &Ui, args: &Shrink) -> Result<Exit, Failure> {
    let output = args.output.as_ref().filter(|path| !is_dash(path));
    let target = Target::given("--output", output)?;
    if let Some(path) = output {
        claims::writes(SNAPSHOT, &snapshot(args, path))?;
    }
    if target.is_none() && args.format == TextOrJson::Json {
        let message = "the scenario and --format json both go to standard output";
        return Err(Failure::usage(message, "give the scenario a file with -o"));
    }
    let document = document(&args.scenario.file, &args.scenario.set)?;
    let file = input::checked(&args.scenario.file, &document)?;
    if !args.work.quiet {
        input::warn(ui, &file);
    }
    feasible(&file, false)?;
    let wanted = args.wanted.wanted(&file.scenario)?;
    let seed = args.seed.unwrap_or(file.scenario.seed);
    let stop = interrupt::stop();
    let options = Options { stop: Some(stop), ..Options::default() };
    let playing = Playing { options: &options, jobs: args.work.jobs(), stop };
    let shrinking = Shrinking { name: &file.name, document: &document, seed, tries: args.tries };
    let meter = Meter::new(args.work.progress, args.work.quiet, &file.scenario, args.tries);
    let mut shown = 0;
    let mut progress = |tries: u64, _| {
        (shown..tries).for_each(|_| meter.one_ended());
        shown = tries;
    };
    let outcome = shrink(&shrinking, &wanted, playing, &mut progress).map_err(troubled)?;
    drop(meter);
    let Outcome::Small(text, shrunk) = outcome else {
        if stop.is_requested() {
            ui.warning(&format!("interrupted before the run with seed {seed} ended"));
            return Ok(Exit::Interrupted);
        }
        ui.error(&format!("the run with seed {seed} does not show {}", wanted.text));
        ui.hint("`dessim hunt` finds a seed that does");
        return Ok(Exit::Nothing);
    };
    let summary = match args.format {
        TextOrJson::Text => shrunk.text(),
        TextOrJson::Json => json::pretty(&*shrunk),
    };
    match (&target, output) {
        (Some(target), Some(path)) => keep(args, target, path, &text, (&shrunk, &summary))?,
        _ => {
            Ui::print_bytes(text.as_bytes())?;
            if !args.work.quiet {
                ui.print_aside(&summary);
            }
        }
    }
    if shrunk.interrupted {
        ui.warning("interrupted: this is the smallest so far");
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Done)
}

/// Owner of the snapshot file in messages.
const SNAPSHOT: &str = "the snapshot of --output";

fn snapshot(args: &Shrink, output: &Path) -> PathBuf {
    args.dir.join(format!("{}.snap", input::stem(output)))
}

/// Writes the scenario and its snapshot, and prints their paths.
fn keep(
    args: &Shrink,
    target: &Target,
    path: &Path,
    text: &str,
    (shrunk, summary): (&Shrunk, &str),
) -> Result<(), Failure> {
    target.write(text)?;
    if shrunk.interrupted {
        Ui::print_raw(summary)?;
        if args.format == TextOrJson::Text {
            Ui::print_raw(&format!("  wrote  {}, and no snapshot of it\n", target.shown()))?;
        }
        return Ok(());
    }
    let name = input::name(path);
    let snapshot = snapshot(args, path);
    let small = ScenarioFile::from_bytes(&name, text.as_bytes())
        .map_err(|problems| Failure::Problems(Exit::Trouble, Box::new(problems)))?;
    let result = Prepared::new(&small.scenario, &small.name)
        .run(&Options::default())
        .map_err(|error| Failure::invalid(error.to_string()))?;
    let snap = Snap::new(&local(path), &result.snapshot());
    target::replace(SNAPSHOT, &snapshot, &snap.text())?;
    Ui::print_raw(summary)?;
    if args.format == TextOrJson::Text {
        let (file, snapshot) = (target.shown(), shown(&snapshot));
        Ui::print_raw(&format!("  wrote  {file} and {snapshot}\n"))?;
    }
    Ok(())
}
