"""Every case: its parameters, its scenario, what is exact about it, and its system to simulate."""

import math

import exact
from simulate import (CALL, CANCEL, CONSTANT, COPIES, EXPONENTIAL, HEDGE, LEAVE, LOGNORMAL,
                      PARALLEL, RANDOM, ROUND_ROBIN, SHORTEST, TWO_DISTINCT, TWO_REPEATED,
                      UNLIMITED, WORK, System)

CASES = []


def case(name, group, title, params, ron, figures=None, system=None, copied=None, only=(),
         note="", method=""):
    """figures: exact; copied: from the list of cases that the project is given; only: which
    simulated figures are kept (a prefix each), besides those that are exact."""
    CASES.append({"id": name, "group": group, "title": title, "params": params, "ron": ron,
                  "exact": figures or {}, "system": system, "copied": copied or {},
                  "only": list(only), "note": note, "method": method})


# Scenarios. $WARM_UP and $DURATION are durations that the test puts in.

def scenario(load, services, calls, more=""):
    body = ", ".join(f'"{name}": {text}' for name, text in services.items())
    routes = ", ".join(f'"{name}": {text}' for name, text in calls.items())
    return (f'Scenario(schema: 1, warm_up: "$WARM_UP", duration: "$DURATION", '
            f'load: {{ "clients": Load(arrivals: {load}) }}, '
            f"services: {{ {body} }}, calls: {{ {routes} }}{more})")


def poisson(rate):
    return f'Poisson(rate: "{rate:g}/s")'


def closed(callers, think):
    return f'ClosedLoop(callers: {callers}, think: Exponential(mean: "{think:g}ms"))'


def law(kind, mean):
    return f'Exponential(mean: "{mean:g}ms")' if kind == EXPONENTIAL else f'Constant("{mean:g}ms")'


def leaf(time, slots="unlimited", more=""):
    slots = slots if isinstance(slots, int) else f'"{slots}"'
    return f"Service(time: {time}, slots: {slots}{more})"


def handler(steps, slots="unlimited", more=""):
    slots = slots if isinstance(slots, int) else f'"{slots}"'
    own = 'Constant("0s")'
    if steps[0].startswith("Work("):
        own, steps = steps[0][len("Work("):-1], steps[1:]
    return f"Service(time: {own}, handler: [{', '.join(steps)}], slots: {slots}{more})"


def to(name, more=""):
    return f'Call(to: "{name}"{more})'


EXP10 = law(EXPONENTIAL, 10)


# Balancing

def replicas(rate, count, policy, laws=None, slots=1, service=10.0):
    system = System(gap=1000.0 / rate).add("clients", [(CALL, 1)])
    return system.add("server", [(WORK,)], (EXPONENTIAL, service, 0), slots, count, policy,
                      replica_laws=laws)


def balanced(rate, count, balancing, slots=1, time=EXP10):
    return scenario(poisson(rate), {"server": leaf(time, slots, f", replicas: {count}")},
                    {"clients": to("server", f", balancing: {balancing}")})


LEAST = "LeastRequest(choices: All)"
CHOICES = "LeastRequest(choices: 2)"
DISTINCT = "PowerOfTwo"


