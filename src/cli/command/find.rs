//! `dessim find`: thresholds, capacities, best settings.

use std::ops::RangeInclusive;

use clap::Args;
use dessim::ScenarioFile;
use dessim::experiment::condition::{likely_claims, seeds_for};
use dessim::experiment::find::capacity::{Question, capacity};
use dessim::experiment::find::optimise::{self, Cost, Problem, constraints, goal};
use dessim::experiment::find::{ByPath, Search, find, most_values};
use dessim::experiment::hunt::Playing;
use dessim::experiment::knob::{Knob, Scale, Span};
use dessim::experiment::run::Options;
use dessim::report::export::json::pretty;
use dessim::scenario::Document;

use crate::cli::args::{FormatArgs, ScenarioArgs, TextOrJson, WorkArgs, seeds};
use crate::cli::command::hunt::range;
use crate::cli::exit::Exit;
use crate::cli::files::input;
use crate::cli::files::input::feasible;
use crate::cli::interrupt;
use crate::cli::search::{announce, confidence, document, ratio, refused, troubled};
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui, plural};

const EXAMPLES: &str = "\
Examples:
  dessim find metastable.ron faults.freeze.until --from 60s --to 70s \\
      --expect 'not retries collapses'
  dessim find pool.ron services.db.slots --from 1 --to 40 \\
      --expect 'p(requests.shed / requests.offered < 1%) > 50%'
  dessim find metastable.ron --capacity
  dessim find burst.ron --minimize rpc.latency.end_to_end.p99 \\
      --knob rpc.clients.bulkhead.permits=10..100 \\
      --subject-to 'rpc.amplification < 1.2'";

/// Seeds played at each edge of a capacity. If none of 60 runs collapses, fewer than 5 % of all
/// runs do, at 95 % confidence (0.95^59 < 5 %).
const EDGE_SEEDS: u64 = 60;
/// Seeds played at each setting of the search for an optimum.
const SETTING_SEEDS: u64 = 10;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Find {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// The number whose threshold is searched, as --set names it
    #[arg(value_name = "PATH", requires_all = ["from", "to"],
        required_unless_present_any = ["capacity", "minimize"])]
    pub path: Option<String>,
    /// Search from this value ..
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// .. to this one
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// What must hold in more than 95 % of runs, or `p(..) < 1%` [default: the scenario's `expect`]
    #[arg(long, value_name = "CONDITION", conflicts_with_all = ["capacity", "minimize"])]
    pub expect: Option<String>,
    /// How sure a bound must be
    #[arg(long, value_name = "RATIO", default_value = "95%", value_parser = confidence)]
    pub confidence: f64,
    /// How near values come, as a part of the value or of the interval, whichever is smaller
    /// [default: 1%; with --capacity 5%]. Whole numbers come next to each other
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    pub precision: Option<f64>,
    /// Find how much load each arm can take, of one load or of all
    #[arg(long, value_name = "LOAD", num_args = 0..=1, require_equals = true,
        default_missing_value = "", conflicts_with_all = ["path", "minimize"])]
    pub capacity: Option<String>,
    /// With --capacity, only this arm
    #[arg(long, value_name = "ARM", requires = "capacity")]
    pub arm: Option<String>,
    /// Find the setting with the smallest mean of this number of an arm, or of `cost`
    #[arg(
        long,
        value_name = "NUMBER",
        requires = "knob",
        conflicts_with = "path",
        allow_hyphen_values = true
    )]
    pub minimize: Option<String>,
    /// With --minimize, turn this number; may be repeated
    #[arg(long, value_name = "PATH=A..B", requires = "minimize")]
    pub knob: Vec<String>,
    /// With --minimize, what must hold for means over seeds, or `p(..) < 1%`; may be repeated
    #[arg(long, value_name = "CONDITION", requires = "minimize")]
    pub subject_to: Vec<String>,
    /// With --minimize, what one more of a knob costs (a second, one a second); may be repeated
    #[arg(long, value_name = "PATH=PRICE", requires = "minimize")]
    pub cost: Vec<String>,
    /// With --minimize, the largest cost
    #[arg(long, value_name = "COST", requires = "cost")]
    pub budget: Option<f64>,
    /// With --minimize, play so many runs at most
    #[arg(long, value_name = "N", default_value_t = 2_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: u64,
    /// Try every value with each seed from A to B [default: as many as the claim needs]
    #[arg(long, value_name = "A..B", value_parser = seeds, allow_hyphen_values = true)]
    pub seeds: Option<RangeInclusive<u64>>,
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub work: WorkArgs,
}

