//! `dessim trace`: the lives of single requests.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dessim::ScenarioFile;

use dessim::experiment::listener::Listener;
use dessim::experiment::run::{Options, run_with};
use dessim::experiment::spans::Spans;
use dessim::experiment::stories::{
    ArmStories, RequestName, RequestStories, Selection, StoryError, request_stories,
};
use dessim::report::text::format::{count, label};
use dessim::report::text::page::stopped;
use dessim::report::trace::chrome::{Chrome, Origin};
use dessim::report::trace::otlp::{DEFAULT_EPOCH, to_otlp};
use dessim::report::trace::perfetto::Perfetto;
use dessim::report::trace::story::Story;
use dessim::report::trace::tree::tree;
use dessim::scenario::problem::printable;

use crate::cli::args::{Input, Quiet};
use crate::cli::exit::Exit;
use crate::cli::files::input::{self, Playable};
use crate::cli::files::target::Target;
use crate::cli::terminal::ui::{Failure, Ui};

const TRACE_EXAMPLES: &str = "\
Examples:
  dessim trace scenarios/burst.ron --request 17
  dessim trace scenarios/burst.ron --failed 10 --arm rpc
  dessim trace result.json --slowest 3
  dessim trace burst.ron --slowest 100 --format otlp -o traces.json

For whole runs in viewers, see `dessim run --trace-chrome` and `--trace-perfetto`.";

#[derive(Debug, Args)]
#[command(after_long_help = TRACE_EXAMPLES)]
pub(crate) struct Trace {
    #[command(flatten)]
    pub input: Input,
    /// Follow this request: its number, or LOAD#NUMBER; may be repeated
    #[arg(long, value_name = "REQUEST", conflicts_with_all = ["slowest", "failed"])]
    pub request: Vec<RequestName>,
    /// Follow the N requests of each arm that took longest [default: 1]
    #[arg(long, value_name = "N", value_parser = number, conflicts_with = "failed")]
    pub slowest: Option<usize>,
    /// Follow the first N requests of each arm that did not succeed
    #[arg(long, value_name = "N", value_parser = number)]
    pub failed: Option<usize>,
    /// Follow requests of this arm only
    #[arg(long, value_name = "ARM")]
    pub arm: Option<String>,
    /// What to print; the last three are for viewers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: StoryFormat,
    /// Write it to a file; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// In OTLP, the Unix time at which runs begin [default: 946684800, the year 2000]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=EPOCHS),
        allow_negative_numbers = true)]
    pub epoch: Option<u64>,
    #[command(flatten)]
    pub quiet: Quiet,
}

/// Largest epoch, in seconds: 64 bits of nanoseconds hold every run that begins before it.
const EPOCHS: u64 = 9_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoryFormat {
    Text,
    Json,
    Otlp,
    Chrome,
    Perfetto,
}

fn number(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(number) if (1..=MOST_STORIES).contains(&number) => Ok(number),
        _ => Err(format!("give a whole number from 1 to {MOST_STORIES}")),
    }
}

/// Most requests of one command, because their stories are held in memory.
const MOST_STORIES: usize = 100_000;

/// The schema name of stories as JSON.
const SCHEMA: &str = "dessim.requests/1";

pub(super) fn trace(ui: &Ui, args: &Trace) -> Result<Exit, Failure> {
    let target = Target::given("--output", args.output.as_ref())?;
    if args.epoch.is_some() && args.format != StoryFormat::Otlp {
        let message = "--epoch goes with --format otlp: only its instants are of a calendar";
        return Err(Failure::usage(message, "add --format otlp, or leave --epoch out"));
    }
    let playable = Playable::open(&args.input.file, &args.input.set)?;
    if !args.quiet.quiet {
        input::warn(ui, &playable.file);
    }
    let pick = pick(args);
    let file = &playable.file;
    let options = playable.options(args.input.seed)?;
    let recorded =
        request_stories(&file.scenario, &file.name, &options, (&pick, args.arm.as_deref()));
    let recorded = recorded.map_err(|error| match error {
        StoryError::Build(error) => Failure::invalid(error.to_string()),
        StoryError::Unknown { message, hint } => Failure::usage(message, hint),
    })?;
    playable.verify(&recorded.result)?;
    let text = match args.format {
        StoryFormat::Text => page(&recorded, &pick).into_bytes(),
        StoryFormat::Json => json(&recorded, &pick).into_bytes(),
        StoryFormat::Otlp => {
            let stories: Vec<_> = stories(&recorded).collect();
            let epoch = args.epoch.unwrap_or(DEFAULT_EPOCH);
            to_otlp(&recorded.result, &stories, epoch).into_bytes()
        }
        StoryFormat::Chrome | StoryFormat::Perfetto => {
            viewed(file, &options, &recorded, args.format)?
        }
    };
    match &target {
        Some(target) => {
            let mut sink = target.open()?;
            let written = sink.write_all(&text);
            sink.close(written)?;
        }
        None if args.format == StoryFormat::Perfetto => Ui::print_bytes(&text)?,
        None => Ui::print_raw(&String::from_utf8_lossy(&text))?,
    }
    if let Some(why) = &recorded.result.stopped {
        ui.error(&format!("seed {} stopped early: {}", recorded.result.seed, stopped(why)));
        return Ok(Exit::Invalid);
    }
    if stories(&recorded).next().is_none() {
        let what = match pick {
            Selection::Failed(_) => "every request that ended succeeded",
            Selection::Slowest(_) | Selection::Named(_) => "no request ended",
        };
        let message = format!("there is nothing to follow: {what}");
        return Err(Failure::Message(Exit::Nothing, message, None));
    }
    Ok(Exit::Done)
}

