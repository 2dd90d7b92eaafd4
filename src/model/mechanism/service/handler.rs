//! What a service does for a call after its own work: a list of steps.
//!
//! A handler is compiled to a flat program, so that a call remembers one number of it. A step that
//! fails ends the call in an error, unless an `Optional` stands around it.

use crate::kernel::distribution::Distribution;
use crate::kernel::draw::{Site, mix};
use crate::model::client::Clients;
use crate::model::seat::Port;

/// A step of a handler, as it is written.
#[derive(Clone, Debug)]
pub enum Step {
    /// Work in a slot, drawn at a site of its own.
    Work(Distribution, Site),
    /// Calls, all at once.
    Calls {
        /// Along these ways.
        calls: Vec<Onward>,
        /// So many successes are enough; from 1 to the number of calls.
        needs: u32,
    },
    /// Steps whose failure is no failure.
    Optional(Vec<Self>),
    /// The first of several lists of steps whose condition holds, or none.
    Branch(Vec<(When, Vec<Self>)>, Site),
}

/// When a case of a branch is taken.
#[derive(Clone, Debug)]
pub enum When {
    /// With this probability.
    Chance(f64),
    /// By requests of these classes.
    Classes(Vec<u32>),
}

impl When {
    /// True of a call of `class` for which `drawn` was drawn; the number of a chance is the bound
    /// below which it is taken.
    #[inline]
    pub(super) fn holds(&self, class: u32, drawn: f64) -> bool {
        match self {
            Self::Chance(bound) => drawn < *bound,
            Self::Classes(classes) => classes.contains(&class),
        }
    }
}

/// One call that a handler makes.
#[derive(Clone, Debug)]
pub struct Onward {
    /// The way down.
    pub port: Port,
    /// Where its calls are keyed.
    pub site: Site,
    /// Which of the handler's calls of that name it is, from 0.
    pub number: u32,
    /// Who makes them: the clients in each zone of the service, or one entry for all of them.
    pub clients: Vec<Clients>,
}

impl Onward {
    /// The clients that make it for a replica in the zone of this number.
    #[inline]
    pub(super) fn clients(&self, zone: usize) -> Clients {
        self.clients[if self.clients.len() == 1 { 0 } else { zone }]
    }

    /// The key of the call for attempt `attempt` of the call with `key`.
    #[inline]
    pub(super) fn key(&self, key: u64, attempt: u32) -> u64 {
        self.site.subject(mix(key ^ u64::from(attempt) << 32 ^ u64::from(self.number)))
    }
}

/// An instruction.
#[derive(Clone, Debug)]
pub(super) enum Instruction {
    Work(Distribution, Site),
    Calls {
        calls: Vec<Onward>,
        needs: u32,
    },
    /// Goes on with the first target whose condition holds, or with the next; chances are bounds.
    Branch(Vec<(When, u16)>, Site),
    Jump(u16),
}

/// A compiled handler. Step 0 is the service's own work; instruction n is step n + 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    steps: Vec<Instruction>,
    /// Where a call goes on when the instruction fails: behind the nearest `Optional` around it.
    rescues: Vec<Option<u16>>,
}

/// The step of a call that has failed for good.
pub(super) const FAILED: u16 = u16::MAX;

impl Program {
    /// The program of `steps`.
    pub(super) fn new(steps: &[Step]) -> Self {
        let mut program = Self::default();
        program.add(steps);
        program
    }

    /// The step of the next instruction to be added.
    fn here(&self) -> u16 {
        self.steps.len() as u16 + 1
    }

    fn push(&mut self, instruction: Instruction) {
        self.steps.push(instruction);
        self.rescues.push(None);
    }

    fn add(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Work(time, site) => self.push(Instruction::Work(time.clone(), *site)),
                Step::Calls { calls, needs } => {
                    let (calls, needs) = (calls.clone(), *needs);
                    self.push(Instruction::Calls { calls, needs });
                }
                Step::Optional(inside) => {
                    let from = self.steps.len();
                    self.add(inside);
                    let end = self.here();
                    for rescue in &mut self.rescues[from..] {
                        rescue.get_or_insert(end);
                    }
                }
                Step::Branch(cases, site) => self.branch(cases, *site),
            }
        }
    }

    fn branch(&mut self, cases: &[(When, Vec<Step>)], site: Site) {
        let at = self.steps.len();
        self.push(Instruction::Branch(Vec::new(), site));
        let mut jumps = vec![self.steps.len()];
        self.push(Instruction::Jump(0));
        let (mut bound, mut targets) = (0.0, Vec::new());
        for (when, steps) in cases {
            let when = match when {
                When::Chance(ratio) => {
                    bound += ratio;
                    When::Chance(bound)
                }
                When::Classes(_) => when.clone(),
            };
            targets.push((when, self.here()));
            self.add(steps);
            jumps.push(self.steps.len());
            self.push(Instruction::Jump(0));
        }
        let end = self.here();
        for jump in jumps {
            self.steps[jump] = Instruction::Jump(end);
        }
        self.steps[at] = Instruction::Branch(targets, site);
    }

    /// True if the service does nothing after its own work.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The instruction of a step; `None` of the first and behind the last.
    #[inline]
    pub(super) fn get(&self, step: u16) -> Option<&Instruction> {
        self.steps.get(usize::from(step).wrapping_sub(1))
    }

    /// Where a call goes on whose step has failed.
    pub(super) fn rescue(&self, step: u16) -> u16 {
        let rescue = self.rescues.get(usize::from(step).wrapping_sub(1));
        rescue.copied().flatten().unwrap_or(FAILED)
    }

    /// Draws anew from here on, in a branch of a run that was split.
    pub(super) fn fork(&mut self, branch: u64) {
        for step in &mut self.steps {
            match step {
                Instruction::Work(_, site) | Instruction::Branch(_, site) => {
                    *site = site.fork(branch);
                }
                Instruction::Calls { calls, .. } => {
                    for call in calls {
                        call.site = call.site.fork(branch);
                        call.clients.iter_mut().for_each(|clients| clients.fork(branch));
                    }
                }
                Instruction::Jump(_) => {}
            }
        }
    }
}
