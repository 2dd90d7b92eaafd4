//! `dessim run`: one scenario, one seed or many.

mod args;
mod export;
mod folder;
mod limits;
mod many;
mod plot;
mod record;
mod steady;

use dessim::ScenarioFile;
use dessim::experiment::expect::{Expectation, Observer, expectations, of_one_run};
use dessim::experiment::figures::figures;
use dessim::experiment::listener::Listeners;
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::{CalendarKind, DEFAULT_MAX_EVENTS, DEFAULT_MAX_MEMORY, Options};
use dessim::report::export::json;
use dessim::report::result::RunResult;
use dessim::report::text::brief::{Paint, brief};
use dessim::report::text::markdown;
use dessim::report::text::page::page;
use dessim::scenario::build::BuildError;
use dessim::scenario::resolved;

pub(super) use args::Run;

use crate::cli::exit::Exit;
use crate::cli::files::folder::Folder;
use crate::cli::files::input::{self, ended, feasible};
use crate::cli::files::target::Target;
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui};
use args::{Calendar, Format};
use export::Exports;
use record::Records;

pub(super) fn run(ui: &Ui, args: &Run) -> Result<Exit, Failure> {
    match args.scenario.file.is_dir() {
        true => folder::folder(ui, args),
        false => scenario(ui, args),
    }
}

fn scenario(ui: &Ui, args: &Run) -> Result<Exit, Failure> {
    let seeds = args.seeds.clone().filter(|seeds| seeds.start() != seeds.end());
    let outputs = Outputs::new(args, seeds.is_some())?;
    let file = input::scenario(&args.scenario.file, &args.scenario.set)?;
    if !args.work.quiet {
        input::warn(ui, &file);
    }
    feasible(&file, args.limits.max_events.is_some())?;
    let options = Options {
        seed: args.seed.or_else(|| Some(*args.seeds.as_ref()?.start())),
        max_events: args.limits.max_events.unwrap_or(DEFAULT_MAX_EVENTS),
        max_memory: args.limits.max_memory.unwrap_or(DEFAULT_MAX_MEMORY),
        calendar: match args.calendar {
            Calendar::Lanes => CalendarKind::Lanes,
            Calendar::Keyed => CalendarKind::Keyed,
        },
        ..Options::default()
    };
    let runs = seeds.as_ref().map_or(1, |seeds| (seeds.end() - seeds.start()).saturating_add(1));
    let meter = Meter::new(args.work.progress, args.work.quiet, &file.scenario, runs);
    match seeds {
        None if args.steady => steady::steady(ui, args, &file, (&options, meter)),
        None => once(ui, args, &outputs, &file, (&options, meter)),
        Some(seeds) => many::many(ui, args, &outputs, &file, (&options, seeds, meter)),
    }
}

/// The outputs of a run besides its page, all known to be writable.
struct Outputs {
    json: Option<Target>,
    markdown: Option<Target>,
    records: Records,
    svg: Option<Folder>,
    others: Exports,
    format: Format,
    /// False if an export takes standard output.
    page: bool,
    /// True if plots follow the page.
    plots: bool,
}

impl Outputs {
    fn new(args: &Run, several: bool) -> Result<Self, Failure> {
        if several && args.svg.is_some() {
            let message = "--svg takes one run, and --seeds gives several";
            return Err(Failure::usage(message, "leave out --seeds, or give --seed N"));
        }
        let mut outputs = Self {
            json: Target::given("--export-json", args.export_json.as_ref())?,
            markdown: Target::given("--export-markdown", args.export_markdown.as_ref())?,
            records: Records::new(args)?,
            svg: args.svg.as_deref().map(|dir| Folder::new(dir, args.overwrite)).transpose()?,
            others: Exports::new(&args.exports, several)?,
            format: args.format.unwrap_or(Format::Text),
            page: true,
            plots: false,
        };
        let taken = outputs.all().any(|(_, target)| target.is_stdout());
        outputs.page = !taken;
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

    /// True if any output shows a single run over time, which needs samples.
    fn over_time(&self) -> bool {
        let json = self.page && self.format != Format::Text;
        let drawn = self.svg.is_some() || self.records.all().next().is_some();
        json || drawn || self.plots || self.json.is_some() || self.others.any()
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
    let mut recorder = observer.recorder(&prepared);
    let result = {
        let mut everyone = Listeners(recorder.listeners());
        outputs.records.run(&prepared, &options, &meter, &mut everyone)?
    };
    drop(meter);
    let observed = recorder.observed(&prepared, result);
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
    // The page of text lists the warnings itself.
    if !args.work.quiet && (outputs.format != Format::Text || !outputs.page) {
        for warning in &result.warnings {
            ui.warning(warning);
        }
    }
    Ok(match ended(ui, &result) {
        Exit::Done if fails => Exit::Difference,
        exit => exit,
    })
}
