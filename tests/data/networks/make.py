"""Writes tests/data/networks.json: make.py OUTPUT KEPT. KEPT is a folder where the simulation of
each case is kept, so that a run that was stopped goes on where it was."""

import json
import math
import sys
import zlib
from pathlib import Path

from cases import CASES
from simulate import replicate
from vectors import all_vectors

REPLICATIONS = 20
# Requests of a replication, after a fifth as many of warm-up: more where the simulation is the
# truth than where it only confirms an exact figure.
TRUTH, CONFIRMATION = 200_000, 50_000
# What a test of dessim has: the target of a figure is for so many requests.
REQUESTS_OF_A_TEST = 2_000_000
PROVENANCE = (
    "Made by tests/data/networks/make.py, without dessim. A figure is exact (a closed form or a "
    "Markov chain, recomputed there) or simulated (20 replications of 200,000 requests by "
    "simulate.py; standard_error is that of their mean). check: what the simulation says about an "
    "exact figure: mean, standard error, distance in standard errors. given: the same figure from "
    "a list that was not made here. checks_by_others: mean, standard error and distance, or the "
    "relative error of an approximation. target: the largest relative 4 standard errors of two "
    "million requests at which a comparison still says something. Durations in ms. In ron, "
    "$WARM_UP and $DURATION stand for durations; its words for handlers, replicas, balancing and hedges are a "
    "draft.")


def rounded(value, digits=9):
    return float(f"{float(value):.{digits}g}")


def simulated(case, kept):
    if case["system"] is None:
        return None
    path = kept / f"{case['id']}.json"
    if path.exists():
        return json.loads(path.read_text())
    requests = TRUTH if case["only"] else CONFIRMATION
    if case["params"].get("fanout", 0) > 10:
        requests //= 10
    seed = zlib.crc32(case["id"].encode()) % 2 ** 31
    figures = replicate(case["system"], requests, REPLICATIONS, seed)
    result = {"replications": REPLICATIONS, "requests": requests, "first_seed": seed,
              "figures": {name: list(map(float, pair)) for name, pair in figures.items()}}
    path.write_text(json.dumps(result))
    print(case["id"], {n: figures[n] for n in ("sojourn_mean_ms", "sojourn_p99_ms")}, flush=True)
    return result


def figure(name, case, run):
    entry = {}
    mean, error = (run or {"figures": {}})["figures"].get(name, (None, None))
    if name in case["exact"]:
        value = case["exact"][name]
        entry["value"], entry["kind"] = rounded(value), "exact"
        if mean is not None:
            entry["check"] = [rounded(mean, 6), rounded(error, 3)]
            if error > 1e-12 * abs(value):
                entry["check"].append(round((mean - value) / error, 2))
    else:
        value = mean
        entry["value"], entry["kind"] = rounded(mean, 7), "simulated"
        entry["standard_error"] = rounded(error, 3)
    if name in case["copied"]:
        entry["given"] = rounded(case["copied"][name])
    if mean is not None and value:
        requests = run["replications"] * run["requests"]
        width = 4 * error / abs(value) * math.sqrt(requests / REQUESTS_OF_A_TEST)
        # A third more than what this sample says, which is itself uncertain.
        entry["target"] = rounded(max(1.33 * width, 0.001), 2)
    return entry


def document(case, run):
    names = list(case["exact"])
    kept = ("sojourn_mean_ms", "sojourn_p50_ms", "sojourn_p99_ms")
    for name in (run or {"figures": {}})["figures"]:
        wanted = any(name.startswith(prefix) for prefix in case["only"])
        if name not in names and wanted and (not name.startswith("sojourn_") or name in kept):
            names.append(name)
    entry = {key: case[key] for key in ("group", "title", "params", "ron", "method", "note")
             if case[key]}
    if run:
        entry["simulation"] = {key: run[key] for key in ("replications", "requests", "first_seed")}
    entry["figures"] = {name: figure(name, case, run) for name in names}
    return entry


def lines(cases):
    """One line a figure: small, and a difference shows what moved."""
    text = []
    for name, entry in cases.items():
        figures = entry["figures"]
        head = "".join(f"   {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},\n"
                       for key, value in entry.items() if key != "figures")
        rows = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}"
                          for key, value in figures.items())
        text.append(f"  {json.dumps(name)}: {{\n{head}   \"figures\": {{\n{rows}\n   }}\n  }}")
    return ",\n".join(text)


def write(output, cases, checks):
    vectors = ",\n".join(f"  {json.dumps(name)}: {json.dumps(rows)}"
                         for name, rows in all_vectors().items())
    others = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in checks.items())
    output.write_text(f'{{\n "provenance": {json.dumps(PROVENANCE)},\n "cases": {{\n'
                      f'{lines(cases)}\n }},\n "checks_by_others": {{\n{others}\n }},\n'
                      f' "vectors": {{\n{vectors}\n }}\n}}\n')
    json.loads(output.read_text())


def distances(checks, figures):
    """How far another program is: in standard errors, or relative where it only approximates."""
    for check in checks.values():
        for name, other in list(check.items()):
            row = figures[check["case"]].get(name)
            if row is None:
                continue
            if isinstance(other, list):
                error = math.hypot(other[1], row.get("standard_error", 0.0))
                other.append(round((other[0] - row["value"]) / error, 2))
            else:
                check[f"{name}_off"] = rounded(other / row["value"] - 1, 3)


def main():
    output, kept = Path(sys.argv[1]), Path(sys.argv[2])
    kept.mkdir(parents=True, exist_ok=True)
    order = sorted(CASES, key=lambda case: not case["only"])
    runs = {case["id"]: simulated(case, kept) for case in order}
    cases = {case["id"]: document(case, runs[case["id"]]) for case in CASES}
    checks_path = Path(__file__).with_name("checks.json")
    checks = json.loads(checks_path.read_text()) if checks_path.exists() else {}
    figures = {name: entry["figures"] for name, entry in cases.items()}
    distances(checks, figures)
    write(output, cases, checks)
    far = [(name, key, row["check"]) for name, rows in figures.items()
           for key, row in rows.items() if len(row.get("check", [])) == 3]
    far += [(name, key, row) for name, check in checks.items()
            for key, row in check.items() if isinstance(row, list)]
    far = [entry for entry in far if abs(entry[2][2]) > 4]
    sys.exit(f"further than 4 standard errors: {far}" if far else 0)


if __name__ == "__main__":
    main()
