//! What one client knows of the replicas, and when it ejects them and takes them back.

use super::spec::Rule;
use super::{FailureRate, Needs, Settings, SuccessRate, Verdict};
use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};

/// What one client knows of the replicas.
#[derive(Clone, Debug)]
pub(super) struct Detector {
    replicas: Vec<Replica>,
    /// Replicas that the client can know: all, or those of its subset.
    known: u32,
    /// Ejections less returns. An ejection of a replica that is ejected already counts again, as in
    /// Envoy and grpc-go.
    ejections: u32,
    /// Sweeps so far.
    sweeps: u64,
}

/// What one client knows of one replica.
#[derive(Clone, Copy, Debug, Default)]
struct Replica {
    failures_in_a_row: u32,
    /// Results since the last sweep.
    successes: u32,
    /// See `successes`.
    failures: u32,
    ejected_at: Option<Instant>,
    returned_at: Option<Instant>,
    /// Base times that the present ejection lasts, or that the last one has left behind.
    multiplier: u32,
    jitter: Duration,
    /// Detections so far, which number the draws.
    detections: u32,
}

impl Replica {
    /// The end of the present ejection; the next sweep takes the replica back.
    fn ends_at(&self, settings: &Settings) -> Option<Instant> {
        let time = settings.base_time.as_ns().saturating_mul(self.multiplier.into());
        let time = Duration::from_ns(time).min(settings.max_time);
        Some(self.ejected_at?.saturating_add(time.saturating_add(self.jitter)))
    }
}

/// A detection at work for one client.
pub(super) struct Judge<'a> {
    pub(super) settings: &'a Settings,
    pub(super) site: Site,
    pub(super) client: u32,
    pub(super) now: Instant,
    /// Told what becomes of which replica.
    pub(super) tell: &'a mut dyn FnMut(Verdict, u32),
}

/// A replica with enough results in an interval, and the ratio of its successes in the unit in
/// which its library computes.
type Rated = (u32, f64);

impl Detector {
    pub(super) fn new(replicas: u32, known: u32) -> Self {
        let replicas = vec![Replica::default(); replicas as usize];
        Self { replicas, known, ejections: 0, sweeps: 0 }
    }

    pub(super) fn replicas(&self) -> u32 {
        self.replicas.len() as u32
    }

    /// The replicas that are not ejected, and the ratio that they are of those that are known.
    pub(super) fn left(&self) -> (Vec<u32>, f64) {
        let all = (0..).zip(&self.replicas);
        let left: Vec<u32> = all
            .filter(|(_, replica)| replica.ejected_at.is_none())
            .map(|(index, _)| index)
            .collect();
        let ejected = self.replicas() - left.len() as u32;
        let ratio = f64::from(self.known - ejected) / f64::from(self.known);
        (left, ratio)
    }

    pub(super) fn memory(&self) -> u64 {
        (size_of::<Self>() + self.replicas.len() * size_of::<Replica>()) as u64
    }

    /// Records a result. A replica that is ejected is not ejected for a row of failures again.
    pub(super) fn record(&mut self, judge: &mut Judge<'_>, index: u32, failed: bool) {
        let replica = &mut self.replicas[index as usize];
        if !failed {
            replica.successes += 1;
            replica.failures_in_a_row = 0;
            return;
        }
        replica.failures += 1;
        replica.failures_in_a_row = replica.failures_in_a_row.saturating_add(1);
        let reached = judge.settings.failures_in_a_row == Some(replica.failures_in_a_row);
        if reached && replica.ejected_at.is_none() {
            // Refused or not: the next chance comes after another full row.
            replica.failures_in_a_row = 0;
            self.detect(judge, index, 1.0);
        }
    }

    /// Carries out all sweeps that are due.
    pub(super) fn sweep_until(&mut self, judge: &mut Judge<'_>) {
        let (interval, until) = (judge.settings.interval.as_ns(), judge.now);
        let due = until.as_ns() / interval;
        while self.sweeps < due {
            self.sweeps += 1;
            judge.now = Instant::from_ns(self.sweeps * interval);
            let results = self.close_interval();
            match judge.settings.rule {
                Rule::Envoy => self.sweep_as_envoy(judge, &results),
                Rule::Grpc => self.sweep_as_grpc(judge, &results),
            }
            self.skip_sweeps(judge.settings, due);
        }
        judge.now = until;
    }

    /// Skips sweeps before the one that is `due` or that takes a replica back: without results they
    /// only make the others forget base times.
    fn skip_sweeps(&mut self, settings: &Settings, due: u64) {
        let interval = settings.interval.as_ns();
        let backs = self.replicas.iter().filter_map(|of| of.ends_at(settings));
        let next = backs.map(|back| back.as_ns().div_ceil(interval)).min().unwrap_or(u64::MAX);
        let skipped = (next - 1).min(due).saturating_sub(self.sweeps);
        self.sweeps += skipped;
        let forgotten = u32::try_from(skipped).unwrap_or(u32::MAX);
        for replica in self.replicas.iter_mut().filter(|of| of.ejected_at.is_none()) {
            replica.multiplier = replica.multiplier.saturating_sub(forgotten);
        }
    }

    /// Successes and failures by replica since the last sweep.
    fn close_interval(&mut self) -> Vec<(u32, u32)> {
        let close = |replica: &mut Replica| {
            (core::mem::take(&mut replica.successes), core::mem::take(&mut replica.failures))
        };
        self.replicas.iter_mut().map(close).collect()
    }

