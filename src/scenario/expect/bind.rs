//! Resolves the names of a sentence in a scenario.

use std::collections::BTreeSet;

use super::foreign::ways;
use super::known::{Known, KnownArm, NamedMetric};
use super::{MetricRef, Refusal};
use crate::metrics::arm;
use crate::metrics::names::{Kind, bare, quoted};
use crate::metrics::probe::EventKind;
use crate::model::metrics_of;
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

    /// The metric called `text`, in one arm or in all that have it.
    pub(super) fn metric(&self, text: &str) -> Result<MetricRef, Refusal> {
        let mut matches: Vec<MetricRef> = Vec::new();
        for (arm, known) in &self.arms {
            let scoped = text.strip_prefix(arm.as_str()).and_then(|rest| rest.strip_prefix('.'));
            for metric in known.metrics() {
                for (rest, arm) in [(scoped, Some(arm.clone())), (Some(text), None)] {
                    if rest.is_some_and(|rest| metric.is_called(rest)) {
                        let bound = metric.bound(arm);
                        if !matches.contains(&bound) {
                            matches.push(bound);
                        }
                    }
                }
            }
        }
        match matches.as_slice() {
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
        let scoped = self.arms.keys().find_map(|arm| {
            let rest = text.strip_prefix(arm.as_str())?.strip_prefix('.')?;
            Some((arm.as_str(), rest))
        });
        let (arm, rest) = scoped.map_or((None, text), |(arm, rest)| (Some(arm), rest));
        let hint = self
            .no_part(rest, arm)
            .or_else(|| foreign_word(rest, arm))
            .or_else(|| self.nearest_of_component(rest, arm))
            .or_else(|| self.nearest(text));
        refusal.hint(hint.unwrap_or_else(|| {
            let list = "`dessim metrics FILE` lists all of a scenario";
            if self.several {
                format!("{list}; arms are {}", list_of(self.arms()))
            } else {
                list.to_owned()
            }
        }))
    }

    /// The hint for the name of a distribution without a part.
    fn no_part(&self, rest: &str, arm: Option<&str>) -> Option<String> {
        let mut metrics = self.scope(arm).flat_map(KnownArm::metrics);
        metrics.find(|metric| !metric.part.is_empty() && metric.distribution() == rest)?;
        let parts = arm::parts().map(|(part, _)| bare(part));
        Some(format!("it is a distribution, so add one of {}", list_of(parts)))
    }

    /// The hint for an unknown metric of a known component.
    fn nearest_of_component(&self, rest: &str, arm: Option<&str>) -> Option<String> {
        let named = |component: &str| {
            rest.strip_prefix(component).filter(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let all = || self.scope(arm).flat_map(|known| known.components.keys());
        let component = all().filter(|name| named(name).is_some()).max_by_key(|name| name.len())?;
        let word = named(component)?.trim_start_matches('.');
        let parts = self.scope(arm).filter_map(|known| known.components.get(component)).flatten();
        if let Some(hint) = parts.map(|part| part.kind).find_map(|kind| elsewhere(kind, word)) {
            return Some(hint);
        }
        let mut metrics: Vec<String> = Vec::new();
        for metric in self.scope(arm).flat_map(KnownArm::metrics) {
            // One part stands for all of a distribution, unless another one was named.
            let shown = matches!(metric.part, "" | "p99_ns") || metric.name == rest;
            if metric.component == *component && shown {
                let name = metric.name[component.len() + 1..].to_owned();
                if !metrics.contains(&name) {
                    metrics.push(name);
                }
            }
        }
        let names = || metrics.iter().map(String::as_str);
        Some(match did_you_mean(word, names()) {
            Some(meant) => {
                format!("did you mean `{}`?", printable(&format!("{component}.{meant}")))
            }
            None => format!("`{}` has {}", printable(component), list_of(names())),
        })
    }

    fn nearest(&self, text: &str) -> Option<String> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (arm, known) in &self.arms {
            for metric in known.metrics() {
                if self.several {
                    names.insert(format!("{arm}.{}", metric.name));
                }
                names.insert(metric.name);
            }
        }
        let meant = did_you_mean(text, names.iter().map(String::as_str))?;
        Some(format!("did you mean `{}`?", printable(meant)))
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

    /// The component of a kind called `name`, or the layer of this kind in the policy of `name`:
    /// the breaker `clients` is `clients.breaker`.
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

    /// The event of this name or verb: `opened`, `opens`.
    pub(super) fn event(
        &self,
        component: &str,
        verb: &str,
        arm: Option<&str>,
    ) -> Result<EventKind, Refusal> {
        let events: Vec<EventKind> =
            self.scope(arm).flat_map(|known| known.events(component)).collect();
        if let Some(event) = events.iter().find(|event| [event.name, event.verb].contains(&verb)) {
            return Ok(*event);
        }
        let names: BTreeSet<&str> = events.iter().map(|event| event.verb).collect();
        Err(unknown(&format!("event of {component}"), verb, names))
    }

    fn scope<'a>(&'a self, arm: Option<&'a str>) -> impl Iterator<Item = &'a KnownArm> {
        let arms = self.arms.iter();
        arms.filter(move |(name, _)| arm.is_none_or(|arm| arm == *name)).map(|(_, known)| known)
    }
}

/// The hint for a metric that the kind declares, but this component lacks or has only over time.
fn elsewhere(kind: &str, word: &str) -> Option<String> {
    let called = |name: &str| bare(name) == bare(word);
    metrics_of(kind).iter().find_map(|quantity| {
        let numbers: Vec<_> = quantity.numbers().collect();
        if numbers.iter().any(|(name, _)| called(name)) {
            let definition = quantity.definition();
            return Some(format!("not of every {kind}: {definition}"));
        }
        let names: Vec<&str> = numbers.iter().map(|(name, _)| bare(name)).collect();
        let over_time = quantity.over_time().is_some_and(called) && !names.is_empty();
        over_time.then(|| format!("`{word}` is over time; at the end it is {}", list_of(names)))
    })
}

/// The hint for a word of other tools.
fn foreign_word(word: &str, arm: Option<&str>) -> Option<String> {
    let arm = arm.map_or_else(String::new, |arm| format!("{}.", quoted(arm)));
    let way = |(way, about): (String, String)| format!("`{}`: {about}", way.replace("{}", &arm));
    let ways: Vec<String> = ways(word)?.into_iter().map(way).collect();
    Some(format!("write {}", ways.join("; or ")))
}

impl NamedMetric {
    /// True if `name` is that of the metric, with or without the `_ns` and the `components.` of
    /// JSON.
    fn is_called(&self, name: &str) -> bool {
        let name = match self.component.as_str() {
            "" => name,
            _ => name.strip_prefix("components.").unwrap_or(name),
        };
        name == self.name
            || (self.kind == Kind::Time && name.strip_suffix("_ns") == Some(&self.name))
    }

    /// The name of the distribution: that of the metric without the part.
    fn distribution(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(distribution, _)| distribution)
    }

    /// A reference to the metric.
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

fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Refusal {
    let known: Vec<&str> = known.into_iter().collect();
    let found = format!("found `{}`", printable(name));
    let refusal = Refusal::new(format!("there is no such {kind}"), found);
    refusal.hint(match did_you_mean(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{}`?", printable(meant)),
        None => format!("there is {}", list_of(known)),
    })
}
