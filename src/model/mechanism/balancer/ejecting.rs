//! How a balancer and its outlier detection work together.

use super::outliers::{Outliers, Verdict};
use super::{Balancer, EJECTIONS, IN_PANIC, SPARED, UNAVAILABLE};
use crate::kernel::calendar::Calendar;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::context::{At, Context};

/// Outlier detection with its counts.
#[derive(Clone, Debug)]
pub(super) struct Ejecting {
    pub(super) outliers: Outliers,
    /// By number of the client: true if it panics.
    panics: Vec<bool>,
    ejections: u64,
    spared: u64,
    in_panic: u64,
    unavailable: u64,
}

impl Ejecting {
    /// Adds the next client, which knows this number of the `replicas`.
    pub(super) fn add_client(&mut self, replicas: u32, known: u32) {
        self.outliers.add_client(replicas, known);
        self.panics.push(false);
    }

    pub(super) fn measure(&self, into: &mut impl Measurements) {
        into.count(&EJECTIONS, self.ejections);
        into.count(&SPARED, self.spared);
        into.count(&IN_PANIC, self.in_panic);
        into.count(&UNAVAILABLE, self.unavailable);
    }
}

impl Balancer {
    /// The balancer with outlier detection.
    #[must_use]
    pub fn ejecting(mut self, outliers: Outliers) -> Self {
        self.algorithm.expect_ejections();
        let (panics, [ejections, spared, in_panic, unavailable]) = (Vec::new(), [0; 4]);
        let ejecting = Ejecting { outliers, panics, ejections, spared, in_panic, unavailable };
        self.outliers = Some(Box::new(ejecting));
        self
    }

    /// Carries out what outlier detection owes the client of an attempt: its sweeps, and the
    /// `result` of the attempt, true for a failure.
    #[inline(never)]
    pub(super) fn detect<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        result: Option<bool>,
    ) {
        let Some(of) = self.outliers.as_deref_mut() else { return };
        let (client, replica, now) = (at.instance, cx.calls[at.call].replica, cx.now());
        let measured = u64::from(cx.calls[at.call].measured);
        let mut changed = false;
        let mut tell = |verdict, replica| {
            let number = u64::from(replica) + 1;
            match verdict {
                Verdict::Ejected => cx.note(at, EventKind::EJECTED, number),
                Verdict::Returned => cx.note(at, EventKind::TAKEN_BACK, number),
                Verdict::Spared => {}
            }
            of.ejections += measured * u64::from(verdict == Verdict::Ejected);
            of.spared += measured * u64::from(verdict == Verdict::Spared);
            changed |= verdict != Verdict::Spared;
        };
        match result {
            None => of.outliers.sweep(client, now, &mut tell),
            Some(failed) => of.outliers.record((client, replica), failed, now, &mut tell),
        }
        if changed {
            let (candidates, panics) = of.outliers.candidates(client);
            of.panics[client as usize] = panics;
            self.clients[client as usize].set_candidates(&self.algorithm, candidates);
        }
    }

    /// Lets an attempt in, unless its client has ejected all replicas.
    #[inline(never)]
    pub(super) fn admit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> bool {
        self.detect(cx, at, None);
        let Some(of) = self.outliers.as_deref_mut() else { return true };
        let measured = u64::from(cx.calls[at.call].measured);
        of.in_panic += measured * u64::from(of.panics[at.instance as usize]);
        let available = self.clients[at.instance as usize].has_candidates();
        if !available {
            of.unavailable += measured;
            cx.note(at, EventKind::UNAVAILABLE, 0);
        }
        available
    }
}
