//! Which numbers are kept of each run, by the names that users give them.

use std::collections::BTreeSet;

use crate::experiment::listen::Nobody;
use crate::experiment::play::{Order, play};
use crate::experiment::run::CalendarKind;
use crate::kernel::limits::Limits;
use crate::metrics::names::{Kind, OF_ARM, PARTS};
use crate::report::rows::rows;
use crate::report::sweep::Column;
use crate::scenario::arms::arms;
use crate::scenario::problem::printable;
use crate::scenario::schema::Scenario;
use crate::scenario::{Path, Problem, did_you_mean};

/// The columns for `metrics`, arm by arm, each in the order in which they are named; all numbers
/// of the arms for none.
pub(super) fn columns(
    scenario: &Scenario,
    metrics: &[String],
) -> Result<Vec<Column>, Vec<Problem>> {
    let known = known(scenario);
    let arms: BTreeSet<&str> = known.iter().map(|column| column.arm.as_str()).collect();
    if metrics.is_empty() {
        let of_arm = |column: &&Column| column.component.is_empty();
        return Ok(known.iter().filter(of_arm).cloned().collect());
    }
    let mut problems = Vec::new();
    let mut chosen: Vec<&Column> = Vec::new();
    for (at, metric) in metrics.iter().enumerate() {
        let is_it = |column: &&Column| {
            let name = column.name();
            let named = |text: &str| {
                text == name || name.strip_suffix("_ns").is_some_and(|name| name == text)
            };
            let rest = metric.strip_prefix(column.arm.as_str());
            named(metric) || rest.and_then(|rest| rest.strip_prefix('.')).is_some_and(named)
        };
        let found: Vec<&Column> = known.iter().filter(is_it).collect();
        if found.is_empty() {
            problems.push(unknown(metric, &known, &Path::root().field("metrics").index(at)));
        }
        for column in found {
            if !chosen.contains(&column) {
                chosen.push(column);
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut columns = Vec::new();
    for arm in arms {
        let of_arm = chosen.iter().filter(|column| column.arm == arm);
        columns.extend(of_arm.map(|column| (*column).clone()));
    }
    Ok(columns)
}

fn unknown(metric: &str, known: &[Column], at: &Path) -> Problem {
    let full = known.iter().map(|column| format!("{}.{}", column.arm, column.name()));
    let names: BTreeSet<String> = known.iter().map(Column::name).chain(full).collect();
    let rule = format!("there is no number `{}`", printable(metric));
    let problem = Problem::error(at, rule, "no arm has it");
    let begins = format!("{metric}.");
    let parts: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix(&begins)).collect();
    let parts: Vec<&str> =
        PARTS.map(|(part, _)| part).into_iter().filter(|p| parts.contains(p)).collect();
    if let Some(part) = parts.iter().find(|part| **part == "p99_ns").or(parts.first()) {
        return problem
            .hint(format!("that is a distribution: name one of its numbers, {metric}.{part}"));
    }
    let meant = did_you_mean(metric, names.iter().map(String::as_str)).map(str::to_owned);
    problem.hint(match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "for example goodput_per_s, rpc.latency.end_to_end.p99_ns, db.busy_mean; docs/\
                 metrics.md has them all"
            .to_owned(),
    })
}

/// All numbers of all arms: of the arm, and of the components that one event shows.
fn known(scenario: &Scenario) -> Vec<Column> {
    let column = |arm: &str, component: &str, metric: &str, part: &str| Column {
        arm: arm.to_owned(),
        component: component.to_owned(),
        metric: metric.to_owned(),
        part: part.to_owned(),
    };
    let mut known = Vec::new();
    for (name, arm) in &arms(scenario) {
        for (metric, kind) in OF_ARM {
            match kind {
                Kind::Latency => {
                    known.extend(PARTS.map(|(part, _)| column(name, "", metric, part)));
                }
                _ => known.push(column(name, "", metric, "")),
            }
        }
        // Components say themselves what their numbers are called, at the end of a run.
        let order = Order {
            scenario,
            name,
            arm,
            seed: 1,
            max_events: 1,
            sample: None,
            limits: Limits::NONE,
        };
        let Ok(played) = play(&order, CalendarKind::default(), &mut Nobody) else { continue };
        let result = played.result();
        for row in rows(&result).iter().filter(|row| !row.component.is_empty()) {
            for (part, _) in row.value.scalars() {
                known.push(column(name, row.component, row.metric, part));
            }
        }
    }
    known
}
