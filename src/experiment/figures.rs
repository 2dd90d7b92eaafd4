//! All figures of a run, for files or for a page.

use super::topology::{bands, topology};
use crate::kernel::draw::key;
use crate::report::figure::{self, Detail, Figure, Timeline};
use crate::report::result::RunResult;
use crate::scenario::arms::arms;
use crate::scenario::schema::Scenario;

/// The kinds of figures.
pub const KINDS: [&str; 4] = ["overview", "timeline", "topology", "quantiles"];

/// A figure of a run with its kind and arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Arm, if the figure is of one.
    pub arm: Option<String>,
    /// The figure.
    pub figure: Figure,
}

/// The figures of each arm, by name, and of all arms together.
#[must_use]
pub fn figures(scenario: &Scenario, result: &RunResult) -> Vec<Drawn> {
    let name = &result.scenario.name;
    let mut drawn = Vec::new();
    let systems = arms(scenario);
    for (arm, did) in &result.arms {
        let Some(system) = systems.get(arm) else { continue };
        let bands = bands(system);
        let over_time = |detail| {
            let bands = &bands;
            figure::timeline(&Timeline { scenario: name, arm, result: did, bands, detail })
        };
        let mut draw = |kind, figure| drawn.push(Drawn { kind, arm: Some(arm.clone()), figure });
        draw("overview", over_time(Detail::Brief));
        draw("timeline", over_time(Detail::Full));
        let graph = topology(scenario, system, did);
        draw("topology", figure::topology(name, arm, &graph));
    }
    let all = result.arms.iter().map(|(arm, did)| (arm.as_str(), did));
    drawn.push(Drawn { kind: "quantiles", arm: None, figure: figure::quantiles(name, all) });
    drawn
}

/// Longest name of an arm in a file name, in bytes; file systems allow 255 in all.
const NAME_BYTES: usize = 60;

/// Distinct file names of the figures, of lower-case letters, digits and dashes, for any names of
/// arms and for file systems that ignore case.
#[must_use]
pub fn file_names(figures: &[Drawn]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for drawn in figures {
        let stem = match &drawn.arm {
            None => drawn.kind.to_owned(),
            Some(arm) => {
                let plain = plain(arm);
                let arms = figures.iter().filter_map(|other| other.arm.as_ref());
                let mut others = arms.filter(|other| *other != arm);
                // An arm with exactly this name keeps it, even if others are reduced to it.
                let alone = plain == *arm || !others.any(|other| self::plain(other) == plain);
                match alone && !plain.is_empty() {
                    true => format!("{}-{plain}", drawn.kind),
                    false => format!("{}-{plain}-{:016x}", drawn.kind, key(arm)).replace("--", "-"),
                }
            }
        };
        let mut name = format!("{stem}.svg");
        for again in 2.. {
            if !names.contains(&name) {
                break;
            }
            name = format!("{stem}-{again}.svg");
        }
        names.push(name);
    }
    names
}

/// `name` with a dash for every character that is no letter or digit.
fn plain(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        match character.to_ascii_lowercase() {
            kept @ ('a'..='z' | '0'..='9') => text.push(kept),
            _ if !text.is_empty() && !text.ends_with('-') => text.push('-'),
            _ => {}
        }
    }
    text.truncate(NAME_BYTES);
    text.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::topology::Topology;

    fn named(arms: &[&str]) -> Vec<String> {
        let figure = figure::topology("s", "a", &Topology::default());
        let drawn = |kind, arm: Option<&str>| {
            let arm = arm.map(str::to_owned);
            Drawn { kind, arm, figure: figure.clone() }
        };
        let mut all: Vec<Drawn> = arms.iter().map(|arm| drawn("topology", Some(arm))).collect();
        all.push(drawn("quantiles", None));
        file_names(&all)
    }

    #[test]
    fn names_of_files_are_safe_and_never_the_same() {
        let long = ["l".repeat(200), format!("{}m", "l".repeat(199))];
        let hostile = [
            "RPC",
            "rpc",
            "event driven",
            "event-driven",
            "../rpc",
            "..",
            "con",
            "a/b",
            "a\\b",
            "🦀",
            "🦞",
            "café",
            "cafe\u{301}",
            "-",
            "x.svg",
            "<script>",
            &long[0],
            &long[1],
        ];
        let names = named(&hostile);
        for (at, name) in names.iter().enumerate() {
            let stem = name.strip_suffix(".svg").expect("it is a figure");
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(stem.bytes().all(plain) && name.len() < 100, "{name}");
            assert!(stem.starts_with("topology-") || stem == "quantiles", "{name}");
            assert!(!names[..at].contains(name), "{name} is there twice");
        }
        assert_eq!((&*names[1], &*names[3]), ("topology-rpc.svg", "topology-event-driven.svg"));
        assert_eq!(named(&["no retries"])[0], "topology-no-retries.svg");
    }

    #[test]
    fn a_name_that_looks_like_the_digest_of_another_stays_distinct() {
        let forged = format!("a-b-{:016x}", key("a/b"));
        let names = named(&[&forged, "a b", "a/b"]);
        assert_eq!(names.len(), 4);
        assert!((1..4).all(|at| !names[..at].contains(&names[at])), "{names:?}");
    }
}