/// The outcome of a search, as text or JSON.
struct Answer {
    text: String,
    found: bool,
    interrupted: bool,
    runs: u64,
}

pub(super) fn run(ui: &Ui, args: &Find) -> Result<Exit, Failure> {
    let document = document(&args.scenario.file, &args.scenario.set)?;
    let file = input::checked(&args.scenario.file, &document)?;
    if !args.work.quiet {
        input::warn(ui, &file);
    }
    feasible(&file, false)?;
    let stop = interrupt::stop();
    let options = Options { stop: Some(stop), ..Options::default() };
    let playing = Playing { options: &options, jobs: args.work.jobs(), stop };
    let answer = match (&args.path, &args.minimize) {
        (Some(path), _) => threshold(ui, args, (&file, &document), path, playing)?,
        (None, Some(goal)) => optimum(ui, args, (&file, &document), goal, playing)?,
        (None, None) => edges(ui, args, &file, playing)?,
    };
    Ui::print_raw(&answer.text)?;
    if answer.interrupted {
        let says =
            if answer.text.is_empty() { "they say nothing yet" } else { "this is what they say" };
        ui.warning(&format!("interrupted after {}: {says}", plural(answer.runs as usize, "run")));
        return Ok(Exit::Interrupted);
    }
    Ok(if answer.found { Exit::Done } else { Exit::Nothing })
}

fn threshold(
    ui: &Ui,
    args: &Find,
    (file, document): (&ScenarioFile, &Document),
    path: &str,
    playing: Playing<'_>,
) -> Result<Answer, Failure> {
    let conditions = likely_claims(args.expect.as_deref(), &file.scenario, args.confidence)
        .map_err(|why| refused("--expect", args.expect.as_deref().unwrap_or_default(), why))?;
    let knob = knob(document, path)?;
    let (from, to) = (args.from.as_deref(), args.to.as_deref());
    let span = span(&knob, from.unwrap_or_default(), to.unwrap_or_default())?;
    let (first, seeds) = range(args.seeds.as_ref(), file.scenario.seed, seeds_for(&conditions));
    let precision = args.precision.unwrap_or(0.01);
    let values = most_values(span.from(), span.to(), precision);
    let runs = values.saturating_mul(seeds);
    announce(ui, args.work.quiet, &file.scenario, runs, true);
    let meter = Meter::new(args.work.progress, args.work.quiet, &file.scenario, runs);
    let search = Search {
        name: &file.name,
        parameter: path.to_owned(),
        from: span.from(),
        to: span.to(),
        precision,
        first,
        seeds,
    };
    let by_path = ByPath { document, knob: &knob };
    let threshold = find(&search, &by_path, &conditions, playing, |_, _| meter.one_ended());
    let threshold = threshold.map_err(troubled)?;
    Ok(Answer {
        text: match args.format.format {
            TextOrJson::Text => threshold.text(),
            TextOrJson::Json => pretty(&threshold),
        },
        found: threshold.is_found(),
        interrupted: threshold.interrupted,
        runs: threshold.runs,
    })
}

fn knob(document: &Document, path: &str) -> Result<Knob, Failure> {
    Knob::at(document, path).map_err(|problems| Failure::Problems(Exit::Usage, Box::new(problems)))
}

/// The interval from `from` to `to`, which must be higher.
fn span(knob: &Knob, from: &str, to: &str) -> Result<Span, Failure> {
    let span = knob.span(from, to, Scale::Linear).map_err(|why| {
        Failure::usage(why, format!("give values of {} as the scenario writes them", knob.path()))
    })?;
    if span.from() >= span.to() {
        let message = format!("there is nothing between {} and {}", span.from(), span.to());
        return Err(Failure::usage(message, "give the lower value first"));
    }
    Ok(span)
}

