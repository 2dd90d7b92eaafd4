//! Wrappers of runs that are being compared.

use std::borrow::Cow;

use super::traced::Traced;
use crate::experiment::diverge::{Replay, ReplayError};
use crate::experiment::fates::Fates;
use crate::experiment::trace::Line;

/// A run that collects the fates of its requests from records the first time it is played.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    inner: &'a mut dyn Replay,
    traced: Option<Traced>,
    played: bool,
}

impl<'a> Watched<'a> {
    pub(super) fn new(inner: &'a mut dyn Replay, reads: bool) -> Self {
        Self { inner, traced: reads.then(Traced::default), played: false }
    }

    /// The fates; `None` if they were not collected, or the trace is broken.
    pub(super) fn fates(self) -> Option<Fates> {
        self.traced.and_then(Traced::fates)
    }
}

impl Replay for Watched<'_> {
    fn arms(&self) -> Vec<String> {
        self.inner.arms()
    }

    fn play(&mut self, visit: &mut dyn FnMut(&Line<'_>)) -> Result<(), ReplayError> {
        match &mut self.traced {
            Some(traced) if !self.played => self.inner.play(&mut |line| {
                traced.read(line);
                visit(line);
            })?,
            _ => self.inner.play(visit)?,
        }
        self.played = true;
        Ok(())
    }
}

/// One arm of a run under another name, so that it can be compared with any arm.
#[derive(Debug)]
pub(super) struct OneArm<'a> {
    inner: &'a mut dyn Replay,
    arm: &'a str,
    label: &'a str,
}

impl<'a> OneArm<'a> {
    pub(super) fn new(inner: &'a mut dyn Replay, arm: &'a str, label: &'a str) -> Self {
        Self { inner, arm, label }
    }
}

impl Replay for OneArm<'_> {
    fn arms(&self) -> Vec<String> {
        vec![self.label.to_owned()]
    }

    fn play(&mut self, visit: &mut dyn FnMut(&Line<'_>)) -> Result<(), ReplayError> {
        let (arm, label) = (self.arm, self.label);
        self.inner.play(&mut |line| {
            if line.arm == arm {
                visit(&Line {
                    at_ns: line.at_ns,
                    arm: Cow::Borrowed(label),
                    event: line.event,
                    request: Cow::Borrowed(&line.request),
                    call: line.call.as_deref().map(Cow::Borrowed),
                    attempt: line.attempt,
                    component: Cow::Borrowed(&line.component),
                    what: Cow::Borrowed(&line.what),
                    value: line.value,
                });
            }
        })
    }
}
