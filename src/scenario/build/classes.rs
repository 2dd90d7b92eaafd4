//! Numbers, ranks and books of the classes of all loads.

use std::collections::{BTreeMap, BTreeSet};

use super::{BuildError, Builder, limit};
use crate::kernel::calendar::Calendar;
use crate::kernel::draw::Site;
use crate::model::mechanism::class::{self, Class, Settings, Shares};
use crate::model::request::RequestSite;
use crate::model::seat::NONE;
use crate::model::spec::size::Size;
use crate::scenario::names::class_name;
use crate::scenario::schema::{Load, Scenario};

/// The classes of a scenario.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// Settings by number.
    pub(super) settings: class::Classes,
    /// Numbers of each name, over all loads.
    by_name: BTreeMap<String, Vec<u32>>,
    /// Numbers of each load, in the order of the names of its classes.
    by_load: BTreeMap<String, Vec<u32>>,
    /// Number for requests without a class, by load, if their work has a size.
    rest: BTreeMap<String, u32>,
    /// Rank of a request without a class.
    rank: u8,
    /// True if a class changes the size of work.
    pub(super) sized: bool,
}

impl Classes {
    /// Numbers the classes of a scenario by load and name.
    pub(super) fn of(scenario: &Scenario, seed: u64) -> Result<Self, BuildError> {
        let mut classes = Self::default();
        let all = || {
            scenario.load.iter().flat_map(|(load, of)| {
                of.classes.iter().map(move |(name, class)| (load, name, class))
            })
        };
        // Requests without a class have priority 0.
        let mut priorities: BTreeSet<u8> = all().map(|(.., class)| class.priority).collect();
        priorities.insert(0);
        let rank = |priority| priorities.iter().filter(|other| **other > priority).count() as u8;
        for (load, name, class) in all() {
            let number = classes.settings.add(Settings {
                rank: rank(class.priority),
                size: match (class.size, scenario.load[load].size) {
                    (Some(own), _) => size(own, seed, &class_name(load, name))?,
                    (None, Some(of_load)) => size(of_load, seed, load)?,
                    (None, None) => class::Size::Constant(1.0),
                },
                fails_first: limit(class.fails_first),
            });
            classes.by_name.entry(name.clone()).or_default().push(number);
            classes.by_load.entry(load.clone()).or_default().push(number);
            classes.sized |= class.size.is_some();
        }
        classes.rank = rank(0);
        for (load, of) in &scenario.load {
            if let Some(of_load) = of.size {
                let rest = Settings {
                    rank: classes.rank,
                    size: size(of_load, seed, load)?,
                    fails_first: 0,
                };
                classes.rest.insert(load.clone(), classes.settings.add(rest));
                classes.sized = true;
            }
        }
        Ok(classes)
    }

    /// Numbers of the classes of this name.
    pub(super) fn named(&self, name: &str) -> &[u32] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

/// A size that is drawn for the requests of a load, or of one of its classes.
fn size(of: Size, seed: u64, name: &str) -> Result<class::Size, BuildError> {
    if let Size::Constant(size) = of {
        return Ok(class::Size::Constant(size));
    }
    let site = RequestSite::new(Site::new(seed, name, "size"));
    Ok(class::Size::Drawn(of.sampler()?, site))
}

impl<C: Calendar> Builder<C> {
    /// Shares of the classes of a load.
    pub(super) fn shares(&self, name: &str, load: &Load) -> Shares {
        let numbers = self.classes.by_load.get(name).into_iter().flatten();
        let mut sum = 0.0;
        let bounds = load.classes.values().zip(numbers).map(|(class, number)| {
            sum += class.ratio.get();
            (sum, *number)
        });
        let bounds = bounds.collect();
        let rest = self.classes.rest.get(name).copied().unwrap_or(NONE);
        Shares { bounds, rest, rank: self.classes.rank, site: self.site(name, "class") }
    }

    /// Adds the components that report the books of the classes of a load.
    pub(super) fn class_books(&mut self, name: &str, load: &Load, publishes: bool) {
        let numbers = self.classes.by_load.get(name).cloned().unwrap_or_default();
        for (class, number) in load.classes.keys().zip(numbers) {
            let machine = self.machines.add(Class { number, publishes });
            self.add(&class_name(name, class), machine, None);
        }
    }
}
