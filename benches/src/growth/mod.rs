//! What an event costs as one quantity of a scenario grows, and what the start costs.
//!
//! An event is measured at the margin: runs of so many requests and of twice as many differ only
//! in them, so neither the start nor the page that is printed counts.

mod scenarios;

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::Spread;
use crate::child;
use scenarios::{AXES, Axis};

/// How it is measured.
pub struct Settings<'a> {
    pub dessim: &'a Path,
    /// Sizes above this are left out.
    pub up_to: u64,
    /// Requests of the smaller of the two runs, or twice the size if that is more.
    pub requests: u64,
    pub pairs: u64,
    /// By callgrind, in place of user CPU time.
    pub instructions: bool,
}

/// The axes of these names, or all if there is none.
pub fn named(names: &[String]) -> io::Result<Vec<&'static Axis>> {
    if names.is_empty() {
        return Ok(AXES.iter().collect());
    }
    let of_name = |name: &String| {
        AXES.iter().find(|axis| axis.name == name).ok_or_else(|| {
            let known: Vec<&str> = AXES.iter().map(|axis| axis.name).collect();
            io::Error::other(format!("nothing that grows is called {name}: {}", known.join(", ")))
        })
    };
    names.iter().map(of_name).collect()
}

/// Prints a line for each size of these axes.
pub fn growth(axes: &[&Axis], settings: &Settings<'_>) -> io::Result<bool> {
    let (event, start) = match settings.instructions {
        true => ("instructions", "millions"),
        false => ("ns", "ms"),
    };
    println!("{event} of one more event, over that of the smallest size; {start} of a start");
    println!("axis                size  {event:>12}   ratio      page      JSON");
    let directory = tempfile::tempdir()?;
    for axis in axes {
        println!("{}: {}", axis.name, axis.about);
        let mut smallest = None;
        for &size in axis.sizes.iter().filter(|&&size| size <= settings.up_to) {
            let row = Row::measure(axis, size, settings, directory.path())?;
            let ratio = row.event / *smallest.get_or_insert(row.event);
            let Row { event, page, json } = row;
            println!(
                "{:<14} {size:>9}  {event:>12.0} {ratio:>7.2} {page:>9.1} {json:>9.1}",
                axis.name
            );
        }
    }
    Ok(true)
}

/// What one size costs: nanoseconds and milliseconds, or instructions and millions of them.
struct Row {
    event: f64,
    page: f64,
    json: f64,
}

impl Row {
    fn measure(axis: &Axis, size: u64, by: &Settings<'_>, directory: &Path) -> io::Result<Self> {
        let requests = by.requests.max(2 * size);
        let file = |requests: u64| {
            let file = directory.join(format!("{}-{size}-{requests}.ron", axis.name));
            fs::write(&file, (axis.scenario)(size, requests))?;
            Ok::<_, io::Error>(file)
        };
        let (none, once, twice) = (file(0)?, file(requests)?, file(2 * requests)?);
        let (mut events, mut pages, mut jsons) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..by.pairs {
            let (once, twice) = (page(by, &once)?, page(by, &twice)?);
            events.push((twice.cost - once.cost) / (twice.events - once.events) as f64);
            pages.push(page(by, &none)?.elapsed);
            // Callgrind is slow, and most of it is printing.
            if !by.instructions {
                jsons.push(measure(by, &["--format", "json"], &none)?.elapsed);
            }
        }
        let median = |costs: Vec<f64>| Spread::of(costs.into_iter()).median();
        let (of_event, of_start) = match by.instructions {
            true => (1.0, 1e-6),
            false => (1e9, 1e3),
        };
        let json = if by.instructions { f64::NAN } else { median(jsons) };
        let (event, page) = (median(events), median(pages));
        Ok(Self { event: event * of_event, page: page * of_start, json: json * of_start })
    }
}

/// A run: user CPU time and time in all in seconds, or for both instructions.
struct Done {
    printed: Vec<u8>,
    cost: f64,
    elapsed: f64,
}

/// A run that printed a page, and how many events it had.
struct Page {
    cost: f64,
    elapsed: f64,
    events: u64,
}

fn page(by: &Settings<'_>, scenario: &Path) -> io::Result<Page> {
    let Done { printed, cost, elapsed } = measure(by, &["--full"], scenario)?;
    Ok(Page { cost, elapsed, events: events_of_page(&printed)? })
}

/// The events that a page of all numbers says there were.
pub fn events_of_page(printed: &[u8]) -> io::Result<u64> {
    let printed = String::from_utf8_lossy(printed);
    let events = printed.lines().find_map(|line| {
        let (before, _) = line.split_once(" events in ")?;
        before.rsplit(' ').next()?.replace(',', "").parse().ok()
    });
    events.ok_or_else(|| io::Error::other("a page without its events"))
}

fn measure(by: &Settings<'_>, options: &[&str], scenario: &Path) -> io::Result<Done> {
    let mut command = match by.instructions {
        true => {
            let mut command = Command::new("valgrind");
            command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(by.dessim);
            command
        }
        false => Command::new(by.dessim),
    };
    command.args(["run", "-q"]).args(options).arg(scenario);
    if by.instructions {
        let (printed, instructions) = child::instructions(&mut command)?;
        return Ok(Done { printed, cost: instructions, elapsed: instructions });
    }
    let began = Instant::now();
    let (printed, cost) = child::cost(&mut command)?;
    Ok(Done { printed, cost, elapsed: began.elapsed().as_secs_f64() })
}