/// The chosen requests in a file for a viewer, beside the counters of the whole run.
fn viewed(
    file: &ScenarioFile,
    options: &Options,
    recorded: &RequestStories,
    format: StoryFormat,
) -> Result<Vec<u8>, Failure> {
    let options = options.clone().sampled(&file.scenario);
    let (scenario, wanted) = (&recorded.result.scenario, recorded.filter.clone());
    let digest = scenario.digest.to_string();
    let origin = Origin { scenario: &scenario.name, digest, seed: recorded.result.seed };
    let run = |listener: &mut dyn Listener| {
        run_with(&file.scenario, &file.name, &options, listener)
            .map_err(|error| Failure::invalid(error.to_string()))
    };
    let written = if format == StoryFormat::Chrome {
        let mut spans = Spans::new(Chrome::new(Vec::new(), &origin), wanted);
        let result = run(&mut spans)?;
        spans.finish().finish(&result)
    } else {
        let mut spans = Spans::new(Perfetto::new(Vec::new(), &origin), wanted);
        let result = run(&mut spans)?;
        spans.finish().finish(&result)
    };
    written.map_err(Failure::Stdout)
}

fn pick(args: &Trace) -> Selection {
    match (args.slowest, args.failed) {
        _ if !args.request.is_empty() => Selection::Named(args.request.clone()),
        (_, Some(most)) => Selection::Failed(most),
        (most, None) => Selection::Slowest(most.unwrap_or(1)),
    }
}

fn stories(recorded: &RequestStories) -> impl Iterator<Item = &Story> {
    recorded.arms.values().flat_map(|arm| &arm.stories)
}

fn page(recorded: &RequestStories, pick: &Selection) -> String {
    let result = &recorded.result;
    let mut text = format!("{}, seed {}\n", printable(&result.scenario.name), result.seed);
    for (name, arm) in &recorded.arms {
        if let Some(note) = note(arm, pick) {
            text.push_str(&format!("\narm {}: {note}\n", printable(name)));
        }
        for story in &arm.stories {
            text.push_str(&format!("\n{}", tree(story)));
        }
    }
    text
}

/// A note on the population that the requests of an arm were selected from.
fn note(arm: &ArmStories, pick: &Selection) -> Option<String> {
    let (ended, shown) = (arm.chosen.ended, arm.stories.len());
    match pick {
        Selection::Named(_) => None,
        Selection::Slowest(_) if shown == 0 => Some("no request ended".to_owned()),
        Selection::Slowest(_) => {
            let number = if shown == 1 { String::new() } else { format!("{shown} ") };
            Some(format!("the {number}slowest of {} requests that ended", count(ended)))
        }
        Selection::Failed(_) => {
            let fates = &arm.chosen.unsuccessful;
            let failed: u64 = fates.values().sum();
            if failed == 0 {
                return Some(format!("all {} requests that ended succeeded", count(ended)));
            }
            let mut note =
                format!("{} of {} requests did not succeed", count(failed), count(ended));
            for (fate, n) in fates {
                note.push_str(&format!("\n  {:>9}  {}", count(*n), label(fate.name())));
            }
            if (shown as u64) < failed {
                let number = if shown == 1 { String::new() } else { format!(" {shown}") };
                note.push_str(&format!("\n  the first{number} of them:"));
            }
            Some(note)
        }
    }
}

fn json(recorded: &RequestStories, pick: &Selection) -> String {
    let result = &recorded.result;
    let arms = recorded.arms.iter().map(|(name, arm)| {
        let unsuccessful = arm.chosen.unsuccessful.iter();
        let unsuccessful: serde_json::Map<_, _> =
            unsuccessful.map(|(fate, n)| (fate.name().to_owned(), (*n).into())).collect();
        let mut json = serde_json::json!({ "arm": name });
        // Named requests are not selected from a population.
        if !matches!(pick, Selection::Named(_)) {
            json["ended"] = arm.chosen.ended.into();
            json["unsuccessful"] = unsuccessful.into();
        }
        json["requests"] = serde_json::json!(arm.stories);
        json
    });
    let all = serde_json::json!({
        "schema": SCHEMA,
        "dessim": result.dessim,
        "model": result.model,
        "scenario": result.scenario,
        "seed": result.seed,
        "fingerprint": result.fingerprint,
        "arms": arms.collect::<Vec<_>>(),
    });
    format!("{all:#}\n")
}
