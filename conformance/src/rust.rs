//! Libraries of Rust, asked in this process.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, Ready, pending, ready};
use std::num::NonZeroU32;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};
use serde_json::Value;
use tower::limit::{ConcurrencyLimit, RateLimit, rate::Rate};
use tower::load_shed::LoadShed;
use tower::retry::budget::{Budget, TpsBudget};
use tower::util::Oneshot;
use tower::{Service, ServiceExt, service_fn};

use crate::play::{Answer, Sequence, Step};

fn setting(settings: &Value, name: &str) -> u64 {
    settings[name].as_u64().unwrap_or_else(|| panic!("no setting {name}"))
}

fn instant(step: &Step) -> u64 {
    let Step::Call(at) = *step else { panic!("a rate limit knows no results") };
    at
}

pub(crate) fn governor(_: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    for sequence in sequences {
        let settings = &sequence.settings;
        let burst = NonZeroU32::new(setting(settings, "burst") as u32).expect("at least 1");
        let every = Duration::from_nanos(setting(settings, "every_ns"));
        let quota = Quota::with_period(every).expect("above 0").allow_burst(burst);
        let clock = FakeRelativeClock::default();
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
        let mut now = 0;
        let mut answer = |step: &Step| {
            let at = instant(step);
            clock.advance(Duration::from_nanos(at - now));
            now = at;
            if limiter.check().is_ok() { Answer::Passes(0) } else { Answer::No }
        };
        sequence.answers = sequence.steps.iter().map(&mut answer).collect();
    }
    Ok(())
}

/// Calls wait in the order of their arrival, as behind tower's `Buffer`: the next asks when the
/// one before has passed.
pub(crate) fn tower(_: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    for sequence in sequences {
        let settings = &sequence.settings;
        let window = Duration::from_nanos(setting(settings, "window_ns"));
        let rate = Rate::new(setting(settings, "limit"), window);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .map_err(|why| why.to_string())?;
        let steps = sequence.steps.clone();
        sequence.answers = runtime.block_on(async move {
            let start = tokio::time::Instant::now();
            let service = service_fn(|(): ()| -> Ready<Result<(), Infallible>> { ready(Ok(())) });
            let mut limit = RateLimit::new(service, rate);
            let mut answers = Vec::with_capacity(steps.len());
            for step in &steps {
                let arrived = start + Duration::from_nanos(instant(step));
                tokio::time::sleep_until(arrived).await;
                let Ok(limit) = limit.ready().await;
                let wait = tokio::time::Instant::now() - arrived;
                let mut call = pin!(limit.call(()));
                let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert!(matches!(polled, Poll::Ready(Ok(()))), "the service answers at once");
                answers.push(Answer::Passes(wait.as_nanos() as u64));
            }
            answers
        });
    }
    Ok(())
}

/// A call with the number of its step.
type Numbered<S> = (usize, Pin<Box<Oneshot<S, ()>>>);

/// Calls that are under a `ConcurrencyLimit`, or wait for it.
struct Limited<S: Service<()>> {
    waiting: Vec<Numbered<S>>,
    inside: Vec<Numbered<S>>,
}

/// Calls of tower's limits, which are polled by hand. A call has begun when the service that the
/// limit encloses is called.
pub(crate) fn tower_limit(_: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    for sequence in sequences {
        let permits = setting(&sequence.settings, "permits") as usize;
        let begun = Rc::new(Cell::new(0));
        let counter = Rc::clone(&begun);
        let held = service_fn(move |(): ()| {
            counter.set(counter.get() + 1);
            pending::<Result<(), Infallible>>()
        });
        let limit = ConcurrencyLimit::new(held, permits);
        let steps = &sequence.steps;
        sequence.answers = match sequence.settings["sheds"] == true {
            true => limited(LoadShed::new(limit), steps, &begun),
            false => limited(limit, steps, &begun),
        };
    }
    Ok(())
}

fn limited<S: Service<()> + Clone>(limit: S, steps: &[Step], begun: &Cell<usize>) -> Vec<Answer> {
    let mut calls = Limited { waiting: Vec::new(), inside: Vec::new() };
    let arrived = |call: usize| match steps[call] {
        Step::Call(at) => at,
        _ => panic!("a call comes at its step"),
    };
    let mut answer = |(index, step): (usize, &Step)| {
        let now = match *step {
            Step::Call(at) => {
                calls.waiting.push((index, Box::pin(limit.clone().oneshot(()))));
                at
            }
            Step::Succeeds(at, call) => {
                calls.inside.retain(|(of, _)| *of != call);
                at
            }
            Step::Leaves(at, call) => {
                calls.inside.retain(|(of, _)| *of != call);
                calls.waiting.retain(|(of, _)| *of != call);
                at
            }
            _ => panic!("a limit knows calls and their ends"),
        };
        let (mut starts, mut refused) = (Vec::new(), Vec::new());
        for (call, mut future) in std::mem::take(&mut calls.waiting) {
            let before = begun.get();
            let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let told = (call, now - arrived(call));
            if begun.get() > before {
                starts.push(told);
                calls.inside.push((call, future));
            } else if polled.is_ready() {
                refused.push(told);
            } else {
                calls.waiting.push((call, future));
            }
        }
        Answer::Goes { starts, refused }
    };
    steps.iter().enumerate().map(&mut answer).collect()
}

/// A budget of retries, as a policy uses it: a success deposits, and a failure asks for a retry.
pub(crate) fn tower_budget(_: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    for sequence in sequences {
        let settings = &sequence.settings;
        let ttl = Duration::from_secs(setting(settings, "ttl_s"));
        let ratio = settings["ratio"].as_f64().expect("a ratio") as f32;
        let per_s = setting(settings, "per_s") as u32;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .map_err(|why| why.to_string())?;
        let steps = sequence.steps.clone();
        sequence.answers = runtime.block_on(async move {
            let mut now = 0;
            let budget = TpsBudget::new(ttl, per_s, ratio);
            let mut ended = vec![true; steps.len()];
            let mut answers = Vec::with_capacity(steps.len());
            for (index, step) in steps.iter().enumerate() {
                let end = match *step {
                    Step::Call(_) => {
                        ended[index] = false;
                        answers.push(Answer::Passes(0));
                        continue;
                    }
                    Step::Ends(end) => end,
                    _ => panic!("retries see tries end"),
                };
                // A sleep would end at a whole millisecond of the timer's own.
                tokio::time::advance(Duration::from_nanos(end.at - now)).await;
                now = end.at;
                let again = match end.outcome {
                    _ if ended[end.call] => false,
                    Some(_) => budget.withdraw(),
                    None => {
                        budget.deposit();
                        false
                    }
                };
                ended[end.call] |= !again;
                answers.push(if again { Answer::Passes(0) } else { Answer::No });
            }
            answers
        });
    }
    Ok(())
}
