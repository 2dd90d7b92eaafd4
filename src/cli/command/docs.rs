//! What the tool says about itself: schema, completions, manual pages.

use clap::{Command, ValueEnum};

use crate::cli::exit::Exit;
use crate::cli::terminal::ui::{Failure, Ui};

/// Languages with a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Scenario,
    Study,
}

pub(super) fn schema(ui: &Ui, of: Language) -> Result<Exit, Failure> {
    let schema = match of {
        Language::Scenario => dessim::scenario::json_schema(),
        Language::Study => dessim::scenario::study_schema(),
    };
    let schema = format!("{schema:#}\n");
    ui.print(&schema)?;
    Ok(Exit::Done)
}

pub(super) fn completions(
    ui: &Ui,
    shell: clap_complete::Shell,
    mut root: Command,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut root, "dessim", &mut script);
    ui.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

pub(super) fn man(ui: &Ui, name: Option<&str>, mut root: Command) -> Result<Exit, Failure> {
    root.build();
    let page = match name {
        None => root,
        Some(name) => subcommand(&root, name)?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(Failure::Stdout)?;
    ui.print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

fn subcommand(root: &Command, name: &str) -> Result<Command, Failure> {
    let Some(subcommand) = root.find_subcommand(name) else {
        let all: Vec<_> = root.get_subcommands().map(Command::get_name).collect();
        let message = format!("there is no subcommand `{}`", name.escape_debug());
        return Err(Failure::usage(message, format!("there are {}", all.join(", "))));
    };
    let page = format!("dessim-{name}");
    Ok(subcommand.clone().display_name(page))
}
