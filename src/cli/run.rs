//! `dessim run`: one scenario, one seed or many.

mod many;
mod steady;

use std::path::{Path, PathBuf};

use dessim::ScenarioFile;
use dessim::experiment::expect::{Expectation, Observer, expectations, of_one_run};
use dessim::experiment::figures::figures;
use dessim::experiment::listen::Everyone;
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::{CalendarKind, DEFAULT_MAX_EVENTS, Options};
use dessim::report::brief::{Paint, brief};
use dessim::report::page::{page, stopped};
use dessim::report::result::RunResult;
use dessim::report::{format, json, markdown};
use dessim::scenario::build::BuildError;
use dessim::scenario::problem::printable;
use dessim::scenario::{arms, expected_requests, resolved};

use super::Exit;
use super::args::{Calendar, Format, Run};
use super::export::Exports;
use super::folder::Folder;
use super::input::{self, is_dash};
use super::plot;
use super::progress::{Meter, When};
use super::record::Records;
use super::target::Target;
use super::ui::{Failure, Ui};

pub(super) fn run(ui: &Ui, args: &Run) -> Result<Exit, Failure> {
    let seeds = args.seeds.clone().filter(|seeds| seeds.start() != seeds.end());
    let outputs = Outputs::new(args, seeds.is_some())?;
    let file = input::scenario(&args.file, &args.set)?;
    if !args.quiet {
        input::warn(ui, &file);
    }
    feasible(&file, args.max_events.is_some())?;
    let options = Options {
        seed: args.seed.or_else(|| Some(*args.seeds.as_ref()?.start())),
        max_events: args.max_events.unwrap_or(DEFAULT_MAX_EVENTS),
        calendar: match args.calendar {
            Calendar::Lanes => CalendarKind::Lanes,
            Calendar::Keyed => CalendarKind::Keyed,
        },
        sample: None,
    };
    let runs = seeds.as_ref().map_or(1, |seeds| (seeds.end() - seeds.start()).saturating_add(1));
    let when = args.show.progress.unwrap_or(When::Auto);
    let meter = Meter::new(when, args.quiet, &file.scenario, runs);
    match seeds {
        None if args.steady => steady::steady(ui, args, &file, (&options, meter)),
        None => once(ui, args, &outputs, &file, (&options, meter)),
        Some(seeds) => many::many(ui, args, &outputs, &file, (&options, seeds, meter)),
    }
}

/// Everything that is written besides the page, each known to be writable.
struct Outputs {
    json: Option<Target>,
    markdown: Option<Target>,
    records: Records,
    svg: Option<Folder>,
    others: Exports,
    format: Format,
    /// No export has standard output for itself.
    page: bool,
    /// Plots follow the page.
    plots: bool,
}

impl Outputs {
    fn new(args: &Run, several: bool) -> Result<Self, Failure> {
        if several && args.svg.is_some() {
            let message = "--svg takes one run, and --seeds gives several";
            return Err(Failure::usage(message, "leave out --seeds, or give --seed N"));
        }
        let target = |path: &Option<PathBuf>| path.as_deref().map(Target::new).transpose();
        let mut outputs = Self {
            json: target(&args.export_json)?,
            markdown: target(&args.export_markdown)?,
            records: Records::new(args)?,
            svg: args.svg.as_deref().map(|dir| Folder::new(dir, args.overwrite)).transpose()?,
            others: Exports::new(&args.exports, several)?,
            format: args.format.unwrap_or(Format::Text),
            page: true,
            plots: false,
        };
        let taken = outputs.all().any(|(_, target)| target.is_stdout());
        outputs.page = !taken;
        outputs.apart(&args.file)?;
        if !outputs.page && args.format.is_some() {
            let message = "--format and an export both go to standard output";
            return Err(Failure::usage(message, "give the export a file"));
        }
        if args.full && (!outputs.page || outputs.format != Format::Text) {
            let message = "--full prints text, and standard output is for something else";
            return Err(Failure::usage(message, "leave it out, or leave out --format"));
        }
        let page = outputs.page && !several && outputs.format == Format::Text;
        outputs.plots = plot::wanted(&args.show, page)?;
        Ok(outputs)
    }

    fn all(&self) -> impl Iterator<Item = (&'static str, &Target)> {
        let named = [("--export-json", &self.json), ("--export-markdown", &self.markdown)];
        let named = named.into_iter();
        let named = named.filter_map(|(option, target)| Some((option, target.as_ref()?)));
        named.chain(self.others.all()).chain(self.records.all())
    }

