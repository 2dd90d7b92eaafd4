//! `dessim hunt`: seeds, and instants of a fault, for a run that shows something.

use std::ops::RangeInclusive;

use clap::Args;
use dessim::experiment::condition::Wanted;
use dessim::experiment::hunt::split::{Splitting, split, splittable};
use dessim::experiment::hunt::{Playing, SearchSpace, Vary, hunt};
use dessim::experiment::knob::{Amount, Knob, Scale};
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::Options;
use dessim::kernel::time::Duration;
use dessim::report::export::json;
use dessim::report::search::hunt::{HUNT_SCHEMA, Hunted};
use dessim::scenario::Document;
use dessim::scenario::schema::{Fault, Scenario};
use dessim::scenario::written::quoted;

use crate::cli::args::{FormatArgs, ScenarioArgs, TextOrJson, WorkArgs, seeds};
use crate::cli::exit::Exit;
use crate::cli::files::input;
use crate::cli::files::input::feasible;
use crate::cli::interrupt;
use crate::cli::search::{WantedArgs, again, announce, document, refused, troubled};
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui};

const EXAMPLES: &str = "\
Examples:
  dessim hunt scenarios/flaky_service.ron --for collapses
  dessim hunt burst.ron --expect 'rpc.amplification < 1.2' --seeds 1..1000
  dessim hunt burst.ron --for 'requests.shed > 0' --vary-fault slow --from 1s --to 9s
  dessim hunt queue.ron --for 'db.in_flight_max >= 40' --split=db";

/// Seeds tried by default, from the scenario's own on.
const SEEDS: u64 = 1_000;
/// Default repetitions of splitting.
const REPETITIONS: u64 = 20;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Hunt {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub wanted: WantedArgs,
    /// Try each seed from A to B [default: 1000 from the scenario's on; with --split, 20]
    #[arg(long, value_name = "A..B", value_parser = seeds, allow_hyphen_values = true)]
    pub seeds: Option<RangeInclusive<u64>>,
    /// End at the first run that shows it
    #[arg(long)]
    pub first: bool,
    /// Let this fault begin at different instants, as long as ever
    #[arg(long, value_name = "FAULT", requires_all = ["from", "to"])]
    pub vary_fault: Option<String>,
    /// Turn this number of the scenario as well
    #[arg(long, value_name = "PATH", requires_all = ["from", "to"], conflicts_with = "vary_fault")]
    pub vary: Option<String>,
    /// What is varied goes from here ..
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// .. to here
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// Over so many points
    #[arg(long, value_name = "N", default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(2..=10_000))]
    pub points: u64,
    /// Estimate a small probability by splitting worlds by what is in flight, or waits, there
    #[arg(long, value_name = "COMPONENT", num_args = 0..=1, require_equals = true,
        default_missing_value = "", conflicts_with_all = ["vary", "vary_fault", "first"])]
    pub split: Option<String>,
    /// With --split, worlds at each level
    #[arg(long, value_name = "N", default_value_t = 200,
        value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub effort: u64,
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub work: WorkArgs,
}

pub(super) fn run(ui: &Ui, args: &Hunt) -> Result<Exit, Failure> {
    let document = document(&args.scenario.file, &args.scenario.set)?;
    let file = input::checked(&args.scenario.file, &document)?;
    if !args.work.quiet {
        input::warn(ui, &file);
    }
    feasible(&file, false)?;
    let wanted = args.wanted.wanted(&file.scenario)?;
    let stop = interrupt::stop();
    let options = Options { stop: Some(stop), ..Options::default() };
    let playing = Playing { options: &options, jobs: args.work.jobs(), stop };
    let hunted = match &args.split {
        Some(component) => {
            let component = Some(component.as_str()).filter(|name| !name.is_empty());
            rare(args, (&file.scenario, &file.name), &wanted, component, playing)?
        }
        None => often(ui, args, (&file.scenario, &file.name, &document), &wanted, playing)?,
    };
    Ui::print_raw(&match args.format.format {
        TextOrJson::Text => {
            hunted.text(|more, seed| again(&args.scenario.file, &args.scenario.set, more, seed))
        }
        TextOrJson::Json => json::pretty(&hunted),
    })?;
    if hunted.stopped > 0 && !args.work.quiet {
        ui.warning(&format!("{} runs stopped before their end", hunted.stopped));
    }
    if hunted.interrupted {
        let (done, of) = match (&args.split, &hunted.split) {
            (None, _) => (hunted.runs, hunted.planned),
            (Some(_), split) => {
                let done = split.as_ref().map_or(0, |split| split.repetitions.len() as u64);
                (done, hunted.seeds[1] - hunted.seeds[0] + 1)
            }
        };
        let what = if args.split.is_some() { "repetitions" } else { "runs" };
        ui.warning(&format!("interrupted after {done} of {of} {what}"));
        return Ok(Exit::Interrupted);
    }
    if !hunted.is_found() && !args.work.quiet {
        ui.hint(match args.split {
            Some(_) => "more worlds (--effort) may get there, or counting elsewhere (--split=..)",
            None => "more --seeds may find it, or --split for what is rarer than 1 in 10,000",
        });
        return Ok(Exit::Nothing);
    }
    Ok(Exit::Done)
}

/// The first seed and the number of seeds: those given, or `usual` many from `own` on.
pub(super) fn range(seeds: Option<&RangeInclusive<u64>>, own: u64, usual: u64) -> (u64, u64) {
    match seeds {
        Some(seeds) => (*seeds.start(), (seeds.end() - seeds.start()).saturating_add(1)),
        None => (own.min(u64::MAX - usual), usual),
    }
}

