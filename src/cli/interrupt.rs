//! SIGINT, SIGTERM and SIGHUP.
//!
//! A command that has something to keep calls [`stop`], looks at it, and ends by itself with what
//! is finished. Every other command, and every command at the second signal, ends at once. In
//! either case no temporary file stays, and the exit code is 128 and the number of the signal.

use std::process;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use dessim::experiment::pool::Stop;

use crate::cli::files::places::remove_temporary;

static STOP: Stop = Stop::new();
/// The command ends by itself when it is asked to.
static LOOKS: AtomicBool = AtomicBool::new(false);
/// The number of the first signal, 0 before it.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

const SIGINT: i32 = 2;

/// Asked by the first signal; the command promises to look at it.
pub(crate) fn stop() -> &'static Stop {
    LOOKS.store(true, Ordering::SeqCst);
    &STOP
}

/// How a process ends that was interrupted.
pub(crate) fn exit_code() -> u8 {
    let signal = match SIGNAL.load(Ordering::SeqCst) {
        0 => SIGINT,
        signal => signal,
    };
    128 + u8::try_from(signal).unwrap_or(0)
}

fn arrived(signal: i32) {
    let first = SIGNAL.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst).is_ok();
    STOP.ask();
    if !(first && LOOKS.load(Ordering::SeqCst)) {
        remove_temporary(|| process::exit(i32::from(exit_code())));
    }
}

/// Listens from now on; without a listener, a signal ends the process and leaves temporary files.
#[cfg(unix)]
pub(crate) fn listen() {
    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::iterator::Signals;

    let ignored = ignored();
    let heard = [SIGINT, SIGTERM, SIGHUP].into_iter();
    let heard = heard.filter(|signal| ignored & (1 << (signal - 1)) == 0);
    if let Ok(mut signals) = Signals::new(heard) {
        std::thread::spawn(move || signals.forever().for_each(arrived));
    }
}

/// The signals that whoever started the process had it ignore, as `nohup` does, as a mask.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
pub(crate) fn listen() {
    // Without a listener Ctrl-C ends the process, which is as good as it gets then.
    let _ = ctrlc::set_handler(|| arrived(SIGINT));
}
