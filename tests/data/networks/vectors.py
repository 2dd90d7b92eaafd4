"""Picks of balancers as inputs and answers, after the rules that their sources document."""

import math


def n_choices():
    """Envoy: hosts drawn independently, perhaps the same twice; fewer active wins, a tie keeps
    the one that was drawn first."""
    rows = []
    for active, draws in (([3, 1, 2], [0, 1]), ([3, 1, 2], [0, 2]), ([3, 1, 2], [1, 2]),
                          ([3, 1, 2], [0, 0]), ([2, 2, 2], [2, 0]), ([2, 2, 2], [0, 2]),
                          ([0, 5], [1, 1]), ([0, 5], [1, 0]), ([4, 3, 2, 1], [0, 1, 2]),
                          ([4, 1, 1, 1], [3, 2, 1])):
        best = draws[0]
        for host in draws[1:]:
            if active[host] < active[best]:
                best = host
        rows.append({"active": active, "draws": draws, "pick": best})
    return rows


def full_scan():
    """Fewest active of all; every tied host is equally likely."""
    return [{"active": active,
             "ratios": [(n == min(active)) / active.count(min(active)) for n in active]}
            for active in ([3, 1, 2], [1, 1, 2], [0, 0, 0, 0], [5], [2, 1, 1])]


def pick_ratios():
    """How often each host is picked while the counts stand still, two drawn with repetition and
    two distinct."""
    rows = []
    for active in ([0, 1], [1, 1], [3, 1, 2], [0, 0, 7]):
        n = len(active)
        row = {"active": active}
        for name, repeated in (("repeated", True), ("distinct", False)):
            pairs = [(i, j) for i in range(n) for j in range(n) if repeated or i != j]
            picks = [j if active[j] < active[i] else i for i, j in pairs]
            row[name] = [picks.count(host) / len(pairs) for host in range(n)]
        rows.append(row)
    return rows


def dynamic_weights():
    """Envoy, unequal weights: weight / (active + 1) ^ bias enters a weighted round robin."""
    return [{"weight": weight, "active": active, "bias": bias,
             "effective": weight / (active + 1) ** bias}
            for weight, active, bias in ((1, 0, 1.0), (1, 1, 1.0), (3, 2, 1.0), (10, 4, 0.5),
                                         (10, 4, 0.0), (10, 4, 2.0))]


def round_robin():
    return [{"replicas": n, "first": first, "calls": calls,
             "picks": [(first + k) % n for k in range(calls)]}
            for n, first, calls in ((3, 0, 7), (3, 2, 4), (1, 0, 3))]


def smooth_weighted():
    """nginx: every host gains its weight, the highest is picked (the first on a tie) and pays the
    sum of all weights."""
    rows = []
    for weights in ([5, 1, 1], [3, 2, 1], [1, 1], [4, 2]):
        credit, picks = [0] * len(weights), []
        for _ in range(sum(weights)):
            credit = [c + w for c, w in zip(credit, weights)]
            best = credit.index(max(credit))
            credit[best] -= sum(weights)
            picks.append(best)
        rows.append({"weights": weights, "picks": picks})
    return rows


def earliest_deadline():
    """Weighted round robin by deadlines: a host is due 1 / weight after it was last due; what is
    due earliest goes, on a tie what waits longer in the schedule."""
    rows = []
    for weights in ([2, 1], [4, 2, 1], [1, 1, 1]):
        due = [(1 / w, order, host) for order, (host, w) in enumerate(enumerate(weights))]
        order, picks = len(weights), []
        for _ in range(2 * sum(weights)):
            due.sort()
            at, _, host = due.pop(0)
            due.append((at + 1 / weights[host], order, host))
            order += 1
            picks.append(host)
        rows.append({"weights": weights, "picks": picks})
    return rows


class Peak:
    """A host's cost after Finagle; with a default round trip time, after tower and Linkerd."""

    def __init__(self, decay, default=0.0):
        self.decay, self.cost, self.at, self.pending = decay, default, 0.0, 0
        self.default = default

    def observe(self, now, rtt):
        keep = math.exp(-(now - self.at) / self.decay)
        self.cost = rtt if rtt > self.cost else self.cost * keep + rtt * (1 - keep)
        self.at = now

    def load(self, now):
        self.observe(now, 0.0)
        if self.default == 0.0 and self.cost == 0.0 and self.pending:
            return (2 ** 63 - 1 >> 16) / 1e6 + self.pending / 1e6
        return self.cost * (self.pending + 1)


