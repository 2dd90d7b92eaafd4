//! A comparison as a page: one file, without a script and without a network.
//!
//! Every name and every text is escaped here, and isolated from what surrounds it, so that a name
//! that runs from right to left does not turn the line around it.

use std::fmt::Write as _;

use super::numbers::{NumberChange, Numbers};
use super::{ArmComparison, Comparison, FateGroup, First, Moment, RequestChanges, Side, SideKind};
use crate::report::figure::{overlay, theme};
use crate::report::format::count;
use crate::report::result::Series;
use crate::report::words::exactly;

const STYLE: &str = ":root{color-scheme:light dark;--ground:#fff;--ink:#1f2328;--soft:#59636e;\
--rule:#d8dee4;--box:#f6f8fa;--better:#00704f;--worse:#b42a00}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--ink:#e6edf3;--soft:#9aa5b1;\
--rule:#30363d;--box:#161b22;--better:#2fc79a;--worse:#ff9b73}}
@media print{:root{color-scheme:light;--ground:#fff;--ink:#1f2328;--soft:#59636e;\
--rule:#d8dee4;--box:#f6f8fa}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.5rem 1rem 4rem;background:var(--ground);\
color:var(--ink);font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Helvetica,Arial,sans-serif;\
overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.2rem;margin:2.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p,ul{margin:.5rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .9rem .2rem 0;text-align:left;vertical-align:baseline;\
border-bottom:1px solid var(--rule);overflow-wrap:normal}
th{font-weight:600;color:var(--soft)}
.n{text-align:right;white-space:nowrap}
.soft{color:var(--soft)}
.saved{color:var(--better)}
.lost{color:var(--worse)}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
summary{cursor:pointer;margin:.5rem 0;color:var(--soft)}
svg{max-width:100%;height:auto}
";

/// The comparison as a page; `series` are the arms over time, as far as they are known. Nothing is
/// left out: what is less telling is folded away.
#[must_use]
pub fn html(comparison: &Comparison, series: &[Option<[&Series; 2]>]) -> String {
    let Comparison { a, b, fields, notes, arms, first, .. } = comparison;
    let mut page = Page::default();
    let title = format!("{} and {}", a.named(), b.named());
    page.push(&format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\n<meta name=\"generator\" content=\"dessim {}\">\n\
         <title>{}</title>\n<style>\n{STYLE}{}</style>\n</head>\n<body>\n<main>\n",
        comparison.dessim,
        escape(&title),
        theme::style()
    ));
    let heading = format!("{} and {}", bdi(&a.named()), bdi(&b.named()));
    page.push(&format!("<h1>{heading}</h1>\n"));
    page.paragraph(&sentence(comparison.conclusion()));
    page.sides(a, b);
    for note in notes {
        page.paragraph(&format!("<strong>note:</strong> {}", escape(note)));
    }
    match fields.as_deref() {
        None => {}
        Some([]) => page.paragraph("The scenarios say the same."),
        Some(fields) => {
            page.push("<h2>The scenarios differ in</h2>\n");
            page.table(
                &["value", "in a and in b"],
                &[false, false],
                fields.iter().map(|field| {
                    [format!("<code>{}</code>", escape(&field.path)), bdi(&field.words())]
                }),
            );
        }
    }
    let charts = series.iter().copied().chain(std::iter::repeat(None));
    arms.iter().zip(charts).for_each(|(arm, chart)| page.arm(arm, chart));
    if let Some(first) = first {
        page.first(first);
    }
    page.push("</main>\n</body>\n</html>\n");
    page.0
}

impl Side {
    /// What it is called: as it was given, and the arm.
    fn named(&self) -> String {
        match &self.arm {
            None => self.given.clone(),
            Some(arm) => format!("{}, arm {arm}", self.given),
        }
    }
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn paragraph(&mut self, html: &str) {
        self.push(&format!("<p>{html}</p>\n"));
    }

    /// A table; columns of numbers are to the right. Cells are HTML.
    fn table<const N: usize>(
        &mut self,
        head: &[&str; N],
        numbers: &[bool; N],
        rows: impl Iterator<Item = [String; N]>,
    ) {
        let class = |number: bool| if number { " class=\"n\"" } else { "" };
        self.push("<div class=\"scroll\"><table>\n<thead><tr>");
        for (head, number) in head.iter().zip(numbers) {
            let _ = write!(self.0, "<th scope=\"col\"{}>{head}</th>", class(*number));
        }
        self.push("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.push("<tr>");
            for (cell, number) in row.iter().zip(numbers) {
                let _ = write!(self.0, "<td{}>{cell}</td>", class(*number));
            }
            self.push("</tr>\n");
        }
        self.push("</tbody>\n</table></div>\n");
    }

    fn sides(&mut self, a: &Side, b: &Side) {
        let row = |(name, side): (&str, &Side)| {
            let kind = match side.kind {
                SideKind::Trace => format!("trace by dessim {}", side.dessim),
                kind => kind.name().to_owned(),
            };
            let fingerprint = side.fingerprint.map_or("-".to_owned(), |print| print.to_string());
            [
                name.to_owned(),
                bdi(&side.named()),
                escape(&kind),
                side.seed.to_string(),
                format!("<code>{}</code>", escape(&side.digest)),
                format!("<code>{fingerprint}</code>"),
            ]
        };
        let head = ["", "run", "from a", "seed", "digest", "fingerprint"];
        let numbers = [false, false, false, true, false, false];
        self.table(&head, &numbers, [("a", a), ("b", b)].into_iter().map(row));
    }

    fn arm(&mut self, arm: &ArmComparison, series: Option<[&Series; 2]>) {
        self.push(&format!("<h2>Arm {}</h2>\n", bdi(&arm.name)));
        self.paragraph(&sentence(&arm.records_words()));
        if let Some(changes) = arm.requests.as_ref().filter(|changes| changes.differ()) {
            self.requests(changes);
        }
        if let Some([a, b]) = series.filter(|_| arm.numbers.as_ref().is_some_and(Numbers::differ)) {
            let figure = overlay(&format!("{} over time", arm.name), &[("a", a), ("b", b)]);
            self.push(&format!("<h3>Over time</h3>\n{}\n", figure.element()));
        }
        if let Some(numbers) = arm.numbers.as_ref().filter(|numbers| numbers.differ()) {
            self.numbers(numbers);
        }
    }

    fn requests(&mut self, changes: &RequestChanges) {
        self.push(&format!("<h3>{} requests in both</h3>\n<ul>\n", count(changes.in_both)));
        for sentence in changes.sentences() {
            self.push(&format!("<li>{}</li>\n", escape(&sentence)));
        }
        self.push("</ul>\n");
        if changes.changed().next().is_none() {
            return;
        }
        let good = |fate: &str| fate == crate::metrics::fate::Fate::Succeeded.name();
        let row = |group: &FateGroup| {
            let class = match (good(group.a), good(group.b)) {
                (false, true) => " class=\"saved\"",
                (true, false) => " class=\"lost\"",
                _ => "",
            };
            let names: Vec<_> = group.first.iter().map(|name| bdi(name)).collect();
            [
                count(group.requests),
                FateGroup::words(group.a),
                format!("<span{class}>{}</span>", FateGroup::words(group.b)),
                names.join(", "),
            ]
        };
        let head = ["requests", "in a", "in b", "the first of them"];
        self.table(&head, &[true, false, false, false], changes.changed().map(row));
    }

    fn numbers(&mut self, numbers: &Numbers) {
        let (shown, left) = numbers.split();
        self.push("<h3>Numbers that differ</h3>\n");
        if !shown.is_empty() {
            self.number_table(&shown);
        }
        if !left.is_empty() {
            let left_out = count(left.len() as u64);
            self.push(&format!("<details><summary>{left_out} numbers more</summary>\n"));
            self.number_table(&left);
            self.push("</details>\n");
        }
        for (side, names) in [("a", &numbers.only_in_a), ("b", &numbers.only_in_b)] {
            if !names.is_empty() {
                let names: Vec<_> = names.iter().map(|name| bdi(name)).collect();
                self.paragraph(&format!("only in {side}: {}", names.join(", ")));
            }
        }
    }

    fn number_table(&mut self, changes: &[&NumberChange]) {
        let row = |change: &&NumberChange| {
            let [a, b, ratio] = change.cells();
            [bdi(&change.label()), a, b, ratio]
        };
        let head = ["", "a", "b", "b / a"];
        self.table(&head, &[false, true, true, true], changes.iter().map(row));
    }

    fn first(&mut self, first: &First) {
        self.push(&format!("<h2>The first difference is in arm {}</h2>\n", bdi(&first.arm)));
        let (before, after) = first.halves();
        let nothing = || [String::new(), String::new(), String::new(), String::new()];
        let mut rows: Vec<[String; 5]> = before.iter().map(|moment| cells("", moment)).collect();
        if first.left_out > 0 {
            let gap = format!("… {} records more", count(first.left_out));
            let [side, at, request, component] = nothing();
            rows.push([side, at, request, component, gap]);
        }
        rows.extend(after.iter().map(|moment| cells("", moment)));
        for (side, moment) in [("a", &first.a), ("b", &first.b)] {
            rows.push(match moment {
                Some(moment) => cells(side, moment),
                None => {
                    let [_, at, request, component] = nothing();
                    let text = "nothing more happens".to_owned();
                    [format!("<strong>{side}</strong>"), at, request, component, text]
                }
            });
        }
        let head = ["", "at", "request", "where", "what happens"];
        self.table(&head, &[false, true, false, false, false], rows.into_iter());
    }
}

fn cells(side: &str, moment: &Moment) -> [String; 5] {
    [
        if side.is_empty() { String::new() } else { format!("<strong>{side}</strong>") },
        exactly(moment.at_ns),
        format!("{}, attempt {}", bdi(&moment.request), moment.attempt),
        bdi(&moment.component),
        escape(&moment.text),
    ]
}

/// Words as a sentence, escaped.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{}{}.", escape(&first), escape(rest.as_str()))
}

/// A name, escaped and isolated from what surrounds it.
fn bdi(text: &str) -> String {
    format!("<bdi>{}</bdi>", escape(text))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
