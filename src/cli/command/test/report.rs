//! The reports of a test for other programs.

use std::path::Path;

use dessim::report::ci::annotations::github;
use dessim::report::ci::junit::to_junit;
use dessim::report::ci::test::{TEST_SCHEMA, Tested, TestedScenario, to_json};

use super::args::{Annotations, Test};
use super::compare::local;
use crate::cli::args::TextOrJson;
use crate::cli::files::target::Target;
use crate::cli::terminal::ui::{Failure, Ui};

/// The targets of the reports, all known to be writable.
#[derive(Debug)]
pub(super) struct Reports {
    json: Option<Target>,
    junit: Option<Target>,
    as_json: bool,
    annotates: bool,
    /// False if a report takes standard output.
    pub(super) prints: bool,
}

impl Reports {
    pub(super) fn new(args: &Test) -> Result<Self, Failure> {
        let json = Target::given("--export-json", args.export_json.as_ref())?;
        let junit = Target::given("--export-junit", args.export_junit.as_ref())?;
        let taken = [&json, &junit].into_iter().flatten().any(Target::is_stdout);
        if taken && args.format.is_some() {
            let message = "--format and an export both go to standard output";
            return Err(Failure::usage(message, "give the export a file"));
        }
        let as_json = args.format == Some(TextOrJson::Json);
        let annotates = match args.annotations {
            Annotations::Github => true,
            Annotations::Never => false,
            Annotations::Auto => std::env::var_os("GITHUB_ACTIONS").is_some_and(|is| is == "true"),
        };
        Ok(Self { json, junit, as_json, annotates, prints: !taken && !as_json })
    }

    /// Writes every report.
    pub(super) fn write(
        &self,
        scenarios: Vec<TestedScenario>,
        passed: bool,
        interrupted: bool,
    ) -> Result<(), Failure> {
        let (schema, dessim) = (TEST_SCHEMA, env!("CARGO_PKG_VERSION"));
        let tested = Tested { schema, dessim, passed, interrupted, scenarios };
        if self.annotates {
            Ui::note_raw(&github(&tested));
        }
        if let Some(target) = &self.junit {
            target.write(&to_junit(&tested))?;
        }
        if let Some(target) = &self.json {
            target.write(&to_json(&tested))?;
        }
        match self.as_json {
            true => Ui::print_raw(&to_json(&tested)),
            false => Ok(()),
        }
    }
}

/// Path of a scenario in reports: relative to the working directory if it is below.
pub(super) fn file(path: &Path) -> String {
    local(path)
}

/// The command that replays a run, or the whole test if there is no seed.
pub(super) fn command(path: &Path, seed: Option<u64>) -> String {
    let path = path.to_string_lossy();
    let path = if path.starts_with('-') { format!("./{path}") } else { path.into_owned() };
    let path = quoted(&path);
    match seed {
        Some(seed) => format!("dessim run {path} --seed {seed}"),
        None => format!("dessim test {path}"),
    }
}

/// Quotes `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./@%+=:,-".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        let command_of = |path: &str, seed| command(Path::new(path), seed);
        assert_eq!(
            command_of("scenarios/burst.ron", Some(7)),
            "dessim run scenarios/burst.ron --seed 7"
        );
        assert_eq!(command_of("a b/it's.ron", Some(0)), r"dessim run 'a b/it'\''s.ron' --seed 0");
        assert_eq!(command_of("-x$(rm).ron", None), "dessim test './-x$(rm).ron'");
    }
}
