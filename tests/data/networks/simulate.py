"""A small simulator of services that call services: no line of it is dessim's.

A system is a list of groups; a group has replicas (stations), slots of each, a first come first
served line without limit, and a program that its handler runs. Group 0 is where requests arrive.
Time is in ms. Draws come from numpy's Mersenne Twister as numba compiles it, one seed a run.
"""

import heapq

import numba
import numpy as np

# Steps of a handler: WORK; CALL group; PARALLEL groups, needed, losers; HEDGE group, losers,
# copies, delay in ns; COPIES group, how many, needed, losers (to distinct replicas).
END, WORK, CALL, PARALLEL, HEDGE, COPIES = range(6)
# Laws of a work time: (what, first, second), mean or parameters in ms.
CONSTANT, EXPONENTIAL, LOGNORMAL = range(3)
# How a group picks one of its replicas.
RANDOM, ROUND_ROBIN, SHORTEST, TWO_DISTINCT, TWO_REPEATED = range(5)
# What happens to the calls that are not needed any more.
LEAVE, CANCEL = range(2)
UNLIMITED = 1 << 40

FREE, QUEUED, IN_SLOT, OUTSIDE = range(4)
ARRIVAL, WORKED, HEDGED = range(3)
STEP, ENTER = range(2)


@numba.njit(cache=False)
def draw(law):
    if law[0] == CONSTANT:
        return law[1]
    if law[0] == EXPONENTIAL:
        return -law[1] * np.log(1.0 - np.random.random())
    return law[1] * np.exp(law[2] * np.random.standard_normal())


@numba.njit(cache=False)
def pick(policy, first, count, in_flight, turn):
    """The station that a call of a group goes to; least in flight counts waiting and working."""
    if count == 1:
        return first
    if policy == RANDOM:
        return first + np.random.randint(count)
    if policy == ROUND_ROBIN:
        return first + turn % count
    if policy == SHORTEST:
        best, ties = first, 1
        for station in range(first + 1, first + count):
            if in_flight[station] < in_flight[best]:
                best, ties = station, 1
            elif in_flight[station] == in_flight[best]:
                ties += 1
                if np.random.randint(ties) == 0:
                    best = station
        return best
    one = np.random.randint(count)
    if policy == TWO_DISTINCT:
        other = np.random.randint(count - 1)
        other += other >= one
    else:
        other = np.random.randint(count)
    return first + (other if in_flight[first + other] < in_flight[first + one] else one)


