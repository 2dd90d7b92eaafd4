"""Reads what dessim exports with the formats' own readers.

    python3 tests/formats/series.py [path/to/dessim]

OpenMetrics is read by prometheus_client, line protocol by line-protocol-parser, Parquet by pyarrow.
A reader that is not installed is installed from PyPI into a virtual environment below target/; one
that cannot be had is said to be skipped. Parquet is skipped if dessim was built without it. Every
number that is read is compared with the JSON of the same run. Exit code 1: something differs.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
READERS = ["prometheus_client", "line-protocol-parser", "pyarrow"]
EPOCH = 1_700_000_000

# Names that would break a format that does not escape them; a scenario may have all of them.
HOSTILE = r'''Scenario(
    schema: 1,
    seed: 3,
    sample_every: "50ms",
    load: { "us,er s=1": Load(arrivals: Poisson(rate: "150/s"), total: 200) },
    services: { "d\"b\\": Service(time: Exponential(mean: "10ms"), slots: 1, queue: 2) },
    arms: {
        "=plain, \"no\" <retry>": Arm(calls: { "us,er s=1": Call(to: "d\"b\\") }),
        "10 %25 ünï 非同期 😀": Arm(calls: {
            "us,er s=1": Call(to: "d\"b\\", policy: [Retry(max_retries: 2), Timeout("50ms")]),
        }),
    },
)
'''


def main():
    given = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/dessim"
    dessim = pathlib.Path(given).resolve()
    if not inside():
        python = environment()
        raise SystemExit(subprocess.run([python, __file__, dessim]).returncode)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        hostile = folder / 'a b,c="d" %41.ron'
        hostile.write_text(HOSTILE, encoding="utf-8")
        short = folder / "short.ron"
        short.write_text(HOSTILE.replace("50ms\",\n    load", "300us\",\n    load"), encoding="utf-8")
        shipped = sorted((ROOT / "scenarios").glob("*.ron"))
        assert shipped
        for scenario in [hostile, short, *shipped]:
            one(dessim, scenario, folder)
    print("all formats are read back")


def inside():
    return sys.prefix == str(ROOT / "target/formats-venv")


def environment():
    folder = ROOT / "target/formats-venv"
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    for reader in READERS:
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", reader]
        if subprocess.run(pip).returncode != 0:
            print(f"skipped: {reader} cannot be installed")
    return python


def one(dessim, scenario, folder):
    name = scenario.stem
    run = [dessim, "run", "-q", scenario, "--format", "json", "--epoch", str(EPOCH)]
    files = {kind: folder / f"out.{kind}" for kind in ["om", "lp", "parquet", "csv"]}
    run += ["--export-prometheus", files["om"], "--export-influx", files["lp"]]
    run += ["--export-csv", files["csv"]]
    result = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
    wanted = [dessim, "run", "-q", scenario, "--export-parquet", files["parquet"]]
    with_parquet = subprocess.run(wanted, capture_output=True, text=True)
    done = [open_metrics(name, result, files["om"]), line_protocol(name, result, files["lp"])]
    if "built without Parquet" in with_parquet.stderr:
        done.append("parquet: skipped, dessim was built without it")
    else:
        assert with_parquet.returncode == 0, with_parquet.stderr
        done.append(parquet(files["parquet"], files["csv"]))
    print(f"{name}: {'; '.join(done)}")


def same(found, expected):
    return math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-15)


def tracks(result):
    """(arm, component, kind, metric) to (unit, values), as the JSON has them."""
    for arm, data in result["arms"].items():
        for track in data["series"]["tracks"]:
            key = (arm, track["component"], track["kind"], track["metric"])
            yield key, track["unit"], track["values"]


def open_metrics(scenario, result, path):
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError:
        return "OpenMetrics: skipped"
    found, samples = {}, 0
    for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
        assert family.type in ("counter", "gauge") and family.documentation, family
        before = {}
        for sample in family.samples:
            labels = sample.labels
            assert labels["scenario"] == scenario and labels["seed"] == str(result["seed"])
            key = (sample.name, labels["arm"], labels.get("component", ""), labels["kind"])
            # As Prometheus reads it: milliseconds that are cut off must still go up.
            at = int(float(sample.timestamp) * 1000)
            assert at > before.get(key, -1), (key, at)
            before[key] = at
            found[key] = sample.value
            samples += 1
    for (arm, component, kind, metric), unit, values in tracks(result):
        name = "dessim_" + kind + "_" + metric.replace(".", "_")
        seconds = metric.endswith("_ns")
        name = name[: -len("_ns")] + "_seconds" if seconds else name
        known = [value for value in values if value is not None]
        counter = unit in ("count", "booked_ns", "state_ns")
        if counter:
            name, expected = name + "_total", sum(known)
        elif known and values[-1] is not None:
            expected = known[-1]
        else:
            continue
        last = found[(name, arm, component, kind)]
        merged = result["arms"][arm]["series"]["bin_ns"] < 2_000_000
        if counter or not merged:
            assert same(last, expected / 1e9 if seconds else expected), (name, last, expected)
    return f"OpenMetrics: {samples:,} samples"


def line_protocol(scenario, result, path):
    try:
        from line_protocol_parser import parse_line
    except ImportError:
        return "line protocol: skipped"
    from urllib.parse import unquote

    sums, lines = {}, 0
    for line in path.read_text(encoding="utf-8").splitlines():
        read = parse_line(line)
        tags = {key: unquote(value) for key, value in read["tags"].items()}
        assert tags["scenario"] == scenario and tags["seed"] == str(result["seed"]), read
        assert read["time"] >= EPOCH * 10**9
        for field, value in read["fields"].items():
            key = (tags["arm"], tags.get("component", ""), read["measurement"], field)
            sums[key] = sums.get(key, 0) + value
        lines += 1
    for (arm, component, kind, metric), _, values in tracks(result):
        known = [value for value in values if value is not None]
        key = (arm, component, "dessim_" + kind, metric.replace(".", "_"))
        assert same(sums.get(key, 0), sum(known)), (key, sums.get(key), sum(known))
    return f"line protocol: {lines:,} lines"


def parquet(path, csv_path):
    try:
        import pyarrow.parquet
    except ImportError:
        return "parquet: skipped"
    import csv

    rows = pyarrow.parquet.read_table(path).to_pylist()
    with open(csv_path, newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(rows) == len(lines) and rows
    for row, line in zip(rows, lines):
        for column, cell in line.items():
            value = row[column]
            if column in ("scenario", "arm", "component", "metric"):
                assert value == cell.removeprefix("'"), (row, line)
            elif cell == "":
                assert value is None, (row, line)
            else:
                assert same(value, float(cell)) and isinstance(value, int) == (
                    column != "value"
                ), (row, line)
    return f"parquet: {len(rows):,} rows"


if __name__ == "__main__":
    main()
