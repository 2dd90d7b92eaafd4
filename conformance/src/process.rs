//! Libraries of other languages: a driver, whose argument is the name of the library, reads
//! sequences from its input, a line each, and writes their answers, a line each, that begins with
//! `[`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::play::Sequence;

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// Runs a build and shows what it printed if it fails.
fn run(command: &mut Command) -> Result<(), String> {
    output(command).map(|_| ())
}

/// What a command writes to its output; what it printed, if it fails.
fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|why| format!("{program}: {why}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let printed =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Err(format!("{program} failed: {}\n{}", output.status, printed.concat()))
}

pub(crate) fn go(library: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    let driver = here("target").join("go-driver");
    let modules = modules()?;
    let mut command = Command::new("go");
    command.args(["test", "-c", "-modfile"]).arg(modules).arg("-o").arg(&driver);
    run(command.current_dir(here("go")))?;
    ask(Command::new(driver).args(["-test.run=TestDriver", library]), sequences)
}

/// The module file of the Go driver, in which grpc-go is a copy whose jitter draws from `go/draw`:
/// it takes no generator from outside. Its outlier detection can be reached, and visits endpoints
/// in order. Nothing else of it is changed.
fn modules() -> Result<PathBuf, String> {
    let query = ["list", "-m", "-f", "{{.Dir}}", "google.golang.org/grpc"];
    run(Command::new("go").args(["mod", "download"]).current_dir(here("go")))?;
    let module = output(Command::new("go").args(query).current_dir(here("go")))?;
    let copy = here("target/grpc-go");
    if !copy.exists() {
        let from = Path::new(module.trim()).join(".");
        run(Command::new("cp").arg("-r").arg(from).arg(&copy))?;
        run(Command::new("chmod").args(["-R", "u+w"]).arg(&copy))?;
    }
    let text = |path: &Path| {
        std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
    };
    let write = |path: PathBuf, text: String| {
        std::fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))
    };
    let file = copy.join("stream.go");
    let (drawn, ours) = ("\"math/rand/v2\"", "\"dessim/conformance/draw\"");
    let original = text(&file)?;
    if !original.contains(drawn) && !original.contains(ours) {
        return Err(format!("{} draws from another generator", file.display()));
    }
    write(file, original.replace(drawn, ours))?;
    let folder = copy.join("outlierdetection");
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let file = folder.join("outlierdetection.go");
    write(file, OUTLIER_DETECTION.to_owned())?;
    let file = copy.join("internal/xds/balancer/outlierdetection/balancer.go");
    let (all, sorted) =
        ("for _, epInfo := range b.endpoints.All()", "for _, epInfo := range inOrder(b.endpoints)");
    let mut balancer = text(&file)?.replace(all, sorted);
    if !balancer.contains(sorted) {
        return Err(format!("{} visits endpoints otherwise", file.display()));
    }
    if !balancer.contains(IN_ORDER) {
        balancer += IN_ORDER;
    }
    write(file, balancer)?;
    let replace = format!("\nreplace google.golang.org/grpc => {}\n", copy.display());
    write(here("target/go.mod"), text(&here("go/go.mod"))? + &replace)?;
    write(here("target/go.sum"), text(&here("go/go.sum"))?)?;
    Ok(here("target/go.mod"))
}

/// A package of the copy from which the driver can reach the balancer, which is internal.
const OUTLIER_DETECTION: &str = "// Package outlierdetection registers the balancer.
package outlierdetection

import _ \"google.golang.org/grpc/internal/xds/balancer/outlierdetection\"
";

/// The order of endpoints, which is that of a Go map otherwise: random.
const IN_ORDER: &str = "
func inOrder(all *resolver.EndpointMap[*endpointInfo]) func(func(int, *endpointInfo) bool) {
	return func(yield func(int, *endpointInfo) bool) {
		for number := range all.Len() {
			name := resolver.Address{Addr: fmt.Sprint(number)}
			of, _ := all.Get(resolver.Endpoint{Addresses: []resolver.Address{name}})
			if !yield(number, of) {
				return
			}
		}
	}
}
";

pub(crate) fn java(library: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    ask(Command::new("java").args(["-cp", &class_path()?, "Driver", library]), sequences)
}

