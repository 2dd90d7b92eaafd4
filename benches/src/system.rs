//! A system of services: live events a second, and memory as requests grow.

use std::io;
use std::path::Path;
use std::process::Command;

use crate::growth::events_of_page;
use crate::{Spread, child, in_repository};

/// Its loads, with their requests in a million.
const LOADS: [(&str, u64); 2] = [("shoppers", 666_666), ("members", 333_334)];

/// Prints both; the largest size comes last, because the peak is that of the largest child so far.
pub fn system(dessim: &Path, runs: u64) -> io::Result<bool> {
    println!("requests       M events/s  (min .. max)    peak resident set");
    for (times, runs) in [(1, runs), (10, 1)] {
        let mut command = Command::new(dessim);
        command.args(["run", "-q", "--full"]);
        for (load, requests) in LOADS {
            command.args(["--set", &format!("load.{load}.total={}", times * requests)]);
        }
        command.arg(in_repository("benches/scenarios/system.ron"));
        let mut speeds = Vec::new();
        for _ in 0..runs {
            let (printed, user_s) = child::cost(&mut command)?;
            speeds.push(events_of_page(&printed)? as f64 / user_s / 1e6);
        }
        let speeds = Spread::of(speeds.into_iter());
        let (median, (min, max)) = (speeds.median(), speeds.range());
        let mib = child::children_peak_kib()? as f64 / 1024.0;
        let requests = times * LOADS.iter().map(|(_, requests)| requests).sum::<u64>();
        println!("{requests:<14} {median:>10.2}  ({min:.2} .. {max:.2}) {mib:>14.1} MiB");
    }
    Ok(true)
}
