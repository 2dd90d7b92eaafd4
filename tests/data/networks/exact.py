"""Closed forms and Markov chains. Times in ms, rates a second where the name says so."""

import math
from collections import deque

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve
from scipy.stats import norm


def stationary(start, transitions):
    """Probabilities of the states that `start` reaches; transitions(state) yields (next, rate)."""
    index, rows, columns, rates = {start: 0}, [], [], []
    todo = deque([start])
    while todo:
        state = todo.popleft()
        here = index[state]
        for following, rate in transitions(state):
            if following not in index:
                index[following] = len(index)
                todo.append(following)
            rows += [index[following], here]
            columns += [here, here]
            rates += [rate, -rate]
    size = len(index)
    # One balance equation is redundant; the sum of all probabilities takes its place.
    keep = [(r, c, v) for r, c, v in zip(rows, columns, rates) if r != 0]
    keep += [(0, c, 1.0) for c in range(size)]
    r, c, v = map(np.array, zip(*keep))
    right = np.zeros(size)
    right[0] = 1.0
    p = spsolve(coo_matrix((v, (r, c)), shape=(size, size)).tocsc(), right)
    return [(state, p[i]) for state, i in index.items()]


def mean(probabilities, value):
    return sum(p * value(state) for state, p in probabilities)


def mm1(rate, service):
    mu = 1000.0 / service
    stay = 1000.0 / (mu - rate)
    return {"sojourn_mean_ms": stay, **exponential_quantiles(stay)}


def exponential_quantiles(scale, names=(("p50", 0.5), ("p95", 0.95), ("p99", 0.99))):
    return {f"sojourn_{name}_ms": -scale * math.log(1 - q) for name, q in names}


def gim1(transform, service):
    """GI/M/1 by its root: transform(s) is the Laplace transform of a gap, s per ms."""
    mu = 1.0 / service
    sigma = brentq(lambda x: transform(mu * (1 - x)) - x, 1e-12, 1 - 1e-9, xtol=1e-15)
    scale = service / (1 - sigma)
    return {"sigma": sigma, "prob_wait": sigma, "wait_mean_ms": sigma * scale,
            "sojourn_mean_ms": scale, **exponential_quantiles(scale)}


def round_robin(rate, replicas, service):
    """A replica sees every n-th of a Poisson stream: Erlang gaps."""
    step = rate / 1000.0
    return gim1(lambda s: (step / (step + s)) ** replicas, service)


def mean_field_two_choices(rho):
    tails = [rho ** (2 ** i - 1) for i in range(1, 40)]
    return {"mean_sojourn_over_service": sum(tails) / rho,
            **{f"s{i + 1}": tails[i] for i in range(4)}}


def shortest_of_two(rate, service, limit=110):
    """Join the shortest of two queues, ties at random."""
    lam, mu = rate / 1000.0, 1.0 / service

    def moves(state):
        a, b = state
        if a < limit and b < limit:
            if a == b:
                yield (a + 1, b), lam / 2
                yield (a, b + 1), lam / 2
            else:
                yield ((a + 1, b) if a < b else (a, b + 1)), lam
        if a:
            yield (a - 1, b), mu
        if b:
            yield (a, b - 1), mu

    p = stationary((0, 0), moves)
    inside = mean(p, sum)
    carried = lam * sum(q for (a, b), q in p if a < limit and b < limit)
    return {"sojourn_mean_ms": inside / carried, "prob_both_empty": dict(p)[(0, 0)]}


def fork_join_two(rate, service):
    rho = rate * service / 1000.0
    return (12 - rho) / 8 * service / (1 - rho)


def fan_out(n, service):
    """Maximum and minimum of n exponential times."""
    def quantile(q):
        return -service * math.log(1 - q ** (1 / n))
    return {"sojourn_mean_ms": service * sum(1 / k for k in range(1, n + 1)),
            "sojourn_sd_ms": service * math.sqrt(sum(1 / k ** 2 for k in range(1, n + 1))),
            "sojourn_p50_ms": quantile(0.5), "sojourn_p99_ms": quantile(0.99),
            "prob_any_leaf_above_leaf_p99": 1 - 0.99 ** n, "first_of_n_mean_ms": service / n}


