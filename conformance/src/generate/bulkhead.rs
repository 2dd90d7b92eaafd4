//! Sequences for bulkheads: calls that come and end, with phases in which they become many and in
//! which they become few.

use serde_json::{Value, json};

use super::{Dice, MS};
use crate::play::{Sequence, Step};

/// What a library's bulkhead is asked.
#[derive(Clone, Copy)]
struct Menu {
    /// Time that matters, in nanoseconds.
    period: u64,
    /// Grain of instants.
    grain: u64,
    /// Calls that fit in, waiting ones included.
    room: u64,
    /// True if callers give up, too.
    leaves: bool,
}

fn sequence(
    dice: &mut Dice,
    steps: usize,
    (bulkhead, settings): (Value, Value),
    menu: Menu,
) -> Sequence {
    let mut made = Vec::with_capacity(steps);
    let mut under_way: Vec<usize> = Vec::new();
    let (mut now, mut level) = (0, menu.room);
    while made.len() < steps {
        if dice.below(12) == 0 {
            level = dice.pick(&[0, 1, menu.room, menu.room + 2, menu.room + 5]);
        }
        now = dice.later(now, menu.period, menu.grain);
        let more = ((under_way.len() as u64) < level) != (dice.below(6) == 0);
        if under_way.is_empty() || more {
            under_way.push(made.len());
            made.push(Step::Call(now));
            continue;
        }
        // The oldest are inside and the youngest wait, so both ends are as likely as the rest.
        let place = match dice.below(3) {
            0 => 0,
            1 => under_way.len() - 1,
            _ => dice.below(under_way.len() as u64) as usize,
        };
        let call = under_way[place];
        // A call that waits cannot end, so it may be named again.
        if dice.below(8) > 0 {
            under_way.remove(place);
        }
        made.push(match menu.leaves && dice.below(4) == 0 {
            true => Step::Leaves(now, call),
            false => Step::Succeeds(now, call),
        });
    }
    let mechanism = serde_json::from_value(json!({"Bulkhead": bulkhead})).expect("a specification");
    Sequence { mechanism, settings, steps: made, answers: Vec::new() }
}

/// A semaphore whose callers wait for a permit, no longer than one of these times.
fn semaphore(dice: &mut Dice, steps: usize, waits: &[u64], leaves: bool) -> Sequence {
    let permits = dice.pick(&[1, 2, 3, 5]);
    let max_wait = dice.pick(waits);
    let bulkhead = json!({"permits": permits, "max_wait": format!("{max_wait}ns")});
    let settings = json!({"permits": permits, "max_wait_ns": max_wait});
    let menu = Menu { period: max_wait.max(MS), grain: MS, room: permits + 4, leaves };
    sequence(dice, steps, (bulkhead, settings), menu)
}

/// resilience4j's `SemaphoreBulkhead`, which waits in whole milliseconds.
pub(crate) fn resilience4j(dice: &mut Dice, steps: usize) -> Sequence {
    semaphore(dice, steps, &[0, MS, 10 * MS, 25 * MS, 100 * MS], false)
}

/// failsafe-go's: a wait that ends at the very instant of a step ends before or after it.
pub(crate) fn failsafe_go(dice: &mut Dice, steps: usize) -> Sequence {
    semaphore(dice, steps, &[0, MS - 1, MS + 1, 10 * MS - 1, 100 * MS + 1], true)
}

/// tower's `ConcurrencyLimit`, under which calls wait without limit, or its `LoadShed` around it.
pub(crate) fn tower(dice: &mut Dice, steps: usize) -> Sequence {
    let permits = dice.pick(&[1, 2, 3, 5]);
    let sheds = dice.below(2) == 0;
    let queue = if sheds { json!(0) } else { json!("unlimited") };
    let bulkhead = json!({"permits": permits, "queue": queue});
    let settings = json!({"permits": permits, "sheds": sheds});
    let menu = Menu { period: MS, grain: 1, room: permits + 4, leaves: true };
    sequence(dice, steps, (bulkhead, settings), menu)
}

/// bottleneck with `maxConcurrent`, `highWater` and the strategy `OVERFLOW`.
pub(crate) fn bottleneck(dice: &mut Dice, steps: usize) -> Sequence {
    let permits = dice.pick(&[1, 2, 3, 5]);
    let queue = dice.pick(&[0, 1, 2, 5]);
    let bulkhead = json!({"permits": permits, "queue": queue});
    let settings = json!({"permits": permits, "high_water": queue});
    let menu = Menu { period: MS, grain: MS, room: permits + queue, leaves: false };
    sequence(dice, steps, (bulkhead, settings), menu)
}

/// A thread pool: threads up to a core, a queue, threads beyond the core.
pub(crate) fn thread_pool(dice: &mut Dice, steps: usize) -> Sequence {
    let core = dice.pick(&[1, 2, 3]);
    let most = core + dice.pick(&[0, 1, 2, 5]);
    let queue = dice.pick(&[0, 1, 2, 5]);
    let keep_alive = dice.pick(&[20, 4, 100]);
    let bulkhead = json!({
        "permits": core, "max_permits": most, "queue": queue,
        "keep_alive": format!("{keep_alive}ms"),
    });
    let settings = json!({"core": core, "max": most, "queue": queue, "keep_alive_ms": keep_alive});
    // Several steps within the time that a thread is kept.
    let (period, room) = (keep_alive * MS / 4, most + queue);
    let menu = Menu { period, grain: MS, room, leaves: false };
    sequence(dice, steps, (bulkhead, settings), menu)
}
