//! From the names of a sentence to what they stand for in this scenario.

use std::collections::BTreeSet;

use super::known::{Known, KnownArm, NamedMetric};
use super::{MetricRef, Refusal};
use crate::metrics::names::{Kind, OF_ARM, PARTS};
use crate::metrics::probe::What;
use crate::scenario::conform::{did_you_mean, list_of};
use crate::scenario::problem::printable;

impl Known {
    /// The arm of this name.
    pub(super) fn arm(&self, name: &str) -> Result<String, Refusal> {
        if self.arms.contains_key(name) {
            return Ok(name.to_owned());
        }
        Err(unknown("arm", name, self.arms()))
    }

    /// The metric that `text` names, in one arm or in all that have it.
    pub(super) fn metric(&self, text: &str) -> Result<MetricRef, Refusal> {
        let mut found: Vec<MetricRef> = Vec::new();
        for (arm, known) in &self.arms {
            let scoped = text.strip_prefix(arm.as_str()).and_then(|rest| rest.strip_prefix('.'));
            for metric in known.metrics() {
                for (rest, arm) in [(scoped, Some(arm.clone())), (Some(text), None)] {
                    if rest.is_some_and(|rest| metric.is_called(rest)) {
                        let bound = metric.bound(arm);
                        if !found.contains(&bound) {
                            found.push(bound);
                        }
                    }
                }
            }
        }
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(self.no_metric(text)),
            several => {
                let meanings: Vec<String> = several.iter().map(MetricRef::meaning).collect();
                let found = format!("`{}` may be {}", printable(text), meanings.join(" or "));
                Err(Refusal::new("a metric must have one meaning", found)
                    .hint("rename the arm or the component"))
            }
        }
    }

    fn no_metric(&self, text: &str) -> Refusal {
        let found = format!("found `{}`", printable(text));
        let refusal = Refusal::new("there is no such metric", found);
        let bare = |name: &str| {
            let known = self.arms.keys().find_map(|arm| {
                name.strip_prefix(arm.as_str()).and_then(|rest| rest.strip_prefix('.'))
            });
            known.unwrap_or(name).to_owned()
        };
        let rest = bare(text);
        let distributions = OF_ARM.iter().filter(|(_, kind)| *kind == Kind::Latency);
        if distributions.map(|(name, _)| *name).any(|name| rest == name) || rest.ends_with(".wait")
        {
            let parts = PARTS.map(|(part, _)| part.strip_suffix("_ns").unwrap_or(part));
            let hint = format!("say what of it: one of {}", list_of(parts));
            return refusal.hint(hint);
        }
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (arm, known) in &self.arms {
            for metric in known.metrics() {
                if self.several {
                    names.insert(format!("{arm}.{}", metric.name));
                }
                names.insert(metric.name);
            }
        }
        match did_you_mean(text, names.iter().map(String::as_str)) {
            Some(meant) => refusal.hint(format!("did you mean `{meant}`?")),
            None => {
                let prefix = match self.several {
                    true => format!("ARM.METRIC, with the arms {}; metrics", list_of(self.arms())),
                    false => "metrics".to_owned(),
                };
                refusal.hint(format!(
                    "{prefix} are called as in docs/metrics.md, such as `goodput_per_s` or \
                     `latency.end_to_end.p99`"
                ))
            }
        }
    }

    /// The fault of this name, which the arm has, or any arm.
    pub(super) fn fault(&self, name: &str, arm: Option<&str>) -> Result<String, Refusal> {
        if self.scope(arm).any(|known| known.faults.contains(name)) {
            return Ok(name.to_owned());
        }
        let faults: BTreeSet<&str> =
            self.scope(arm).flat_map(|known| known.faults.iter().map(String::as_str)).collect();
        Err(unknown("fault", name, faults))
    }

    /// The component of a kind called `name`, or the one whose pipeline is called so: the breaker
    /// `clients` is `clients.breaker`.
    pub(super) fn component(
        &self,
        kind: &str,
        name: &str,
        arm: Option<&str>,
    ) -> Result<String, Refusal> {
        let mut all: BTreeSet<&str> = BTreeSet::new();
        for known in self.scope(arm) {
            let of_kind = known
                .components
                .iter()
                .filter(|(_, parts)| parts.iter().any(|part| part.kind == kind));
            all.extend(of_kind.map(|(name, _)| name.as_str()));
        }
        if all.contains(name) {
            return Ok(name.to_owned());
        }
        let layer = format!("{name}.{kind}");
        let layers: Vec<&str> = all
            .iter()
            .copied()
            .filter(|known| *known == layer || known.starts_with(&format!("{layer}#")))
            .collect();
        match layers.as_slice() {
            [one] => Ok((*one).to_owned()),
            [] => Err(unknown(kind, name, all)),
            several => {
                let found = format!("`{}` may be {}", printable(name), list_of(several.to_vec()));
                Err(Refusal::new(format!("a {kind} must be named without doubt"), found))
            }
        }
    }

    /// The event that a verb stands for: `opens` for `opened`.
    pub(super) fn event(
        &self,
        component: &str,
        verb: &str,
        arm: Option<&str>,
    ) -> Result<What, Refusal> {
        let events: Vec<What> = self.scope(arm).flat_map(|known| known.events(component)).collect();
        let exact = events.iter().find(|event| event.name == verb);
        let meant = events.iter().find(|event| is_past_of(event.name, verb));
        if let Some(event) = exact.or(meant) {
            return Ok(*event);
        }
        let names: BTreeSet<&str> = events.iter().map(|event| event.name).collect();
        Err(unknown(&format!("event of {component}"), verb, names))
    }

    fn scope<'a>(&'a self, arm: Option<&'a str>) -> impl Iterator<Item = &'a KnownArm> {
        let arms = self.arms.iter();
        arms.filter(move |(name, _)| arm.is_none_or(|arm| arm == *name)).map(|(_, known)| known)
    }
}

