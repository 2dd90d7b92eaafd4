//! Runs child processes and asks the operating system what they cost.

use std::io;
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::Value;

/// What a child printed, and the user CPU time it took.
pub struct Done {
    pub printed: Value,
    pub user_s: f64,
}

/// Runs a command that prints one JSON object, to its end.
pub fn run(command: &mut Command) -> io::Result<Done> {
    let (printed, user_s) = cost(command)?;
    Ok(Done { printed: serde_json::from_slice(&printed)?, user_s })
}

/// Runs a command to its end: what it printed, and its user CPU time in seconds.
pub fn cost(command: &mut Command) -> io::Result<(Vec<u8>, f64)> {
    let before = children_user_us()?;
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().map_err(|error| {
            let program = command.get_program().display();
            io::Error::new(error.kind(), format!("{program}: {error}"))
        })?;
    let user_us = children_user_us()? - before;
    if !output.status.success() {
        let failed = format!("{command:?} ended with {}", output.status);
        return Err(io::Error::other(failed));
    }
    Ok((output.stdout, user_us as f64 / 1e6))
}

/// Runs a command under callgrind to its end: what it printed, and the instructions it took.
pub fn instructions(command: &mut Command) -> io::Result<(Vec<u8>, f64)> {
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : ")?.1.parse().ok());
    match collected {
        Some(instructions) if output.status.success() => Ok((output.stdout, instructions)),
        _ => Err(io::Error::other(format!("{command:?} ended with {}: {said}", output.status))),
    }
}

fn children_user_us() -> io::Result<i64> {
    Ok(getrusage(UsageWho::RUSAGE_CHILDREN)?.user_time().num_microseconds())
}

/// The largest resident set of any child so far, in KiB (on macOS, which counts bytes, a
/// thousandfold).
pub fn children_peak_kib() -> io::Result<i64> {
    Ok(getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss())
}
