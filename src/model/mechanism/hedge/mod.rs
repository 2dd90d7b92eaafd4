//! A hedge: a call without an answer after a delay is sent again, and the first answer counts.
//!
//! A second try does not share the bad luck of a slow first one: a copy sent after the 95th
//! percentile costs one request in twenty and shortens the tail above it. That holds while copies
//! are few and servers have idle capacity. Past saturation every copy slows all others down, so
//! more calls pass the delay, and the hedge feeds itself. (Dean and Barroso, "The Tail at Scale",
//! 2013; Vulimiri and others, "Low latency via redundancy", 2013, on the threshold.)
//!
//! ```text
//!            first copy       delay over, or a copy failed: the next
//!   enter ─────────────► out ◄───────────────────────────────┐
//!                         │ └────────────────────────────────┘ while there is one
//!                         │ success, or a failure that decides
//!                         ├──────────► decided: the others are cancelled, left or awaited, up
//!                         │ all have failed
//!                         └──────────► up, with the failure of the first
//! ```
//!
//! Each copy is a call of its own, below this seat. The first has the key of the copied call, so
//! its draws are those without a hedge.

mod alternatives;
pub mod delay;
mod lints;
pub mod race;
mod rules;
pub mod spec;
#[cfg(test)]
mod tests;
mod words;

use self::race::{Admission, Copy, MOST, Policy, Race, Verdict};
use self::spec::Losers;
use crate::kernel::calendar::Calendar;
use crate::kernel::draw::{Site, mix};
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::call::Call;
use crate::model::context::{At, Context, Dismissal, Flow, Outcome};
use crate::model::mechanism::backoff::Backoff;
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Further copies sent
    COPIES: Count = "copies", "further copies";
    /// Calls whose success was that of a further copy
    WON: Count = "won", "further copies that were first";
    /// Copies that were out when the outcome of their call was known
    LOST: Count = "lost", "copies that were not needed";
    /// Copies that were not sent because the budget had too little left; only with a budget
    REFUSED: Count = "refused", "copies refused by the budget";
    /// Delay of the next copy, once it is known; only with a `quantile` or an `average`
    DELAY: Momentary = "delay", "delay of the next copy";
}

impl EventKind {
    /// A further copy is sent; the number is that of the copy, from 1.
    pub const COPIED: Self = Self::new(&EventDefinition {
        name: "copied",
        verb: "copies",
        number: Number::Count,
        words: "has no answer yet: copy {} is sent",
        role: Role::Mark,
    });

    /// A further copy would be sent, but the budget is used up.
    pub const COPY_REFUSED: Self = Self::new(&EventDefinition {
        name: "copy_refused",
        verb: "refuses_copies",
        number: Number::None,
        words: "would be copied, but the budget is used up",
        role: Role::Mark,
    });
}

/// The events of a hedge.
pub const EVENTS: &[EventKind] = &[EventKind::COPIED, EventKind::COPY_REFUSED];

/// State and books of one hedge.
#[derive(Clone, Debug)]
pub struct Hedge {
    policy: Policy,
    losers: Losers,
    /// Site of the keys of copies.
    site: Site,
    copies: u64,
    won: u64,
    lost: u64,
    refused: u64,
}

/// The first of the words with the instants at which further copies were sent.
const SENT: u32 = race::WORDS as u32;

impl Hedge {
    /// A hedge before its first call.
    #[must_use]
    pub const fn new(policy: Policy, losers: Losers, site: Site) -> Self {
        Self { policy, losers, site, copies: 0, won: 0, lost: 0, refused: 0 }
    }

    fn race<C: Calendar, P: Probe>(cx: &mut Context<C, P>, at: &At<'_>) -> Race {
        Race::load(*cx.calls.words(at.call, at.seat.word))
    }

    fn keep<C: Calendar, P: Probe>(cx: &mut Context<C, P>, at: &At<'_>, race: Race) {
        *cx.calls.words(at.call, at.seat.word) = race.store();
    }

