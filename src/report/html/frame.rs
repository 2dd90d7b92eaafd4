//! The frame of every page: content security policy, style, head and foot.
//!
//! A page makes no request and runs only the scripts whose hashes it lists.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::figure::theme;

const UPLOT: &str = include_str!("vendor/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("vendor/uPlot.min.css");
const APP: &str = include_str!("app.js");
const STYLE: &str = include_str!("style.css");

/// SHA-256 of each script, which the policy allows. A test checks them.
const UPLOT_HASH: &str = "sha256-GcjUxq2Ikpp59K5J1vcWFWbf0Lo9FcxJXpdPeH63jx8=";
const APP_HASH: &str = "sha256-1mOk8A1quVr7K3BAgxVBCa7d2NDXai9Dh6p52NT8zmQ=";

/// The frame of a page.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Frame<'a> {
    /// The command that makes the page: `report`, `diff`, `sweep`.
    pub(in crate::report) kind: &'a str,
    /// Subject of the page, for the title and the head.
    pub(in crate::report) name: &'a str,
    /// Version of dessim.
    pub(in crate::report) dessim: &'a str,
    /// Numbers of the charts as JSON that cannot end a script element; `None` for a page without
    /// scripts.
    pub(in crate::report) data: Option<&'a str>,
}

impl Frame<'_> {
    /// The page with this head and this content.
    pub(in crate::report) fn around(&self, head: &Markup, main: &Markup) -> String {
        let scripts = match self.data {
            Some(_) => format!(" script-src '{UPLOT_HASH}' '{APP_HASH}';"),
            None => String::new(),
        };
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:;{scripts} \
             base-uri 'none'; form-action 'none'"
        );
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="generator" content={ "dessim " (self.dessim) };
                    meta name="color-scheme" content="light dark";
                    title { (self.name) " - dessim " (self.kind) }
                    @if self.data.is_some() { style { (PreEscaped(UPLOT_STYLE)) } }
                    style { (PreEscaped(theme::page())) (PreEscaped(STYLE)) }
                }
                body { (self.body(head, main)) }
            }
        };
        page.into_string() + "\n"
    }

    fn body(&self, head: &Markup, main: &Markup) -> Markup {
        html! {
            a.skip href="#main" { "Skip to the content" }
            div.bar {
                p.brand { "dessim " span { (self.kind) } " " bdi { (self.name) } }
                @if self.data.is_some() { button #theme type="button" hidden { "Dark" } }
            }
            (head)
            main #main { (main) }
            footer { p { "Made by dessim " (self.dessim) ". This page holds its own data and asks \
                nobody for anything." } }
            @if let Some(data) = self.data {
                p #live.hidden aria-live="polite" {}
                script type="application/json" id="data" { (PreEscaped(data)) }
                script { (PreEscaped(UPLOT)) }
                script { (PreEscaped(APP)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(data: Option<&str>) -> String {
        let frame = Frame { kind: "diff", name: "a <b>", dessim: "0.1.0", data };
        frame.around(&html! { header.top { h1 { "One" } } }, &html! { p { "two" } })
    }

    #[test]
    fn a_page_without_data_has_no_script_and_allows_none() {
        let plain = page(None);
        assert!(!plain.contains("<script") && !plain.contains("script-src"), "{plain}");
        assert!(plain.contains("<title>a &lt;b&gt; - dessim diff</title>"), "{plain}");
        let charts = page(Some("{}"));
        assert_eq!(charts.matches("<script").count(), 3);
        assert!(charts.contains(&format!("script-src '{UPLOT_HASH}' '{APP_HASH}';")));
    }

    /// There is one palette: the style sheet takes every colour from the theme of the figures.
    #[test]
    fn the_style_sheet_names_no_colour() {
        assert!(!STYLE.contains("rgb") && !STYLE.contains("hsl"));
        for (at, _) in STYLE.match_indices('#') {
            let digits = STYLE[at + 1..].chars().take_while(char::is_ascii_hexdigit).count();
            let name = STYLE[at + 1..].chars().take_while(|c| c.is_alphanumeric()).count();
            assert!(digits < name || digits < 3, "{}", &STYLE[at..at + 12]);
        }
    }

    /// Every custom property of a page is defined, by the theme or by the style sheet.
    #[test]
    fn every_property_is_defined() {
        let style = theme::page() + STYLE;
        for name in style.split("var(--").skip(1).filter_map(|rest| rest.split([')', ',']).next()) {
            assert!(style.contains(&format!("--{name}:")), "{name} is not defined");
        }
    }
}
