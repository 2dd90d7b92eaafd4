//! tower's hedge, asked in this process.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tower::hedge::{Hedge, Policy};
use tower::{Service, ServiceExt, service_fn};

use crate::play::{Answer, Sequence, Step};

/// A copy of a call: both numbers.
type Copy = (usize, u32);

/// The only copy beside the first.
#[derive(Clone)]
struct Always;

impl Policy<Copy> for Always {
    fn clone_request(&self, &(call, _): &Copy) -> Option<Copy> {
        Some((call, 1))
    }

    fn can_retry(&self, _: &Copy) -> bool {
        true
    }
}

/// What the service is asked and the callers are answered, and the answers that are due.
#[derive(Default)]
struct Told {
    sent: Vec<[u64; 3]>,
    over: Vec<[u64; 3]>,
    out: BTreeMap<Copy, oneshot::Sender<bool>>,
}

type Answered = Pin<Box<dyn Future<Output = Result<Copy, Failed>>>>;

/// The copy that failed.
#[derive(Debug)]
struct Failed(Copy);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "copy {:?} failed", self.0)
    }
}

impl std::error::Error for Failed {}

pub(crate) fn tower(_: &str, sequences: &mut [Sequence]) -> Result<(), String> {
    for sequence in sequences {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .map_err(|why| why.to_string())?;
        let local = tokio::task::LocalSet::new();
        sequence.answers = local.block_on(&runtime, answers(sequence));
    }
    Ok(())
}

/// Copies whose time has come are sent before a copy that ends at the same instant.
async fn answers(sequence: &Sequence) -> Vec<Answer> {
    let settings = &sequence.settings;
    let number = |name: &str| settings[name].as_u64().expect("a number");
    let quantile = settings["quantile"].as_f64().expect("a number") as f32;
    let period = Duration::from_millis(number("period_ms"));
    let start = Instant::now();
    let told = Rc::new(RefCell::new(Told::default()));
    let ns = move || (Instant::now() - start).as_nanos() as u64;
    let books = told.clone();
    let service = service_fn(move |copy: Copy| -> Answered {
        let (answer, answered) = oneshot::channel();
        let mut books = books.borrow_mut();
        books.sent.push([copy.0 as u64, u64::from(copy.1), ns()]);
        books.out.insert(copy, answer);
        Box::pin(async move {
            let succeeds = answered.await.unwrap_or(false);
            if succeeds { Ok(copy) } else { Err(Failed(copy)) }
        })
    });
    let mut hedge = Hedge::new(service, Always, number("minimum"), quantile, period);
    let mut answers = Vec::with_capacity(sequence.steps.len());
    for (index, step) in sequence.steps.iter().enumerate() {
        let at = match step {
            Step::Call(at) => *at,
            Step::Ends(end) => end.at,
            _ => panic!("hedges see copies end"),
        };
        tokio::time::sleep_until(start + Duration::from_nanos(at)).await;
        settle().await;
        match step {
            Step::Ends(end) => {
                let answer = told.borrow_mut().out.remove(&(end.call, end.copy));
                // Nobody listens to a copy of a call that is over.
                answer.map(|answer| answer.send(end.outcome.is_none()));
            }
            _ => {
                let ready = hedge.ready().await.expect("it is always ready");
                let call = ready.call((index, 0));
                let told = told.clone();
                tokio::task::spawn_local(async move {
                    let copy = call.await.unwrap_or_else(|why| {
                        why.downcast::<Failed>().expect("it fails as its copies do").0
                    });
                    told.borrow_mut().over.push([copy.0 as u64, u64::from(copy.1), ns()]);
                });
            }
        }
        settle().await;
        let mut told = told.borrow_mut();
        let (mut sent, mut over) = (std::mem::take(&mut told.sent), std::mem::take(&mut told.over));
        sent.sort_unstable();
        over.sort_unstable();
        answers.push(Answer::Hedge { sent, over });
    }
    answers
}

/// Lets all tasks of this instant run.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}
