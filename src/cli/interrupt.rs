//! SIGINT, SIGTERM and SIGHUP.
//!
//! A command with results to keep calls [`stop`], checks it as it works, and ends by itself with
//! the finished part. Every other command, and every command at the second signal, ends at once.
//! In either case no temporary file stays, and the exit code is 128 plus the number of the signal.

use std::process;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use dessim::experiment::pool::Stop;

use crate::cli::files::places::remove_temporary;

static STOP: Stop = Stop::new();
/// True if the command checks [`stop`] and ends by itself.
static LOOKS: AtomicBool = AtomicBool::new(false);
/// Number of the first signal; 0 before there is one.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

const SIGINT: i32 = 2;

/// The request to stop, which the first signal makes. The caller promises to check it.
pub(crate) fn stop() -> &'static Stop {
    LOOKS.store(true, Ordering::SeqCst);
    &STOP
}

/// Exit code of an interrupted process.
pub(crate) fn exit_code() -> u8 {
    let signal = match SIGNAL.load(Ordering::SeqCst) {
        0 => SIGINT,
        signal => signal,
    };
    128 + u8::try_from(signal).unwrap_or(0)
}

fn arrived(signal: i32) {
    let first = SIGNAL.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst).is_ok();
    STOP.request();
    if !(first && LOOKS.load(Ordering::SeqCst)) {
        remove_temporary(|| process::exit(i32::from(exit_code())));
    }
}

/// Installs the handler of signals; without it, a signal leaves temporary files behind.
#[cfg(unix)]
pub(crate) fn listen() {
    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::iterator::Signals;

    let ignored = ignored();
    let handled = [SIGINT, SIGTERM, SIGHUP].into_iter();
    let handled = handled.filter(|signal| ignored & (1 << (signal - 1)) == 0);
    if let Ok(mut signals) = Signals::new(handled) {
        std::thread::spawn(move || signals.forever().for_each(arrived));
    }
}

/// Mask of the signals that the parent process set to be ignored, as `nohup` does.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
pub(crate) fn listen() {
    // If no handler can be installed, Ctrl-C ends the process at once.
    let _ = ctrlc::set_handler(|| arrived(SIGINT));
}
