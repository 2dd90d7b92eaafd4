//! A run as one HTML file that needs nothing else: no network, no server, no other file.
//!
//! The text of it is there without scripts; charts are drawn by uPlot (`vendor/`) and `app.js`
//! from numbers within the page. Every name is escaped where it is written: markup by the
//! templates, numbers and names for the scripts by `data`. The page forbids itself every
//! request, and runs no script but the two it came with. It is a pure function of the run.

mod charts;
mod data;
mod ledger;
mod panels;
mod quantiles;
mod story;
mod summary;

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::explanation::Explanation;
use super::figure::{self, theme};
use super::format::{count, time};
use super::page::stopped;
use super::result::{ArmResult, RunResult, Stopped};
use super::setting::Setting;
use super::topology::Topology;
use super::verdict::verdict;

/// What a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    /// The run, with its series and its resolved scenario.
    pub result: &'a RunResult,
    /// What its scenario says beyond that.
    pub setting: &'a Setting,
    /// What happened in it, if it was explained.
    pub explanation: Option<&'a Explanation>,
    /// What each arm is made of, by name.
    pub topologies: &'a BTreeMap<String, Topology>,
    /// It was a saved result, which has been played again with the same fingerprint.
    pub replayed: bool,
}

const UPLOT: &str = include_str!("vendor/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("vendor/uPlot.min.css");
const APP: &str = include_str!("app.js");
pub(super) const STYLE: &str = include_str!("style.css");

/// The SHA-256 of each script, which is what a browser lets run. A test keeps them right.
const UPLOT_HASH: &str = "sha256-GcjUxq2Ikpp59K5J1vcWFWbf0Lo9FcxJXpdPeH63jx8=";
const APP_HASH: &str = "sha256-t7hgCypYhq76qh0vyJgt7o1gTnk2RQYmSpS2YX3Qhjk=";

/// The page.
#[must_use]
pub fn to_html(sheet: &Sheet<'_>) -> String {
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
         script-src '{UPLOT_HASH}' '{APP_HASH}'; base-uri 'none'; form-action 'none'"
    );
    let panels = panels::panels(sheet.result);
    let quantiles = quantiles::quantiles(sheet.result);
    let data = data::data(sheet, &panels, &quantiles);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "dessim " (sheet.result.dessim) };
                meta name="color-scheme" content="light dark";
                title { (sheet.result.scenario.name) ", seed " (sheet.result.seed) " - dessim" }
                style { (PreEscaped(UPLOT_STYLE)) (PreEscaped(STYLE)) (PreEscaped(figures())) }
            }
            body {
                (body(sheet, &panels, &quantiles))
                script type="application/json" id="data" { (PreEscaped(data)) }
                script { (PreEscaped(UPLOT)) }
                script { (PreEscaped(APP)) }
            }
        }
    };
    page.into_string() + "\n"
}

type Arms<'a> = Vec<(&'a str, &'a ArmResult)>;

fn arms(result: &RunResult) -> Arms<'_> {
    result.arms.iter().map(|(name, arm)| (name.as_str(), arm)).collect()
}

/// Everything that is read; what comes after it is for the scripts.
fn body(
    sheet: &Sheet<'_>,
    panels: &[panels::Panel<'_>],
    quantiles: &[quantiles::Quantiles],
) -> Markup {
    let result = sheet.result;
    html! {
        a.skip href="#verdict" { "Skip to the verdict" }
        header.top {
            div.bar {
                p.brand { "dessim " span { "report" } }
                button #theme type="button" hidden { "Dark" }
            }
            h1 { bdi { (result.scenario.name) } }
            @if !sheet.setting.about.is_empty() { p.lede { (sheet.setting.about) } }
            (identity(sheet))
        }
        nav.contents aria-label="Contents" {
            a href="#verdict" { "Verdict" }
            @if sheet.explanation.is_some() { a href="#explanation" { "Explanation" } }
            @if !sheet.topologies.is_empty() { a href="#topology" { "Topology" } }
            @if !panels.is_empty() { a href="#charts" { "Over time" } }
            @if !quantiles.is_empty() { a href="#distributions" { "Latency" } }
            a href="#ledger" { "All numbers" }
            a href="#reproduce" { "Reproduce" }
        }
        main {
            section #verdict aria-labelledby="verdict-title" {
                h2 #verdict-title { "Verdict" }
                @for line in verdict(result) { p.verdict { (sentence(&line)) } }
                @for warning in &result.warnings {
                    p.note.warning { strong { "Warning" } " " (sentence(warning)) }
                }
                @if let Some(why) = &result.stopped {
                    p.note.stopped { strong { "Stopped" } " " (sentence(&stopped(why))) }
                }
                (summary::expectations(&result.expectations))
                (summary::cards(sheet))
            }
            @if let Some(explanation) = sheet.explanation { (story::section(explanation)) }
            (topologies(sheet))
            (charts::section(sheet, panels))
            (charts::distributions(result, quantiles))
            (ledger::section(result))
            (reproduce(result))
        }
        footer { p { "Made by dessim " (result.dessim) ". This page holds its own data and asks \
            nobody for anything." } }
        p #live.hidden aria-live="polite" {}
    }
}

