//! `dessim check`: are these scenarios, and sound ones?

use std::path::Path;

use dessim::scenario::resolved;

use super::args::Check;
use super::places::is_dash;
use super::ui::{Failure, Ui};
use super::{Exit, input, sweep};

pub(super) fn check(ui: &Ui, args: &Check) -> Result<Exit, Failure> {
    if args.resolved {
        return print_resolved(ui, args);
    }
    let mut fine = 0;
    let mut worst = Exit::Done;
    for path in &args.files {
        match one(ui, path) {
            Ok(()) => fine += 1,
            Err(failure) => {
                let exit = failure.tell(ui);
                // What cannot be read weighs more than what can, and is wrong.
                if worst != Exit::Trouble {
                    worst = exit;
                }
            }
        }
    }
    let files = args.files.len();
    let summary = match (fine == files, files) {
        (true, 1) => "1 file is fine\n".to_owned(),
        (true, _) => format!("{files} files are fine\n"),
        (false, _) => format!("{fine} of {files} files are fine\n"),
    };
    if !args.quiet {
        ui.print(&summary)?;
    }
    Ok(worst)
}

/// Checks a scenario, or a study with its scenario.
fn one(ui: &Ui, path: &Path) -> Result<(), Failure> {
    if !is_dash(path) && input::document(path)?.is_study() {
        return sweep::check(ui, path);
    }
    input::warn(ui, &input::scenario(path, &[])?);
    Ok(())
}

fn print_resolved(ui: &Ui, args: &Check) -> Result<Exit, Failure> {
    let [path] = args.files.as_slice() else {
        let message = "--resolved takes one file";
        return Err(Failure::usage(message, "give the files one at a time"));
    };
    let file = input::scenario(path, &[])?;
    input::warn(ui, &file);
    Ui::print_bytes(resolved(&file.scenario).as_bytes())?;
    Ok(Exit::Done)
}
