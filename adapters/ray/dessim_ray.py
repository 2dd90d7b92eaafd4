#!/usr/bin/env python3
"""Runs the cells of a dessim sweep on a Ray cluster.

The plan is the contract: a cell is a pure function of the plan, whoever runs it and however often. So this
driver only says which cells are run where. It hands batches of cells to workers, which call `dessim`, writes
what comes back beside the plan, and lets `dessim sweep merge` decide whether it is all there. A batch that was
lost with its node is run again by Ray; one that was finished before is not run again at all.

    python dessim_ray.py plan.json -o cells --address auto
    dessim sweep merge plan.json cells
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

import ray

# A batch should be worth its way: handing over a task takes milliseconds.
SECONDS_A_BATCH = 1.0
# Tasks handed out at a time, for each processor of the cluster: enough that none waits.
TASKS_A_CPU = 3
# Cells of the first batch, which tells how long a cell takes.
FIRST_BATCH = 8
NAME = re.compile(r"^cells-(\d+)-(\d+)\.jsonl$")


def run_cells(dessim: str, plan: bytes, first: int, last: int) -> tuple[bytes, float]:
    """The lines of cells `first` to `last`, and the seconds they took. Runs on a worker."""
    with tempfile.TemporaryDirectory(prefix="dessim-") as folder:
        path = Path(folder, "plan.json")
        path.write_bytes(plan)
        began = time.monotonic()
        command = [dessim, "sweep", "run", str(path), "--cells", f"{first}..{last}"]
        done = subprocess.run([*command, "--jobs", "1", "--output", "-"], capture_output=True, check=False)
        if done.returncode != 0:
            words = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {words}")
        return done.stdout, time.monotonic() - began


def missing(folder: Path, cells: int) -> Iterator[tuple[int, int]]:
    """The stretches of cells, both ends included, that no file in `folder` holds."""
    there = sorted(
        (int(found[1]), int(found[2]))
        for found in (NAME.match(name) for name in os.listdir(folder))
        if found
    )
    at = 0
    for first, last in there:
        if first > at:
            yield at, first - 1
        at = max(at, last + 1)
    if at < cells:
        yield at, cells - 1


def batches(stretches: Iterator[tuple[int, int]], size) -> Iterator[tuple[int, int]]:
    """Cuts stretches into batches; `size` is asked anew for each."""
    for first, last in stretches:
        while first <= last:
            end = min(last, first + size() - 1)
            yield first, end
            first = end + 1


def keep(folder: Path, first: int, last: int, lines: bytes) -> None:
    """Writes a batch under its name wholly or not at all."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, folder / f"cells-{first}-{last}.jsonl")


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the cells of a dessim sweep on a Ray cluster.")
    parser.add_argument("plan", type=Path, help="written by `dessim sweep plan`")
    parser.add_argument("-o", "--output", type=Path, required=True, help="directory for the cells")
    parser.add_argument("--address", help="address of the cluster, or `auto` [default: a local one]")
    parser.add_argument("--dessim", default="dessim", help="the program, on every node [default: dessim]")
    parser.add_argument("--batch", type=int, help="cells a task [default: a second's work]")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing of the progress")
    args = parser.parse_args()
    if args.batch is not None and args.batch < 1:
        parser.error("--batch takes a number from 1 up")

    plan = args.plan.read_bytes()
    cells = int(json.loads(plan)["cells"])
    args.output.mkdir(parents=True, exist_ok=True)
    ray.init(address=args.address, log_to_driver=False, logging_level="ERROR")

    # A node that dies takes its tasks with it: they are run again, as often as it takes. What dessim
    # refuses it would refuse again.
    task = ray.remote(num_cpus=1, max_retries=-1, retry_exceptions=False)(run_cells)
    shared = ray.put(plan)
    cells_a_second = 0.0

    def size() -> int:
        if args.batch is not None:
            return args.batch
        return max(1, int(cells_a_second * SECONDS_A_BATCH)) if cells_a_second else FIRST_BATCH

    left = batches(missing(args.output, cells), size)
    under_way: dict[ray.ObjectRef, tuple[int, int]] = {}
    done = 0
    more = True
    while more or under_way:
        room = max(1, int(ray.cluster_resources().get("CPU", 1))) * TASKS_A_CPU
        while more and len(under_way) < room:
            batch = next(left, None)
            if batch is None:
                more = False
                break
            under_way[task.remote(args.dessim, shared, *batch)] = batch
        if not under_way:
            break
        ready, _ = ray.wait(list(under_way), num_returns=1)
        for reference in ready:
            first, last = under_way.pop(reference)
            lines, seconds = ray.get(reference)
            keep(args.output, first, last, lines)
            done += last - first + 1
            cells_a_second = (last - first + 1) / max(seconds, 1e-6)
            if not args.quiet:
                print(f"{done} cells done, the latest {first}..{last}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