    /// True if anything that is written shows a single run over time.
    fn over_time(&self) -> bool {
        let json = self.page && self.format != Format::Text;
        let drawn = self.svg.is_some() || self.records.all().next().is_some();
        json || drawn || self.plots || self.json.is_some() || self.others.any()
    }

    /// Nothing is written twice, and never over the scenario.
    fn apart(&self, scenario: &Path) -> Result<(), Failure> {
        let all: Vec<_> = self.all().collect();
        for (at, (option, target)) in all.iter().enumerate() {
            if !is_dash(scenario) && target.is(scenario) {
                let message = format!("{option} {} would replace the scenario", target.shown());
                return Err(Failure::usage(message, "give it another file"));
            }
            if let Some((other, _)) = all[..at].iter().find(|(_, other)| other.collides(target)) {
                let place = match target.is_stdout() {
                    true => "standard output".to_owned(),
                    false => target.shown(),
                };
                let message = format!("{other} and {option} both go to {place}");
                return Err(Failure::usage(message, "give each its own file"));
            }
        }
        Ok(())
    }

    fn export(&self, file: &ScenarioFile, result: &RunResult) -> Result<(), Failure> {
        if let Some(folder) = &self.svg {
            folder.write(&figures(&file.scenario, result))?;
        }
        if let Some(target) = &self.json {
            target.write(&json::to_json(result))?;
        }
        if let Some(target) = &self.markdown {
            target.write(&markdown::to_markdown(result))?;
        }
        self.others.write(result)
    }
}

/// Refuses what would surely reach the default limit, before minutes are spent on it. Who gives a
/// limit wants to see what happens until then.
pub(super) fn feasible(file: &ScenarioFile, limited: bool) -> Result<(), Failure> {
    let arms = arms::arms(&file.scenario).len();
    let requests = expected_requests(&file.scenario) * arms as f64;
    if limited || requests <= 2.0 * DEFAULT_MAX_EVENTS as f64 {
        return Ok(());
    }
    let message = format!(
        "{} would send about {} requests through its arms, and a run stops after {} events",
        printable(&file.name),
        format::number(requests),
        format::count(DEFAULT_MAX_EVENTS),
    );
    let hint = "shorten it with `duration`, `until` or `total`; `dessim run --max-events N` stops \
                there with what it has";
    Err(Failure::Message(Exit::Invalid, message, Some(hint.to_owned())))
}

fn broken(error: &BuildError) -> Failure {
    Failure::invalid(error.to_string())
}

fn once(
    ui: &Ui,
    args: &Run,
    outputs: &Outputs,
    file: &ScenarioFile,
    (options, meter): (&Options, Meter),
) -> Result<Exit, Failure> {
    let mut options = options.clone();
    if outputs.over_time() {
        options = options.sampled(&file.scenario);
    }
    let prepared = Prepared::new(&file.scenario, &file.name);
    let expectations = expectations(&file.scenario);
    let observer = Observer::new(&prepared, expectations.iter().map(Expectation::condition));
    let mut ears = observer.ears(&prepared);
    let result = {
        let mut everyone = Everyone(ears.listeners());
        outputs.records.run(file, &options, &meter, &mut everyone)?
    };
    drop(meter);
    let observed = ears.observed(&prepared, result);
    let expected = of_one_run(&expectations, &observed);
    let fails = expected.iter().any(|one| one.holds == Some(false));
    let mut result = RunResult { expectations: expected, ..observed.result };
    result.scenario.resolved = Some(resolved(&file.scenario));
    outputs.export(file, &result)?;
    if outputs.page {
        match outputs.format {
            Format::Text if args.full => Ui::print_raw(&page(&result))?,
            Format::Text => ui.print(&brief(&result, Paint::Ansi))?,
            Format::Json => Ui::print_raw(&json::to_json(&result))?,
            Format::Jsonl => Ui::print_raw(&json::to_json_line(&result))?,
        }
        if outputs.plots {
            Ui::print_raw(&plot::plots(&result, &file.scenario))?;
        }
    }
    // The page has told these already.
    if !args.quiet && (outputs.format != Format::Text || !outputs.page) {
        for warning in &result.warnings {
            ui.warning(warning);
        }
    }
    Ok(match ended(ui, &result) {
        Exit::Done if fails => Exit::Difference,
        exit => exit,
    })
}

/// A run that stopped is told last, where it is read.
pub(super) fn ended(ui: &Ui, result: &RunResult) -> Exit {
    match &result.stopped {
        None => Exit::Done,
        Some(why) => {
            ui.error(&format!("seed {} stopped early: {}", result.seed, stopped(why)));
            Exit::Invalid
        }
    }
}
