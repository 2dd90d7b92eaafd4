//! `dessim init`: a first scenario, to change into one's own.

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::exit::Exit;
use crate::cli::files::places::is_dash;
use crate::cli::files::target::Target;
use crate::cli::search::quoted;
use crate::cli::terminal::ui::{Failure, Ui, shown};

const EXAMPLES: &str = "\
Examples:
  dessim init
  dessim init queue -o orders.ron
  dessim init --list";

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Init {
    /// Which scenario to begin with
    #[arg(value_name = "TEMPLATE", default_value = "api", hide_possible_values = true)]
    template: Template,
    /// Where to write it; `-` is standard output [default: TEMPLATE.ron]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print which templates there are
    #[arg(long, conflicts_with = "output")]
    list: bool,
    /// Do not print what to do next
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Template {
    Api,
    Queue,
    Tutorial,
}

impl Template {
    const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Queue => "queue",
            Self::Tutorial => "tutorial",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Self::Api => "an API and its payment service: timeout, retries, a retry budget",
            Self::Queue => "a queue with workers in front of a database",
            Self::Tutorial => "one load through synchronous calls and through a queue",
        }
    }

    /// The text of the scenario, in which its own file is called `FILE`.
    const fn text(self) -> &'static str {
        match self {
            Self::Api => include_str!("init/api.ron"),
            Self::Queue => include_str!("init/queue.ron"),
            Self::Tutorial => include_str!("../../../scenarios/tutorial.ron"),
        }
    }
}

pub(super) fn init(ui: &Ui, args: &Init) -> Result<Exit, Failure> {
    if args.list {
        let line = |one: &Template| format!("{:<9} {}\n", one.name(), one.about());
        ui.print(&Template::value_variants().iter().map(line).collect::<String>())?;
        return Ok(Exit::Done);
    }
    let name = || PathBuf::from(format!("{}.ron", args.template.name()));
    let path = args.output.clone().unwrap_or_else(name);
    if is_dash(&path) {
        Ui::print_bytes(args.template.text().as_bytes())?;
        return Ok(Exit::Done);
    }
    if fs::symlink_metadata(&path).is_ok() {
        let message = format!("{} is there already, and is not replaced", shown(&path));
        let hint = "give another name with -o".to_owned();
        return Err(Failure::Message(Exit::Trouble, message, Some(hint)));
    }
    let file = quoted(&shown(&path));
    Target::new("--output", &path)?.write(&args.template.text().replace("FILE", &file))?;
    if !args.quiet {
        ui.print(&format!("{}\n", shown(&path)))?;
        ui.hint(&format!("change its numbers to yours, then: dessim run {file}"));
    }
    Ok(Exit::Done)
}
