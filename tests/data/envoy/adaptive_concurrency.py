#!/usr/bin/env python3
"""Writes adaptive_concurrency.jsonl: what Envoy's gradient controllers do with random samples.

Envoy is in no registry, so this follows its source function by function, with its timers as events:
source/extensions/filters/http/adaptive_concurrency/controller/gradient_controller.cc at commit
c35f67fb14e4 and pinned_gradient_controller.cc at 0df12470ae47 of envoyproxy/envoy, and for the
histogram openhistogram/libcircllhist, src/circllhist.c. Each function here names the one there.
Jitter is 0: there it is random. Where both timers are due at once the update comes first.

    tests/data/envoy/adaptive_concurrency.py > tests/data/envoy/adaptive_concurrency.jsonl
"""
import json
import math
import random

MS = 1_000_000


def bucket(value):
    """double_to_hist_bucket: (exponent, two digits), for whole numbers from 0."""
    if value == 0:
        return (0, 0)
    exponent = math.floor(math.log10(value))
    value = value / 10.0**exponent * 10
    digits = math.floor(value + 1e-13)
    if digits == 100:
        digits, exponent = 10, exponent + 1
    return (exponent, digits)


def left(of):
    """hist_bucket_left."""
    exponent, digits = of
    return digits / 10.0 * 10.0**exponent


def width(of):
    """hist_bucket_to_double_bin_width."""
    exponent, digits = of
    return 0.0 if digits == 0 else 10.0**exponent / 10.0


def approx_quantile(buckets, q):
    """hist_approx_quantile, of one quantile."""
    bins = sorted(buckets.items(), key=lambda of: left(of[0]))
    rank = float(sum(count for _, count in bins)) * q
    lower, upper, index = 0.0, float(bins[0][1]), 0
    while index < len(bins) - 1 and upper < rank:
        index += 1
        lower, upper = upper, upper + bins[index][1]
    at, wide = left(bins[index][0]), width(bins[index][0])
    if lower == rank:
        return at
    if upper == rank:
        return at + wide
    return at if wide == 0 else at + (rank - lower) / (upper - lower) * wide