def balancing():
    case("RR-2", "balancing", "Round robin over 2 replicas: each sees Erlang-2 gaps, E2/M/1",
         {"lambda_per_s": 160, "replicas": 2, "slots": 1, "service": "exp", "service_mean_ms": 10},
         balanced(160, 2, "RoundRobin"), exact.round_robin(160, 2, 10.0),
         replicas(160, 2, ROUND_ROBIN), method="root of GI/M/1",
         copied={"sigma": 0.739852949, "sojourn_mean_ms": 38.4397977, "wait_mean_ms": 28.4397977,
                 "prob_wait": 0.739852949, "sojourn_p50_ms": 26.6444374,
                 "sojourn_p95_ms": 115.155342, "sojourn_p99_ms": 177.02181})
    four = exact.mm1(80, 10.0)
    case("RAND-4", "balancing", "Random split over 4 replicas: 4 independent M/M/1",
         {"lambda_per_s": 320, "replicas": 4, "slots": 1, "service": "exp", "service_mean_ms": 10},
         balanced(320, 4, "Random"),
         {**four, "server.wait_mean_ms": four["sojourn_mean_ms"] - 10,
          "server.in_flight_mean": 16.0, "server.utilisation": 0.8},
         replicas(320, 4, RANDOM), method="closed form",
         copied={"sojourn_mean_ms": 50.0, "sojourn_p50_ms": 34.657359,
                 "sojourn_p95_ms": 149.786614, "sojourn_p99_ms": 230.258509})
    for rho, given in ((0.5, (14.2632075, 0.315967498)), (0.9, (54.7491281, 0.0422457623))):
        rate = 200 * rho
        case(f"JSQ-2srv-{rho}", "balancing", f"Join the shortest of two queues, rho {rho}",
             {"lambda_per_s": rate, "replicas": 2, "slots": 1, "service": "exp",
              "service_mean_ms": 10, "ties": "random"},
             balanced(rate, 2, LEAST), exact.shortest_of_two(rate, 10.0),
             replicas(rate, 2, SHORTEST), method="chain of two queues, cut at 110 each",
             copied={"sojourn_mean_ms": given[0], "prob_both_empty": given[1]})
    limit = exact.mean_field_two_choices(0.9)
    for name, policy, text in (("P2C-100-distinct", TWO_DISTINCT, DISTINCT),
                               ("P2C-100-repeated", TWO_REPEATED, CHOICES)):
        case(name, "balancing", "Power of two choices over 100 replicas, rho 0.9, the two "
             + ("distinct" if policy == TWO_DISTINCT else "drawn with repetition"),
             {"lambda_per_s": 9000, "replicas": 100, "slots": 1, "service": "exp",
              "service_mean_ms": 10},
             balanced(9000, 100, text), {}, replicas(9000, 100, policy), only=("sojourn_",),
             note="The limit of infinitely many replicas is "
                  f"{10 * limit['mean_sojourn_over_service']:.6f} ms.")
    case("JSQ2-MF-0.9", "balancing", "Power of two choices, infinitely many replicas, rho 0.9",
         {"rho": 0.9, "d": 2, "service": "exp"}, "", limit,
         method="fixed point of Vvedenskaya and Mitzenmacher; a limit, no finite run has it",
         copied={"mean_sojourn_over_service": 2.61405738, "s1": 0.9, "s2": 0.729,
                 "s3": 0.4782969, "s4": 0.205891132})
    slow_laws = [(EXPONENTIAL, 50, 0)] + [(EXPONENTIAL, 10, 0)] * 9
    slow = ', faults: { "slow replica": Fault(service: "server", replica: 0, from: "0s", ' \
           'until: "$DURATION", effect: Slowed(factor: 5)) }'
    fast, weak = exact.round_robin(180, 10, 10.0), exact.round_robin(180, 10, 50.0)
    for name, policy, text, figures in (
            ("SLOW-RR-10", ROUND_ROBIN, "RoundRobin",
             {"sojourn_mean_ms": 0.9 * fast["sojourn_mean_ms"]
              + 0.1 * weak["sojourn_mean_ms"],
              "server.share#0": 0.1}),
            ("SLOW-P2C-10", TWO_DISTINCT, DISTINCT, {})):
        case(name, "balancing", "Ten replicas, one of them five times slower: " + text,
             {"lambda_per_s": 180, "replicas": 10, "slots": 1, "service": "exp",
              "service_mean_ms": 10, "slow_replica_mean_ms": 50},
             balanced(180, 10, text)[:-1] + slow + ")", figures,
             replicas(180, 10, policy, slow_laws), only=("sojourn_", "server.share#0"),
             method="root of GI/M/1 for each replica" if figures else "")
    for count in (2, 3):
        times = [1.0] + [10.0] * (count - 1)
        for policy, choice, text in ((SHORTEST, "full_scan", LEAST),
                                     (TWO_REPEATED, "two_repeated", CHOICES),
                                     (TWO_DISTINCT, "two_distinct", DISTINCT)):
            if count == 2 and choice == "two_distinct":
                continue  # With two replicas this is the full scan.
            shares = exact.sinkhole(100.0 * count, times, choice)
            fault = ', faults: { "fails fast": Fault(service: "server", replica: 0, from: "0s", ' \
                    'until: "$DURATION", effect: Failing(time: Exponential(mean: "1ms"))) }'
            case(f"SINKHOLE-{count}-{choice}", "balancing",
                 f"Least request over {count} replicas, one of which fails after 1 ms",
                 {"lambda_per_s": 100 * count, "replicas": count, "slots": "unlimited",
                  "service": "exp", "service_mean_ms": 10, "failing_mean_ms": 1, "draws": choice},
                 balanced(100 * count, count, text, "unlimited")[:-1] + fault + ")",
                 {f"server.share#{i}": share for i, share in enumerate(shares)},
                 replicas(100.0 * count, count, policy, [(EXPONENTIAL, t, 0) for t in times],
                          UNLIMITED), method="chain of what is active at each replica, cut at 14",
                 note="share#0 is the share of the replica that fails: of all calls, so many fail.")


