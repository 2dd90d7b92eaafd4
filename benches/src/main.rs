//! Runs dessim beside hand-written loops of the same work, and prints what generality costs.

mod child;
mod floor;
mod growth;
mod system;
mod workload;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};
use serde_json::{Map, Value};

use workload::Workload;

/// Compares dessim with hand-written loops of the same work.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    task: Option<Task>,
    /// The dessim that is measured.
    #[arg(long, global = true, default_value_os_t = in_repository("target/dist/dessim"))]
    dessim: PathBuf,
}

#[derive(Subcommand)]
enum Task {
    /// User CPU time of both sides, run in turn, and their ratio [default]
    Ratio {
        /// All four if none is named.
        workloads: Vec<Workload>,
        /// Pairs of runs, after one that does not count.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=99))]
        pairs: u64,
    },
    /// Live events per second of user CPU time
    Events {
        /// All four if none is named.
        workloads: Vec<Workload>,
        /// Runs, after one that does not count.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=99))]
        runs: u64,
    },
    /// User CPU time with a time series and without, run in turn, and their ratio
    Series {
        /// w3 if none is named.
        workloads: Vec<Workload>,
        /// Pairs of runs, after one that does not count.
        #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u64).range(1..=99))]
        pairs: u64,
    },
    /// Peak memory at the workload's own size, and at ten times that
    Memory {
        /// The workload.
        #[arg(default_value = "w3")]
        workload: Workload,
    },
    /// User CPU time of an event, and of a start, as one quantity of a scenario grows
    Growth {
        /// What grows: all if none is named.
        axes: Vec<String>,
        /// Leave out larger sizes.
        #[arg(long, default_value_t = u64::MAX)]
        up_to: u64,
        /// Requests of a run, which is compared with one of twice as many; at least twice the size.
        #[arg(long, default_value_t = 200_000)]
        requests: u64,
        /// Pairs of runs.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=99))]
        pairs: u64,
        /// Count instructions with callgrind, which must be installed.
        #[arg(long)]
        instructions: bool,
    },
    /// Live events per second and peak memory of a system of services
    System {
        /// Runs.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=99))]
        runs: u64,
    },
    /// One hand-written loop alone
    Floor {
        /// The workload.
        workload: Workload,
        /// Requests, instead of as many as the scenario has.
        requests: Option<u64>,
    },
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn main() -> ExitCode {
    let args = Args::parse();
    let task = args.task.unwrap_or(Task::Ratio { workloads: Vec::new(), pairs: 5 });
    let done = match task {
        Task::Ratio { workloads, pairs } => ratio(&args.dessim, &or_all(workloads), pairs),
        Task::Events { workloads, runs } => events(&args.dessim, &or_all(workloads), runs),
        Task::Series { workloads, pairs } => {
            let w3 = vec![Workload::W3];
            let workloads = if workloads.is_empty() { w3 } else { workloads };
            series(&args.dessim, &workloads, pairs)
        }
        Task::Memory { workload } => memory(&args.dessim, workload),
        Task::Growth { axes, up_to, requests, pairs, instructions } => {
            let settings =
                growth::Settings { dessim: &args.dessim, up_to, requests, pairs, instructions };
            growth::named(&axes).and_then(|axes| growth::growth(&axes, &settings))
        }
        Task::System { runs } => system::system(&args.dessim, runs),
        Task::Floor { workload, requests } => {
            let requests = requests.unwrap_or(workload.requests());
            let answers = floor::run(workload, requests).into_iter();
            let answers: Map<_, _> = answers.map(|(k, v)| (k.to_owned(), v.into())).collect();
            println!("{}", Value::Object(answers));
            Ok(true)
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            if error.kind() == io::ErrorKind::NotFound {
                eprintln!("help: `cargo build --profile dist` in the repository builds dessim");
            }
            ExitCode::FAILURE
        }
    }
}

fn or_all(workloads: Vec<Workload>) -> Vec<Workload> {
    if workloads.is_empty() { Workload::ALL.to_vec() } else { workloads }
}

fn dessim(path: &Path, workload: Workload) -> Command {
    let mut command = Command::new(path);
    let scenario = in_repository("benches/scenarios").join(workload.file());
    command.args(["run", "-q", "--format", "json"]).arg(scenario);
    command
}

fn page(path: &Path, workload: Workload) -> Command {
    let mut command = Command::new(path);
    command.args(["run", "-q"]).arg(in_repository("benches/scenarios").join(workload.file()));
    command
}

fn hand_written(workload: Workload) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", &workload.to_string()]);
    Ok(command)
}

