//! Plays random sequences through libraries and through dessim, and prints the first difference.

mod generate;
#[path = "../../tests/suite/conformance/play/mod.rs"]
mod play;
mod process;
mod rust;
mod rust_hedge;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::generate::{
    Dice, adaptive_limit, breaker, bulkhead, hedge, outlier_detection, rate_limit, retry, throttle,
};
use crate::play::{Sequence, first_difference};

/// A library with a mechanism that dessim simulates.
struct Library {
    name: &'static str,
    /// A random sequence of so many steps.
    generate: fn(&mut Dice, usize) -> Sequence,
    /// Fills in the answers of the library with this name.
    ask: fn(&str, &mut [Sequence]) -> Result<(), String>,
}

const LIBRARIES: &[Library] = &[
    Library { name: "governor", generate: rate_limit::gcra, ask: rust::governor },
    Library { name: "tower-rate-limit", generate: rate_limit::windows, ask: rust::tower },
    Library { name: "go-rate", generate: rate_limit::go_rate, ask: process::go },
    Library { name: "gobreaker", generate: breaker::gobreaker, ask: process::go },
    Library { name: "resilience4j-ratelimiter", generate: rate_limit::cycles, ask: process::java },
    Library { name: "resilience4j-breaker", generate: breaker::resilience4j, ask: process::java },
    Library { name: "resilience4j-retry", generate: retry::resilience4j, ask: process::java },
    Library { name: "tenacity", generate: retry::tenacity, ask: process::python },
    Library { name: "urllib3", generate: retry::urllib3, ask: process::python },
    Library { name: "botocore", generate: retry::botocore, ask: process::python },
    Library { name: "botocore-adaptive", generate: rate_limit::aws_adaptive, ask: process::python },
    Library { name: "tower-budget", generate: retry::tower, ask: rust::tower_budget },
    Library { name: "finagle-budget", generate: retry::finagle, ask: process::java },
    Library { name: "grpc-go", generate: retry::grpc, ask: process::go },
    Library {
        name: "grpc-go-outlier-detection",
        generate: outlier_detection::grpc,
        ask: process::go,
    },
    Library { name: "failsafe-go-retry", generate: retry::failsafe, ask: process::go },
    Library { name: "netflix-aimd", generate: adaptive_limit::aimd, ask: process::java },
    Library { name: "netflix-vegas", generate: adaptive_limit::vegas, ask: process::java },
    Library { name: "netflix-gradient2", generate: adaptive_limit::gradient2, ask: process::java },
    Library { name: "netflix-windowed", generate: adaptive_limit::windowed, ask: process::java },
    Library {
        name: "netflix-partitioned",
        generate: adaptive_limit::partitioned,
        ask: process::java,
    },
    Library { name: "failsafe-go-throttler", generate: throttle::failsafe_go, ask: process::go },
    Library { name: "failsafe-go-breaker", generate: breaker::failsafe_go, ask: process::go },
    Library { name: "hystrix", generate: breaker::hystrix, ask: process::java },
    Library { name: "pybreaker", generate: breaker::pybreaker, ask: process::python },
    Library { name: "opossum", generate: breaker::opossum, ask: process::node },
    Library { name: "tower-hedge", generate: hedge::tower, ask: rust_hedge::tower },
    Library { name: "failsafe-go-hedge", generate: hedge::failsafe_go, ask: process::go },
    Library { name: "grpc-java-hedge", generate: hedge::grpc_java, ask: process::java },
    Library {
        name: "resilience4j-hedge",
        generate: hedge::resilience4j,
        ask: process::resilience4j_hedge,
    },
    Library { name: "cockatiel", generate: breaker::cockatiel, ask: process::node },
    Library { name: "resilience4j-bulkhead", generate: bulkhead::resilience4j, ask: process::java },
    Library {
        name: "resilience4j-thread-pool",
        generate: bulkhead::thread_pool,
        ask: process::java,
    },
    Library { name: "failsafe-go-bulkhead", generate: bulkhead::failsafe_go, ask: process::go },
    Library { name: "tower-limit", generate: bulkhead::tower, ask: rust::tower_limit },
    Library { name: "bottleneck-limit", generate: bulkhead::bottleneck, ask: process::node },
];

/// Plays random sequences through libraries and through dessim, and prints the first difference.
#[derive(Parser)]
#[command(name = "conformance/run", disable_version_flag = true)]
struct Args {
    /// Libraries; all if none is named.
    libraries: Vec<String>,
    /// Seed of the sequences.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sequences for each library.
    #[arg(long, default_value_t = 1000)]
    sequences: usize,
    /// Steps of a sequence.
    #[arg(long, default_value_t = 200)]
    steps: usize,
    /// Also writes the sequences with their answers to MECHANISM/LIBRARY.jsonl in this folder.
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let known: Vec<&str> = LIBRARIES.iter().map(|library| library.name).collect();
    if let Some(unknown) = args.libraries.iter().find(|name| !known.contains(&name.as_str())) {
        eprintln!("there is no library {unknown}; there are {}", known.join(", "));
        return ExitCode::from(2);
    }
    let mut failed = false;
    for library in LIBRARIES {
        let all = args.libraries.is_empty();
        if !all && !args.libraries.iter().any(|name| name == library.name) {
            continue;
        }
        match compare(library, &args) {
            Ok(summary) => println!("{}: {summary}", library.name),
            Err(why) if all && why.starts_with(process::NOT_FETCHED) => {
                println!("{}: NOT ASKED: {why}", library.name);
            }
            Err(why) => {
                println!("{}: {why}", library.name);
                failed = true;
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

fn compare(library: &Library, args: &Args) -> Result<String, String> {
    let mut dice = Dice::new(args.seed, library.name);
    let mut sequences: Vec<Sequence> =
        (0..args.sequences).map(|_| (library.generate)(&mut dice, args.steps)).collect();
    (library.ask)(library.name, &mut sequences)?;
    if let Some(folder) = &args.record {
        let line = |one: &Sequence| serde_json::to_string(one).expect("it is JSON") + "\n";
        let text: String = sequences.iter().map(line).collect();
        let folder = folder.join(sequences.first().ok_or("no sequence")?.mechanism.folder());
        let path = folder.join(library.name).with_extension("jsonl");
        std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        std::fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    let mut differ = 0;
    let mut first = None;
    for (number, sequence) in sequences.iter().enumerate() {
        if let Some(difference) = first_difference(sequence) {
            differ += 1;
            first = first.or(Some(format!("sequence {number}, {difference}")));
        }
    }
    let all = sequences.len();
    match first {
        None => Ok(format!("{all} sequences of {} steps, no difference", args.steps)),
        Some(first) => Err(format!("{differ} of {all} sequences differ; {first}")),
    }
}
