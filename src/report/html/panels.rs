//! Groups the numbers of a component into charts, by the type of the numbers.
//!
//! No component, layer or meter is known here by name. The counts of a component share one chart,
//! its booked times another; each level, reading and latency has a chart of its own with its parts
//! (mean and maximum, p50 and p99). States are drawn as spans, not as lines. Numbers that are 0 in
//! every arm are left out, and so is a component that only repeats the numbers of its arm.
//!
//! Several arms compare best as lines of one chart. So a latency is split into its quantiles, and a
//! chart of one number, or of a level, shows all arms.

use super::bins::Grains;
use crate::report::figure::theme;
use crate::report::result::{Series, Values};
use crate::report::rows::Scalar;
use crate::report::series::{Track, Unit};

/// Charts of the same numbers, one for each arm.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Panel<'a> {
    /// Component of the numbers; empty for the arm itself.
    pub(super) component: &'a str,
    /// Kind of the component.
    pub(super) kind: &'static str,
    /// Title.
    pub(super) title: String,
    /// Unit of the numbers.
    pub(super) unit: Unit,
    /// True for a logarithmic axis.
    pub(super) log: bool,
    /// True for the wide bins of rates.
    pub(super) coarse: bool,
    /// True for a single chart with the first line of every arm.
    pub(super) overlay: bool,
    /// Labels of the lines.
    pub(super) labels: Vec<String>,
    /// Roles of the lines' colours.
    pub(super) roles: Vec<String>,
    /// Lines of each arm; `None` if the arm has no such number.
    pub(super) arms: Vec<Vec<Option<Track<'a>>>>,
    /// Numbers of one family share the panel.
    family: String,
}

/// A state of a component, as spans of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The state in words.
    pub(super) label: String,
    /// Spans as [from, until), to the resolution of the bins.
    pub(super) spans: Vec<(u64, u64)>,
}

/// The charts of a run in reading order: those of the arm, then those of each component.
pub(super) fn panels<'a>(grains: &'a [Option<Grains<'a>>]) -> Vec<Panel<'a>> {
    let mut panels: Vec<Panel<'a>> = Vec::new();
    for (at, arm) in grains.iter().enumerate() {
        let Some(Grains { fine, coarse }) = arm else { continue };
        for (sharp, wide) in fine.columns.iter().zip(&coarse.columns) {
            let summed =
                matches!(sharp.values, Values::Counts(_) | Values::Times(_) | Values::Latencies(_));
            let tracks = if summed { coarse.tracks_of(wide) } else { fine.tracks_of(sharp) };
            for track in tracks {
                if !matches!(track.unit, Unit::State | Unit::Ratio) {
                    place(&mut panels, (at, grains.len()), summed, track);
                }
            }
        }
    }
    for panel in &mut panels {
        panel.drop_zeros();
    }
    panels.retain(|panel| !panel.labels.is_empty());
    let own: Vec<Panel<'_>> =
        panels.iter().filter(|panel| panel.component.is_empty()).cloned().collect();
    panels.retain(|panel| panel.component.is_empty() || !panel.repeats(&own));
    // Charts of one component stay together, in the order in which components appear.
    let mut order: Vec<(&str, &str)> = vec![("", "arm")];
    for panel in &panels {
        if !order.contains(&panel.whose()) {
            order.push(panel.whose());
        }
    }
    panels.sort_by_key(|panel| order.iter().position(|whose| *whose == panel.whose()));
    panels.iter_mut().for_each(Panel::entitle);
    panels.into_iter().flat_map(Panel::compared).collect()
}

/// Adds a number to its panel, which is made for the first one.
fn place<'a>(
    panels: &mut Vec<Panel<'a>>,
    (arm, arms): (usize, usize),
    coarse: bool,
    track: Track<'a>,
) {
    let (family, label) = family(&track);
    let index = panels.iter().position(|panel| {
        panel.whose() == (track.component, track.kind)
            && panel.unit == track.unit
            && panel.coarse == coarse
            && panel.family == family
    });
    let at = index.unwrap_or_else(|| {
        panels.push(Panel {
            component: track.component,
            kind: track.kind,
            title: String::new(),
            unit: track.unit,
            log: false,
            coarse,
            overlay: false,
            labels: Vec::new(),
            roles: Vec::new(),
            arms: vec![Vec::new(); arms],
            family,
        });
        panels.len() - 1
    });
    let panel = &mut panels[at];
    let line = panel.labels.iter().position(|known| *known == label).unwrap_or_else(|| {
        panel.labels.push(label);
        panel.arms.iter_mut().for_each(|arm| arm.push(None));
        panel.labels.len() - 1
    });
    panel.arms[arm][line] = Some(track);
}

/// The family of a number within its component and unit, and its label within the family.
fn family(track: &Track<'_>) -> (String, String) {
    match track.unit {
        // A path (`requests.offered`) is an entry in the books of requests, not a count of events.
        Unit::Count | Unit::Booked => {
            let books = if track.metric.contains('.') { "books" } else { "" };
            (books.to_owned(), track.words.clone())
        }
        Unit::Level | Unit::Ratio | Unit::Reading | Unit::Time | Unit::State => {
            match track.words.rsplit_once(", ") {
                Some((of, part)) => (of.to_owned(), part.to_owned()),
                None => (track.words.clone(), track.words.clone()),
            }
        }
    }
}

impl<'a> Panel<'a> {
    pub(super) fn whose(&self) -> (&'a str, &'static str) {
        (self.component, self.kind)
    }

    /// The limit of the levels of an arm, to be drawn.
    pub(super) fn limit(&self, arm: usize) -> Option<u64> {
        self.arms[arm].iter().flatten().find_map(|track| track.limit)
    }