def order_statistic_mean(n, k, service):
    """Mean of the k-th fastest of n exponential times."""
    return service * sum(1 / (n - i) for i in range(k))


def hedged_lognormal(median, sigma, quantile):
    """A second copy after the quantile of one; the first answer counts."""
    z = norm.ppf
    delay = median * math.exp(sigma * z(quantile))

    def above(t):
        return norm.sf(math.log(t / median) / sigma) if t > 0 else 1.0

    def both(t):
        return above(t) * (above(t - delay) if t > delay else 1.0)

    def at(q):
        return brentq(lambda t: both(t) - (1 - q), 1e-9, 1e6, xtol=1e-12)

    body = quad(both, 0, delay, epsabs=1e-12, epsrel=1e-12, limit=500)[0]
    tail = quad(lambda u: both(delay + math.expm1(u)) * math.exp(u), 0, 20, epsabs=1e-12,
                epsrel=1e-12, limit=1000)[0]
    return {"delay_ms": delay, "hedges_per_request": 1 - quantile, "sojourn_mean_ms": body + tail,
            "sojourn_p50_ms": at(0.5), "sojourn_p99_ms": at(0.99), "sojourn_p999_ms": at(0.999)}


def tandem(rate, services):
    """Two M/M/1 in a row: the time through both is a sum of two independent exponentials."""
    r1, r2 = (1.0 / s - rate / 1000.0 for s in services)

    def above(t):
        if abs(r1 - r2) < 1e-12:
            return math.exp(-r1 * t) * (1 + r1 * t)
        return (r2 * math.exp(-r1 * t) - r1 * math.exp(-r2 * t)) / (r2 - r1)

    def at(q):
        return brentq(lambda t: above(t) - (1 - q), 0, 1e6, xtol=1e-12)

    return {"sojourn_mean_ms": 1 / r1 + 1 / r2, "sojourn_p50_ms": at(0.5),
            "sojourn_p95_ms": at(0.95), "sojourn_p99_ms": at(0.99),
            "first.waiting_or_working_mean": rate / 1000.0 / r1,
            "second.waiting_or_working_mean": rate / 1000.0 / r2}


def mmc_sojourn(rate, slots, service):
    lam, mu = rate / 1000.0, 1.0 / service
    a = lam / mu
    last = a ** slots / math.factorial(slots) * slots / (slots - a)
    wait = last / (sum(a ** k / math.factorial(k) for k in range(slots)) + last)
    return service + wait / (slots * mu - lam)


def nested(tiers, rate=None, callers=None, think=None, limit=400):
    """Services in a chain, each holding its slot while it calls the next one.

    tiers: (name, slots, mean work), outermost first; the last one only works. A state counts what
    is at each tier, in line, working or calling. Open with `rate`, or closed with `callers`.
    """
    deep = len(tiers)
    most = callers or limit

    def parts(state):
        """What works at each tier: in a slot and not at the next tier."""
        in_slot = [min(n, slots) for n, (_, slots, _) in zip(state, tiers)]
        return in_slot, [in_slot[i] - (state[i + 1] if i + 1 < deep else 0) for i in range(deep)]

    def moves(state):
        _, working = parts(state)
        if state[0] < most:
            arrivals = rate / 1000.0 if rate else (callers - state[0]) / think
            yield (state[0] + 1, *state[1:]), arrivals
        for i, (_, _, service) in enumerate(tiers):
            if working[i] == 0:
                continue
            if i + 1 < deep:
                following = list(state)
                following[i + 1] += 1
            else:
                # The innermost work is the end of the whole chain of calls above it.
                following = [n - 1 for n in state]
            yield tuple(following), working[i] / service

    p = stationary((0,) * deep, moves)
    last = tiers[-1]
    through = mean(p, lambda s: min(s[-1], last[1])) / last[2]
    figures = {"sojourn_mean_ms": mean(p, lambda s: s[0]) / through,
               "throughput_per_s": 1000.0 * through}
    for i, (name, slots, _) in enumerate(tiers):
        busy = mean(p, lambda s: min(s[i], slots))
        figures[f"{name}.slots_busy_mean"] = busy
        figures[f"{name}.utilisation"] = busy / slots
        figures[f"{name}.in_flight_mean"] = mean(p, lambda s: s[i])
        figures[f"{name}.sojourn_mean_ms"] = figures[f"{name}.in_flight_mean"] / through
        figures[f"{name}.wait_mean_ms"] = mean(p, lambda s: max(s[i] - slots, 0)) / through
    assert sum(q for s, q in p if s[0] == most) < 1e-9 or callers, "truncated too early"
    return figures


