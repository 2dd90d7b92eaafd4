//! The exports of `dessim run` in other programs' formats: a table of them, each with its option.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use clap::Args;
use dessim::report::export::{csv, influx, prometheus};
use dessim::report::result::RunResult;

use crate::cli::files::target::{Sink, Target};
use crate::cli::terminal::ui::Failure;

#[derive(Clone, Debug, Args)]
pub(crate) struct ExportArgs {
    /// Write every number as CSV; of one run, over time, too
    #[arg(long, value_name = "FILE")]
    pub export_csv: Option<PathBuf>,
    /// Write the same as Parquet
    #[arg(long, value_name = "FILE", hide = !cfg!(feature = "parquet"))]
    pub export_parquet: Option<PathBuf>,
    /// Write the run over time as OpenMetrics, for Prometheus
    #[arg(long, value_name = "FILE")]
    pub export_prometheus: Option<PathBuf>,
    /// Write the run over time as InfluxDB line protocol
    #[arg(long, value_name = "FILE")]
    pub export_influx: Option<PathBuf>,
    /// What those two call virtual time 0: seconds after 1970
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u64).range(..=MOST_EPOCH))]
    pub epoch: Option<u64>,
}

/// The end of the year 9999, which every reader of timestamps knows.
const MOST_EPOCH: u64 = 253_402_300_799;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Parquet,
    Prometheus,
    Influx,
}

/// The exports of a run, all known to be writable.
#[derive(Debug)]
pub(super) struct Exports {
    list: Vec<(Format, &'static str, Target)>,
    epoch_s: u64,
}

impl Exports {
    /// Refuses an export that cannot be written, or that cannot hold `several` runs.
    pub(super) fn new(args: &ExportArgs, several: bool) -> Result<Self, Failure> {
        let given = [
            (Format::Csv, "--export-csv", &args.export_csv),
            (Format::Parquet, "--export-parquet", &args.export_parquet),
            (Format::Prometheus, "--export-prometheus", &args.export_prometheus),
            (Format::Influx, "--export-influx", &args.export_influx),
        ];
        let mut list = Vec::new();
        for (format, option, path) in given {
            let Some(path) = path else { continue };
            if format == Format::Parquet && !cfg!(feature = "parquet") {
                let message = "this dessim was built without Parquet";
                let hint = "build it with `--features parquet`, or use --export-csv, which holds \
                            the same numbers";
                return Err(Failure::usage(message, hint));
            }
            if several && matches!(format, Format::Prometheus | Format::Influx) {
                let message = format!("{option} takes one run, and --seeds gives several");
                let hint = "for the numbers of several runs, use --export-csv";
                return Err(Failure::usage(message, hint));
            }
            list.push((format, option, Target::new(option, path)?));
        }
        let timed =
            |(format, ..): &(Format, _, _)| matches!(format, Format::Prometheus | Format::Influx);
        if args.epoch.is_some() && !list.iter().any(timed) {
            let message = "--epoch is for --export-prometheus and --export-influx";
            return Err(Failure::usage(message, "give one of them, or leave --epoch out"));
        }
        Ok(Self { list, epoch_s: args.epoch.unwrap_or(0) })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, &Target)> {
        self.list.iter().map(|(_, option, target)| (*option, target))
    }

    /// True if there is an export; all of them show a single run over time.
    pub(super) fn any(&self) -> bool {
        !self.list.is_empty()
    }

    /// Writes one run to every export.
    pub(super) fn write(&self, result: &RunResult) -> Result<(), Failure> {
        let mut writing = self.open()?;
        writing.add(result)?;
        writing.close()
    }

    /// Opens every export, to add run by run.
    pub(super) fn open(&self) -> Result<Writing<'_>, Failure> {
        let mut tables = Vec::new();
        for (format, _, target) in &self.list {
            tables.push((target, Table::open(*format, target, self.epoch_s)?));
        }
        Ok(Writing(tables))
    }
}

/// Open exports. Dropped before [`Writing::close`], they leave no files behind.
#[derive(Debug)]
pub(super) struct Writing<'a>(Vec<(&'a Target, Table<'a>)>);

impl Writing<'_> {
    /// Adds a run. Once the reader of standard output has left, the other exports are still
    /// written.
    pub(super) fn add(&mut self, result: &RunResult) -> Result<(), Failure> {
        let mut at = 0;
        while let Some((target, table)) = self.0.get_mut(at) {
            match table.add(result) {
                Ok(()) => at += 1,
                Err(error) if left(target, &error) => drop(self.0.remove(at)),
                Err(error) => return Err(target.failed(error)),
            }
        }
        Ok(())
    }

    /// True once no export has a reader.
    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves every file to its final name.
    pub(super) fn close(self) -> Result<(), Failure> {
        for (target, table) in self.0 {
            let closed = match table.finish() {
                Ok(sink) => sink.close(Ok(())),
                Err(error) => Err(target.failed(error)),
            };
            match closed {
                Err(Failure::Stdout(error)) if error.kind() == ErrorKind::BrokenPipe => {}
                other => other?,
            }
        }
        Ok(())
    }
}

fn left(target: &Target, error: &io::Error) -> bool {
    target.is_stdout() && error.kind() == ErrorKind::BrokenPipe
}

/// An open export in its format.
#[derive(Debug)]
enum Table<'a> {
    Csv(Box<csv::Table<Sink<'a>>>),
    #[cfg(feature = "parquet")]
    Parquet(Box<dessim::report::export::parquet::Table<Sink<'a>>>),
    Prometheus(Sink<'a>, u64),
    Influx(Sink<'a>, u64),
}

impl<'a> Table<'a> {
    fn open(format: Format, target: &'a Target, epoch_s: u64) -> Result<Self, Failure> {
        let sink = target.open()?;
        let failed = |error| target.failed(error);
        Ok(match format {
            Format::Csv => Self::Csv(Box::new(csv::Table::new(sink).map_err(failed)?)),
            #[cfg(feature = "parquet")]
            Format::Parquet => Self::Parquet(Box::new(
                dessim::report::export::parquet::Table::new(sink).map_err(failed)?,
            )),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => unreachable!("it is refused before"),
            Format::Prometheus => Self::Prometheus(sink, epoch_s),
            Format::Influx => Self::Influx(sink, epoch_s),
        })
    }

    fn add(&mut self, result: &RunResult) -> io::Result<()> {
        match self {
            Self::Csv(table) => table.add(result),
            #[cfg(feature = "parquet")]
            Self::Parquet(table) => table.add(result),
            Self::Prometheus(sink, epoch_s) => prometheus::write(result, *epoch_s, sink),
            Self::Influx(sink, epoch_s) => influx::write(result, *epoch_s, sink),
        }
    }

    fn finish(self) -> io::Result<Sink<'a>> {
        match self {
            Self::Csv(table) => table.finish(),
            #[cfg(feature = "parquet")]
            Self::Parquet(table) => table.finish(),
            Self::Prometheus(sink, _) | Self::Influx(sink, _) => Ok(sink),
        }
    }
}
