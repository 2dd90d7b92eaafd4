//! `dessim sweep loop`: a load that rises and falls.

use dessim::ScenarioFile;
use dessim::experiment::knob::{Amount, Scale, Span};
use dessim::experiment::sweep::looped::{MOST_RATES, Stairs, looped};
use dessim::kernel::units::{Rate, parse_duration, parse_rate};

use super::args::LoopArgs;
use super::grammar;
use crate::cli::args::TextOrJson;
use crate::cli::exit::Exit;
use crate::cli::files::input;
use crate::cli::files::target::Target;
use crate::cli::interrupt;
use crate::cli::terminal::ui::{Failure, Ui};

pub(super) fn run(ui: &Ui, args: &LoopArgs) -> Result<Exit, Failure> {
    let html = Target::given("--html", args.html.as_ref())?;
    let file = input::scenario(&args.scenario.file, &args.scenario.set)?;
    if !args.work.quiet {
        input::warn(ui, &file);
    }
    let stairs = stairs(args, &file)?;
    let seeds = args.seeds.clone().unwrap_or(file.scenario.seed..=file.scenario.seed);
    let work = (args.work.jobs(), interrupt::stop());
    let loops = looped(&file.scenario, &file.name, &stairs, seeds, work);
    let Some(loops) = loops.map_err(Failure::invalid)? else {
        ui.warning("interrupted: there is no loop without all of its runs");
        return Ok(Exit::Interrupted);
    };
    if let Some(target) = &html {
        target.write(&loops.to_html())?;
    }
    if html.is_none_or(|target| !target.is_stdout()) {
        Ui::print_raw(&match args.format.format {
            TextOrJson::Text => loops.to_text(),
            TextOrJson::Json => loops.to_json(),
        })?;
    }
    Ok(Exit::Done)
}

fn stairs(args: &LoopArgs, file: &ScenarioFile) -> Result<Stairs, Failure> {
    let loads: Vec<&str> = file.scenario.load.keys().map(String::as_str).collect();
    let names = loads.join(", ");
    let load = match (args.load.as_deref(), loads.as_slice()) {
        (Some(load), loads) if loads.contains(&load) => load,
        (Some(load), _) => {
            let message = format!("there is no load {load}");
            return Err(Failure::usage(message, format!("there is {names}")));
        }
        (None, [load]) => load,
        (None, _) => {
            let message = "this scenario has several loads, and one rises and falls";
            return Err(Failure::usage(message, format!("give --load, one of {names}")));
        }
    };
    let lasts = parse_duration(&args.lasts).ok().filter(|lasts| lasts.as_ns() >= 2);
    let lasts = lasts.ok_or_else(|| {
        Failure::usage(format!("--lasts {} is no time", args.lasts), "give --lasts 10s")
    })?;
    Ok(Stairs { load: load.to_owned(), rates: rates(&args.rates)?, lasts })
}

fn rates(text: &str) -> Result<Vec<Rate>, Failure> {
    let refuse = |why: String| {
        Failure::usage(format!("--rates {text}: {why}"), "give --rates 10/s..200/s/20")
    };
    let (from, to, count) = grammar::span(text).map_err(&refuse)?;
    let count = count.ok_or_else(|| refuse("the count is missing".to_owned()))?;
    if count > MOST_RATES {
        return Err(refuse(format!("at most {MOST_RATES} rates")));
    }
    let rate = |text: &str| parse_rate(text).map_err(|why| refuse(format!("`{text}` {why}")));
    let (from, to) = (Amount::Rate(rate(&from.0)?), Amount::Rate(rate(&to.0)?));
    if from >= to {
        return Err(refuse("the load rises first: the first rate is the lower one".to_owned()));
    }
    let span = Span::new(from, to, Scale::Linear).map_err(&refuse)?;
    let rate = |at| match span.at(at, count - 1) {
        Amount::Rate(rate) => Some(rate),
        _ => None,
    };
    Ok((0..count).filter_map(rate).collect())
}