@numba.njit(cache=False)
def run(seed, gap, callers, groups, laws, programs, parallel, warm, count, capacity):
    """Sojourns of `count` requests after `warm`, and sums for every station.

    groups: per group (first station, replicas, slots, policy, holds the slot, first step).
    laws: per station. Open arrivals have `callers` 0 and a mean gap, closed ones a mean think time.
    """
    np.random.seed(seed)
    stations = laws.shape[0]
    state = np.zeros(capacity, np.int64)
    parent = np.full(capacity, -1, np.int64)
    place = np.zeros(capacity, np.int64)
    step = np.zeros(capacity, np.int64)
    family = np.zeros(capacity, np.int64)
    number = np.full(capacity, -1, np.int64)
    version = np.zeros(capacity, np.int64)
    arrived = np.zeros(capacity)
    answers = np.zeros(capacity, np.int64)
    started = np.zeros(capacity, np.int64)
    child = np.full(capacity, -1, np.int64)
    older = np.full(capacity, -1, np.int64)
    younger = np.full(capacity, -1, np.int64)
    begun = np.zeros(capacity, np.int64)
    free = np.arange(capacity - 1, -1, -1)
    left = capacity

    line = np.zeros((stations, 4096), np.int64)
    line_version = np.zeros((stations, 4096), np.int64)
    head = np.zeros(stations, np.int64)
    tail = np.zeros(stations, np.int64)
    waiting = np.zeros(stations, np.int64)
    busy = np.zeros(stations, np.int64)
    in_flight = np.zeros(stations, np.int64)
    slots = np.zeros(stations, np.int64)
    group_of = np.zeros(stations, np.int64)
    for g in range(groups.shape[0]):
        for s in range(groups[g, 0], groups[g, 0] + groups[g, 1]):
            slots[s] = groups[g, 2]
            group_of[s] = g
    turn = np.zeros(groups.shape[0], np.int64)

    busy_time = np.zeros(stations)
    inside_time = np.zeros(stations)
    calls = np.zeros(stations)
    stay = np.zeros(stations)
    wait = np.zeros(stations)
    ended = np.zeros(stations)
    since = np.zeros(stations)
    sojourns = np.full(count, -1.0)
    opened = closed = 0.0
    measuring = False
    hedges = 0

    heap = [(0.0, 0, 0, 0, 0)]
    heap.pop()
    sequence = 0
    if callers == 0:
        heapq.heappush(heap, (-gap * np.log(1.0 - np.random.random()), 0, ARRIVAL, 0, 0))
    else:
        for _ in range(callers):
            sequence += 1
            at = -gap * np.log(1.0 - np.random.random())
            heapq.heappush(heap, (at, sequence, ARRIVAL, 0, 0))
    requests = 0
    done = 0
    work = [(0, 0)]
    work.pop()
    ending = [0]
    ending.pop()
    chosen = np.zeros(256, np.int64)

    while done < count:
        now, _, kind, frame, stamp = heapq.heappop(heap)
        if kind == ARRIVAL:
            if requests == warm:
                measuring = True
                opened = now
                since[:] = now
            if requests == warm + count:
                # Time averages end here, for open arrivals and for closed ones.
                for s in range(stations):
                    busy_time[s] += busy[s] * (now - since[s])
                    inside_time[s] += in_flight[s] * (now - since[s])
                measuring = False
                closed = now
            left -= 1
            f = free[left]
            g0 = groups[0]
            place[f] = pick(g0[3], g0[0], g0[1], in_flight, turn[0])
            turn[0] += 1
            parent[f], number[f], family[f] = -1, requests, 0
            requests += 1
            work.append((ENTER, f))
            if callers == 0:
                sequence += 1
                at = now - gap * np.log(1.0 - np.random.random())
                heapq.heappush(heap, (at, sequence, ARRIVAL, 0, 0))
        elif version[frame] != stamp:
            continue
        elif kind == WORKED:
            step[frame] += 1
            work.append((STEP, frame))
        else:
            # Hedge: one more copy, if the step is still open.
            work.append((STEP, frame))

        while len(work) > 0 or len(ending) > 0:
            if len(work) > 0:
                what, f = work.pop()
                s = place[f]
                if what == ENTER:
                    if measuring:
                        inside_time[s] += in_flight[s] * (now - since[s])
                        busy_time[s] += busy[s] * (now - since[s])
                        calls[s] += 1
                    since[s] = now
                    in_flight[s] += 1
                    arrived[f] = now
                    step[f] = groups[group_of[s], 5]
                    begun[f] = 0
                    answers[f] = started[f] = 0
                    child[f] = -1
                    if busy[s] < slots[s]:
                        busy[s] += 1
                        state[f] = IN_SLOT
                        begun[f] = 1
                    else:
                        state[f] = QUEUED
                        size = line.shape[1]
                        if waiting[s] == size:
                            raise ValueError("line too long")
                        line[s, tail[s]] = f
                        line_version[s, tail[s]] = version[f]
                        tail[s] = (tail[s] + 1) % size
                        waiting[s] += 1
                        continue
                # One step of the handler.
                op = programs[step[f], 0]
                if op == END:
                    ending.append(f)
                elif op == WORK:
                    sequence += 1
                    heapq.heappush(heap, (now + draw(laws[s]), sequence, WORKED, f, version[f]))
                else:
                    a, b, c = programs[step[f], 1], programs[step[f], 2], programs[step[f], 3]
                    if op == CALL:
                        new = 1
                    elif op == PARALLEL or op == COPIES:
                        new = b
                    else:
                        new = 1
                    if op == COPIES:
                        total = groups[a, 1]
                        for i in range(total):
                            chosen[i] = i
                        for i in range(new):
                            j = i + np.random.randint(total - i)
                            chosen[i], chosen[j] = chosen[j], chosen[i]
                    for i in range(new):
                        target = a
                        if op == PARALLEL:
                            target = parallel[a + i]
                        left -= 1
                        if left < 0:
                            raise ValueError("too many frames")
                        k = free[left]
                        g = groups[target]
                        if op == COPIES:
                            place[k] = g[0] + chosen[i]
                        else:
                            place[k] = pick(g[3], g[0], g[1], in_flight, turn[target])
                            turn[target] += 1
                        parent[k], number[k] = f, -1
                        older[k], younger[k] = -1, child[f]
                        if child[f] >= 0:
                            older[child[f]] = k
                        child[f] = k
                        started[f] += 1
                        work.append((ENTER, k))
                    if op == HEDGE:
                        if started[f] > 1 and measuring:
                            hedges += 1
                        if started[f] < programs[step[f], 3]:
                            sequence += 1
                            at = now + 1e-6 * programs[step[f], 4]
                            heapq.heappush(heap, (at, sequence, HEDGED, f, version[f]))
                    if op != HEDGE and groups[group_of[s], 4] == 0 and state[f] == IN_SLOT:
                        state[f] = OUTSIDE
                        if measuring:
                            busy_time[s] += busy[s] * (now - since[s])
                            inside_time[s] += in_flight[s] * (now - since[s])
                        since[s] = now
                        busy[s] -= 1
                        ending.append(-1 - s)
                continue

            f = ending.pop()
            if f < 0:
                s = -1 - f
            else:
                # The handler is through, or its caller does not need it any more.
                s = place[f]
                p = parent[f]
                cancelled = p == -2
                if measuring:
                    busy_time[s] += busy[s] * (now - since[s])
                    inside_time[s] += in_flight[s] * (now - since[s])
                    if not cancelled:
                        stay[s] += now - arrived[f]
                        ended[s] += 1
                since[s] = now
                in_flight[s] -= 1
                version[f] += 1
                freed = state[f] == IN_SLOT
                if freed:
                    busy[s] -= 1
                # What is still below leaves, too: only a cancelled frame has such calls.
                k = child[f]
                while k >= 0:
                    following = younger[k]
                    parent[k] = -2
                    older[k] = younger[k] = -1
                    ending.append(k)
                    k = following
                child[f] = -1
                if p >= 0:
                    if older[f] >= 0:
                        younger[older[f]] = younger[f]
                    else:
                        child[p] = younger[f]
                    if younger[f] >= 0:
                        older[younger[f]] = older[f]
                    answers[p] += 1
                    op = programs[step[p], 0]
                    need = 1
                    losers = LEAVE
                    if op == PARALLEL or op == COPIES:
                        need, losers = programs[step[p], 3], programs[step[p], 4]
                    elif op == HEDGE:
                        losers = programs[step[p], 2]
                    if answers[p] == need:
                        k = child[p]
                        while k >= 0:
                            following = younger[k]
                            older[k] = younger[k] = -1
                            if losers == CANCEL:
                                parent[k] = -2
                                ending.append(k)
                            else:
                                parent[k] = -1
                            k = following
                        child[p] = -1
                        version[p] += 1
                        answers[p] = started[p] = 0
                        step[p] += 1
                        if state[p] == IN_SLOT or programs[step[p], 0] == END:
                            work.append((STEP, p))
                        else:
                            # Released its slot for the call: back to the end of the line.
                            q = place[p]
                            if busy[q] < slots[q]:
                                if measuring:
                                    busy_time[q] += busy[q] * (now - since[q])
                                    inside_time[q] += in_flight[q] * (now - since[q])
                                since[q] = now
                                busy[q] += 1
                                state[p] = IN_SLOT
                                work.append((STEP, p))
                            else:
                                state[p] = QUEUED
                                line[q, tail[q]] = p
                                line_version[q, tail[q]] = version[p]
                                tail[q] = (tail[q] + 1) % line.shape[1]
                                waiting[q] += 1
                elif number[f] >= 0:
                    n = number[f] - warm
                    if 0 <= n < count:
                        sojourns[n] = now - arrived[f]
                        done += 1
                    if callers > 0:
                        sequence += 1
                        at = now - gap * np.log(1.0 - np.random.random())
                        heapq.heappush(heap, (at, sequence, ARRIVAL, 0, 0))
                state[f] = FREE
                number[f] = -1
                free[left] = f
                left += 1
                if not freed:
                    continue
            # A slot is free: the first in line that is still there takes it.
            while waiting[s] > 0 and busy[s] < slots[s]:
                f = line[s, head[s]]
                stamp = line_version[s, head[s]]
                head[s] = (head[s] + 1) % line.shape[1]
                waiting[s] -= 1
                if version[f] == stamp and state[f] == QUEUED:
                    busy[s] += 1
                    state[f] = IN_SLOT
                    if measuring and begun[f] == 0:
                        wait[s] += now - arrived[f]
                    begun[f] = 1
                    work.append((STEP, f))

    if closed == 0.0:
        closed = now
        for s in range(stations):
            busy_time[s] += busy[s] * (now - since[s])
            inside_time[s] += in_flight[s] * (now - since[s])
    span = closed - opened
    return sojourns, busy_time / span, inside_time / span, calls, stay, wait, ended, hedges, span