# Fan-out

def forked(names, wait, losers):
    calls = ", ".join(f'"{name}"' for name in names)
    return f"Parallel(calls: [{calls}], wait: {wait})"


def fanned(rate, count, need, losers, service=10.0, slots=1):
    system = System(gap=1000.0 / rate)
    system.add("clients", [(PARALLEL, list(range(1, count + 1)), need, losers)])
    for i in range(count):
        system.add(f"leaf{i}", [(WORK,)], (EXPONENTIAL, service, 0), slots)
    return system


def fanned_ron(rate, count, wait, losers, slots=1):
    stop = ", cancellation: Immediate" if losers == "Cancel" else ""
    names = [f"leaf{i}" for i in range(count)]
    services = {"gate": handler([forked([f"gate-{name}" for name in names], wait, losers)])}
    services.update({name: leaf(EXP10, slots, stop) for name in names})
    return scenario(poisson(rate), services,
                    {"clients": to("gate"), **{f"gate-{name}": to(name) for name in names}})


def fan_out():
    given = {2: {"sojourn_mean_ms": 15.0, "sojourn_sd_ms": 11.1803399,
                 "sojourn_p50_ms": 12.2794718, "sojourn_p99_ms": 52.9580794,
                 "prob_any_leaf_above_leaf_p99": 0.0199, "first_of_n_mean_ms": 5.0},
             100: {"sojourn_mean_ms": 51.8737752, "sojourn_sd_ms": 12.7866489,
                   "sojourn_p50_ms": 49.7514684, "sojourn_p99_ms": 92.0536966,
                   "prob_any_leaf_above_leaf_p99": 0.633967659, "first_of_n_mean_ms": 0.1}}
    for count in (2, 100):
        names = ["gate-leaf"] * count
        ron = scenario(poisson(20), {"gate": handler([forked(names, "All", "Leave")]),
                                     "leaf": leaf(EXP10)},
                       {"clients": to("gate"), "gate-leaf": to("leaf")})
        system = System(gap=50.0).add("clients", [(PARALLEL, [1] * count, count, LEAVE)])
        system.add("leaf", [(WORK,)], (EXPONENTIAL, 10, 0))
        case(f"FAN-{count}", "fan-out", f"{count} calls to a service without limit, all awaited",
             {"fanout": count, "service": "exp", "service_mean_ms": 10, "slots": "unlimited",
              "lambda_per_s": 20}, ron, exact.fan_out(count, 10.0), system, given[count],
             method="order statistics of exponential times")
    for k, wait in ((1, "First"), (2, "Quorum(2)")):
        case(f"QUORUM-{k}of3", "fan-out", f"3 calls to services without limit, {k} of 3 awaited",
             {"fanout": 3, "need": k, "service": "exp", "service_mean_ms": 10,
              "slots": "unlimited", "lambda_per_s": 20},
             fanned_ron(20, 3, wait, "Leave", "unlimited"),
             {"sojourn_mean_ms": exact.order_statistic_mean(3, k, 10.0)},
             fanned(20, 3, k, LEAVE, slots=UNLIMITED),
             method="order statistics of exponential times")
    for rho, mean in ((0.5, 28.75), (0.9, 138.75)):
        case(f"FJ2-{rho}", "fan-out", f"Fork-join over two single slots, rho {rho}",
             {"lambda_per_s": 100 * rho, "branches": 2, "service": "exp", "service_mean_ms": 10},
             fanned_ron(100 * rho, 2, "All", "Leave"),
             {"sojourn_mean_ms": exact.fork_join_two(100 * rho, 10.0),
              "leaf0.sojourn_mean_ms": 10 / (1 - rho)},
             fanned(100 * rho, 2, 2, LEAVE), {"sojourn_mean_ms": mean},
             method="Flatto and Hahn; Nelson and Tantawi")
    for rate in (50, 80):
        for need, wait in ((3, "All"), (2, "Quorum(2)"), (1, "First")):
            for losers in (LEAVE, CANCEL)[:1 if need == 3 else 2]:
                how = "Cancel" if losers == CANCEL else "Leave"
                figures = {} if losers == CANCEL else {
                    "leaf0.sojourn_mean_ms": 1000.0 / (100 - rate), "leaf0.utilisation": rate / 100}
                if losers == CANCEL and need == 1:
                    # All slots work on copies of the same request: one slot three times as fast.
                    figures = {**exact.mm1(rate, 10.0 / 3), "leaf0.utilisation": rate / 300}
                case(f"FJ3-{rate}-{need}of3-{how.lower()}", "fan-out",
                     f"Fork-join over three single slots, {need} of 3 awaited, losers: {how}",
                     {"lambda_per_s": rate, "branches": 3, "need": need, "losers": how,
                      "service": "exp", "service_mean_ms": 10},
                     fanned_ron(rate, 3, wait, how), figures,
                     fanned(rate, 3, need, losers), only=("sojourn_", "leaf0.utilisation"),
                     method="closed form" if figures else "")


