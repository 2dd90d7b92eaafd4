//! The command as users run it: a process with arguments, files and streams.

mod check;
mod compare;
mod diff;
mod docs;
mod examples;
mod explain;
mod exports;
mod figures;
mod find;
mod follow;
mod golden;
mod hostile;
mod outputs;
mod printed;
mod report;
mod run;
mod show;
#[cfg(unix)]
mod signals;
mod sweep;
mod viewers;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A small overload: a service that takes 10 ms and refuses half of the requests.
const SMALL: &str = r#"Scenario(
    schema: 1, allow: ["offered-load-exceeds-capacity"],
    seed: 3,
    load: { "users": Load(arrivals: Poisson(rate: "150/s"), total: 200) },
    services: { "db": Service(time: Exponential(mean: "10ms"), slots: 1, queue: 2) },
    arms: {
        "plain": Arm(calls: { "users": Call(to: "db") }),
        "retry": Arm(calls: {
            "users": Call(to: "db", policy: [Retry(max_retries: 2), Timeout("50ms")]),
        }),
    },
)
"#;

/// A temporary directory in which commands run.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("there is a directory for such"));
        place.write("small.ron", SMALL);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let parent = path.parent().expect("it is below the directory");
        std::fs::create_dir_all(parent).expect("the directory is ours");
        std::fs::write(path, text).expect("the directory is ours");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).expect("it is a directory");
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            let name = entry.expect("it is ours").file_name();
            name.to_string_lossy().into_owned()
        };
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dessim"));
        command.args(args.split_whitespace());
        command.current_dir(self.0.path()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs `dessim` with these arguments, which hold no spaces.
    fn dessim(&self, args: &str) -> Ran {
        Ran::of(self.command(args).output().expect("it starts"))
    }

    fn dessim_with_input(&self, args: &str, input: &str) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("it is a pipe");
        stdin.write_all(input.as_bytes()).expect("it reads");
        drop(stdin);
        Ran::of(child.wait_with_output().expect("it ends"))
    }

    /// Runs a line of shell in which `$D` is the command.
    #[cfg(unix)]
    fn shell(&self, line: &str) -> Ran {
        let mut command = Command::new("bash");
        command.args(["-c", line]).current_dir(self.0.path());
        command.env("D", env!("CARGO_BIN_EXE_dessim"));
        Ran::of(command.output().expect("there is a shell"))
    }
}

/// The exit code and the output of a command.
#[derive(Debug, PartialEq)]
struct Ran {
    exit: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
        Self { exit: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Checks the exit code, and that standard error has every message.
    #[track_caller]
    fn ends(self, exit: i32, messages: &[&str]) -> Self {
        assert_eq!(self.exit, Some(exit), "{}{}", self.out, self.err);
        for message in messages {
            assert!(self.err.contains(message), "no {message:?} in: {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Checks that the command succeeded without messages.
    #[track_caller]
    fn fine(self) -> Self {
        assert_eq!(self.err, "");
        self.ends(0, &[])
    }
}