def in_sequence(first, calls, rate, limit=400):
    """A service that works and then calls each of `calls` in turn, its slot held all the time."""
    name, slots, service = first

    def moves(state):
        n, at = state[0], state[1:]
        if n < limit:
            yield (n + 1, *at), rate / 1000.0
        working = min(n, slots) - sum(at)
        if working:
            yield (n, at[0] + 1, *at[1:]), working / service
        for i, (_, own, time) in enumerate(calls):
            if at[i] == 0:
                continue
            following = list(at)
            following[i] -= 1
            ends = i + 1 == len(calls)
            if not ends:
                following[i + 1] += 1
            yield (n - ends, *following), min(at[i], own) / time

    p = stationary((0,) * (1 + len(calls)), moves)
    lam = rate / 1000.0
    figures = {"sojourn_mean_ms": mean(p, lambda s: s[0]) / lam}
    busy = mean(p, lambda s: min(s[0], slots))
    figures[f"{name}.utilisation"] = busy / slots
    figures[f"{name}.wait_mean_ms"] = mean(p, lambda s: max(s[0] - slots, 0)) / lam
    for i, (called, own, _) in enumerate(calls):
        figures[f"{called}.utilisation"] = mean(p, lambda s: min(s[1 + i], own)) / own
        figures[f"{called}.sojourn_mean_ms"] = mean(p, lambda s: s[1 + i]) / lam
    return figures


def pollaczek(rate, first, second):
    """M/G/1: mean wait and sojourn from the first two moments of the service time."""
    lam = rate / 1000.0
    wait = lam * second / 2 / (1 - lam * first)
    return {"wait": wait, "sojourn": wait + first}


def sinkhole(rate, times, choice, limit=14):
    """Shares of replicas with unlimited slots under least request; times[0] fails fast."""
    lam, count = rate / 1000.0, len(times)

    def picks(state):
        if choice == "full_scan":
            least = [i for i in range(count) if state[i] == min(state)]
            return [(i, 1 / len(least)) for i in least]
        pairs = [(i, j) for i in range(count) for j in range(count)
                 if choice == "two_repeated" or i != j]
        return [(j if state[j] < state[i] else i, 1 / len(pairs)) for i, j in pairs]

    def moves(state):
        for i, share in picks(state):
            if state[i] < limit:
                yield tuple(n + (k == i) for k, n in enumerate(state)), lam * share
        for i, n in enumerate(state):
            if n:
                yield tuple(m - (k == i) for k, m in enumerate(state)), n / times[i]

    p = stationary((0,) * count, moves)
    rates = [mean(p, lambda s: s[i]) / times[i] for i in range(count)]
    return [r / sum(rates) for r in rates]


def redundancy(n, d, lam, mu=1.0):
    """Mean time of d copies to distinct replicas of n, all cancelled at the first completion."""
    return sum(1 / (n * mu * math.comb(n - 1, d - 1) / math.comb(i - 1, d - 1) - n * lam)
               for i in range(d, n + 1))