def peak_ewma():
    """Times in ms. `load` is read at once after the step; reading decays the cost, too."""
    scripts = {
        "finagle": (10000.0, 0.0, [(0, "read", 0), (0, "start", 0), (0, "read", 0),
                                   (50, "end", 50), (50, "read", 0), (1050, "read", 0),
                                   (1050, "start", 0), (1060, "start", 0), (1070, "end", 20),
                                   (1070, "read", 0), (1360, "end", 300), (1360, "read", 0),
                                   (11360, "read", 0)]),
        "tower": (1000.0, 20.0, [(0, "read", 0), (100, "read", 0), (100, "start", 0),
                                 (200, "start", 0), (300, "read", 0), (500, "end", 400),
                                 (500, "read", 0), (600, "end", 400), (600, "read", 0),
                                 (1600, "read", 0)]),
        "linkerd": (10000.0, 30.0, [(0, "read", 0), (0, "start", 0), (1, "end", 1),
                                    (1, "read", 0), (5001, "read", 0)]),
    }
    rows = []
    for name, (decay, default, script) in scripts.items():
        host, steps = Peak(decay, default), []
        for now, what, rtt in script:
            step = {"at_ms": now, "step": what}
            if what == "start":
                host.pending += 1
            elif what == "end":
                host.pending -= 1
                host.observe(now, rtt)
                step["rtt_ms"] = rtt
            else:
                step["load_ms"] = host.load(now)
            steps.append(step)
        rows.append({"rule": name, "decay_ms": decay, "default_rtt_ms": default, "steps": steps})
    picks = []
    for costs, pending, draws in (([10, 30], [2, 0], [0, 1]), ([10, 30], [1, 0], [0, 1]),
                                  ([10, 20], [1, 0], [1, 0]), ([1, 100], [9, 0], [1, 0])):
        loads = [c * (p + 1) for c, p in zip(costs, pending)]
        one, other = draws
        picks.append({"cost_ms": costs, "pending": pending, "draws": draws, "load_ms": loads,
                      "pick": other if loads[other] < loads[one] else one})
    return {"hosts": rows, "picks": picks}


def rings():
    """Consistent hashing has no vectors without a hash function, but it has laws: with `points` of
    each of `hosts` on a ring, a host's share is Beta(points, (hosts - 1) points)."""
    rows = []
    for hosts, points in ((3, 1), (10, 1), (10, 100), (100, 160)):
        rows.append({"hosts": hosts, "points_per_host": points, "share_mean": 1 / hosts,
                     "share_sd": math.sqrt((hosts - 1) / (hosts ** 2 * (hosts * points + 1))),
                     "keys_moved_when_one_leaves": 1 / hosts})
    tables = [{"hosts": hosts, "table": 65537, "slots_least": 65537 // hosts,
               "slots_most": -(-65537 // hosts)} for hosts in (3, 10, 100)]
    return {"ring": rows, "ring_laws": [
        "a key keeps its host while the hosts stay the same",
        "when a host leaves, only its keys move; when it returns, they return",
        "the share of a host depends on keys by their popularity: one hot key has one host"],
        "maglev": tables}


def all_vectors():
    makers = {"least_request_choices": (n_choices, "Envoy, N_CHOICES"),
              "least_request_full_scan": (full_scan, "Envoy, FULL_SCAN"),
              "pick_ratios": (pick_ratios, "counted over all draws"),
              "least_request_weights": (dynamic_weights, "Envoy, hosts of unequal weight"),
              "round_robin": (round_robin, "in turn"),
              "weighted_smooth": (smooth_weighted, "nginx"),
              "weighted_deadline": (earliest_deadline, "weighted fair by deadlines, as Envoy's "
                                    "scheduler; its start offset and the order of ties are ours"),
              "peak_ewma": (peak_ewma, "Finagle PeakEwma.scala, tower peak_ewma.rs"),
              "consistent_hash": (rings, "closed forms")}
    return {name: {"source": source, "rule": " ".join((make.__doc__ or "In turn.").split()),
                   "rows": make()} for name, (make, source) in makers.items()}
