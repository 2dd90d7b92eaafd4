#!/usr/bin/env python3
"""Runs the cells of a dessim sweep on a Ray cluster.

The plan is the contract: a cell is a pure function of the plan, whoever runs it and however often. So this
driver only says which cells are run where. It hands batches of cells to workers, which call `dessim`, writes
what comes back beside the plan, and lets `dessim sweep merge` decide whether it is all there. A batch that was
lost with its node is run again by Ray; one that was finished before is not run again at all.

    dessim sweep plan study.ron -o plan.json
    python dessim_ray.py plan.json -o cells --address auto
    dessim sweep merge cells
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


def run_cells(dessim: str, plan: bytes, first: int, last: int) -> tuple[str, bytes, float]:
    """The file of cells `first` to `last`, its name, and the seconds it took. Runs on a worker."""
    with tempfile.TemporaryDirectory(prefix="dessim-") as folder:
        path = Path(folder, "plan.json")
        path.write_bytes(plan)
        command = [dessim, "sweep", "run", str(path), "--cells", f"{first}..{last}", "--jobs", "1", "--quiet"]
        began = time.monotonic()
        done = subprocess.run([*command, "--output", folder], capture_output=True, check=False)
        seconds = time.monotonic() - began
        # 3: some of the cells could not run, which their lines say.
        if done.returncode not in (0, 3):
            words = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {words}")
        parts = [part for part in Path(folder).iterdir() if NAME.match(part.name)]
        if len(parts) != 1:
            words = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"{' '.join(command)} wrote {len(parts)} files of cells: {words}")
        return parts[0].name, parts[0].read_bytes(), seconds


def missing(folder: Path, cells: int) -> Iterator[tuple[int, int]]:
    """The stretches of cells, both ends included, that no finished file in `folder` holds."""
    there = []
    for path in folder.iterdir():
        found = NAME.match(path.name)
        if found:
            first, last = int(found[1]), int(found[2])
            # A line of its own comes first; a file that is not finished is left to `dessim sweep run`.
            if path.read_bytes().count(b"\n") == last - first + 2:
                there.append((first, last))
    at = 0
    for first, last in sorted(there):
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


def keep(path: Path, contents: bytes) -> None:
    """Writes a file wholly or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


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
    if json.loads(plan).get("schema") != "dessim.plan/1":
        parser.error(f"{args.plan} is no plan of schema dessim.plan/1")
    cells = int(json.loads(plan)["cells"])
    args.output.mkdir(parents=True, exist_ok=True)
    beside = args.output / "plan.json"
    if beside.exists() and beside.read_bytes() != plan:
        parser.error(f"{args.output} holds another plan: give a directory of its own to each")
    keep(beside, plan)
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
            name, contents, seconds = ray.get(reference)
            keep(args.output / name, contents)
            done += last - first + 1
            cells_a_second = (last - first + 1) / max(seconds, 1e-6)
            if not args.quiet:
                print(f"{done} cells done, the latest {first}..{last}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