# Copies of a request

def copies(n, d, rho, losers):
    system = System(gap=10.0 / (rho * n)).add("clients", [(COPIES, 1, d, 1, losers)])
    return system.add("server", [(WORK,)], (EXPONENTIAL, 10, 0), 1, n)


def copies_ron(n, d, rho, losers):
    stop = ", cancellation: Immediate" if losers == "Cancel" else ""
    hedge = f'policy: [Hedge(after: "0ms", max: {d - 1}, losers: {losers})]'
    return scenario(poisson(100 * rho * n),
                    {"server": leaf(EXP10, 1, f", replicas: {n}{stop}")},
                    {"clients": to("server", f", {hedge}, balancing: Random, max_repicks: 30")})


def copying():
    given = {(2, 2, 0.5): 1.0, (3, 2, 0.5): 0.888889, (3, 2, 0.8): 1.944444,
             (4, 2, 0.7): 1.254532, (10, 2, 0.7): 1.10163}
    for (n, d, rho), known in given.items():
        case(f"REDUNDANCY-{n}-{d}-{rho}", "hedging",
             f"Each request copied to {d} distinct replicas of {n}, all cancelled at the first",
             {"n": n, "d": d, "lambda_per_replica_per_s": 100 * rho, "service": "exp",
              "service_mean_ms": 10}, copies_ron(n, d, rho, "Cancel"),
             {"sojourn_mean_ms": 10 * exact.redundancy(n, d, rho)}, copies(n, d, rho, CANCEL),
             {"sojourn_mean_ms": 10 * known}, method="Gardner and others, 2017",
             note="The copies of one request go to distinct replicas: a hedge must avoid those "
                  "that its siblings are at.")
    for rho, known in ((0.2, 0.8333), (0.3, 1.25), (0.4, 2.5)):
        case(f"REPLICATE-{rho}", "hedging",
             "Each request copied to 2 distinct replicas of 100, nothing cancelled",
             {"n": 100, "d": 2, "lambda_per_replica_per_s": 100 * rho, "service": "exp",
              "service_mean_ms": 10}, copies_ron(100, 2, rho, "Leave"), {},
             copies(100, 2, rho, LEAVE), {}, only=("sojourn_", "server.utilisation"),
             note=f"The limit of infinitely many replicas is {10 / (2 * (1 - 2 * rho)):.6f} ms "
                  f"(given: {10 * known:g}); one copy takes {10 / (1 - rho):.6f} ms on average.")
    figures = exact.hedged_lognormal(20.0, 1.0, 0.95)
    delay = figures.pop("delay_ms")
    system = System(gap=10.0).add("clients", [(HEDGE, 1, LEAVE, 2, round(delay * 1e6))])
    system.add("server", [(WORK,)], (LOGNORMAL, 20, 1))
    case("HEDGE-logn", "hedging", "A second copy after the 95th percentile, first answer counts",
         {"service": "lognormal", "median_ms": 20, "sigma": 1, "after_ms": 103.605032,
          "lambda_per_s": 100},
         scenario(poisson(100), {"server": leaf('LogNormalMedian(median: "20ms", sigma: 1)')},
                  {"clients": to("server", f', policy: [Hedge(after: "{delay:.6f}ms", max: 1, '
                                           'losers: Leave)]')}),
         figures, system,
         {"hedges_per_request": 0.05, "sojourn_mean_ms": 30.5978911, "sojourn_p50_ms": 20.0,
          "sojourn_p99_ms": 133.331629, "sojourn_p999_ms": 186.258948},
         method="distribution of the earlier of two, integrated")
    for rho, gamma, orbit in ((0.5, 1.0, 1.0), (0.7, 2.0, 2.45), (0.8, 0.5, 9.6)):
        rate = 100 * rho
        ron = scenario(poisson(rate), {"server": leaf(EXP10, 1, ", queue: 0")},
                       {"clients": to("server", ', policy: [Retry(max_retries: 1000000, backoff: '
                                      f'Random({law(EXPONENTIAL, 10 / gamma)}))]')})
        case(f"RETRIAL-{rho}-{gamma}", "retry",
             "One slot and no line; what is refused comes again, for ever",
             {"lambda_per_s": rate, "service": "exp", "service_mean_ms": 10,
              "retry": "exp", "retry_mean_ms": 10 / gamma}, ron,
             {"waiting_to_retry_mean": exact.retrial(rho, gamma),
              "sojourn_mean_ms": 10 * (orbit + rho) / rho,
              "attempts_per_request": 1 + gamma * orbit / rho, "server.utilisation": rho}, None,
             {"waiting_to_retry_mean": orbit}, method="chain, cut at 400; Little's law")