    /// The instant at which the copy of this number was sent; the first is when the call comes.
    fn sent<C: Calendar, P: Probe>(
        cx: &Context<C, P>,
        at: &At<'_>,
        race: Race,
        number: u32,
    ) -> Instant {
        match number.checked_sub(1) {
            Some(further) => {
                Instant::from_ns(cx.calls.word(at.call, at.seat.word + SENT + further))
            }
            None => race.came,
        }
    }

    /// Sends the next copy, and waits for the one after it, if it has a time. The first begins in
    /// the present walk, as the call itself would; the others when it is over.
    fn send<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        race: &mut Race,
    ) -> Flow {
        let mut first = Flow::Parked;
        loop {
            let (number, next) = self.policy.send(at.instance, cx.now(), race);
            let Call { key, attempts, measured, .. } = cx.calls[at.call];
            let salt = u64::from(attempts) << 32 | u64::from(race.entries) << 8;
            let key = self.site.subject(mix(key ^ salt ^ u64::from(number)));
            let copy = cx.make_copy(at, number, key);
            if number == 0 {
                first = Flow::Begin(copy);
            } else {
                let now = cx.now().as_ns();
                cx.calls.set_word(at.call, at.seat.word + SENT + number - 1, now);
                cx.begins.push(copy);
                self.copies += u64::from(measured);
                cx.note(at, EventKind::COPIED, u64::from(number));
            }
            match next {
                Some(delay) if delay.duration().is_zero() => {
                    if !self.admits(cx, at, race) {
                        return first;
                    }
                }
                Some(delay) => {
                    cx.calls[at.call].timer = cx.wake_after(delay, at);
                    return first;
                }
                None => return first,
            }
        }
    }

    /// True if the next copy is sent now that its time has come; if not, it waits for the end of
    /// its backoff, or the budget refuses it.
    fn admits<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        race: &mut Race,
    ) -> bool {
        let Call { key, attempts, measured, .. } = cx.calls[at.call];
        let admission = if race.pending {
            self.policy.begin_copy(at.instance, race)
        } else {
            let unit = |backoff: &Backoff, n| backoff.unit(key, n, attempts);
            self.policy.admit(at.instance, cx.now(), race, unit)
        };
        match admission {
            Admission::Now => return true,
            Admission::After(wait) => {
                cx.calls[at.call].timer = cx.wake_after(Delay::varying(wait), at);
            }
            Admission::Refused => {
                self.refused += u64::from(measured);
                cx.note(at, EventKind::COPY_REFUSED, 0);
            }
        }
        false
    }

    /// Sends the next copy, if it is admitted; if none is out or to come then, the failure before
    /// goes up.
    fn send_admitted<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        mut race: Race,
    ) -> Flow {
        if self.admits(cx, at, &mut race) {
            self.send(cx, at, &mut race);
        } else if let (0, false, Some((failed, _))) = (race.out, race.waits, race.failed) {
            return self.decide(cx, at, race, failed);
        }
        Self::keep(cx, at, race);
        Flow::Parked
    }

    /// Decides the outcome of the call, and dismisses the copies under way.
    fn decide<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        mut race: Race,
        outcome: Outcome,
    ) -> Flow {
        if std::mem::take(&mut race.waits) {
            cx.stop_start(at);
        }
        let out = race.under_way();
        if cx.calls[at.call].measured {
            self.lost += u64::from(out);
        }
        if out > 0 && self.policy.delays.vary() {
            for number in race.copies() {
                self.policy.cancel(cx.now() - Self::sent(cx, at, race, number));
            }
        }
        race.decided = Some(outcome);
        if out == 0 || self.losers != Losers::Await {
            self.policy.settle((at.instance, cx.now()), race, outcome);
        }
        Self::keep(cx, at, race);
        match self.losers {
            _ if out == 0 => Flow::Up(outcome),
            Losers::Cancel => Flow::Settle(outcome),
            Losers::Leave => Flow::Dismiss(Dismissal::LetGo),
            Losers::Await => Flow::Dismiss(Dismissal::Cancel),
        }
    }

    /// The copies under way are dismissed, and those that are awaited are left: goes up without
    /// any.
    fn dismissed<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        mut race: Race,
        decided: Outcome,
    ) -> Flow {
        if self.losers == Losers::Leave {
            return Flow::Up(decided);
        }
        let awaited = cx.calls.children(at.call);
        let awaited = awaited.fold(0, |out, copy| out | 1 << cx.calls[copy].port);
        let gone = Race { out: race.out & !awaited, ..race };
        for number in gone.copies() {
            self.policy.end_loser(at.instance, &mut race, number);
        }
        self.await_losers(cx, at, race, decided)
    }

    /// Goes up once no copy is awaited.
    fn await_losers<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        race: Race,
        decided: Outcome,
    ) -> Flow {
        if race.out == 0 {
            self.policy.settle((at.instance, cx.now()), race, decided);
            return Flow::Up(decided);
        }
        Self::keep(cx, at, race);
        Flow::Parked
    }
}