class Controller:
    """GradientController, or with `min_rtt` PinnedGradientController. Times in nanoseconds."""

    def __init__(self, of):
        self.of = of
        self.histogram = {}
        self.limit = of["min"]
        self.deferred = 0
        self.epoch = 0
        self.consecutive = 0
        self.min_rtt = of.get("min_rtt_ns", 0)
        self.measurement_timer = None
        self.update_timer = of["update_ns"]
        if "measure_ns" in of:
            self.enter_min_rtt_sampling_window(0)

    def enter_min_rtt_sampling_window(self, now):
        if self.deferred > 0:
            return
        self.deferred = self.limit
        self.update_concurrency_limit(self.of["min"], now)
        self.histogram.clear()
        self.epoch = now

    def update_min_rtt(self, now):
        samples = sum(self.histogram.values())
        if self.deferred == 0 or samples < self.of["requests"]:
            return
        self.min_rtt = self.process_latency_samples_and_clear()
        self.update_concurrency_limit(self.deferred, now)
        self.deferred = 0
        self.measurement_timer = now + self.of["measure_ns"]
        self.update_timer = now + self.of["update_ns"]

    def reset_sample_window(self, now):
        if not self.histogram:
            return
        sample_rtt = self.process_latency_samples_and_clear()
        self.update_concurrency_limit(self.calculate_new_limit(sample_rtt), now)

    def process_latency_samples_and_clear(self):
        quantile = approx_quantile(self.histogram, self.of["percentile"])
        self.histogram.clear()
        return int(quantile) * 1000

    def calculate_new_limit(self, sample_rtt):
        buffered = self.min_rtt + self.min_rtt * self.of["buffer"]
        # A division of doubles; std::min(2.0, ..) makes 2 of infinity and of 0 / 0.
        raw = buffered / sample_rtt if sample_rtt else math.inf
        gradient = max(0.5, min(2.0, raw))
        limit = self.limit * gradient
        new = int(limit + math.sqrt(limit))
        return max(self.of["min"], min(self.of["max"], new))

    def update_concurrency_limit(self, new, now):
        old, self.limit = self.limit, new
        least = self.of["min"]
        if self.deferred == 0 and old == least and new == least:
            self.consecutive += 1
        else:
            self.consecutive = 0
        if self.consecutive >= 5 and "measure_ns" in self.of:
            self.measurement_timer = now

    def timers(self, now):
        """Fires what is due until now; the callbacks of the constructor."""
        while True:
            due = [(self.update_timer, 0), (self.measurement_timer, 1)]
            due = [of for of in due if of[0] is not None and of[0] <= now]
            if not due:
                return
            at, which = min(due)
            if which == 1:
                self.measurement_timer = None
                self.enter_min_rtt_sampling_window(at)
            elif self.deferred > 0:
                self.update_timer = None
            else:
                self.update_timer = None
                self.reset_sample_window(at)
                self.update_timer = at + self.of["update_ns"]

    def record_latency_sample(self, start, now):
        if start < self.epoch:
            return
        of = bucket((now - start) // 1000)
        self.histogram[of] = self.histogram.get(of, 0) + 1
        if "measure_ns" in self.of:
            self.update_min_rtt(now)


def sequence(dice, pinned):
    least = dice.choice([1, 3, 3, 10])
    of = {
        "min": least,
        "max": dice.choice([1000, 1000, 20, 10]),
        "percentile": dice.choice([0.5, 0.5, 0.9, 0, 1]),
        "buffer": dice.choice([0.25, 0, 0.5]),
        "update_ns": dice.choice([100, 100, 10, 1000]) * MS,
    }
    envoy = {
        "min": of["min"], "max": of["max"], "percentile": of["percentile"],
        "buffer": of["buffer"], "update_interval": f"{of['update_ns']}ns",
    }
    if pinned:
        of["min_rtt_ns"] = dice.choice([10, 1, 25]) * MS
        envoy["min_rtt"] = f"{of['min_rtt_ns']}ns"
    else:
        of["measure_ns"] = dice.choice([1, 3, 10]) * of["update_ns"] * dice.choice([1, 5])
        of["requests"] = dice.choice([50, 1, 3, 10])
        envoy["measure_every"] = f"{of['measure_ns']}ns"
        envoy["requests"], envoy["jitter"] = of["requests"], 0
    controller = Controller(of)
    steps, answers = [], []
    now, base, spread = MS, 10 * MS, 1.0
    while len(steps) < 120:
        if dice.randrange(15) == 0:
            base = dice.choice([1_000, 999, 7_000, MS, 10 * MS, 10 * MS, 25 * MS, 100 * MS])
            spread = dice.choice([0.0, 0.2, 1.0, 3.0])
        every = of["update_ns"]
        # The same instant, the next update, a nanosecond to either side of it, or any.
        to_next = every - now % every
        ahead = dice.choice(
            [0, to_next, to_next - 1, to_next + 1, dice.randrange(every), dice.randrange(every // 9),
             dice.randrange(3 * every)])
        now += ahead
        rtt = max(1, min(now, int(base * (1 + spread * dice.random()))))
        controller.timers(now)
        controller.record_latency_sample(now - rtt, now)
        steps.append({"sample": [now - rtt, rtt, 1, False]})
        answers.append({"limit": controller.limit})
    limit = {"algorithm": {"EnvoyGradient": envoy}, "dropped": [], "ignored": []}
    return {"mechanism": {"AdaptiveLimit": limit}, "settings": {}, "steps": steps,
            "answers": answers}


def main():
    dice = random.Random(20261129)
    for number in range(24):
        print(json.dumps(sequence(dice, number % 3 == 2), separators=(",", ":")))


if __name__ == "__main__":
    main()
