// bottleneck: jobs that are held until the sequence ends them, under a clock that is moved.

import Bottleneck from "bottleneck";

const MS = 1_000_000;

// Promises are resolved by now, and timers that are due fire.
const settle = async (clock) => {
  for (let turn = 0; turn < 40; turn += 1) {
    await null;
    clock.tick(0);
  }
};

export async function concurrency(sequence, clock) {
  const { settings, steps } = sequence;
  const limiter = new Bottleneck({
    maxConcurrent: settings.permits,
    highWater: settings.high_water,
    strategy: Bottleneck.strategy.OVERFLOW,
  });
  const inside = new Map();
  const answers = [];
  let now = 0;
  let told;
  for (const [index, step] of steps.entries()) {
    const at = step.call ?? step.succeeds[0];
    told = { starts: [], refused: [] };
    clock.tick((at - now) / MS);
    now = at;
    if (step.call !== undefined) {
      const waited = () => [index, now - at];
      const job = () =>
        new Promise((resolve) => {
          inside.set(index, resolve);
          told.starts.push(waited());
        });
      limiter.schedule(job).catch(() => told.refused.push(waited()));
    } else {
      inside.get(step.succeeds[1])?.();
      inside.delete(step.succeeds[1]);
    }
    await settle(clock);
    answers.push(told);
  }
  return answers;
}