impl NamedMetric {
    /// Sentences may say `p99` or `p99_ns`.
    fn is_called(&self, name: &str) -> bool {
        name == self.name
            || (self.kind == Kind::Time && name.strip_suffix("_ns") == Some(&self.name))
    }

    /// It, as what a sentence refers to.
    #[must_use]
    pub fn bound(&self, arm: Option<String>) -> MetricRef {
        let Self { component, metric, part, kind, .. } = self.clone();
        MetricRef { arm, component, metric, part, kind, period: None }
    }
}

impl MetricRef {
    fn meaning(&self) -> String {
        let of = match self.component.as_str() {
            "" => "the arm".to_owned(),
            component => format!("`{}`", printable(component)),
        };
        match &self.arm {
            Some(arm) => format!("`{}` of {of} in `{}`", self.metric, printable(arm)),
            None => format!("`{}` of {of}", self.metric),
        }
    }
}

/// `opened` of `opens`, `dropped` of `drops`, `timed_out` of `times_out`, `shed` of `sheds`.
fn is_past_of(event: &str, verb: &str) -> bool {
    let (event, verb) = match (event.split_once('_'), verb.split_once('_')) {
        (Some((event, one)), Some((verb, other))) if one == other => (event, verb),
        _ => (event, verb),
    };
    let Some(stem) = verb.strip_suffix('s').filter(|stem| !stem.is_empty()) else {
        return false;
    };
    let is = |stem: &str| match event.strip_prefix(stem) {
        Some("" | "d" | "ed") => true,
        Some(rest) => rest.strip_suffix("ed").is_some_and(|twice| stem.ends_with(twice)),
        None => false,
    };
    is(stem) || stem.strip_suffix('e').is_some_and(is)
}

fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Refusal {
    let known: Vec<&str> = known.into_iter().collect();
    let found = format!("found `{}`", printable(name));
    let refusal = Refusal::new(format!("there is no such {what}"), found);
    refusal.hint(match did_you_mean(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{}`?", printable(meant)),
        None => format!("there is {}", list_of(known)),
    })
}
