//! `dessim presets`: the libraries whose defaults a layer can take, and what they are.

use clap::Args;
use dessim::scenario::presets::{PRESETS, Preset};

use crate::cli::exit::Exit;
use crate::cli::terminal::ui::{Failure, Ui};

const PRESETS_EXAMPLES: &str = "\
Examples:
  dessim presets
  dessim presets resilience4j
  dessim presets breaker";

const PROOFS: &str = "\
asked: the library itself decided the same in random sequences; ported: a port of its
sources did; read: values and rules of its sources or documentation";

/// Longest preset on one line, in bytes.
const WIDTH: usize = 96;

#[derive(Debug, Args)]
#[command(after_long_help = PRESETS_EXAMPLES)]
pub(crate) struct Presets {
    /// Show the fields of this preset, of all of a library, or of all for a layer
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

pub(super) fn presets(ui: &Ui, args: &Presets) -> Result<Exit, Failure> {
    let text = match &args.name {
        None => list(),
        Some(name) => detail(name)?,
    };
    ui.print(&text)?;
    Ok(Exit::Done)
}

/// A line a name: what it has presets of, and the proof of each.
fn list() -> String {
    let width = PRESETS.iter().map(|preset| preset.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for group in PRESETS.chunk_by(|one, other| one.name == other.name) {
        let parts = group.iter().map(|preset| format!("{} {}", preset.of, preset.proof.word()));
        let parts = parts.collect::<Vec<_>>().join(", ");
        text += &format!("{:width$}  {parts}\n", group[0].name);
    }
    format!("{text}\n{PROOFS}\n")
}

/// The fields of the presets that a name means.
fn detail(name: &str) -> Result<String, Failure> {
    let meant = |preset: &&Preset| {
        let library = preset.name.split('/').next();
        preset.name == name || library == Some(name) || preset.of.eq_ignore_ascii_case(name)
    };
    let found: Vec<&Preset> = PRESETS.iter().filter(meant).collect();
    if found.is_empty() {
        let message = format!("there is no preset `{}`", name.escape_debug());
        return Err(Failure::usage(message, "`dessim presets` lists them"));
    }
    let mut text = String::new();
    for group in found.chunk_by(|one, other| one.name == other.name) {
        let (name, source, page) = (&group[0].name, &group[0].source, &group[0].page);
        text += &format!("// {name}, see docs/vendors/{page}.md\n// {source}\n");
        for preset in group {
            let written = preset.written();
            let line = written.inline();
            let shown = if line.len() < WIDTH { line + "\n" } else { written.text() };
            text += &format!("// {}\n{shown}", preset.proof.word());
        }
        text.push('\n');
    }
    text.pop();
    Ok(text)
}