    /// Removes numbers that are 0 or missing in every arm.
    fn drop_zeros(&mut self) {
        let says = |line: usize| {
            let tracks = self.arms.iter().filter_map(|arm| arm[line].as_ref());
            tracks.flat_map(|track| &track.values).any(|value| !is_nothing(*value))
        };
        let kept: Vec<bool> = (0..self.labels.len()).map(says).collect();
        let mut flags = kept.iter();
        self.labels.retain(|_| *flags.next().unwrap_or(&true));
        for arm in &mut self.arms {
            let mut flags = kept.iter();
            arm.retain(|_| *flags.next().unwrap_or(&true));
        }
        self.roles = self.looks();
    }

    /// The colour of each line. Fates of requests have fixed colours. The first of several counts
    /// is the total of the others, so it is drawn in ink; the others avoid the colours of success
    /// and of timeouts.
    fn looks(&self) -> Vec<String> {
        let several = self.unit == Unit::Count && self.labels.len() > 1;
        let look = |(nth, _): (usize, &String)| {
            let track = self.arms.iter().find_map(|arm| arm.get(nth)?.as_ref());
            let outcome = track.and_then(|track| theme::outcome(&track.metric));
            match outcome {
                Some(role) => role.to_owned(),
                None if several && nth == 0 => "ink".to_owned(),
                None if several => format!("s{}", (nth + 2) % theme::LOOKS),
                None => format!("s{}", nth % theme::LOOKS),
            }
        };
        self.labels.iter().enumerate().map(look).collect()
    }

    /// The charts of the panel, merged where several arms compare better as lines of one chart.
    fn compared(self) -> Vec<Self> {
        let several = self.arms.iter().filter(|arm| arm.iter().any(Option::is_some)).count() > 1;
        if !several {
            return vec![self];
        }
        let alone = |line: usize, title: String| {
            let mut panel = self.clone();
            panel.title = title;
            panel.overlay = true;
            panel.labels = vec![self.labels[line].clone()];
            panel.roles = vec![self.roles[line].clone()];
            for arm in &mut panel.arms {
                *arm = arm.get(line).cloned().into_iter().collect();
            }
            panel
        };
        let success = self.roles.iter().position(|role| role == "o-succeeded");
        match (self.unit, self.labels.len(), success) {
            (_, 1, _) => vec![Self { overlay: true, ..self }],
            (Unit::Level, _, _) => vec![Self { overlay: true, ..self }],
            (Unit::Time, lines, _) => (0..lines)
                .map(|line| alone(line, format!("{}, {}", self.title, self.labels[line])))
                .collect(),
            (_, _, Some(line)) => vec![alone(line, "requests that succeed".to_owned()), self],
            _ => vec![self],
        }
    }

    /// True if one of `others` has all the numbers of this panel.
    fn repeats(&self, others: &[Self]) -> bool {
        others.iter().any(|other| {
            self.unit == other.unit
                && self.labels.iter().enumerate().all(|(line, label)| {
                    let same = other.labels.iter().position(|known| known == label);
                    same.is_some_and(|same| {
                        let values = |panel: &Self, arm: usize, line: usize| {
                            panel.arms[arm][line].as_ref().map(|track| track.values.clone())
                        };
                        (0..self.arms.len())
                            .all(|arm| values(self, arm, line) == values(other, arm, same))
                    })
                })
        })
    }

    /// Sets the title; a first word that all labels share moves into it.
    fn entitle(&mut self) {
        self.log = self.unit == Unit::Time && self.labels.len() > 1;
        if !matches!(self.unit, Unit::Count | Unit::Booked) {
            self.title.clone_from(&self.family);
            return;
        }
        let first = |label: &str| label.split_once(' ').map(|(word, _)| word.to_owned());
        let word = self.labels.first().and_then(|label| first(label));
        if let Some(word) = word.filter(|_| self.labels.len() > 1)
            && self.labels.iter().all(|label| first(label).as_ref() == Some(&word))
        {
            self.labels.iter_mut().for_each(|label| *label = label[word.len() + 1..].to_owned());
            self.title = word;
            return;
        }
        self.title = match self.labels.as_slice() {
            [first, second, _, ..] => format!("{first}, {second}, ..."),
            labels => labels.join(" and "),
        };
    }
}

/// The states of an arm.
pub(super) fn states(series: &Series) -> Vec<State> {
    let tracks = series.tracks().into_iter().filter(|track| track.unit == Unit::State);
    let state = |track: Track<'_>| {
        let label = format!("{} {}", track.component, track.words).trim().to_owned();
        State { label, spans: spans(series, &track.values) }
    };
    tracks.map(state).filter(|state| !state.spans.is_empty()).collect()
}

/// The spans of a state. Consecutive bins make one span, which begins late in its first bin and
/// ends early in its last by the part of the bin spent in another state.
fn spans(series: &Series, values: &[Scalar]) -> Vec<(u64, u64)> {
    let held = |bin: usize| match values.get(bin) {
        Some(Scalar::Integer(ns)) => *ns,
        _ => 0,
    };
    let mut spans = Vec::new();
    let mut bin = 0;
    while bin < values.len() {
        let first = bin;
        while bin < values.len() && held(bin) > 0 {
            bin += 1;
        }
        if bin > first {
            let last = bin - 1;
            spans.push(if first == last {
                (series.start_of(first), series.end_of(last))
            } else {
                let from = series.end_of(first).saturating_sub(held(first));
                (from, series.start_of(last).saturating_add(held(last)))
            });
        }
        bin += 1;
    }
    spans
}

/// True for 0 and for no value.
pub(super) fn is_nothing(value: Scalar) -> bool {
    matches!(value, Scalar::None | Scalar::Integer(0)) || value == Scalar::Float(0.0)
}
