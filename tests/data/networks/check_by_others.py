"""Writes checks.json: cases again, by programs that share no code with simulate.py and exact.py.

SimPy and Ciw simulate, numpy computes waits by Lindley's recursion, LINE solves layered networks
approximately (its error is part of what is written down).
"""

import json
import statistics
import sys
from pathlib import Path

import ciw
import numpy as np
import simpy

WARM = 0.2


def summary(values):
    values = [float(value) for value in values]
    error = statistics.stdev(values) / len(values) ** 0.5
    return [round(statistics.mean(values), 5), round(error, 5)]


def by_simpy(slots, released, requests, seed):
    """a (slots, 5 ms) calls b (1 slot, 10 ms) at 70/s."""
    draws = np.random.default_rng(seed)
    world = simpy.Environment()
    a, b = simpy.Resource(world, slots), simpy.Resource(world, 1)
    times = []

    def request():
        start = world.now
        place = a.request()
        yield place
        yield world.timeout(draws.exponential(5.0))
        if released:
            a.release(place)
        with b.request() as inner:
            yield inner
            yield world.timeout(draws.exponential(10.0))
        if not released:
            a.release(place)
        times.append(world.now - start)

    def source():
        for _ in range(requests):
            yield world.timeout(draws.exponential(1000.0 / 70))
            world.process(request())

    world.process(source())
    world.run()
    return np.mean(times[int(WARM * requests):])


def by_ciw(network, seconds, seed):
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(seconds)
    first, last = {}, {}
    for record in simulation.get_all_records():
        name = record.id_number
        first[name] = min(first.get(name, record.arrival_date), record.arrival_date)
        last.setdefault(name, []).append((record.exit_date, record.node))
    return [1000 * (max(last[name])[0] - first[name])
            for name in first if WARM * seconds < first[name] < 0.95 * seconds]


def exponential(mean_ms):
    return ciw.dists.Exponential(rate=1000.0 / mean_ms)


def ciw_networks():
    tandem = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=80), None],
        service_distributions=[exponential(10), exponential(1000 / 90)],
        routing=[[0.0, 1.0], [0.0, 0.0]], number_of_servers=[1, 1])

    def split(rate, router):
        return ciw.create_network(
            arrival_distributions=[ciw.dists.Exponential(rate=rate), None, None],
            service_distributions=[ciw.dists.Deterministic(0.0), exponential(10), exponential(10)],
            number_of_servers=[float("inf"), 1, 1],
            routing=ciw.routing.NetworkRouting(
                routers=[router, ciw.routing.Leave(), ciw.routing.Leave()]))

    cycle = ciw.routing.Cycle([2, 3])
    # Ciw's JoinShortestQueue counts who waits, LoadBalancing who is served, too.
    shortest = ciw.routing.LoadBalancing(destinations=[2, 3], tie_break="random")
    return {"TANDEM": (tandem, 100.0), "RR-2": (split(160, cycle), 80.0),
            "JSQ-2srv-0.5": (split(100, shortest), 80.0)}


def by_lindley(rate, need, requests, seed):
    """Fork-join over three single slots; nothing is cancelled, so the lines are independent."""
    draws = np.random.default_rng(seed)
    gaps = draws.exponential(1000.0 / rate, requests)
    answers = []
    for _ in range(3):
        work = draws.exponential(10.0, requests)
        steps = np.concatenate(([0.0], work[:-1] - gaps[1:]))
        walk = np.cumsum(steps)
        answers.append(walk - np.minimum.accumulate(walk) + work)
    times = np.sort(np.array(answers), axis=0)[need - 1][int(WARM * requests):]
    return {"sojourn_mean_ms": times.mean(), "sojourn_p50_ms": np.quantile(times, 0.5),
            "sojourn_p99_ms": np.quantile(times, 0.99)}


def by_line(tiers, callers, think):
    from line_solver import (Activity, Entry, Exp, Immediate, LayeredNetwork, Processor,
                             SchedStrategy, SolverLN, Task)
    model = LayeredNetwork("closed")
    processor = Processor(model, "P0", 1_000_000, SchedStrategy.INF)
    task = Task(model, "T0", callers, SchedStrategy.REF).on(processor)
    task.setThinkTime(Exp.fitMean(think))
    entries = [Entry(model, "E0").on(task)]
    tasks = [task]
    for i, (_, slots, _) in enumerate(tiers, 1):
        processor = Processor(model, f"P{i}", slots, SchedStrategy.FCFS)
        tasks.append(Task(model, f"T{i}", slots, SchedStrategy.FCFS).on(processor))
        entries.append(Entry(model, f"E{i}").on(tasks[-1]))
    Activity(model, "A0", Immediate()).on(task).boundTo(entries[0]).synchCall(entries[1], 1)
    for i, (_, _, mean) in enumerate(tiers, 1):
        activity = Activity(model, f"A{i}", Exp.fitMean(mean)).on(tasks[i]).boundTo(entries[i])
        if i < len(tiers):
            activity = activity.synchCall(entries[i + 1], 1)
        activity.repliesTo(entries[i])
    table = SolverLN(model).getAvgTable()
    rows = {row["Node"]: row for _, row in table.iterrows()}
    return {"sojourn_mean_ms": round(float(rows["E0"]["RespT"]), 4),
            "throughput_per_s": round(1000 * float(rows["T0"]["Tput"]), 4)}


def main():
    checks = {}
    for name, slots, released in (("NEST-2", 2, False), ("NEST-2-c4", 4, False),
                                  ("NEST-2-released", 2, True)):
        runs = [by_simpy(slots, released, 10_000, seed) for seed in range(1, 21)]
        checks[f"{name} by SimPy"] = {"case": name, "replications": 20, "requests": 10_000,
                                      "first_seed": 1, "sojourn_mean_ms": summary(runs)}
    for name, (network, seconds) in ciw_networks().items():
        runs = [np.mean(by_ciw(network, seconds, seed)) for seed in range(1, 11)]
        checks[f"{name} by Ciw"] = {"case": name, "replications": 10, "seconds": seconds,
                                    "first_seed": 1, "sojourn_mean_ms": summary(runs)}
    for rate in (50, 80):
        for need in (3, 2, 1):
            name = f"FJ3-{rate}-{need}of3-leave"
            runs = [by_lindley(rate, need, 240_000, seed) for seed in range(1, 21)]
            checks[f"{name} by Lindley's recursion"] = {
                "case": name, "replications": 20, "requests": 240_000, "first_seed": 1,
                **{key: summary([run[key] for run in runs]) for key in runs[0]}}
    two = [("a", 4, 5.0), ("b", 2, 30.0)]
    three = [("web", 6, 5.0), ("api", 4, 10.0), ("db", 2, 30.0)]
    for name, tiers, callers in (("CLOSED-5", two, 5), ("CLOSED-10", two, 10),
                                 ("CLOSED-20", two, 20), ("CLOSED-3-20", three, 20)):
        checks[f"{name} by LINE"] = {"case": name, "approximate": True,
                                     **by_line(tiers, callers, 200.0)}
    Path(sys.argv[1]).write_text(json.dumps(checks, indent=1) + "\n")


if __name__ == "__main__":
    main()