/// Builds the driver of Java; where its classes and its libraries are.
fn class_path() -> Result<String, String> {
    run(Command::new("mvn")
        .args(["-q", "-B", "-Dstyle.color=never", "package"])
        .current_dir(here("java")))?;
    let classes = here("java/target/classes");
    let libraries = here("java/target/dependency/*");
    Ok(format!("{}:{}", classes.display(), libraries.display()))
}

/// The repository of resilience4j; another place of it can be in this variable.
const RESILIENCE4J: (&str, &str) =
    ("RESILIENCE4J_GIT", "https://github.com/resilience4j/resilience4j");

/// How an error begins that says that sources which no registry has could not be fetched.
pub(crate) const NOT_FETCHED: &str = "its sources cannot be fetched";

/// resilience4j's hedge is a module of its repository that no registry has: its sources are taken
/// from there, of the version that is pinned, and compiled. The clock and the pool of threads in
/// one of its classes are replaced by those of the driver. Nothing else of it is changed.
pub(crate) fn resilience4j_hedge(library: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    let path = class_path()?;
    let (copy, classes) = (here("target/resilience4j"), here("target/hedge-classes"));
    let sources = copy.join("resilience4j-hedge/src/main/java");
    let hedge = sources.join("io/github/resilience4j/hedge/internal/HedgeImpl.java");
    if !hedge.exists() {
        let from = std::env::var(RESILIENCE4J.0).unwrap_or(RESILIENCE4J.1.to_owned());
        run(Command::new("git").args(["init", "--quiet"]).arg(&copy))?;
        let git = |args: &[&str]| run(Command::new("git").args(args).current_dir(&copy));
        git(&["fetch", "--quiet", "--depth", "1", &from, "refs/tags/v2.3.0"])
            .map_err(|why| format!("{NOT_FETCHED} from {from}: {why}"))?;
        git(&["checkout", "--quiet", "FETCH_HEAD", "--", "resilience4j-hedge/src/main/java"])?;
        let text = std::fs::read_to_string(&hedge).map_err(|why| why.to_string())?;
        let pool = "ContextAwareScheduledThreadPoolExecutor";
        let text = text
            .replace(&format!("io.github.resilience4j.core.{pool}"), "virtual.VirtualPool")
            .replace(pool, "VirtualPool")
            .replace("System.nanoTime()", "VirtualPool.nanoTime()");
        std::fs::write(&hedge, text).map_err(|why| why.to_string())?;
    }
    let mut compiler = Command::new("javac");
    compiler.args(["-nowarn", "-cp", &path, "-sourcepath"]).arg(&sources).arg("-d").arg(&classes);
    run(compiler.arg(here("java/hedge/Resilience4jHedge.java")))?;
    let path = format!("{}:{path}", classes.display());
    ask(Command::new("java").args(["-cp", &path, "Driver", library]), sequences)
}

pub(crate) fn python(library: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    let environment = here("target/python");
    let program = environment.join("bin/python");
    if !program.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    }
    let requirements = ["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"];
    run(Command::new(&program).args(requirements).current_dir(here("python")))?;
    ask(Command::new(program).arg(here("python/driver.py")).arg(library), sequences)
}

pub(crate) fn node(library: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    let folder = here("node");
    run(Command::new("npm").args(["ci", "--silent", "--no-audit"]).current_dir(&folder))?;
    ask(Command::new("node").arg(folder.join("driver.mjs")).arg(library), sequences)
}

fn ask(command: &mut Command, sequences: &mut [Sequence]) -> Result<(), String> {
    let line = |one: &Sequence| serde_json::to_string(one).expect("it is JSON") + "\n";
    let questions: String = sequences.iter().map(line).collect();
    let mut driver = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| format!("the driver does not start: {why}"))?;
    let mut input = driver.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || input.write_all(questions.as_bytes()));
    let output = driver.wait_with_output().map_err(|why| why.to_string())?;
    writer.join().expect("it only writes").map_err(|why| format!("the driver left: {why}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut answers = text.lines().filter(|line| line.starts_with('['));
    for sequence in sequences {
        let line = answers.next().ok_or("the driver did not answer every sequence")?;
        sequence.answers = serde_json::from_str(line).map_err(|why| format!("{why}: {line}"))?;
    }
    Ok(())
}
