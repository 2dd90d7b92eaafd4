//! The outputs of a sweep, written cell by cell and all at the same time.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dessim::experiment::sweep::Plan;
use dessim::report::sweep::line::to_line;
use dessim::report::sweep::{
    Cell, Fold, MOST_DRAWN, Outline, Page, Point, csv, json, table, to_html,
};
use dessim::report::text::format::count;

use super::args::{OutputArgs, SweepFormat};
use crate::cli::exit::Exit;
use crate::cli::files::target::{Sink, Target};
use crate::cli::terminal::ui::{Failure, Ui};

/// The outputs of a sweep, all known to be writable.
#[derive(Debug)]
pub(super) struct Outputs {
    format: Option<SweepFormat>,
    list: Vec<(Kind, Target)>,
    html: Option<Target>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Jsonl,
    Csv,
    Parquet,
}

impl Outputs {
    pub(super) fn new(args: &OutputArgs) -> Result<Self, Failure> {
        let given = [
            (Kind::Json, "--export-json", &args.export_json),
            (Kind::Csv, "--export-csv", &args.export_csv),
            (Kind::Parquet, "--export-parquet", &args.export_parquet),
        ];
        let mut list: Vec<(Kind, Target)> = Vec::new();
        for (kind, option, path) in given {
            let Some(path): &Option<PathBuf> = path else { continue };
            if kind == Kind::Parquet && !cfg!(feature = "parquet") {
                let message = "this dessim was built without Parquet";
                let hint = "build it with `--features parquet`, or use --export-csv, which holds \
                            the same numbers";
                return Err(Failure::usage(message, hint));
            }
            list.push((kind, Target::new(option, path)?));
        }
        let printed = match args.format {
            Some(SweepFormat::Json) => Some(Kind::Json),
            Some(SweepFormat::Jsonl) => Some(Kind::Jsonl),
            Some(SweepFormat::Text) | None => None,
        };
        let html = Target::given("--html", args.html.as_ref())?;
        let taken = html.iter().chain(list.iter().map(|(_, target)| target));
        let taken = taken.into_iter().any(Target::is_stdout);
        if taken && args.format.is_some() {
            let message = "--format and an export both go to standard output";
            return Err(Failure::usage(message, "give the export a file"));
        }
        if let Some(kind) = printed {
            list.push((kind, Target::new("--format", Path::new("-"))?));
        }
        let format = args.format.or((!taken).then_some(SweepFormat::Text));
        Ok(Self { format, list, html })
    }

    /// Refuses a format that cannot show this plan.
    pub(super) fn suit(&self, plan: &Plan) -> Result<(), Failure> {
        let settings = plan.outline().settings;
        if self.html.is_some() && settings > MOST_DRAWN {
            let (settings, most) = (count(settings), count(MOST_DRAWN));
            let message = format!("a page shows {most} settings at most, and there are {settings}");
            return Err(Failure::usage(message, "leave out --html, or take fewer values"));
        }
        Ok(())
    }

    pub(super) fn open<'a>(&'a self, plan: &'a Plan) -> Result<Writing<'a>, Failure> {
        let outline = plan.outline();
        let mut tables = Vec::new();
        for (kind, target) in &self.list {
            let opened = Table::open(*kind, target.open()?, outline);
            tables.push((target, opened.map_err(|error| target.failed(error))?));
        }
        let page = (self.format == Some(SweepFormat::Text)).then(table);
        let points = Vec::new();
        let html = self.html.as_ref();
        Ok(Writing { plan, outline, fold: Fold::new(outline), page, tables, html, points })
    }
}

/// Open outputs.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    plan: &'a Plan,
    outline: &'a Outline,
    fold: Fold,
    page: Option<Page>,
    tables: Vec<(&'a Target, Table<'a>)>,
    html: Option<&'a Target>,
    /// Settings for the HTML page; empty unless one is written.
    points: Vec<Point>,
}

impl Writing<'_> {
    /// Adds the next cell.
    pub(super) fn add(&mut self, cell: &Cell) -> Result<(), Failure> {
        let setting = self.fold.add(cell);
        for (target, table) in &mut self.tables {
            let written = match table {
                Table::Csv(table) => table.add(self.outline, cell),
                #[cfg(feature = "parquet")]
                Table::Parquet(table) => table.add(self.outline, cell),
                Table::Jsonl(sink) => sink.write_all(to_line(self.outline, cell).as_bytes()),
                Table::Json(table) => match &setting {
                    Some(setting) => table.add(self.outline, setting),
                    None => Ok(()),
                },
            };
            written.map_err(|error| target.failed(error))?;
        }
        if let (Some(page), Some(setting)) = (&mut self.page, &setting) {
            page.add(setting);
        }
        if self.html.is_some()
            && let Some(summary) = setting
        {
            let at = self.plan.numbers(&summary.setting);
            self.points.push(Point { at, summary });
        }
        Ok(())
    }

    /// Moves every file to its final name, and prints the page.
    pub(super) fn close(self) -> Result<Exit, Failure> {
        for (target, table) in self.tables {
            let sink = table.finish(self.outline).map_err(|error| target.failed(error))?;
            sink.close(Ok(()))?;
        }
        if let Some(target) = self.html {
            target.write(&to_html(self.outline, &self.points))?;
        }
        if let Some(page) = &self.page {
            Ui::print_raw(&page.finish(self.outline))?;
        }
        let sound = self.fold.invalid_settings == 0 && self.fold.stopped_runs == 0;
        Ok(if sound { Exit::Done } else { Exit::Invalid })
    }
}

/// An open output in its format.
#[derive(Debug)]
enum Table<'a> {
    Csv(Box<csv::Table<Sink<'a>>>),
    #[cfg(feature = "parquet")]
    Parquet(Box<dessim::report::sweep::parquet::Table<Sink<'a>>>),
    Json(json::Table<Sink<'a>>),
    Jsonl(Sink<'a>),
}

impl<'a> Table<'a> {
    fn open(kind: Kind, sink: Sink<'a>, outline: &Outline) -> io::Result<Self> {
        Ok(match kind {
            Kind::Csv => Self::Csv(Box::new(csv::Table::new(sink, outline)?)),
            #[cfg(feature = "parquet")]
            Kind::Parquet => {
                let table = dessim::report::sweep::parquet::Table::new(sink, outline)?;
                Self::Parquet(Box::new(table))
            }
            #[cfg(not(feature = "parquet"))]
            Kind::Parquet => unreachable!("it is refused before"),
            Kind::Json => Self::Json(json::Table::new(sink, outline)?),
            Kind::Jsonl => Self::Jsonl(sink),
        })
    }

    fn finish(self, outline: &Outline) -> io::Result<Sink<'a>> {
        let _ = outline;
        match self {
            Self::Csv(table) => table.finish(),
            #[cfg(feature = "parquet")]
            Self::Parquet(table) => table.finish(outline),
            Self::Json(table) => table.finish(),
            Self::Jsonl(sink) => Ok(sink),
        }
    }
}