    /// Takes back, ejects, and forgets a base time of those that were back at the last sweep.
    fn sweep_as_envoy(&mut self, judge: &mut Judge<'_>, results: &[(u32, u32)]) {
        (0..self.replicas()).for_each(|index| self.take_back(judge, index));
        let eligible: Vec<u32> = self.left().0;
        self.judge_rates(judge, results, &eligible, 100.0);
        for replica in self.replicas.iter_mut().filter(|replica| replica.ejected_at.is_none()) {
            let back = replica.returned_at;
            if back.is_some_and(|back| judge.now - back >= judge.settings.interval) {
                replica.multiplier = replica.multiplier.saturating_sub(1);
            }
        }
    }

    /// Ejects, and takes back those whose time is over; the others forget a base time.
    fn sweep_as_grpc(&mut self, judge: &mut Judge<'_>, results: &[(u32, u32)]) {
        let eligible: Vec<u32> = (0..self.replicas()).collect();
        self.judge_rates(judge, results, &eligible, 1.0);
        for index in eligible {
            let replica = &mut self.replicas[index as usize];
            match replica.ejected_at {
                None => replica.multiplier = replica.multiplier.saturating_sub(1),
                Some(_) => self.take_back(judge, index),
            }
        }
    }

    /// Takes a replica back if its time is over.
    fn take_back(&mut self, judge: &mut Judge<'_>, index: u32) {
        let replica = &mut self.replicas[index as usize];
        if replica.ends_at(judge.settings).is_none_or(|end| judge.now < end) {
            return;
        }
        replica.ejected_at = None;
        replica.returned_at = Some(judge.now);
        replica.failures_in_a_row = 0;
        self.ejections = self.ejections.saturating_sub(1);
        (judge.tell)(Verdict::Returned, index);
    }

    /// Ejects by the rates of an interval; `whole` is a ratio of 1 in the unit of the library.
    fn judge_rates(
        &mut self,
        judge: &mut Judge<'_>,
        results: &[(u32, u32)],
        eligible: &[u32],
        whole: f64,
    ) {
        let rated = |needs: Needs| -> Vec<Rated> {
            let enough = |index: &u32| {
                let (successes, failures) = results[*index as usize];
                let volume = successes + failures;
                let ratio = f64::from(successes) * whole / f64::from(volume);
                (volume >= needs.volume).then_some((*index, ratio))
            };
            let rated: Vec<Rated> = eligible.iter().filter_map(enough).collect();
            if rated.len() < needs.replicas as usize { Vec::new() } else { rated }
        };
        if let Some(SuccessRate { deviations, needs }) = judge.settings.success_rate {
            let rated = rated(needs);
            let bound = lowest_success(&rated, deviations);
            for (index, _) in rated.into_iter().filter(|(_, ratio)| *ratio < bound) {
                self.detect(judge, index, needs.enforced);
            }
        }
        if let Some(FailureRate { percent, needs }) = judge.settings.failure_rate {
            let rule = judge.settings.rule;
            let fails = |(index, ratio): &Rated| match rule {
                Rule::Envoy => 100.0 - ratio >= percent,
                Rule::Grpc => {
                    let (successes, failures) = results[*index as usize];
                    f64::from(failures) / f64::from(successes + failures) * 100.0 > percent
                }
            };
            for (index, _) in rated(needs).into_iter().filter(fails) {
                self.detect(judge, index, needs.enforced);
            }
        }
    }

    /// Ejects a replica that was detected, unless as many are ejected as may be, or by chance.
    fn detect(&mut self, judge: &mut Judge<'_>, index: u32, enforced: f64) {
        let Judge { settings, site, client, now, .. } = *judge;
        let ratio = |ejections: u32| f64::from(ejections) / f64::from(self.known);
        let room = match settings.rule {
            Rule::Envoy => {
                let first = settings.always_eject_one && self.ejections == 0;
                first || ratio(self.ejections + 1) <= settings.max_ejected
            }
            // The share before the ejection, so that one can always be ejected.
            Rule::Grpc => ratio(self.ejections) < settings.max_ejected,
        };
        if !room {
            return (judge.tell)(Verdict::Spared, index);
        }
        let replica = &mut self.replicas[index as usize];
        let subject = site.subject(u64::from(client) << 32 | u64::from(index));
        replica.detections += 1;
        if enforced < 1.0 && site.unit(subject, replica.detections, 0) >= enforced {
            return;
        }
        if settings.jitter_ms > 0 {
            let bits = u128::from(site.bits(subject, replica.detections, 1));
            let ms = (bits * u128::from(settings.jitter_ms + 1)) >> 64;
            replica.jitter = Duration::from_ms(ms as u64);
        }
        replica.ejected_at = Some(now);
        self.ejections += 1;
        let base = settings.base_time.as_ns();
        let enough = base.saturating_mul(replica.multiplier.into())
            >= settings.max_time.as_ns().saturating_add(base);
        if settings.rule == Rule::Grpc || !enough {
            replica.multiplier = replica.multiplier.saturating_add(1);
        }
        (judge.tell)(Verdict::Ejected, index);
    }
}

/// The mean of the ratios less this number of standard deviations of theirs.
fn lowest_success(rated: &[Rated], deviations: f64) -> f64 {
    let count = rated.len() as f64;
    let mean = rated.iter().map(|(_, ratio)| ratio).sum::<f64>() / count;
    let squares = rated.iter().map(|(_, ratio)| (ratio - mean) * (ratio - mean)).sum::<f64>();
    mean - deviations * (squares / count).sqrt()
}