class System:
    """Groups by name, in the words of a case."""

    def __init__(self, gap=0.0, callers=0):
        self.gap, self.callers = gap, callers
        self.names, self.groups, self.laws, self.programs, self.parallel = [], [], [], [], []

    def add(self, name, steps, law=(CONSTANT, 0.0, 0.0), slots=UNLIMITED, replicas=1,
            policy=RANDOM, holds=True, replica_laws=None):
        """Adds a group; calls name groups by the order in which they are added."""
        laws = replica_laws or [law] * replicas
        entry = (len(self.laws), len(laws), slots, policy, int(holds), len(self.programs))
        self.names.append(name)
        self.groups.append(entry)
        self.laws += [tuple(map(float, law)) for law in laws]
        for step in steps:
            what, rest = step[0], list(step[1:])
            if what == PARALLEL:
                targets, need, losers = rest
                rest = [len(self.parallel), len(targets), need, losers]
                self.parallel += targets
            self.programs.append([what] + rest + [0] * (4 - len(rest)))
        self.programs.append([END, 0, 0, 0, 0])
        return self

    def play(self, seed, requests, warm=None, capacity=1 << 15):
        """Figures of one run, by name."""
        warm = requests // 5 if warm is None else warm
        result = run(seed, self.gap, self.callers, np.array(self.groups, dtype=np.int64),
                     np.array(self.laws), np.array(self.programs, dtype=np.int64),
                     np.array(self.parallel or [0], dtype=np.int64), warm, requests, capacity)
        sojourns, busy, inside, calls, stay, wait, ended, hedges, span = result
        p50, p95, p99 = np.quantile(sojourns, [0.5, 0.95, 0.99], method="inverted_cdf")
        figures = {"sojourn_mean_ms": sojourns.mean(), "sojourn_p50_ms": p50,
                   "sojourn_p95_ms": p95, "sojourn_p99_ms": p99,
                   "sojourn_p999_ms": np.quantile(sojourns, 0.999),
                   "throughput_per_s": 1000.0 * requests / span,
                   "hedges_per_request": hedges / requests}
        for name, (first, count, slots, *_) in zip(self.names, self.groups):
            own = slice(first, first + count)
            figures[f"{name}.slots_busy_mean"] = busy[own].sum()
            figures[f"{name}.in_flight_mean"] = inside[own].sum()
            if slots < UNLIMITED:
                figures[f"{name}.utilisation"] = busy[own].sum() / slots / count
            if ended[own].sum() > 0:
                figures[f"{name}.sojourn_mean_ms"] = stay[own].sum() / ended[own].sum()
                figures[f"{name}.wait_mean_ms"] = wait[own].sum() / ended[own].sum()
            if count > 1:
                for replica, share in enumerate(calls[own] / calls[own].sum()):
                    figures[f"{name}.share#{replica}"] = share
        return figures


def replicate(system, requests, replications, first_seed, capacity=1 << 15):
    """Mean and standard error of every figure over runs with seeds first_seed, +1, .."""
    runs = [system.play(first_seed + k, requests, capacity=capacity) for k in range(replications)]
    figures = {}
    for name in runs[0]:
        values = np.array([figure.get(name, np.nan) for figure in runs])
        figures[name] = (values.mean(), values.std(ddof=1) / np.sqrt(len(values)))
    return figures
