//! The targets of `fuzz/`, executed a bounded number of times on seeded mutations of valid inputs.
//!
//! `DESSIM_FUZZ_RUNS` is the number of executions of each target, `DESSIM_FUZZ_SEED` the seed,
//! and `DESSIM_FUZZ_TARGET` a single target. A failure prints all three and keeps its input.

use std::fs;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use dessim::experiment::pool::{Jobs, Stop};
use dessim::experiment::run::{Options, run};
use dessim::experiment::saved::Saved;
use dessim::experiment::sweep::{self, Plan};
use dessim::kernel::draw::Site;
use dessim::report::sweep::line::to_line;
use dessim::scenario::{Document, resolved};

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "public to the programs of `fuzz/`")]
mod targets;

use targets::{CHECK, EXTREMES, STUDY, TARGETS, Target};

/// Time after which an execution is a hang; it usually takes milliseconds.
const HANG: Duration = Duration::from_secs(60);

/// Replacements that mutations insert.
const FOREIGN: [&str; 40] = [
    "0",
    "-1",
    "1e308",
    "NaN",
    "inf",
    "18446744073709551616",
    "4294967296",
    "\"0s\"",
    "\"1ns\"",
    "\"500y\"",
    "\"18446744073s\"",
    "\"1e12/s\"",
    "\"0/s\"",
    "\"-1s\"",
    "\"\"",
    "\"\\u{202e}\"",
    "'",
    "\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "//",
    "/*",
    "Some(",
    "None",
    "Frozen",
    "Crashed",
    "Retry",
    "Bursts",
    "Stages",
    "not",
    "p(",
    "%",
    "\u{feff}",
    "\n",
];

/// The source of the choices of one execution.
struct Dice {
    site: Site,
    execution: u64,
    rolls: u32,
}

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.rolls += 1;
        let bits = self.site.bits(self.execution, self.rolls, 0);
        ((u128::from(bits) * sides as u128) >> 64) as usize
    }
}

/// Words, numbers, strings and single symbols.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || "_.-".contains(c);
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            ' ' => rest.find(|c| c != ' ').unwrap_or(rest.len()),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// One of the inputs, changed in one to four places.
fn mutated(seeds: &[String], dice: &mut Dice) -> Vec<u8> {
    let seed = &seeds[dice.below(seeds.len())];
    let mut tokens: Vec<String> = tokens(seed).into_iter().map(str::to_owned).collect();
    for _ in 0..1 + dice.below(4) {
        if tokens.is_empty() {
            break;
        }
        let (at, other) = (dice.below(tokens.len()), dice.below(tokens.len()));
        match dice.below(10) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[other].clone()),
            2 => tokens.swap(at, other),
            3 => tokens[at] = tokens[other].clone(),
            4 => tokens[at] = FOREIGN[dice.below(FOREIGN.len())].to_owned(),
            5 => {
                let length = dice.below(20).min(tokens.len() - at);
                let span: Vec<String> = tokens[at..at + length].to_vec();
                tokens.splice(other..other, span);
            }
            6 => {
                let donor = &seeds[dice.below(seeds.len())];
                let donor = self::tokens(donor);
                let from = dice.below(donor.len().max(1));
                let span = donor[from..].iter().take(1 + dice.below(30));
                tokens.splice(at..at, span.map(|&token| token.to_owned()));
            }
            _ => {
                let numbers = (0..tokens.len()).filter(|&at| is_number(&tokens[at]));
                let numbers: Vec<usize> = numbers.collect();
                if !numbers.is_empty() {
                    let at = numbers[dice.below(numbers.len())];
                    tokens[at] = EXTREMES[dice.below(EXTREMES.len())].to_owned();
                }
            }
        }
    }
    let mut bytes = tokens.concat().into_bytes();
    if dice.below(16) == 0 && !bytes.is_empty() {
        let at = dice.below(bytes.len());
        bytes[at] ^= 1 << dice.below(8);
    }
    if dice.below(32) == 0 {
        bytes.truncate(dice.below(bytes.len() + 1));
    }
    bytes
}

fn is_number(token: &str) -> bool {
    token.starts_with(|first: char| first.is_ascii_digit())
}

fn files(folders: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut paths = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "ron") {
            paths.push(path);
        }
    }
    // Sorted by name and not by path, so that mutations stay the same when a file moves.
    paths.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// The inputs that the mutations of a target start from.
