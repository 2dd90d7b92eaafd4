"""M/M/c with a longest wait D in line, exactly: the numbers of RENEGE-D-4 in cases.json.

Whoever finds c others works at the end of a line that the virtual wait V measures: the wait of
whoever would stay for ever. With a = lambda / mu and p_n = p_0 a^n / n! for n < c customers, its
density above 0 solves level crossing, v(x) = lambda p_(c-1) exp(-(c mu - lambda) x) up to D, where
everybody joins who will be served, and falls like exp(-c mu (x - D)) beyond, where nobody does
(Barrer 1957; Baccelli and Hebuterne 1981). A customer leaves exactly if V > D.

    python3 tests/data/reneging.py        # prints the figures, and an event-by-event check of them
"""

import heapq
import math
import random


def exact(rate, servers, mean, patience):
    mu, c = 1.0 / mean, servers
    a = rate / mu
    p = [a**n / math.factorial(n) for n in range(c)]
    at_zero, drift = rate * p[c - 1], c * mu - rate

    def up_to(x):  # the integral of exp(-drift t) from 0 to x
        return x if drift == 0 else (1 - math.exp(-drift * x)) / drift

    def weighted(x):  # the integral of t exp(-drift t) from 0 to x
        if drift == 0:
            return x * x / 2
        return (1 - math.exp(-drift * x) * (1 + drift * x)) / drift**2

    beyond = math.exp(-drift * patience) / (c * mu)
    total = sum(p) + at_zero * (up_to(patience) + beyond)
    leave = at_zero * beyond / total
    waits = at_zero * (up_to(patience) + beyond) / total
    served_wait = at_zero * weighted(patience) / total  # times the ratio that is served
    wait_all = served_wait + leave * patience
    return {
        "abandon_fraction": leave,
        "prob_wait_served": (waits - leave) / (1 - leave),
        "utilization": a * (1 - leave) / c,
        "throughput_per_s": rate * (1 - leave),
        "mean_queue_len": rate * wait_all,
        "wait_mean_served_ms": served_wait / (1 - leave) * 1e3,
    }


def simulated(rate, servers, mean, patience, customers, seed):
    draw = random.Random(seed)
    free = [0.0] * servers  # when each server will be free, of those that stay
    now, left, wait_sum = 0.0, 0, 0.0
    for _ in range(customers):
        now += draw.expovariate(rate)
        wait = max(free[0] - now, 0.0)
        if wait > patience:
            left += 1
            continue
        wait_sum += wait
        heapq.heapreplace(free, now + wait + draw.expovariate(1.0 / mean))
    return left / customers, wait_sum / (customers - left) * 1e3


if __name__ == "__main__":
    # The first is a case of its own, from another source: 0.334334546 leave.
    for case in [(150, 1, 0.010, 0.100), (450, 4, 0.010, 0.020)]:
        print(case, {name: float(f"{value:.9g}") for name, value in exact(*case).items()})
        print("   simulated: leave, wait of the served:", simulated(*case, 2_000_000, 1))
