//! An interrupted command ends soon, with the right exit code and without temporary files.

use std::process::Child;
use std::time::{Duration, Instant};

use super::*;

/// A run that takes minutes.
const LONG: &str = r#"Scenario(
    schema: 1,
    duration: "100000s",
    load: { "c": Load(arrivals: Poisson(rate: "900/s")) },
    services: { "s": Service(time: Exponential(mean: "1ms"), slots: 1) },
    calls: { "c": Call(to: "s") },
)
"#;

/// The signals that the process catches, as a mask.
fn caught(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Polls until the process ends, for a minute at most. A process that hangs is killed, because it
/// could write until the disk is full.
#[allow(clippy::disallowed_methods)] // No clock of a run: it ends a test that would hang.
fn waited(what: &str, child: &mut Child, mut over: impl FnMut(&mut Child) -> bool) {
    let start = Instant::now();
    while !over(child) {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().expect("it is ours");
            panic!("{what}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts a command, sends it a signal in the middle of its first run, and waits for its end.
fn interrupted(place: &Place, args: &[&str], signal: &str, number: u64) -> Ran {
    let mut command = place.command("");
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    waited("it listens", &mut child, |child| caught(child) & (1 << (number - 1)) != 0);
    std::thread::sleep(Duration::from_millis(700));
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("there is kill");
    assert!(sent.success(), "{args:?} ended before it was interrupted");
    waited(&format!("{args:?} ends soon after {signal}"), &mut child, |child| {
        child.try_wait().expect("it is ours").is_some()
    });
    Ran::of(child.wait_with_output().expect("it ends"))
}

#[cfg(target_os = "linux")]
#[test]
fn every_command_ends_soon_and_leaves_nothing_temporary() {
    let lines: [&[&str]; 11] = [
        &["run", "long.ron", "--trace", "t.jsonl", "--export-json", "r.json"],
        &["run", "long.ron", "--seeds", "1..10"],
        &["report", "long.ron"],
        &["explain", "long.ron"],
        &["compare", "long.ron", "--set", "services.s.slots=2"],
        &[
            "find",
            "long.ron",
            "services.s.slots",
            "--from",
            "1",
            "--to",
            "5",
            "--expect",
            "amplification < 3",
        ],
        &["hunt", "long.ron", "--for", "amplification > 3"],
        &["shrink", "long.ron", "--for", "amplification >= 1"],
        &["test", "long.ron"],
        &["sweep", "long.ron", "--vary", "services.s.slots=1..5/5", "-o", "cells"],
        &["sweep", "loop", "long.ron", "--rates", "800/s..900/s/2", "--lasts", "50000s"],
    ];
    let signals = [("INT", 2), ("TERM", 15), ("HUP", 1)];
    let place = Place::new();
    place.write("long.ron", LONG);
    for (line, (signal, number)) in lines.into_iter().zip(signals.into_iter().cycle()) {
        let ran = interrupted(&place, line, signal, number);
        let code = 128 + i32::try_from(number).expect("it is small");
        assert_eq!(ran.exit, Some(code), "{line:?} {signal}: {}{}", ran.out, ran.err);
        let left = place.names(".");
        assert!(!left.iter().any(|name| name.starts_with(".dessim")), "{line:?}: {left:?}");
        // A search that was stopped has no conclusion.
        for words in
            ["does not show", "no difference shown", "holds at", "fails at", "in none of 0"]
        {
            assert!(!ran.out.contains(words) && !ran.err.contains(words), "{line:?}: {ran:?}");
        }
    }
    assert_eq!(place.names("cells"), ["cells-0-4.jsonl", "plan.json"]);
    let files = place.names(".");
    assert_eq!(files, ["cells", "long.ron", "small.ron"], "no result of half a run");
}

#[cfg(target_os = "linux")]
#[test]
fn what_nohup_ignores_stays_ignored() {
    let place = Place::new();
    place.write("long.ron", LONG);
    let mut command = Command::new("bash");
    command.args(["-c", "trap '' HUP; exec \"$D\" run long.ron"]);
    command.current_dir(place.path(".")).env("D", env!("CARGO_BIN_EXE_dessim"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    waited("it listens", &mut child, |child| caught(child) & (1 << 14) != 0);
    assert_eq!(caught(&child) & 1, 0, "SIGHUP is not caught");
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
}
