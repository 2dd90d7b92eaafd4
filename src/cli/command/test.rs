//! `dessim test`: do the scenarios still do what their snapshots say, and what is expected of them?

mod args;
mod compare;
mod report;
mod select;
mod text;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dessim::ScenarioFile;
use dessim::experiment::expect::{Judgement, News, Trial, judge};
use dessim::experiment::pool::Ended;
use dessim::experiment::run::Options;
use dessim::report::ci::test::{TestedExpectation, TestedScenario, Trouble};
use dessim::report::text::page::stopped;
use dessim::scenario::build::BuildError;
use dessim::scenario::{Document, Path as ScenarioPath, Problems};

pub(super) use compare::local;

use crate::cli::exit::Exit;
use crate::cli::files::input;
use crate::cli::files::input::feasible;
use crate::cli::interrupt;
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::{Failure, Ui, plural, shown};
pub(super) use args::Test;
use report::Reports;
use select::Place;
use text::Counts;

pub(super) fn test(ui: &Ui, args: &Test) -> Result<Exit, Failure> {
    let reports = Reports::new(args)?;
    let place = Place::new(args);
    let scenarios = select::select(&place.paths)?;
    if scenarios.is_empty() {
        ui.error("there is no scenario to test");
        ui.hint(
            "give files or directories; without any, dessim looks for scenarios/*.ron, here and \
             upwards",
        );
        return Ok(Exit::Nothing);
    }
    scenarios.iter().try_for_each(|(stem, path)| compare::claim((args, &place), stem, path))?;
    let read: Vec<Subject> =
        scenarios.iter().map(|(stem, path)| Subject::open(stem, path)).collect();
    let sound: Vec<(&Subject, &Sound)> =
        read.iter().filter_map(|one| Some((one, one.sound.as_ref().ok()?))).collect();
    let options = Options { stop: Some(interrupt::stop()), ..Options::default() };
    let trials: Vec<Trial<'_>> = sound
        .iter()
        .map(|(_, sound)| Trial::new(&sound.file.scenario, &sound.file.name, &options))
        .collect();
    let mut session = Session::new(ui, (args, &place), &reports, &read);
    let meter = sound.first().map(|(_, first)| {
        let runs = trials.iter().map(Trial::runs).sum();
        Meter::new(args.work.progress, args.work.quiet, &first.file.scenario, runs)
    });
    let mut failure = None;
    let ended = judge(&trials, args.work.jobs(), interrupt::stop(), |news| {
        let printed = match news {
            News::Played(run, events) => {
                meter.iter().for_each(|meter| meter.run_ended(run, events));
                Ok(())
            }
            News::Judged(at, judgement) => {
                let print = || session.judged(sound[at].0, sound[at].1, *judgement);
                match &meter {
                    Some(meter) => meter.aside(print),
                    None => Ok(()),
                }
            }
        };
        match printed {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    drop(meter);
    match failure {
        Some(failure) => Err(failure),
        None => session.end(ended, &scenarios),
    }
}

/// A scenario to be tested.
struct Subject {
    stem: String,
    path: PathBuf,
    sound: Result<Sound, Unsound>,
}

/// A scenario that can run.
struct Sound {
    document: Document,
    file: ScenarioFile,
}

/// The reason why a scenario cannot run, for the terminal and for reports.
struct Unsound {
    failure: Failure,
    trouble: Trouble,
}

impl Subject {
    fn open(stem: &str, path: &Path) -> Self {
        let sound = Self::read(path).map_err(|failure| {
            let trouble = trouble(&failure);
            Unsound { failure, trouble }
        });
        Self { stem: stem.to_owned(), path: path.to_owned(), sound }
    }

    fn read(path: &Path) -> Result<Sound, Failure> {
        let invalid = |problems| Failure::Problems(Exit::Invalid, Box::new(problems));
        let bytes = input::read(path)?;
        let name = path.to_string_lossy();
        let document = Document::parse(&name, &bytes).map_err(invalid)?;
        let checked = document.scenario().map_err(invalid)?;
        let (scenario, warnings) = (checked.scenario, checked.warnings);
        let file = ScenarioFile { name: input::name(path), scenario, warnings };
        feasible(&file, false)?;
        Ok(Sound { document, file })
    }
}

/// A failure as it stands in reports.
fn trouble(failure: &Failure) -> Trouble {
    let nowhere = |message: String| Trouble { message, line: None, column: None };
    match failure {
        Failure::Message(_, message, _) => nowhere(message.clone()),
        Failure::Stdout(error) => nowhere(error.to_string()),
        Failure::Problems(_, problems) => {
            let first = |problems: &Problems| problems.line_column(problems.list().first()?);
            let place = first(problems);
            let (line, column) = (place.map(|place| place.0), place.map(|place| place.1));
            Trouble { message: problems.to_string(), line, column }
        }
    }
}

/// A test in progress: takes the scenarios in order as they are judged.
struct Session<'a> {
    ui: &'a Ui,
    args: &'a Test,
    place: &'a Place,
    reports: &'a Reports,
    /// Scenarios that have not been printed yet.
    waiting: VecDeque<&'a Subject>,
    counts: Counts,
    done: Vec<TestedScenario>,
    worst: Exit,
}

impl<'a> Session<'a> {
    fn new(
        ui: &'a Ui,
        (args, place): (&'a Test, &'a Place),
        reports: &'a Reports,
        read: &'a [Subject],
    ) -> Self {
        let (counts, done) = (Counts::default(), Vec::new());
        let waiting = read.iter().collect();
        Self { ui, args, place, reports, waiting, counts, done, worst: Exit::Done }
    }

    /// Prints a judged scenario, after those before it that could not run.
    fn judged(
        &mut self,
        subject: &Subject,
        sound: &Sound,
        judgement: Result<Judgement, BuildError>,
    ) -> Result<(), Failure> {
        while let Some(next) = self.waiting.pop_front().filter(|next| next.path != subject.path) {
            self.unsound(next);
        }
        if !self.args.work.quiet {
            input::warn(self.ui, &sound.file);
        }
        let judgement = match judgement {
            Ok(judgement) => judgement,
            Err(error) => {
                self.fails(subject, &Failure::invalid(error.to_string()));
                return Ok(());
            }
        };
        let mut tested = self.tested(subject, sound, &judgement);
        if !self.args.no_snapshots {
            let (of, passed) = ((&*subject.stem, &*subject.path), tested.passed());
            match compare::compare((self.args, self.place), of, &judgement.result, passed) {
                Ok(snapshot) => tested.snapshot = Some(snapshot),
                Err(failure) => {
                    self.fails(subject, &failure);
                    return Ok(());
                }
            }
        }
        if self.reports.prints {
            self.ui.print(&text::scenario(&tested))?;
        }
        if let Some(trouble) = &tested.error {
            self.ui.error(&format!("{}: {}", shown(&subject.path), trouble.message));
            self.is(Exit::Invalid);
        }
        if !tested.passed() {
            self.is(Exit::Difference);
        }
        self.counts.add(&tested);
        self.done.push(tested);
        Ok(())
    }

    fn tested(&self, subject: &Subject, sound: &Sound, judgement: &Judgement) -> TestedScenario {
        let expectations = judgement.expected.iter().map(|expected| {
            let place = ScenarioPath::root().field("expect").index(expected.index);
            let (line, column) = sound.document.line_column(&place);
            let fails = expected.holds == Some(false);
            let command = fails.then(|| report::command(&subject.path, expected.seed));
            TestedExpectation { expected: expected.clone(), line, column, command }
        });
        let error = judgement.stopped.as_ref().map(|(seed, why)| Trouble {
            message: format!("seed {seed} stopped early: {}", stopped(why)),
            line: None,
            column: None,
        });
        TestedScenario {
            file: report::file(&subject.path),
            seed: Some(judgement.result.seed),
            error,
            snapshot: None,
            expectations: expectations.collect(),
        }
    }

    /// Prints why a scenario could not be read.
    fn unsound(&mut self, subject: &Subject) {
        if let Err(Unsound { failure, trouble }) = &subject.sound {
            let exit = failure.print(self.ui);
            self.lost(subject, trouble.clone(), exit);
        }
    }

    fn fails(&mut self, subject: &Subject, failure: &Failure) {
        let exit = failure.print(self.ui);
        self.lost(subject, trouble(failure), exit);
    }

    fn lost(&mut self, subject: &Subject, trouble: Trouble, exit: Exit) {
        let (file, error) = (report::file(&subject.path), Some(trouble));
        let tested = TestedScenario { file, error, ..TestedScenario::default() };
        self.counts.add(&tested);
        self.done.push(tested);
        self.is(exit);
    }

    /// Takes `exit` as the exit code of the test if it weighs more than the present one: a scenario
    /// that cannot run weighs more than a difference.
    fn is(&mut self, exit: Exit) {
        let weight = |exit: &Exit| match exit {
            Exit::Trouble => 3,
            Exit::Invalid => 2,
            Exit::Difference => 1,
            _ => 0,
        };
        if weight(&exit) > weight(&self.worst) {
            self.worst = exit;
        }
    }

    fn end(mut self, ended: Ended, scenarios: &select::Scenarios) -> Result<Exit, Failure> {
        let interrupted = matches!(ended, Ended::Before(_));
        if !interrupted {
            while let Some(next) = self.waiting.pop_front() {
                self.unsound(next);
            }
            if !self.args.no_snapshots {
                select::orphans(self.ui, self.place, scenarios)?;
            }
        }
        if self.reports.prints {
            self.ui.print(&self.counts.summary())?;
        }
        let silent = self.args.no_snapshots && self.counts.expectations() == 0;
        if interrupted {
            let done = self.done.len();
            let all = plural(scenarios.len(), "scenario");
            self.ui.warning(&format!("interrupted: {done} of {all} finished"));
            self.worst = Exit::Interrupted;
        } else if silent && self.worst == Exit::Done {
            self.ui.error("nothing is expected of these scenarios");
            self.ui.hint("say what must be so in `expect`, or leave out --no-snapshots");
            self.worst = Exit::Nothing;
        } else if self.counts.differs() {
            self.ui
                .hint("look at the changes, then keep them with --accept or `cargo insta review`");
        }
        let passed = self.worst == Exit::Done;
        self.reports.write(self.done, passed, interrupted)?;
        Ok(self.worst)
    }
}
