//! The best setting that a search found, how sure that is, and what comes near it.

use serde::Serialize;

use crate::report::text::format::{count, number, percent, time};
use crate::report::text::table::paragraph;
use crate::statistics::summary::summary;

/// The version of the data.
pub const OPTIMUM_SCHEMA: &str = "dessim.optimum/1";

/// A mean, and its 95 % interval by Student's t from ten runs on.
pub type Mean = (f64, Option<(f64, f64)>);

/// The mean of some numbers and its interval; `None` of none.
#[must_use]
pub fn mean_interval(values: &[f64]) -> Option<Mean> {
    summary(values).map(|of| (of.mean, of.interval.ok()))
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Nanoseconds.
    Time,
    /// A share of runs.
    Ratio,
    /// Anything else.
    Number,
}

impl Quantity {
    fn shown(self, value: f64) -> String {
        match self {
            Self::Time if value < 0.0 => format!("-{}", time((-value).round() as u64)),
            Self::Time => time(value.round() as u64),
            Self::Ratio => percent(value),
            Self::Number => number(value),
        }
    }

    fn mean(self, (mean, interval): Mean) -> String {
        let interval = interval.map_or(String::new(), |(low, high)| {
            format!(", 95 % interval {} to {}", self.shown(low), self.shown(high))
        });
        format!("{}{interval}", self.shown(mean))
    }
}

/// The best setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Optimum {
    /// [`OPTIMUM_SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// What was made small.
    pub goal: String,
    /// What it counts.
    pub quantity: Quantity,
    /// The setting, as `--set` takes it.
    pub set: Vec<String>,
    /// Its mean over seeds that it was not chosen by.
    pub value: Option<Mean>,
    /// All constraints hold, by these seeds and the budget.
    pub feasible: bool,
    /// What it costs, and may cost.
    pub cost: Option<(f64, Option<f64>)>,
    /// Every constraint.
    pub bounds: Vec<Bound>,
    /// The other finalists.
    pub rivals: Vec<Rival>,
    /// Settings that were tried.
    pub settings: u64,
    /// The seeds of the search.
    pub search_seeds: [u64; 2],
    /// The fresh seeds that describe the best setting; none if it was broken off before.
    pub telling_seeds: Option<[u64; 2]>,
    /// Runs that were played.
    pub runs: u64,
    /// It was broken off.
    pub interrupted: bool,
}

/// A constraint at the best setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// It in words.
    pub constraint: String,
    /// What its sides count.
    pub quantity: Quantity,
    /// The mean of its left side.
    pub value: Option<Mean>,
    /// It holds.
    pub holds: bool,
    /// It is so near that it decides the setting, or may.
    pub binds: bool,
}

/// A setting that came near.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rival {
    /// The setting, as `--set` takes it.
    pub set: Vec<String>,
    /// By how much it is worse, seed by seed.
    pub difference: Option<Mean>,
    /// All constraints hold.
    pub feasible: bool,
}

impl Rival {
    /// Nothing shows that it is worse.
    #[must_use]
    pub fn is_alike(&self) -> bool {
        let zero = |(low, high): (f64, f64)| low <= 0.0 && high >= 0.0;
        self.feasible && self.difference.is_none_or(|(_, interval)| interval.is_none_or(zero))
    }
}

fn flags(set: &[String]) -> String {
    let flag = |set: &String| match set.contains([' ', '"', '\'']) {
        true => format!("--set '{set}'"),
        false => format!("--set {set}"),
    };
    set.iter().map(flag).collect::<Vec<_>>().join(" ")
}

impl Optimum {
    /// It as text.
    #[must_use]
    pub fn text(&self) -> String {
        let [first, last] = self.search_seeds;
        let head = format!(
            "{}: the smallest {} of {} settings with seeds {first}..{last}, {} runs",
            self.scenario,
            self.goal,
            count(self.settings),
            count(self.runs)
        );
        let mut text = paragraph("", &head);
        text.push_str(&format!("  best     {}\n", flags(&self.set)));
        text.push_str(&paragraph("           ", &self.described()));
        if let Some((cost, budget)) = self.cost {
            let of = budget.map_or(String::new(), |budget| format!(" of {}", number(budget)));
            text.push_str(&format!("  cost     {}{of}\n", number(cost)));
        }
        for bound in &self.bounds {
            let value = bound.value.map_or("has no value".to_owned(), |m| bound.quantity.mean(m));
            let how = match (bound.holds, bound.binds) {
                (false, _) => ": does not hold",
                (true, true) => ": binds",
                (true, false) => "",
            };
            let told = format!("{}: {value}{how}", bound.constraint);
            text.push_str(&paragraph("  with     ", &told));
        }
        for rival in &self.rivals {
            text.push_str(&self.rival(rival));
        }
        if !self.feasible {
            let told = "no setting that was tried keeps all constraints; this one violates them \
                        least";
            text.push_str(&paragraph("warning: ", told));
        }
        text
    }

    /// The value of the best setting, and by which seeds.
    fn described(&self) -> String {
        let Some([first, last]) = self.telling_seeds else {
            return "broken off before it was held against fresh seeds: it is the best by the \
                    seeds of the search, of the settings so far"
                .to_owned();
        };
        let value = match self.value {
            Some(mean) => self.quantity.mean(mean),
            None => "has no value in some runs".to_owned(),
        };
        format!("{}: {value}, by the fresh seeds {first}..{last}", self.goal)
    }

    fn rival(&self, rival: &Rival) -> String {
        let lead = match (rival.feasible, rival.is_alike()) {
            (false, _) => "  breaks   ",
            (true, true) => "  alike    ",
            (true, false) => "  worse    ",
        };
        let by = match rival.difference {
            Some(mean) => format!("difference {}", self.quantity.mean(mean)),
            None => "no difference can be told".to_owned(),
        };
        format!("{lead}{}\n           {by}\n", flags(&rival.set))
    }
}
