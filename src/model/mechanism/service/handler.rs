//! The handler of an endpoint: the steps after the service's own work.
//!
//! A handler is compiled to a flat program, so that a call stores one number, its step. A step that
//! fails ends the call in an error, unless it is inside an `Optional`.

use crate::kernel::distribution::Distribution;
use crate::kernel::draw::{Site, mix};
use crate::model::client::Clients;
use crate::model::seat::Port;

/// A step of a handler, before compilation.
#[derive(Clone, Debug)]
pub enum Step {
    /// Work in a slot, with its site of draws.
    Work(Distribution, Site),
    /// Calls, all at once.
    Calls {
        /// The calls.
        calls: Vec<Onward>,
        /// Number of successes that are enough, from 1 to the number of calls.
        needs: u32,
    },
    /// Steps whose failure is no failure.
    Optional(Vec<Self>),
    /// The first of several lists of steps whose condition holds, or none.
    Branch(Vec<(When, Vec<Self>)>, Site),
}

/// The condition of a case of a branch.
#[derive(Clone, Debug)]
pub enum When {
    /// The case is taken with this probability.
    Chance(f64),
    /// The case is taken by requests of these classes.
    Classes(Vec<u32>),
}

impl When {
    /// True if the case is taken by a call of `class` with the draw `drawn`; a chance is taken
    /// below its number, which a program has as the upper bound of the case.
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
    /// Port of the service's seat.
    pub port: Port,
    /// Site of its keys.
    pub site: Site,
    /// Number among the handler's calls of the same name, from 0.
    pub number: u32,
    /// Clients that make it, by zone of the service, or one entry for all zones.
    pub clients: Vec<Clients>,
}

impl Onward {
    /// The clients that make it for a replica in a zone.
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

/// An instruction of a program.
#[derive(Clone, Debug)]
pub(super) enum Instruction {
    Work(Distribution, Site),
    Calls {
        calls: Vec<Onward>,
        needs: u32,
    },
    /// Jumps to the first target whose condition holds, or to the next instruction; chances are
    /// cumulative.
    Branch(Vec<(When, u16)>, Site),
    Jump(u16),
}

/// A compiled handler. Step 0 is the service's own work; instruction n is step n + 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    steps: Vec<Instruction>,
    /// By instruction, the step after its failure: behind the nearest `Optional` around it.
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
    fn next_step(&self) -> u16 {
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
                    let end = self.next_step();
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
            targets.push((when, self.next_step()));
            self.add(steps);
            jumps.push(self.steps.len());
            self.push(Instruction::Jump(0));
        }
        let end = self.next_step();
        for jump in jumps {
            self.steps[jump] = Instruction::Jump(end);
        }
        self.steps[at] = Instruction::Branch(targets, site);
    }

    /// True without steps after the service's own work.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The instruction of a step; `None` for step 0 and behind the last step.
    #[inline]
    pub(super) fn get(&self, step: u16) -> Option<&Instruction> {
        self.steps.get(usize::from(step).wrapping_sub(1))
    }

    /// The step of a call after `step` has failed.
    pub(super) fn rescue(&self, step: u16) -> u16 {
        let rescue = self.rescues.get(usize::from(step).wrapping_sub(1));
        rescue.copied().flatten().unwrap_or(FAILED)
    }

    /// Draws at other sites from now on, in a branch of a split run.
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