/// What ran.
fn identity(sheet: &Sheet<'_>) -> Markup {
    let result = sheet.result;
    html! {
        dl.facts {
            div { dt { "seed" } dd { (result.seed) } }
            div { dt { "virtual time" } dd { (time(result.virtual_ns)) } }
            div { dt { "events" } dd { (count(result.events)) } }
            div { dt { "dessim" } dd { (result.dessim) } }
            div { dt { "model" } dd { (result.model) } }
            div { dt { "fingerprint" } dd { code { (result.fingerprint) } } }
            div { dt { "digest" } dd { code { (result.scenario.digest) } } }
        }
        p.run {
            code #command { (command(result)) }
            button type="button" data-copy="command" hidden { "Copy" }
        }
        @if sheet.replayed {
            p.small { "This is a saved result that was played again: its fingerprint is the same, \
                so every number here is that of the saved run." }
        }
    }
}

/// The style of the figures, under the theme of the page.
pub(super) fn figures() -> String {
    let (light, dark) = (theme::LIGHT, theme::DARK);
    format!(
        ".dessim-figure{{{light}}}\n\
         @media (prefers-color-scheme:dark){{.dessim-figure{{{dark}}}}}\n\
         [data-theme=light] .dessim-figure{{{light}}}\n\
         [data-theme=dark] .dessim-figure{{{dark}}}\n\
         @media print{{:root .dessim-figure{{{light}}}}}\n{}",
        theme::rules()
    )
}

/// What each arm is made of, with what went through it.
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

/// The scenario as it ran, and how to run it again.
fn reproduce(result: &RunResult) -> Markup {
    html! {
        section #reproduce aria-labelledby="reproduce-title" {
            h2 #reproduce-title { "Reproduce" }
            @if let Some(resolved) = &result.scenario.resolved {
                p { "This is the scenario as it ran, with every default filled in. Saved as "
                    code { (file_name(&result.scenario.name)) } ", it gives this run again, to \
                    the byte, with dessim " (result.dessim) " and" }
                p.run { code { (command(result)) } }
                details.source {
                    summary { "The resolved scenario" }
                    button type="button" data-copy="resolved" hidden { "Copy the scenario" }
                    pre #resolved tabindex="0" role="region" aria-label="Resolved scenario" {
                        (resolved)
                    }
                }
            }
            dl.facts {
                div { dt { "order" } dd { code { (result.fingerprints.order) } } }
                div { dt { "timing" } dd { code { (result.fingerprints.timing) } } }
                div { dt { "results" } dd { code { (result.fingerprints.results) } } }
            }
            p.small { "The parts of the fingerprint: which events in which order, the same with \
                their instants, and what became of every request." }
        }
    }
}

/// The command that gives this run again.
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

/// A file of the scenario's name; of another if it can be none.
fn file_name(name: &str) -> String {
    let possible = !name.is_empty() && !name.chars().any(|c| c.is_control() || "/\\".contains(c));
    format!("{}.ron", if possible { name } else { "scenario" })
}

/// A clause as a sentence: with a full stop. Its first word may be a name, so it stays as it is.
fn sentence(clause: &str) -> String {
    if clause.ends_with(['.', '!', '?']) { clause.to_owned() } else { format!("{clause}.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_command_names_a_file_that_a_shell_reads_as_one() {
        let told = |name: &str| {
            let mut result = sample::burst();
            result.scenario.name = name.to_owned();
            command(&result)
        };
        assert_eq!(told("burst"), "dessim run burst.ron --seed 7");
        assert_eq!(told("a b"), "dessim run 'a b.ron' --seed 7");
        assert_eq!(told("it's $(x)"), r"dessim run 'it'\''s $(x).ron' --seed 7");
        assert_eq!(told("-rf"), "dessim run './-rf.ron' --seed 7");
        for impossible in ["../x", "a\nb", ""] {
            assert_eq!(told(impossible), "dessim run scenario.ron --seed 7");
        }
    }

    #[test]
    fn a_run_that_was_cut_off_is_cut_off_again() {
        let mut result = sample::burst();
        let arm = "rpc".to_owned();
        result.stopped = Some(Stopped::MaxEvents { arm, max_events: 9, at_ns: 1 });
        assert!(command(&result).ends_with(" --seed 7 --max-events 9"), "{}", command(&result));
    }
}
