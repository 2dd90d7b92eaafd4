//! Ctrl-C during many runs: what is finished is kept. A second one ends at once.

use std::process;
use std::sync::Once;

use dessim::experiment::pool::Stop;

use super::Exit;

/// Asked by Ctrl-C, from the first call on.
pub(super) fn stop() -> &'static Stop {
    static STOP: Stop = Stop::new();
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        // Without a handler Ctrl-C ends the process, which is as good as it gets then.
        let _ = ctrlc::set_handler(|| {
            if STOP.asked() {
                process::exit(Exit::Interrupted as i32);
            }
            STOP.ask();
        });
    });
    &STOP
}