fn seeds(target: &str) -> Vec<String> {
    let scenarios = || files(&["scenarios"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/metastable.ron");
    let metastable = Document::parse("metastable.ron", &fs::read(path).unwrap()).unwrap();
    let plan = || {
        let study = Document::parse("study", STUDY.as_bytes()).unwrap().study().unwrap();
        Plan::new("metastable", &metastable, &study).unwrap()
    };
    match target {
        // Three valid inputs for each refused one: their mutations reach more code.
        "scenario" => {
            let valid = files(&["scenarios", "docs/model", "docs/vendors"]);
            let refused = files(&["tests/refusals"]);
            valid.iter().cycle().take(3 * refused.len()).chain(&refused).cloned().collect()
        }
        "study" => {
            let mut studies = files(&["docs/studies"]);
            studies.retain(|text| text.contains("Study("));
            studies.push(STUDY.to_owned());
            studies
        }
        "expectation" => expectations(&scenarios()),
        "assignment" => ASSIGNMENTS.map(str::to_owned).to_vec(),
        "saved" => {
            let scenario = metastable.scenario().unwrap().scenario;
            let options = Options { max_events: 500, ..Options::default() };
            let mut result = run(&scenario, "metastable", &options).unwrap();
            result.scenario.resolved = Some(resolved(&scenario));
            vec![result.to_json()]
        }
        "plan" => vec![plan().to_json()],
        "cell" => {
            let plan = plan();
            let mut lines = Vec::new();
            static STOP: Stop = Stop::new();
            sweep::run(&plan, 0..2, Jobs::ONE, &STOP, |cell| {
                let line = to_line(plan.outline(), &cell);
                lines.push(line.split(CHECK).next().unwrap_or_default().to_owned());
                ControlFlow::Continue(())
            });
            lines
        }
        other => panic!("there is no target {other}"),
    }
}

/// Every sentence of the scenarios that ship.
fn expectations(scenarios: &[String]) -> Vec<String> {
    let mut sentences = Vec::new();
    for text in scenarios {
        let scenario = Document::parse("a", text.as_bytes()).unwrap().scenario().unwrap().scenario;
        sentences.extend(scenario.expect);
    }
    assert!(sentences.len() > 20, "{sentences:?}");
    sentences
}

const ASSIGNMENTS: [&str; 8] = [
    "load.clients.arrivals.Poisson.rate=80/s",
    "services.db.slots=4",
    "services.db.time=Constant(\"3ms\")",
    "faults.freeze.until=61s",
    "duration=10s",
    "arms.'retry budget'.calls.clients.policy[0].Retry.budget.deposit=0.5",
    "arms.retries.calls.clients.policy[1].Timeout=1s",
    "arms.'waiting room'.services.db.queue=Some(3)",
];

/// The present execution, for the watchdog.
struct Execution {
    number: u64,
    input: Vec<u8>,
}

/// Executes a target so many times; the first panic or hang ends the process of the tests.
fn fuzz((name, target): Target, runs: u64, seed: u64) {
    let seeds = if name == "extremes" { Vec::new() } else { seeds(name) };
    let site = Site::new(seed, "fuzz", name);
    let current = Mutex::new(Execution { number: 0, input: Vec::new() });
    let (done, waiting) = channel();
    std::thread::scope(|scope| {
        let current = &current;
        scope.spawn(move || {
            for execution in 0..runs {
                let mut dice = Dice { site, execution, rolls: 0 };
                let input = if seeds.is_empty() {
                    (0..3 + 2 * dice.below(4)).map(|_| dice.below(256) as u8).collect()
                } else {
                    mutated(&seeds, &mut dice)
                };
                *current.lock().unwrap() = Execution { number: execution, input: input.clone() };
                let executed = catch_unwind(AssertUnwindSafe(|| target(&input)));
                if executed.is_err() {
                    failed("panics", name, seed, &current.lock().unwrap());
                }
            }
            let _ = done.send(());
        });
        let mut seen = u64::MAX;
        while waiting.recv_timeout(HANG) == Err(RecvTimeoutError::Timeout) {
            let execution = current.lock().unwrap();
            if execution.number == seen {
                failed("hangs", name, seed, &execution);
            }
            seen = execution.number;
        }
    });
    println!("{name}: {runs} executions with seed {seed}");
}

/// Keeps the input, says how to repeat it, and ends the process: a hang cannot be unwound.
fn failed(how: &str, name: &str, seed: u64, execution: &Execution) -> ! {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}.input"));
    let kept = fs::write(&path, &execution.input);
    eprintln!(
        "{name} {how} in execution {} of seed {seed}; its input ({kept:?}) is {}:\n{}",
        execution.number,
        path.display(),
        String::from_utf8_lossy(&execution.input)
    );
    std::process::exit(101)
}

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => default,
    }
}

fn fuzz_all(runs: impl Fn(&str) -> u64) {
    let only = std::env::var("DESSIM_FUZZ_TARGET").ok();
    for target in TARGETS {
        if only.as_deref().is_none_or(|only| only == target.0) {
            let runs = setting("DESSIM_FUZZ_RUNS", runs(target.0));
            fuzz(target, runs, setting("DESSIM_FUZZ_SEED", 1));
        }
    }
}

/// A few thousand executions, the same every day.
#[test]
fn mutations_neither_panic_nor_hang() {
    // The first two play what they read.
    fuzz_all(|target| if matches!(target, "scenario" | "extremes") { 300 } else { 600 });
}

/// Many executions, from `.ci/slow`.
#[test]
#[ignore = "takes as long as one wants; see the top of this file"]
fn many_mutations_neither_panic_nor_hang() {
    fuzz_all(|_| 50_000);
}

/// Mutations are useful: both valid and refused inputs are common.
#[test]
fn mutations_are_often_accepted_and_often_refused() {
    let share = |target: &str, accepts: &dyn Fn(&[u8]) -> bool| {
        let (seeds, site) = (seeds(target), Site::new(1, "fuzz", target));
        let accepted = (0..500).filter(|&execution| {
            let input = mutated(&seeds, &mut Dice { site, execution, rolls: 0 });
            accepts(&input)
        });
        accepted.count() as f64 / 500.0
    };
    let scenario = share("scenario", &|input| dessim::Scenario::from_bytes("a", input).is_ok());
    let saved = share("saved", &|input| Saved::from_json("a", input).is_ok());
    println!("scenario {scenario}, saved {saved}");
    assert!((0.05..0.9).contains(&scenario), "{scenario}");
    assert!((0.05..0.9).contains(&saved), "{saved}");
}