# Networks

def chain(tiers, rate=None, callers=None, think=None, kind=EXPONENTIAL, holds=True, after=False):
    """Services in a row, each working and then calling the next."""
    system = System(gap=think or 1000.0 / rate, callers=callers or 0).add("clients", [(CALL, 1)])
    for i, (name, slots, mean) in enumerate(tiers):
        last = i + 1 == len(tiers)
        steps = [(WORK,)] + ([] if last else [(CALL, i + 2)])
        steps += [(WORK,)] if after and not last else []
        system.add(name, steps, (kind, mean, 0), slots, holds=holds)
    return system


def chain_ron(tiers, load, kind=EXPONENTIAL, holds=True, after=False):
    services, calls = {}, {"clients": to(tiers[0][0])}
    for i, (name, slots, mean) in enumerate(tiers):
        if i + 1 == len(tiers):
            services[name] = leaf(law(kind, mean), slots)
            continue
        route = f"{name}-{tiers[i + 1][0]}"
        calls[route] = to(tiers[i + 1][0])
        work = f"Work({law(kind, mean)})"
        steps = [work, f'Call("{route}")'] + ([work] if after else [])
        services[name] = handler(steps, slots, "" if holds else ", holds_slot: false")
    return scenario(load, services, calls)


def tiers_of(tiers):
    return [{"name": name, "slots": slots, "work_mean_ms": mean} for name, slots, mean in tiers]


