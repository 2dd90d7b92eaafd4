//! The loop of a load that rises and falls within one run: goodput at each rate on the way up and
//! on the way down. Where the way down is lower, the system has not recovered from the overload
//! (hysteresis), and the area between the two curves is hidden capacity.

use maud::{PreEscaped, html};
use serde::Serialize;

use crate::report::figure::{Chart, Curve, Spot, chart};
use crate::report::html::frame::Frame;
use crate::report::result::Hex;
use crate::report::text::format::{count, cut, number};
use crate::report::text::table::{lines, paragraph};

/// The schema name of a loop.
pub const LOOP_SCHEMA: &str = "dessim.loop/1";

/// Goodput at one rate, over the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Level {
    /// Mean goodput a second.
    pub mean: f64,
    /// Lowest goodput of a seed.
    pub min: f64,
    /// Highest goodput of a seed.
    pub max: f64,
}

/// One arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoopArm {
    /// Name.
    pub name: String,
    /// Goodput on the way up, at each rate.
    pub up: Vec<Level>,
    /// Goodput on the way down, at each rate in ascending order; the last is that of `up`.
    pub down: Vec<Level>,
    /// Mean goodput per second that the way down loses against the way up: the area between the two
    /// curves divided by the range of rates.
    pub hidden_per_s: f64,
}

/// The loops of all arms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loop {
    /// Always [`LOOP_SCHEMA`].
    pub schema: &'static str,
    /// Version of dessim.
    pub dessim: &'static str,
    /// Version of the model.
    pub model: u32,
    /// The name of the scenario.
    pub scenario: String,
    /// Digest of the scenario.
    pub digest: Hex,
    /// The load that rises and falls.
    pub load: String,
    /// Duration of each rate.
    pub lasts_ns: u64,
    /// First and last seed.
    pub seeds: (u64, u64),
    /// Rates in ascending order.
    pub rates_per_s: Vec<f64>,
    /// The arms.
    pub arms: Vec<LoopArm>,
}

/// The area between two curves over `rates`, by trapezoids, divided by the range of the rates.
#[must_use]
pub fn hidden_per_s(rates: &[f64], up: &[Level], down: &[Level]) -> f64 {
    let gap = |at: usize| up[at].mean - down[at].mean;
    let (Some(first), Some(last)) = (rates.first(), rates.last()) else {
        return 0.0;
    };
    let piece = |at: usize| (rates[at] - rates[at - 1]) * f64::midpoint(gap(at), gap(at - 1));
    let area: f64 = (1..rates.len()).map(piece).sum();
    if last > first { area / (last - first) } else { 0.0 }
}

impl Loop {
    /// The loop as JSON, with a newline at the end.
    ///
    /// # Panics
    /// Never: all keys are strings.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a loop has string keys only") + "\n"
    }

    /// The loop as a page of text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut head = vec!["rate /s".to_owned()];
        for arm in &self.arms {
            head.extend([format!("{} up", cut(&arm.name, 20)), "down".to_owned()]);
        }
        let mut rows = vec![head];
        for (at, rate) in self.rates_per_s.iter().enumerate() {
            let mut row = vec![number(*rate)];
            for arm in &self.arms {
                row.extend([number(arm.up[at].mean), number(arm.down[at].mean)]);
            }
            rows.push(row);
        }
        let (first, last) = self.seeds;
        let seeds =
            if first == last { format!("seed {first}") } else { format!("seeds {first}..{last}") };
        let mut text = format!(
            "{}, goodput a second while {} rises and falls, {seeds}\n\
             digest {}   dessim {} (model {})\n\n{}\n\n",
            cut(&self.scenario, 60),
            cut(&self.load, 40),
            self.digest,
            self.dessim,
            self.model,
            lines(&rows).join("\n"),
        );
        for arm in &self.arms {
            text.push_str(&paragraph("", &format!("{}: {}", cut(&arm.name, 40), summary(arm))));
        }
        text
    }

    /// The loop as a page of HTML.
    #[must_use]
    pub fn to_html(&self) -> String {
        let figures: Vec<_> = self.arms.iter().map(|arm| chart(&self.chart(arm))).collect();
        let head = html! {
            header.top {
                h1 { bdi { (self.scenario) } }
                p.lede { "Goodput while " bdi { (self.load) } " rises and falls within one run" }
                dl.facts {
                    div { dt { "rates" } dd { (count(self.rates_per_s.len() as u64)) } }
                    div { dt { "seeds" } dd { (self.seeds.0) ".." (self.seeds.1) } }
                }
            }
        };
        let main = html! {
            section {
                h2 { "Up and down again" }
                div.drawings { @for figure in &figures { (PreEscaped(figure.element())) } }
                ul { @for arm in &self.arms { li { bdi { (arm.name) } ": " (summary(arm)) } } }
            }
            section {
                h2 { "What it was made of" }
                dl.facts {
                    div { dt { "dessim" } dd { (self.dessim) } }
                    div { dt { "model" } dd { (self.model) } }
                    div { dt { "digest" } dd { code { (self.digest) } } }
                }
            }
        };
        let frame = Frame { kind: "sweep", name: &self.scenario, dessim: self.dessim, data: None };
        frame.around(&head, &main)
    }

    fn chart(&self, arm: &LoopArm) -> Chart {
        let curve = |name: &str, levels: &[Level]| Curve {
            name: name.to_owned(),
            spots: (self.rates_per_s.iter().zip(levels))
                .map(|(rate, level)| Spot {
                    x: *rate,
                    y: Some([level.mean, level.min, level.max]),
                    words: format!("{} /s", number(*rate)),
                })
                .collect(),
        };
        Chart {
            title: format!("goodput /s, {}", arm.name),
            along: format!("rate of {}, per second", self.load),
            along_time: false,
            names: Vec::new(),
            along_log: false,
            time: false,
            equal: Some("as offered".to_owned()),
            curves: vec![curve("up", &arm.up), curve("down", &arm.down)],
        }
    }
}

fn summary(arm: &LoopArm) -> String {
    let worst = arm.up.iter().zip(&arm.down).map(|(up, down)| up.mean - down.mean);
    let worst = worst.fold(0.0, f64::max);
    format!(
        "the way down has {} /s less than the way up, mean over the rates; {} /s where it is most",
        number(arm.hidden_per_s),
        number(worst)
    )
}
