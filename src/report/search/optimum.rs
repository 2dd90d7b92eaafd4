//! The best setting of a search, its evidence, and its rivals.

use serde::Serialize;

use crate::report::text::format::{count, number, percent, time};
use crate::report::text::table::paragraph;
use crate::statistics::summary::summary;

/// The schema name in every result.
pub const OPTIMUM_SCHEMA: &str = "dessim.optimum/1";

/// A mean, and its 95 % interval by Student's t if there are at least ten runs.
pub type Mean = (f64, Option<(f64, f64)>);

/// The mean of `values` and its interval; `None` without values.
#[must_use]
pub fn mean_interval(values: &[f64]) -> Option<Mean> {
    summary(values).map(|of| (of.mean, of.interval.ok()))
}

/// Units of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Nanoseconds.
    Time,
    /// Share of runs.
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
    /// The minimised number.
    pub goal: String,
    /// Unit of the number.
    pub quantity: Quantity,
    /// Assignments of the setting, as `--set` takes them.
    pub set: Vec<String>,
    /// Mean over fresh seeds, which the search did not use.
    pub value: Option<Mean>,
    /// True if all constraints hold over these seeds, and the budget is kept.
    pub feasible: bool,
    /// Cost, and the budget if there is one.
    pub cost: Option<(f64, Option<f64>)>,
    /// Constraints.
    pub bounds: Vec<Bound>,
    /// Other finalists.
    pub rivals: Vec<Rival>,
    /// Settings tried.
    pub settings: u64,
    /// First and last seed of the search.
    pub search_seeds: [u64; 2],
    /// First and last fresh seed, which evaluate the best setting; `None` if the search was
    /// interrupted before.
    #[serde(rename = "telling_seeds")]
    pub fresh_seeds: Option<[u64; 2]>,
    /// Runs played.
    pub runs: u64,
    /// True if the search was interrupted.
    pub interrupted: bool,
}

/// A constraint at the best setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// The constraint in words.
    pub constraint: String,
    /// Unit of both sides.
    pub quantity: Quantity,
    /// Mean of the left side.
    pub value: Option<Mean>,
    /// True if the constraint holds.
    pub holds: bool,
    /// True if the bound is so near that it decides the setting, or may.
    pub binds: bool,
}

/// Another finalist.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rival {
    /// Assignments of the setting, as `--set` takes them.
    pub set: Vec<String>,
    /// Mean difference from the best setting, paired by seed.
    pub difference: Option<Mean>,
    /// True if all constraints hold.
    pub feasible: bool,
}

impl Rival {
    /// True if the difference from the best setting is not significant.
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
    /// The result as text.
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
            let sentence = format!("{}: {value}{how}", bound.constraint);
            text.push_str(&paragraph("  with     ", &sentence));
        }
        for rival in &self.rivals {
            text.push_str(&self.rival(rival));
        }
        if !self.feasible {
            let warning = "no setting that was tried keeps all constraints; this one violates them \
                        least";
            text.push_str(&paragraph("warning: ", warning));
        }
        text
    }

    /// Sentence about the value of the best setting and its seeds.
    fn described(&self) -> String {
        let Some([first, last]) = self.fresh_seeds else {
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
            None => "difference unknown".to_owned(),
        };
        format!("{lead}{}\n           {by}\n", flags(&rival.set))
    }
}