fn often(
    ui: &Ui,
    args: &Hunt,
    (scenario, name, document): (&Scenario, &str, &Document),
    wanted: &Wanted,
    playing: Playing<'_>,
) -> Result<Hunted, Failure> {
    let points = match (&args.vary, &args.vary_fault) {
        (Some(path), _) => Some(variations(args, document, path)?),
        (None, Some(fault)) => Some(moved(args, (scenario, document), fault)?),
        (None, None) => None,
    };
    let (first, seeds) = range(args.seeds.as_ref(), scenario.seed, SEEDS);
    let runs = seeds.saturating_mul(points.as_ref().map_or(1, |points| points.len() as u64));
    announce(ui, args.work.quiet, scenario, runs, args.first);
    let vary = points.map(|points| Vary { document, points });
    let ground = SearchSpace { first, seeds, vary, first_only: args.first };
    let meter = Meter::new(args.work.progress, args.work.quiet, scenario, runs);
    let progress = |_, _| meter.one_ended();
    hunt((scenario, name), wanted, &ground, playing, progress).map_err(troubled)
}

/// The assignments that set the number at `path` to each of its values.
fn variations(args: &Hunt, document: &Document, path: &str) -> Result<Vec<Vec<String>>, Failure> {
    let knob = Knob::at(document, path).map_err(usage)?;
    let at = amounts(args, &knob)?;
    Ok(at.into_iter().map(|amount| vec![knob.assignment(amount)]).collect())
}

fn usage(problems: dessim::scenario::Problems) -> Failure {
    Failure::Problems(Exit::Usage, Box::new(problems))
}

fn amounts(args: &Hunt, knob: &Knob) -> Result<Vec<Amount>, Failure> {
    let (from, to) = (args.from.as_deref(), args.to.as_deref());
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    let span = knob.span(from, to, Scale::Linear).map_err(|why| {
        Failure::usage(why, "give --from and --to as the scenario writes such a value")
    })?;
    let mut amounts: Vec<Amount> =
        (0..args.points).map(|point| span.at(point, args.points - 1)).collect();
    // An interval with fewer whole numbers than points repeats some of them.
    amounts.dedup();
    Ok(amounts)
}

/// The assignments that move a fault to each of its instants, in every arm that has it.
fn moved(
    args: &Hunt,
    (scenario, document): (&Scenario, &Document),
    fault: &str,
) -> Result<Vec<Vec<String>>, Failure> {
    let key = quoted(fault);
    let common = scenario.faults.get(fault).map(|of| (format!("faults[{key}]"), of));
    let own = scenario.arms.iter().filter_map(|(arm, of)| {
        Some((format!("arms[{}].faults[{key}]", quoted(arm)), of.faults.get(fault)?))
    });
    let places: Vec<(String, &Fault)> = common.into_iter().chain(own).collect();
    let Some((place, _)) = places.first() else {
        let message = format!("there is no fault {key} in the scenario");
        return Err(Failure::usage(message, "give the name of one of its `faults`"));
    };
    let knob = Knob::at(document, &format!("{place}.from")).map_err(usage)?;
    let at = amounts(args, &knob)?.into_iter();
    let set = |amount: Amount| {
        let Amount::Duration(from) = amount else { return Vec::new() };
        let windows = places.iter().flat_map(|(place, of)| {
            let lasts = of.until.as_ns().saturating_sub(of.from.as_ns());
            let until = Duration::from_ns(from.as_ns().saturating_add(lasts));
            // The end goes first, so `until` never precedes `from` on the way.
            [format!("{place}.until={}", until.exact()), format!("{place}.from={}", from.exact())]
        });
        windows.collect()
    };
    Ok(at.map(set).collect())
}

fn rare(
    args: &Hunt,
    (scenario, name): (&Scenario, &str),
    wanted: &Wanted,
    component: Option<&str>,
    playing: Playing<'_>,
) -> Result<Hunted, Failure> {
    let sentence = args.wanted.looked_for.as_deref().or(args.wanted.expect.as_deref());
    let option = if args.wanted.looked_for.is_some() { "--for" } else { "--expect" };
    let (arm, courses) =
        splittable(wanted).map_err(|why| refused(option, sentence.unwrap_or_default(), why))?;
    let (first, repetitions) = range(args.seeds.as_ref(), scenario.seed, REPETITIONS);
    let splitting = Splitting { component, effort: args.effort, first, repetitions };
    let prepared = Prepared::new(scenario, name);
    let meter = Meter::new(args.work.progress, args.work.quiet, scenario, repetitions);
    let progress = |_, _| meter.one_ended();
    let estimate = split(&prepared, wanted, (&arm, courses), &splitting, playing, progress);
    let estimate = estimate.map_err(troubled)?;
    let estimate =
        estimate.map_err(|why| refused("--split", component.unwrap_or_default(), why))?;
    let done = estimate.as_ref().map_or(0, |split| split.repetitions.len() as u64);
    Ok(Hunted {
        schema: HUNT_SCHEMA,
        scenario: name.to_owned(),
        wanted: wanted.text.clone(),
        seeds: [first, first.saturating_add(repetitions - 1)],
        found: None,
        proportion: None,
        runs: 0,
        planned: 0,
        stopped: 0,
        spread: Vec::new(),
        split: estimate,
        interrupted: done < repetitions,
    })
}