def open_chain(name, tiers, rate, title, kind=EXPONENTIAL, holds=True, after=False, figures=None,
               copied=None, method="", note=""):
    params = {"lambda_per_s": rate, "tiers": tiers_of(tiers), "holds_slot": holds,
              "service": "exp" if kind == EXPONENTIAL else "constant"}
    if after:
        params["work_after_the_call"] = "as before it"
    only = ["sojourn_"]
    for tier, *_ in tiers:
        only += [f"{tier}.utilisation", f"{tier}.wait_mean_ms", f"{tier}.sojourn_mean_ms"]
    case(name, "network", title, params, chain_ron(tiers, poisson(rate), kind, holds, after),
         figures, chain(tiers, rate, kind=kind, holds=holds, after=after), copied, only, note,
         method)


def networks():
    chain_method = "chain of what is at each tier, cut at 400"
    stations = [("first", 1, 10.0), ("second", 1, 1000.0 / 90)]
    case("TANDEM", "network", "Two single slots in a row, nothing held: M/M/1 and M/M/1",
         {"lambda_per_s": 80, "tiers": tiers_of(stations), "holds_slot": False},
         chain_ron(stations, poisson(80), holds=False), exact.tandem(80, [10.0, 1000.0 / 90]),
         chain(stations, 80, holds=False),
         {"sojourn_mean_ms": 150.0, "sojourn_p50_ms": 122.794718, "sojourn_p95_ms": 367.613835,
          "sojourn_p99_ms": 529.580794}, method="Jackson; sum of two independent exponentials")
    given = {"sojourn_mean_ms": 45.2892175, "a.wait_mean_ms": 24.851323,
             "b.sojourn_mean_ms": 15.4378945, "a.utilisation": 0.715326308, "b.utilisation": 0.7,
             "a.in_flight_mean": 3.17024523}
    for slots in (2, 3, 4):
        tiers = [("a", slots, 5.0), ("b", 1, 10.0)]
        name = "NEST-2" if slots == 2 else f"NEST-2-c{slots}"
        open_chain(name, tiers, 70, f"a ({slots} slots, 5 ms) holds its slot and calls b (10 ms)",
                   figures=exact.nested(tiers, rate=70), copied=given if slots == 2 else None,
                   method=chain_method)
    single = [("a", 1, 5.0), ("b", 1, 10.0)]
    sums = exact.pollaczek(50, 15.0, 2 * 25 + 2 * 100 + 2 * 5 * 10)
    open_chain("NEST-2-c1", single, 50, "a (1 slot, 5 ms) holds it and calls b: M/G/1 of both",
               figures={"sojourn_mean_ms": sums["sojourn"], "a.wait_mean_ms": sums["wait"],
                        "a.utilisation": 0.75, "b.utilisation": 0.5, "b.sojourn_mean_ms": 10.0},
               method="Pollaczek and Khinchine")
    fixed = exact.pollaczek(50, 15.0, 225.0)
    open_chain("NEST-2-c1-constant", single, 50, "As NEST-2-c1 with constant times: M/D/1",
               kind=CONSTANT, figures={"sojourn_mean_ms": fixed["sojourn"],
                                       "a.wait_mean_ms": fixed["wait"], "a.utilisation": 0.75,
                                       "b.utilisation": 0.5, "b.sojourn_mean_ms": 10.0},
               method="Pollaczek and Khinchine")
    for slots in (2, 3, 4):
        open_chain(f"NEST-2-c{slots}-constant", [("a", slots, 5.0), ("b", 1, 10.0)], 70,
                   f"As NEST-2 with {slots} slots and constant times", kind=CONSTANT,
                   figures={"b.utilisation": 0.7})
    tiers = [("a", 2, 5.0), ("b", 1, 10.0)]
    stay = exact.mmc_sojourn(70, 2, 5.0)
    open_chain("NEST-2-released", tiers, 70, "As NEST-2, the slot released before the call",
               holds=False, figures={"sojourn_mean_ms": stay + 1000 / 30, "b.utilisation": 0.7,
                                     "b.sojourn_mean_ms": 1000 / 30, "a.utilisation": 0.175},
               copied={"sojourn_mean_ms": 38.4912959}, method="Jackson: M/M/2 and M/M/1",
               note="The gap to NEST-2 is the price of a slot that is held.")
    for holds in (True, False):
        open_chain("NEST-back" + ("" if holds else "-released"), [("a", 2, 2.5), ("b", 1, 10.0)],
                   70, "a works, calls b and works again"
                   + ("" if holds else "; its slot is released for the call"), holds=holds,
                   after=True, figures={"b.utilisation": 0.7, **(
                       {} if holds else {"a.utilisation": 0.175})},
                   note="" if holds else "After the answer the handler goes to the end of the line "
                   "of its service for a slot, as a new call would. wait_mean_ms of a is the "
                   "wait before its first work.")
    three = [("web", 8, 2.0), ("api", 4, 5.0), ("db", 1, 10.0)]
    open_chain("NEST-3", three, 70, "Three tiers, each holding its slot while it calls the next",
               figures=exact.nested(three, rate=70, limit=200), method=chain_method)
    open_chain("NEST-3-constant", three, 70, "As NEST-3 with constant times", kind=CONSTANT,
               figures={"db.utilisation": 0.7})
    narrow = [("web", 4, 2.0), ("api", 3, 5.0), ("db", 2, 20.0)]
    open_chain("NEST-3-narrow", narrow, 70, "Three tiers whose slots above are hardly enough",
               figures=exact.nested(narrow, rate=70, limit=400), method=chain_method)
    a, calls = ("a", 4, 5.0), [("b", 1, 8.0), ("c", 1, 10.0)]
    system = System(gap=1000.0 / 70).add("clients", [(CALL, 1)])
    system.add("a", [(WORK,), (CALL, 2), (CALL, 3)], (EXPONENTIAL, 5, 0), 4)
    system.add("b", [(WORK,)], (EXPONENTIAL, 8, 0), 1).add("c", [(WORK,)], (EXPONENTIAL, 10, 0), 1)
    case("SEQUENCE-2", "network", "a (4 slots) calls b and then c, its slot held",
         {"lambda_per_s": 70, "tiers": tiers_of([a, *calls]), "holds_slot": True},
         scenario(poisson(70), {
             "a": handler([f"Work({law(EXPONENTIAL, 5)})", 'Call("a-b")', 'Call("a-c")'], 4),
             "b": leaf(law(EXPONENTIAL, 8), 1), "c": leaf(EXP10, 1)},
             {"clients": to("a"), "a-b": to("b"), "a-c": to("c")}),
         exact.in_sequence(a, calls, 70), system, only=("sojourn_",), method=chain_method)
    tiers = [("a", 4, 5.0), ("b", 2, 30.0)]
    for callers in (5, 10, 20):
        figures = exact.nested(tiers, callers=callers, think=200.0)
        only = ["sojourn_"]
        case(f"CLOSED-{callers}", "network",
             f"{callers} callers that think 200 ms; a (4 slots) holds its slot and calls b (2)",
             {"callers": callers, "think": "exp", "think_mean_ms": 200, "tiers": tiers_of(tiers),
              "holds_slot": True}, chain_ron(tiers, closed(callers, 200)), figures,
             chain(tiers, callers=callers, think=200.0), only=only,
             method="chain of what is at each tier")
    three = [("web", 6, 5.0), ("api", 4, 10.0), ("db", 2, 30.0)]
    case("CLOSED-3-20", "network", "20 callers and three tiers, every slot held",
         {"callers": 20, "think": "exp", "think_mean_ms": 200, "tiers": tiers_of(three),
          "holds_slot": True}, chain_ron(three, closed(20, 200)),
         exact.nested(three, callers=20, think=200.0), chain(three, callers=20, think=200.0),
         only=["sojourn_"], method="chain of what is at each tier")


