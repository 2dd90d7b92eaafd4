//! What is written while a run goes on: its trace, and files for viewers.

use std::io::ErrorKind;

use dessim::experiment::listener::{Listener, Listeners};
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::Options;
use dessim::experiment::spans::{RequestFilter, Spans};
use dessim::experiment::trace::{Header, Tracer};
use dessim::report::result::RunResult;
use dessim::report::trace::chrome::{Chrome, Origin};
use dessim::report::trace::perfetto::Perfetto;

use super::args::Run;
use crate::cli::files::target::{Sink, Target};
use crate::cli::terminal::progress::Meter;
use crate::cli::terminal::ui::Failure;

/// The targets of the traces, all known to be writable.
#[derive(Debug)]
pub(super) struct Records {
    trace: Option<Target>,
    chrome: Option<Target>,
    perfetto: Option<Target>,
}

impl Records {
    pub(super) fn new(args: &Run) -> Result<Self, Failure> {
        Ok(Self {
            trace: Target::given("--trace", args.trace.as_ref())?,
            chrome: Target::given("--trace-chrome", args.trace_chrome.as_ref())?,
            perfetto: Target::given("--trace-perfetto", args.trace_perfetto.as_ref())?,
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, &Target)> {
        let named = [
            ("--trace", &self.trace),
            ("--trace-chrome", &self.chrome),
            ("--trace-perfetto", &self.perfetto),
        ];
        named.into_iter().filter_map(|(option, target)| Some((option, target.as_ref()?)))
    }

    /// Runs a scenario with `listener` attached, and writes each trace that has a target.
    pub(super) fn run(
        &self,
        prepared: &Prepared<'_>,
        options: &Options,
        meter: &Meter,
        listener: &mut dyn Listener,
    ) -> Result<RunResult, Failure> {
        let seed = options.seed.unwrap_or(prepared.scenario().seed);
        let header = Header::new(prepared, seed);
        let digest = header.scenario.digest.clone();
        let origin = Origin { scenario: &prepared.id().name, digest, seed };
        let all = || RequestFilter::All;
        let mut tracer = open(&self.trace)?.map(|sink| Tracer::new(sink, &header));
        let chrome = open(&self.chrome)?.map(|sink| Chrome::new(sink, &origin));
        let mut chrome = chrome.map(|chrome| Spans::new(chrome, all()));
        let perfetto = open(&self.perfetto)?.map(|sink| Perfetto::new(sink, &origin));
        let mut perfetto = perfetto.map(|perfetto| Spans::new(perfetto, all()));
        let mut everyone = Listeners(vec![listener]);
        everyone.0.extend(tracer.as_mut().map(|one| one as &mut dyn Listener));
        everyone.0.extend(chrome.as_mut().map(|one| one as &mut dyn Listener));
        everyone.0.extend(perfetto.as_mut().map(|one| one as &mut dyn Listener));
        let mut everyone = meter.watch(0, &mut everyone);
        let result = prepared
            .run_with(options, &mut everyone)
            .map_err(|error| Failure::invalid(error.to_string()))?;
        if let (Some(tracer), Some(to)) = (tracer, &self.trace) {
            still(close(to, tracer.finish()))?;
        }
        if let (Some(spans), Some(to)) = (chrome, &self.chrome) {
            still(close(to, spans.finish().finish(&result)))?;
        }
        if let (Some(spans), Some(to)) = (perfetto, &self.perfetto) {
            still(close(to, spans.finish().finish(&result)))?;
        }
        Ok(result)
    }
}

fn close(to: &Target, written: std::io::Result<Sink<'_>>) -> Result<(), Failure> {
    match written {
        Ok(sink) => sink.close(Ok(())),
        Err(error) => Err(to.failed(error)),
    }
}

/// Ignores a broken pipe on standard output, so that the other files are still written; any other
/// failure stays one.
pub(super) fn still(written: Result<(), Failure>) -> Result<(), Failure> {
    match written {
        Err(Failure::Stdout(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn open(target: &Option<Target>) -> Result<Option<Sink<'_>>, Failure> {
    target.as_ref().map(Target::open).transpose()
}
