//! A run as one HTML file that needs nothing else: no network, no server, no other file.
//!
//! The text is complete without scripts; uPlot (`vendor/`) and `app.js` draw the charts from
//! numbers within the page. Every name is escaped where it is written: in markup by the templates,
//! in data for the scripts by `data`. The policy of the page forbids every request and every script
//! but these two. The page is a pure function of the run.

mod bins;
mod charts;
mod data;
pub(super) mod frame;
mod glance;
mod headline;
mod ledger;
mod panels;
mod quantiles;
mod story;
mod summary;

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use frame::Frame;

use super::figure;
use super::result::{ArmResult, RunResult, Stopped};
use super::setting::Setting;
use super::topology::Topology;
use crate::report::explain::Explanation;
use crate::report::text::format::{count, time};

/// The data of a page.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    /// The run, with its series and its resolved scenario.
    pub result: &'a RunResult,
    /// Facts from the scenario that the result does not have.
    pub setting: &'a Setting,
    /// Explanation of the run, if there is one.
    pub explanation: Option<&'a Explanation>,
    /// Topology of each arm, by name.
    pub topologies: &'a BTreeMap<String, Topology>,
    /// True for a saved result that was played again with the same fingerprint.
    pub replayed: bool,
}

/// Renders the page.
#[must_use]
pub fn to_html(sheet: &Sheet<'_>) -> String {
    let result = sheet.result;
    let grains = bins::grains(&arms(result));
    let panels = panels::panels(&grains);
    let quantiles = quantiles::quantiles(result);
    let data = data::data(sheet, &grains, &panels, &quantiles);
    let frame = Frame {
        kind: "report",
        name: &result.scenario.name,
        dessim: result.dessim,
        data: Some(&data),
    };
    frame.around(&head(sheet, &panels, &quantiles), &content(sheet, &grains, &panels, &quantiles))
}

type Arms<'a> = Vec<(&'a str, &'a ArmResult)>;

fn arms(result: &RunResult) -> Arms<'_> {
    result.arms.iter().map(|(name, arm)| (name.as_str(), arm)).collect()
}

/// The headline, and links to the sections.
fn head(
    sheet: &Sheet<'_>,
    panels: &[panels::Panel<'_>],
    quantiles: &[quantiles::Quantiles],
) -> Markup {
    let result = sheet.result;
    html! {
        header.top {
            h1 { (glance::headline(sheet)) }
            p.lede {
                bdi { (result.scenario.name) }
                @if !sheet.setting.about.is_empty() { ": " (sheet.setting.about) }
            }
        }
        nav.contents aria-label="Contents" {
            a href="#glance" { "At a glance" }
            @if !result.expectations.is_empty() { a href="#expectations" { "Expectations" } }
            @if sheet.explanation.is_some() { a href="#explanation" { "Explanation" } }
            @if !panels.is_empty() { a href="#charts" { "Over time" } }
            @if !quantiles.is_empty() { a href="#distributions" { "Latency" } }
            @if !sheet.topologies.is_empty() { a href="#topology" { "Topology" } }
            a href="#ledger" { "All numbers" }
            a href="#reproduce" { "Reproduce" }
        }
    }
}

/// All sections for readers; the data for scripts follows them.
fn content(
    sheet: &Sheet<'_>,
    grains: &[Option<bins::Grains<'_>>],
    panels: &[panels::Panel<'_>],
    quantiles: &[quantiles::Quantiles],
) -> Markup {
    let result = sheet.result;
    html! {
        (glance::section(sheet))
        (summary::expectations(&result.expectations))
        @if let Some(explanation) = sheet.explanation { (story::section(explanation)) }
        (charts::section(sheet, grains, panels))
        (charts::distributions(result, quantiles))
        (topologies(sheet))
        (ledger::section(result))
        (reproduce(sheet))
    }
}

/// The topology of each arm, with its traffic.
fn topologies(sheet: &Sheet<'_>) -> Markup {
    let name = &sheet.result.scenario.name;
    html! {
        @if !sheet.topologies.is_empty() {
            section #topology aria-labelledby="topology-title" {
                h2 #topology-title { "Topology" }
                div.topologies {
                    @for (arm, topology) in sheet.topologies {
                        div.topology tabindex="0" role="region" aria-label={ "Topology, " (arm) } {
                            (PreEscaped(figure::topology(name, arm, topology).element()))
                        }
                    }
                }
            }
        }
    }
}

/// The resolved scenario, the versions, and the command that reproduces the run.
fn reproduce(sheet: &Sheet<'_>) -> Markup {
    let result = sheet.result;
    html! {
        section #reproduce aria-labelledby="reproduce-title" {
            h2 #reproduce-title { "Reproduce" }
            @if sheet.replayed {
                p { "This is a saved result that was played again: its fingerprint is the same, \
                    so every number here is that of the saved run." }
            }
            @if result.scenario.resolved.is_some() {
                p { "Saved as " code { (file_name(&result.scenario.name)) } ", the scenario below \
                    gives this run again, to the byte, with dessim " (result.dessim) " and" }
            }
            p.run {
                code #command { (command(result)) }
                button type="button" data-copy="command" hidden { "Copy" }
            }
            dl.facts {
                div { dt { "seed" } dd { (result.seed) } }
                div { dt { "virtual time" } dd { (time(result.virtual_ns)) } }
                div { dt { "events" } dd { (count(result.events)) } }
                div { dt { "dessim" } dd { (result.dessim) } }
                div { dt { "model" } dd { (result.model) } }
                div { dt { "digest" } dd { code { (result.scenario.digest) } } }
                div { dt { "fingerprint" } dd { code { (result.fingerprint) } } }
            }
            p.small {
                "The fingerprint has three parts: which events in which order ("
                code { (result.fingerprints.order) } "), the same with their instants ("
                code { (result.fingerprints.timing) } "), and what became of every request ("
                code { (result.fingerprints.results) } ")."
            }
            @if let Some(resolved) = &result.scenario.resolved {
                details.source {
                    summary { "The scenario as it ran, with every default filled in" }
                    button type="button" data-copy="resolved" hidden { "Copy the scenario" }
                    pre #resolved tabindex="0" role="region" aria-label="Resolved scenario" {
                        (resolved)
                    }
                }
            }
        }
    }
}

