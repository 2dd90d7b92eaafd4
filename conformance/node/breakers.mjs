// Breakers: calls that are admitted and end when the sequence says so, under a clock that is moved.

import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  ExponentialBackoff,
  handleAll,
  noJitterGenerator,
} from "cockatiel";
import CircuitBreaker from "opossum";

const MS = 1_000_000;

class Excluded extends Error {}

// Promises are resolved by now; timers are not touched.
const settle = async () => {
  for (let turn = 0; turn < 12; turn += 1) await null;
};

// Answers of a breaker: `call` begins one, which runs `action` if it is admitted.
async function play(sequence, clock, { call, isClosed, mayAsk = () => true }) {
  const answers = [];
  const underWay = new Map();
  let now = 0;
  for (const [index, step] of sequence.steps.entries()) {
    const [[kind, value]] = Object.entries(step);
    const at = (kind === "call" ? value : value[0]) / MS;
    clock.tick(at - now);
    now = at;
    if (kind === "call") {
      if (mayAsk()) {
        const action = () =>
          new Promise((resolve, reject) => underWay.set(index, { resolve, reject }));
        call(action).catch(() => {});
        await settle();
      }
      answers.push(underWay.has(index));
      continue;
    }
    const ends = underWay.get(value[1]);
    if (!ends) {
      answers.push(null);
      continue;
    }
    underWay.delete(value[1]);
    if (kind === "succeeds") ends.resolve();
    else ends.reject(kind === "ignored" ? new Excluded() : new Error("failure"));
    await settle();
    answers.push(isClosed());
  }
  return answers;
}

export async function opossum(sequence, clock) {
  const { settings } = sequence;
  const breaker = new CircuitBreaker((action) => action(), {
    timeout: false,
    resetTimeout: settings.open_ms,
    errorThresholdPercentage: settings.percent,
    rollingCountTimeout: settings.bucket_ms * settings.buckets,
    rollingCountBuckets: settings.buckets,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    volumeThreshold: settings.minimum,
    errorFilter: (error) => error instanceof Excluded,
  });
  const answers = await play(sequence, clock, {
    call: (action) => breaker.fire(action),
    isClosed: () => breaker.closed,
  });
  breaker.shutdown();
  return answers;
}

export async function cockatiel(sequence, clock) {
  const { settings } = sequence;
  const breaker = settings.in_a_row
    ? new ConsecutiveBreaker(settings.in_a_row)
    : new CountBreaker({
        threshold: settings.rate,
        size: settings.size,
        minimumNumberOfCalls: settings.minimum,
      });
  const halfOpenAfter = settings.grows
    ? new ExponentialBackoff({
        initialDelay: settings.open_ms,
        maxDelay: 8 * settings.open_ms,
        exponent: 2,
        generator: noJitterGenerator,
      })
    : settings.open_ms;
  const policy = circuitBreaker(handleAll, { breaker, halfOpenAfter });
  return play(sequence, clock, {
    call: (action) => policy.execute(action),
    isClosed: () => policy.state === CircuitState.Closed,
    // A call that comes while the probe is under way waits for its result; here it is refused.
    mayAsk: () => policy.state !== CircuitState.HalfOpen,
  });
}