/// Median, smallest and largest.
struct Spread(Vec<f64>);

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len().is_multiple_of(2) {
            f64::midpoint(self.0[middle - 1], self.0[middle])
        } else {
            self.0[middle]
        }
    }

    fn range(&self) -> (f64, f64) {
        (self.0[0], self.0[self.0.len() - 1])
    }
}

fn ratio(path: &Path, workloads: &[Workload], pairs: u64) -> io::Result<bool> {
    let mut agree = true;
    let mut answers = String::new();
    println!("user CPU seconds, medians of {pairs} pairs run in turn");
    println!("workload   dessim    floor   ratio  (min .. max)    M events/s");
    for &workload in workloads {
        let (mut ours, mut floor) = (dessim(path, workload), hand_written(workload)?);
        let first = (child::run(&mut ours)?, child::run(&mut floor)?);
        let mut seconds = Vec::new();
        for _ in 0..pairs {
            let pair = (child::run(&mut ours)?, child::run(&mut floor)?);
            seconds.push((pair.0.user_s, pair.1.user_s));
        }
        let ours = Spread::of(seconds.iter().map(|pair| pair.0)).median();
        let theirs = Spread::of(seconds.iter().map(|pair| pair.1)).median();
        let ratios = Spread::of(seconds.iter().map(|pair| pair.0 / pair.1));
        let (median, (min, max)) = (ratios.median(), ratios.range());
        let speed = live_events(&first.0.printed) / ours / 1e6;
        println!(
            "{workload:<8} {ours:>8.3} {theirs:>8.3} {median:>7.2}  ({min:.2} .. {max:.2}) {speed:>13.2}"
        );
        answers += &format!("{workload}\n");
        for answer in workload.answers() {
            let (line, agrees) = answer.compare(&first.1.printed, &first.0.printed);
            answers += &format!("  {line}\n");
            agree &= agrees;
        }
    }
    println!("\nwhat was computed             dessim          floor\n{answers}");
    if !agree {
        eprintln!("error: the two sides did not do the same work");
    }
    Ok(agree)
}

/// A page needs no series, and JSON holds one: their ratio is what it costs, its writing included.
fn series(path: &Path, workloads: &[Workload], pairs: u64) -> io::Result<bool> {
    println!("user CPU seconds, medians of {pairs} pairs run in turn");
    println!("workload     with  without   ratio  (min .. max)");
    for &workload in workloads {
        let mut with = dessim(path, workload);
        let mut without = page(path, workload);
        let mut seconds = Vec::new();
        for pair in 0..=pairs {
            let of = (child::run(&mut with)?.user_s, child::cost(&mut without)?.1);
            if pair > 0 {
                seconds.push(of);
            }
        }
        let with = Spread::of(seconds.iter().map(|pair| pair.0)).median();
        let without = Spread::of(seconds.iter().map(|pair| pair.1)).median();
        let ratios = Spread::of(seconds.iter().map(|pair| pair.0 / pair.1));
        let (median, (min, max)) = (ratios.median(), ratios.range());
        println!("{workload:<8} {with:>8.3} {without:>8.3} {median:>7.3}  ({min:.3} .. {max:.3})");
    }
    Ok(true)
}

fn live_events(result: &Value) -> f64 {
    result["events"].as_f64().unwrap_or(f64::NAN)
}

fn events(path: &Path, workloads: &[Workload], runs: u64) -> io::Result<bool> {
    println!("million live events per second of user CPU time, median of {runs} runs");
    for &workload in workloads {
        let mut ours = dessim(path, workload);
        child::run(&mut ours)?;
        let mut speeds = Vec::new();
        for _ in 0..runs {
            let done = child::run(&mut ours)?;
            speeds.push(live_events(&done.printed) / done.user_s / 1e6);
        }
        let speeds = Spread::of(speeds.into_iter());
        let (median, (min, max)) = (speeds.median(), speeds.range());
        println!("{workload} {median:>7.2}  ({min:.2} .. {max:.2})");
    }
    Ok(true)
}

fn memory(path: &Path, workload: Workload) -> io::Result<bool> {
    let load = if workload == Workload::W1 {
        "customers"
    } else if workload == Workload::W2 {
        "callers"
    } else {
        "clients"
    };
    println!("requests     peak resident set");
    for times in [1, 10] {
        let requests = times * workload.requests();
        let mut ours = dessim(path, workload);
        ours.args(["--set", &format!("load.{load}.total={requests}")]);
        child::run(&mut ours)?;
        // The system reports the largest child so far: the small one comes first.
        let mib = child::children_peak_kib()? as f64 / 1024.0;
        println!("{requests:<10} {mib:>10.1} MiB");
    }
    Ok(true)
}