fn edges(
    ui: &Ui,
    args: &Find,
    file: &ScenarioFile,
    playing: Playing<'_>,
) -> Result<Answer, Failure> {
    let load = args.capacity.as_deref().filter(|load| !load.is_empty());
    let (first, seeds) = range(args.seeds.as_ref(), file.scenario.seed, EDGE_SEEDS);
    let precision = args.precision.unwrap_or(0.05);
    let arms = dessim::scenario::arms::arms(&file.scenario).len() as u64;
    // Two edges an arm, at about ten factors each; one of the edges plays each seed twice.
    let runs = arms.saturating_mul(seeds).saturating_mul(30);
    announce(ui, args.work.quiet, &file.scenario, runs / arms.max(1), false);
    let meter = Meter::new(args.work.progress, args.work.quiet, &file.scenario, runs);
    let question = Question {
        name: &file.name,
        load,
        arm: args.arm.as_deref(),
        precision,
        first,
        seeds,
        confidence: args.confidence,
    };
    let mut before = 0;
    let progress = |done: u64, _| {
        (before..done).for_each(|_| meter.one_ended());
        before = done;
    };
    let capacity = capacity(&file.scenario, &question, playing, progress).map_err(troubled)?;
    let capacity = capacity.map_err(|why| refused("--capacity", load.unwrap_or_default(), why))?;
    Ok(Answer {
        text: match args.format.format {
            TextOrJson::Text => capacity.text(),
            TextOrJson::Json => pretty(&capacity),
        },
        found: true,
        interrupted: capacity.interrupted,
        runs: capacity.runs,
    })
}

fn optimum(
    ui: &Ui,
    args: &Find,
    (file, document): (&ScenarioFile, &Document),
    text: &str,
    playing: Playing<'_>,
) -> Result<Answer, Failure> {
    let scenario = &file.scenario;
    let goal = goal(text, scenario).map_err(|why| refused("--minimize", text, why))?;
    let mut knobs = Vec::new();
    for given in &args.knob {
        let form = || Failure::usage(format!("--knob {given} has no range"), "write PATH=A..B");
        let (path, range) = given.rsplit_once('=').ok_or_else(form)?;
        let (from, to) = range.split_once("..").ok_or_else(form)?;
        let knob = knob(document, path)?;
        let span = span(&knob, from, to)?;
        knobs.push((knob, span));
    }
    let mut all = Vec::new();
    for text in &args.subject_to {
        let read = constraints(text, scenario, args.confidence);
        all.extend(read.map_err(|why| refused("--subject-to", text, why))?);
    }
    let (first, seeds) = range(args.seeds.as_ref(), scenario.seed, SETTING_SEEDS);
    let problem = Problem {
        name: &file.name,
        document,
        cost: Cost { prices: prices(args, &knobs)?, budget: args.budget },
        knobs,
        goal,
        goal_text: text.to_owned(),
        constraints: all,
        first,
        seeds,
        runs: args.runs,
    };
    let least = problem.least_runs();
    if args.runs < least {
        let message = format!("--runs {} are too few for {seeds} seeds a setting", args.runs);
        return Err(Failure::usage(message, format!("give at least {least}, or fewer --seeds")));
    }
    announce(ui, args.work.quiet, scenario, args.runs, true);
    let meter = Meter::new(args.work.progress, args.work.quiet, scenario, args.runs);
    let mut progress = |_| meter.one_ended();
    let optimum = optimise::optimise(&problem, playing, &mut progress).map_err(troubled)?;
    drop(meter);
    let Some(optimum) = optimum else {
        let text = String::new();
        return Ok(Answer { text, found: false, interrupted: true, runs: 0 });
    };
    Ok(Answer {
        text: match args.format.format {
            TextOrJson::Text => optimum.text(),
            TextOrJson::Json => pretty(&optimum),
        },
        found: optimum.feasible,
        interrupted: optimum.interrupted,
        runs: optimum.runs,
    })
}

/// The price of each knob, 0 for a knob without `--cost`.
fn prices(args: &Find, knobs: &[(Knob, Span)]) -> Result<Vec<f64>, Failure> {
    let mut prices = vec![0.0; knobs.len()];
    for given in &args.cost {
        let form = || Failure::usage(format!("--cost {given} is no price"), "write PATH=PRICE");
        let (path, price) = given.rsplit_once('=').ok_or_else(form)?;
        let price: f64 = price.trim().parse().map_err(|_| form())?;
        let at = knobs.iter().position(|(knob, _)| knob.path() == path);
        let Some(at) = at.filter(|_| price.is_finite()) else {
            let message = format!("--cost {given} is about nothing that is turned");
            return Err(Failure::usage(message, "give the path of a --knob, as given there"));
        };
        prices[at] = price;
    }
    Ok(prices)
}
