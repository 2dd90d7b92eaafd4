#!/usr/bin/env python3
"""A sweep on a local cluster of three raylets, one of which is killed in the middle, gives the same bytes.

    python test.py path/to/dessim
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ray.cluster_utils import Cluster

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STUDY = """Study(
    schema: 1,
    scenario: "{scenario}",
    seeds: "1..{seeds}",
    axes: [(
        path: "arms.rpc.calls.clients.policy[2].Bulkhead.permits",
        values: Range(from: "10", to: "80", count: 8),
    )],
)
"""


def finished(folder: Path) -> int:
    return sum(1 for path in folder.glob("cells-*.jsonl"))


def run(*command: object) -> bytes:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True).stdout


def main() -> None:
    dessim = Path(sys.argv[1]).resolve()
    folder = Path(tempfile.mkdtemp(prefix="dessim-ray-"))
    study, plan, cells = folder / "study.ron", folder / "plan.json", folder / "cells"
    study.write_text(STUDY.format(scenario=ROOT / "scenarios/burst.ron", seeds=250))
    run(dessim, "sweep", "plan", study, "-o", plan)
    alone = run(dessim, "sweep", study, "--export-csv", "-")
    assert alone.count(b"\n") > 2000

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
    driver = [sys.executable, HERE / "dessim_ray.py", plan, "-o", cells, "--address", cluster.address]
    driver += ["--dessim", dessim, "--batch", "20"]
    began = time.monotonic()
    with subprocess.Popen([str(word) for word in driver], stderr=subprocess.PIPE) as process:
        while finished(cells) < 10 if cells.exists() else True:
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() - began < 120, "the cluster does not start"
            time.sleep(0.05)
        before = finished(cells)
        # Not asked to leave: killed, with the task that it is running.
        cluster.remove_node(workers[0], allow_graceful=False)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()
    assert before < finished(cells) == 100, (before, finished(cells))

    assert run(dessim, "sweep", "merge", cells, "--export-csv", "-") == alone
    print(f"the same bytes, with a raylet killed after {before} of 100 batches")

    # Interrupted, and gone on with: what was finished is not run again.
    for path in sorted(cells.glob("cells-*.jsonl"))[::3]:
        path.unlink()
    with subprocess.Popen([str(word) for word in driver], stderr=subprocess.PIPE) as process:
        time.sleep(3.0)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    resumed = subprocess.run([str(word) for word in driver], check=True, capture_output=True)
    assert b"cells done" in resumed.stderr or finished(cells) == 100
    assert run(dessim, "sweep", "merge", cells, "--export-csv", "-") == alone
    print("the same bytes, gone on with after an interruption")
    cluster.shutdown()


if __name__ == "__main__":
    main()