impl Mechanism for Hedge {
    const KIND: &'static str = "hedge";
    const WORDS: u32 = SENT + MOST;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: true };
    const BELOW: Below = Below::Copies;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// Sends the first copy.
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let entries = Self::race(cx, at).entries.wrapping_add(1);
        let mut race = self.policy.begin(at.instance, cx.now(), entries);
        let flow = self.send(cx, at, &mut race);
        Self::keep(cx, at, race);
        flow
    }

    /// Handles the end of a copy.
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        port: Port,
        outcome: Outcome,
    ) -> Flow {
        let mut race = Self::race(cx, at);
        let client = (at.instance, cx.now());
        if let Some(decided) = race.decided {
            self.policy.end_loser(at.instance, &mut race, port);
            return self.await_losers(cx, at, race, decided);
        }
        let sent = Self::sent(cx, at, race, port);
        let pushback = cx.take_pushback(at);
        let waited = race.waits;
        let copy = Copy { number: port, sent };
        match self.policy.end(client, &mut race, copy, (outcome, pushback)) {
            Verdict::Waits => {}
            Verdict::Next(next) => {
                if waited {
                    cx.stop_start(at);
                }
                match next {
                    Some(delay) if delay.duration().is_zero() => {
                        return self.send_admitted(cx, at, race);
                    }
                    Some(delay) => cx.calls[at.call].timer = cx.wake_after(delay, at),
                    None => {}
                }
            }
            Verdict::Decides(decided, of) => {
                if let (Some(asked), true) = (pushback, of == port) {
                    cx.push_back(at, asked);
                }
                race.waits = waited;
                let won = of > 0 && decided == Outcome::Success && cx.calls[at.call].measured;
                self.won += u64::from(won);
                return self.decide(cx, at, race, decided);
            }
        }
        Self::keep(cx, at, race);
        Flow::Parked
    }

    /// Sends the next copy after the delay, or goes on after the dismissal of copies.
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let race = Self::race(cx, at);
        match race.decided {
            Some(decided) => self.dismissed(cx, at, race, decided),
            None => self.send_admitted(cx, at, race),
        }
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        let race = Self::race(cx, at);
        if race.waits {
            cx.stop_start(at);
        }
        if race.decided.is_none() || self.losers == Losers::Await {
            self.policy.leave(at.instance, race);
        }
    }

    fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
        self.policy.backoff.fork(branch);
    }

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&COPIES, self.copies);
        into.count(&WON, self.won);
        into.count(&LOST, self.lost);
        if self.policy.budget.is_some() {
            into.count(&REFUSED, self.refused);
        }
        if self.policy.delays.vary() {
            let delay = self.policy.delays.present(cx.now());
            into.momentary(&DELAY, delay.map(Delay::duration));
        }
    }
}