/// The command that reproduces the run.
fn command(result: &RunResult) -> String {
    let file = file_name(&result.scenario.name);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    let file = match file.chars().all(plain) && !file.starts_with('-') {
        true => file,
        false if file.starts_with('-') => format!("'./{}'", file.replace('\'', r"'\''")),
        false => format!("'{}'", file.replace('\'', r"'\''")),
    };
    let limit = match &result.stopped {
        Some(Stopped::MaxEvents { max_events, .. } | Stopped::MaxWork { max_events, .. }) => {
            format!(" --max-events {max_events}")
        }
        Some(Stopped::MaxMemory { max_memory, .. }) => format!(" --max-memory {max_memory}"),
        _ => String::new(),
    };
    format!("dessim run {file} --seed {}{limit}", result.seed)
}

/// File name of the scenario, or a default if its name cannot be one.
fn file_name(name: &str) -> String {
    let possible = !name.is_empty() && !name.chars().any(|c| c.is_control() || "/\\".contains(c));
    format!("{}.ron", if possible { name } else { "scenario" })
}

/// Adds the full stop to a clause. There is no capital, because the first word may be a name.
fn sentence(clause: &str) -> String {
    if clause.ends_with(['.', '!', '?']) { clause.to_owned() } else { format!("{clause}.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_command_names_a_file_that_a_shell_reads_as_one() {
        let command_of = |name: &str| {
            let mut result = sample::burst();
            result.scenario.name = name.to_owned();
            command(&result)
        };
        assert_eq!(command_of("burst"), "dessim run burst.ron --seed 7");
        assert_eq!(command_of("a b"), "dessim run 'a b.ron' --seed 7");
        assert_eq!(command_of("it's $(x)"), r"dessim run 'it'\''s $(x).ron' --seed 7");
        assert_eq!(command_of("-rf"), "dessim run './-rf.ron' --seed 7");
        for impossible in ["../x", "a\nb", ""] {
            assert_eq!(command_of(impossible), "dessim run scenario.ron --seed 7");
        }
    }

    #[test]
    fn a_run_that_was_cut_off_is_reproduced_with_its_limit() {
        let mut result = sample::burst();
        let arm = "rpc".to_owned();
        result.stopped = Some(Stopped::MaxEvents { arm, max_events: 9, at_ns: 1 });
        assert!(command(&result).ends_with(" --seed 7 --max-events 9"), "{}", command(&result));
    }
}