def retrial(rho, gamma, limit=400):
    """One slot, no line, refused calls come again after an exponential time; mu = 1."""
    def moves(state):
        busy, orbit = state
        if busy:
            yield (0, orbit), 1.0
            if orbit < limit:
                yield (1, orbit + 1), rho
        else:
            yield (1, orbit), rho
            if orbit:
                yield (1, orbit - 1), gamma * orbit

    p = stationary((0, 0), moves)
    return mean(p, lambda s: s[1])


def load_dependent(rate, service, slope, limit=400):
    """n in flight run at 1 / (1 + slope (n - 1)) each."""
    lam = rate / 1000.0

    def moves(n):
        if n < limit:
            yield n + 1, lam
        if n:
            yield n - 1, n / (1 + slope * (n - 1)) / service

    p = stationary(0, moves)
    inside = mean(p, lambda n: n)
    return {"mean_in_system": inside, "sojourn_mean_ms": inside / lam, "prob_empty": dict(p)[0]}


def load_dependent_failure(rate, service, full):
    """M/M/1 that refuses an arrival with probability n / full, n in the system before it."""
    lam = rate / 1000.0

    def moves(n):
        if n < full:
            yield n + 1, lam * (1 - n / full)
        if n:
            yield n - 1, 1 / service

    p = stationary(0, moves)
    inside, refused = mean(p, lambda n: n), mean(p, lambda n: n / full)
    return {"mean_in_system": inside, "fail_fraction": refused,
            "throughput_per_s": rate * (1 - refused), "utilization": 1 - dict(p)[0],
            "sojourn_mean_accepted_ms": inside / lam / (1 - refused)}


def outages(rate, service, up, down, limit=2500):
    """M/M/1 that is frozen now and then, whether busy or idle."""
    def moves(state):
        works, n = state
        if n < limit:
            yield (works, n + 1), rate / 1000.0
        yield (1 - works, n), 1 / (up if works else down)
        if works and n:
            yield (1, n - 1), 1 / service

    p = stationary((1, 0), moves)
    inside = mean(p, lambda s: s[1])
    return {"availability": mean(p, lambda s: s[0]), "mean_in_system": inside,
            "sojourn_mean_ms": inside / rate * 1000.0}


def consecutive_breaker(failures, p, rate, open_ms):
    """Opens after a run of failures; the first arrival after its open time is the only probe."""
    gap = 1000.0 / rate
    calls = (1 - p ** failures) / ((1 - p) * p ** failures)
    # A closed period, then openings until a probe succeeds; each lasts the open time and one gap.
    openings = 1 / (1 - p)
    closed = calls * gap
    dark = openings * (open_ms + gap)
    cycle = closed + dark
    rejected = openings * open_ms / gap
    probes_failed = openings * p
    failed_in_closed = calls * p
    arrivals = cycle / gap
    return {"mean_calls_to_trip": calls, "mean_cycle_ms": cycle,
            "fraction_rejected_by_breaker": rejected / arrivals,
            "fraction_failed_by_service": (failed_in_closed + probes_failed) / arrivals,
            "fraction_of_time_not_closed": dark / cycle,
            "closed_to_open_per_s": 1000.0 / cycle,
            "opens_incl_reopen_per_s": 1000.0 * openings / cycle}


def window_breaker(p, window=10, threshold=5):
    """Mean calls until a full sliding window holds `threshold` failures, and if it tumbles."""
    size = 1 << window
    rows, columns, values = list(range(size)), list(range(size)), [1.0] * size
    for state in range(size):
        for bad, chance in ((1, p), (0, 1 - p)):
            following = ((state << 1) | bad) & (size - 1)
            if bin(following).count("1") < threshold:
                rows.append(state)
                columns.append(following)
                values.append(-chance)
    left = spsolve(coo_matrix((values, (rows, columns)), shape=(size, size)).tocsc(), np.ones(size))
    sliding = float(window)
    for state in range(size):
        ones = bin(state).count("1")
        if ones < threshold:
            sliding += p ** ones * (1 - p) ** (window - ones) * left[state]
    trip = sum(math.comb(window, k) * p ** k * (1 - p) ** (window - k)
               for k in range(threshold, window + 1))
    return sliding, window / trip