# What is not a network: faults, load, breakers

def others():
    case("LD-cont", "load", "n in flight run at 1 / (1 + 0.5 (n - 1)) each, at every instant",
         {"lambda_per_s": 80, "service_mean_ms": 10, "slowdown": "1 + 0.5 (n - 1)"}, "",
         exact.load_dependent(80, 10.0, 0.5), None,
         {"mean_in_system": 1.33333333, "sojourn_mean_ms": 16.6666667, "prob_empty": 0.36},
         method="birth and death",
         note="Not expressible with an overload that is sampled when work starts.")
    case("LD-fail", "load", "An arrival is refused with probability n / 20, n before it",
         {"lambda_per_s": 120, "slots": 1, "service": "exp", "service_mean_ms": 10}, "",
         exact.load_dependent_failure(120, 10.0, 20), None,
         {"mean_in_system": 4.64104299, "fail_fraction": 0.232052149,
          "throughput_per_s": 92.1537421, "sojourn_mean_accepted_ms": 50.361959,
          "utilization": 0.921537421}, method="birth and death")
    case("FAULT-updown", "fault", "One slot that freezes now and then, busy or idle",
         {"lambda_per_s": 60, "service": "exp", "service_mean_ms": 10, "up": "exp",
          "up_mean_ms": 9000, "down": "exp", "down_mean_ms": 1000}, "",
         exact.outages(60, 10.0, 9000.0, 1000.0), None,
         {"availability": 0.9, "mean_in_system": 20.0, "sojourn_mean_ms": 333.333333},
         method="chain, cut at 2500")
    case("FAULT-window", "fault", "Failures with probability 0.3 from 10 s to 20 s",
         {"lambda_per_s": 100, "ratio": 0.3, "from_ms": 10000, "until_ms": 20000},
         'Scenario(schema: 1, duration: "30s", load: { "clients": Load(arrivals: '
         'Poisson(rate: "100/s")) }, services: { "server": Service(time: Constant("1ns")) }, '
         'calls: { "clients": Call(to: "server") }, faults: { "window": Fault(service: "server", '
         'from: "10s", until: "20s", effect: Failing, ratio: 0.3) })',
         {"expected_failures": 100 * 10 * 0.3, "sd_failures": math.sqrt(300.0),
          "arrivals_in_window": 1000.0}, None,
         {"expected_failures": 300.0, "sd_failures": 17.3205081, "arrivals_in_window": 1000.0},
         method="Poisson, thinned")
    given = {(5, 0.3): (586.460905, 7307.4662, 0.195494771, 0.241351569, 0.197449718, 0.13684634,
                        0.195494771),
             (3, 0.1): (1110.0, 12222.2222, 0.0909090909, 0.0909090909, 0.0918181818,
                        0.0818181818, 0.0909090909)}
    for (failures, p), known in given.items():
        figures = exact.consecutive_breaker(failures, p, 100.0, 1000.0)
        breaker = f'Breaker(consecutive_failures: {failures}, open_duration: "1s", probes: 1)'
        case(f"BRK-{p}-{failures}", "breaker",
             f"Opens after {failures} failures in a row; the first arrival after 1 s is the probe",
             {"lambda_per_s": 100, "failure_ratio": p, "consecutive_failures": failures,
              "open_ms": 1000, "latency_ms": 0},
             scenario(poisson(100), {"server": leaf('Constant("1ns")', "unlimited",
                                                    f", failure_ratio: {p}")},
                      {"clients": to("server", f", policy: [{breaker}]")}),
             figures, None, dict(zip(figures, known)), method="renewal reward",
             note="Draft words for the breaker. The scenario answers after 1 ns, not at once.")
    known = {"sliding_p0.2": 117.770201, "sliding_p0.3": 34.8016146, "sliding_p0.5": 12.6607372,
            "tumbling_p0.2": 304.938501, "tumbling_p0.3": 66.5476207, "tumbling_p0.5": 16.0501567}
    figures = {}
    for kind in (0, 1):
        for p in (0.2, 0.3, 0.5):
            name = ("sliding", "tumbling")[kind]
            figures[f"{name}_p{p}"] = exact.window_breaker(p)[kind]
    case("BRK-window", "breaker", "Mean calls until 5 failures are among the latest 10 calls",
         {"window": 10, "failure_threshold": 5, "minimum_calls": 10}, "", figures, None, known,
         method="chain of 1024 windows", note="tumbling: the window is emptied every 10 calls")


balancing()
fan_out()
copying()
networks()
others()
