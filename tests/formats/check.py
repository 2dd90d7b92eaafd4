"""Holds traces for other viewers against the schemas of these viewers, and against the run.

check.py DESSIM PLACE [SCENARIO..]: runs DESSIM on each scenario, writes into PLACE. Nothing here
shares code with dessim: protocol buffers are read with the descriptors that the packages
`perfetto` and `opentelemetry-proto` ship, what spans must be is counted from `--trace`.
"""

import collections
import glob
import json
import pathlib
import re
import subprocess
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.trace.v1 import trace_pb2 as otlp_trace
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as perfetto

# What the records open, as documented in docs/trace.md.
OPENS = {
    "arrived": "request",
    "sent": "attempt",
    "waits": "in line",
    "started": "in a slot",
    "retries": "backoff",
    "published": "queued",
    "taken": "delivery",
}

HOSTILE = """Scenario(
    schema: 1,
    load: { "<b>\\"a\\" = 'ü', 🦀": Load(arrivals: Poisson(rate: "150/s"), total: 60) },
    services: { "שלום & <script>": Service(time: Exponential(mean: "10ms"), slots: 1, queue: 2) },
    arms: {
        "one, \\"two\\"": Arm(calls: {
            "<b>\\"a\\" = 'ü', 🦀": Call(to: "שלום & <script>", policy: [Retry(max_retries: 2)]),
        }),
    },
)
"""

UNFINISHED = """Scenario(
    schema: 1,
    duration: "200ms",
    load: { "users": Load(arrivals: Poisson(rate: "400/s")) },
    services: { "db": Service(time: Exponential(mean: "50ms"), slots: 4) },
    calls: { "users": Call(to: "db", policy: [
        Timeout("90ms"),
        Retry(max_retries: 3, backoff: Constant("30ms")),
        Bulkhead(permits: 30),
        Timeout("25ms"),
    ]) },
)
"""


class Lanes:
    """Slices on tracks, as a viewer nests them; events must come in the order of time."""

    def __init__(self):
        self.open = collections.defaultdict(list)
        self.spans = collections.Counter()
        self.flows = 0
        self.counters = collections.Counter()
        self.marks = collections.Counter()

    def begin(self, track, at, kind, key):
        assert not self.open[track], f"{track}: {key} begins at {at} within {self.open[track]}"
        self.open[track].append((at, kind, key))
        self.spans[kind] += 1

    def end(self, track, at):
        began, _, _ = self.open[track].pop()
        assert began <= at, f"{track}: ends at {at}, before it began"

    def top(self, track):
        assert self.open[track], f"{track}: a flow is bound to nothing"
        return self.open[track][-1]

    def finish(self):
        left = {track: spans for track, spans in self.open.items() if spans}
        assert not left, f"slices that never end: {left}"


def chrome(path):
    """The Trace Event Format, as chrome://tracing and Perfetto's importer read it."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    data = json.loads(text)
    # Microseconds to the nanosecond, and never in the notation of powers.
    assert not re.search(r'"ts":(?!0[,}]|\d+\.\d{3}[,}])', text)
    assert set(data) == {"displayTimeUnit", "otherData", "traceEvents"}, set(data)
    assert data["displayTimeUnit"] == "ns"
    assert all(isinstance(value, str) for value in data["otherData"].values())
    lanes, names, started, landed = Lanes(), {}, {}, set()
    events = []
    for index, event in enumerate(data["traceEvents"]):
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int), event
        assert isinstance(event["ts"], (int, float)) and event["ts"] >= 0, event
        if event["ph"] == "M":
            names[(event["pid"], event["tid"], event["name"])] = event["args"]
        else:
            events.append((event["ts"], index, event))
    # Importers sort by time and keep the order of the file among equals.
    for ts, _, event in sorted(events, key=lambda event: event[:2]):
        phase, track = event["ph"], (event["pid"], event["tid"])
        if phase == "B":
            assert (*track, "thread_name") in names, f"{track} has no name"
            assert event["name"] and event["cat"] and event["args"], event
            lanes.begin(track, ts, event["cat"], event["name"])
        elif phase == "E":
            lanes.end(track, ts)
            assert event["args"]["ending"] in ("well", "badly", "cut_short", "unfinished"), event
        elif phase == "i":
            assert event["s"] in ("t", "p"), event
            lanes.marks[event["name"]] += 1
            if event["s"] == "t":
                assert lanes.top(track)[2] == event["args"]["request"], event
        elif phase == "s":
            assert event["id"] not in started, event
            started[event["id"]] = lanes.top(track)[2]
        elif phase == "f":
            assert event["bp"] == "e" and event["id"] not in landed, event
            # It leads from a span of this request to a span of this request.
            assert started[event["id"]] == lanes.top(track)[2], event
            landed.add(event["id"])
            lanes.flows += 1
        elif phase == "C":
            assert set(event["args"]) == {"value"}, event
            assert isinstance(event["args"]["value"], (int, float)), event
            lanes.counters[event["pid"], event["name"]] += 1
        else:
            raise AssertionError(f"an event of phase {phase}: {event}")
    assert set(started) == landed, "flows that lead nowhere"
    lanes.finish()
    return lanes


def tracks(path):
    """Perfetto's trace, packet by packet, with its own descriptors."""
    trace = perfetto.Trace()
    with open(path, "rb") as file:
        trace.ParseFromString(file.read())
    size = trace.ByteSize()
    trace.DiscardUnknownFields()
    assert size == trace.ByteSize(), "fields that Perfetto does not know"
    described, strings, events = {}, {}, []
    for index, packet in enumerate(trace.packet):
        assert packet.trusted_packet_sequence_id == 1
        cleared = bool(packet.sequence_flags & 1)
        assert cleared == (index == 0) == packet.first_packet_on_sequence
        for field, entries in packet.interned_data.ListFields():
            for entry in entries:
                text = getattr(entry, "name", None) or entry.str.decode("utf-8")
                assert (field.name, entry.iid) not in strings, entry
                strings[field.name, entry.iid] = text
        if packet.HasField("track_descriptor"):
            about = packet.track_descriptor
            assert about.uuid and about.uuid not in described, about
            assert not about.HasField("parent_uuid") or about.parent_uuid in described, about
            described[about.uuid] = about
        if packet.HasField("track_event"):
            event = packet.track_event
            assert event.track_uuid in described, event
            for note in event.debug_annotations:
                assert strings["debug_annotation_names", note.name_iid], note
                if note.HasField("string_value_iid"):
                    assert strings["debug_annotation_string_values", note.string_value_iid], note
            categories = [strings["event_categories", iid] for iid in event.category_iids]
            events.append((packet.timestamp, index, event, categories))
    return described, strings, events


def perfetto_file(path):
    """What Perfetto makes of it: slices that nest, flows that connect, counters."""
    described, strings, events = tracks(path)
    lanes, flows = Lanes(), {}
    kind = perfetto.TrackEvent.Type
    for at, _, event, categories in sorted(events, key=lambda event: event[:2]):
        track = event.track_uuid
        counts = described[track].HasField("counter")
        assert counts == (event.type == kind.TYPE_COUNTER), event
        if event.type == kind.TYPE_SLICE_BEGIN:
            (category,) = categories
            assert described[track].name == category
            lanes.begin(track, at, category, event.name)
            incoming = [flow for flow in event.flow_ids if flow in flows]
            assert len(incoming) <= 1, event
            for flow in incoming:
                assert flows[flow] == event.name, "a flow leads to another request"
            lanes.flows += len(incoming)
            flows.update((flow, event.name) for flow in event.flow_ids)
        elif event.type == kind.TYPE_SLICE_END:
            lanes.end(track, at)
        elif event.type == kind.TYPE_INSTANT:
            lanes.marks[strings["event_names", event.name_iid]] += 1
        elif event.type == kind.TYPE_COUNTER:
            assert event.HasField("counter_value") or event.HasField("double_counter_value")
            lanes.counters[track] += 1
        else:
            raise AssertionError(event)
    lanes.finish()
    return lanes


def recorded(path):
    """What the records say must be there."""
    spans, rest = collections.Counter(), collections.Counter()
    with open(path, encoding="utf-8") as file:
        next(file)
        for line in file:
            what = json.loads(line)["what"]
            spans[OPENS.get(what)] += 1
            rest[what] += 1
    spans.pop(None, None)
    return spans, rest


def spans_of(path):
    """OTLP JSON, read into ExportTraceServiceRequest as its proto3 JSON mapping says."""
    text = path.read_text(encoding="utf-8")
    raw = json.loads(text)
    # OTLP departs from that mapping in one point: ids are hexadecimal and not base64.
    for resource in raw["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for holder in [span, *span.get("links", [])]:
                    for key, length in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
                        if key in holder:
                            value = bytes.fromhex(holder[key])
                            assert len(value) == length and any(value), holder
                            assert holder[key] == holder[key].lower()
                            holder[key] = json_format.base64.b64encode(value).decode()
    return json_format.ParseDict(raw, otlp.ExportTraceServiceRequest())


def otlp_file(path, stories):
    request = spans_of(path)
    spans, services = {}, collections.Counter()
    for resource in request.resource_spans:
        about = {entry.key: entry.value.string_value for entry in resource.resource.attributes}
        assert about["service.name"] and about["dessim.arm"], about
        services[about["service.name"]] += 1
        for scope in resource.scope_spans:
            assert scope.scope.name == "dessim"
            for span in scope.spans:
                assert (span.trace_id, span.span_id) not in spans, "an id comes twice"
                spans[span.trace_id, span.span_id] = span
    roots = 0
    for (trace, _), span in spans.items():
        assert span.start_time_unix_nano <= span.end_time_unix_nano, span
        assert span.kind != otlp_trace.Span.SPAN_KIND_UNSPECIFIED
        if span.parent_span_id:
            parent = spans[trace, span.parent_span_id]
            assert parent.start_time_unix_nano <= span.start_time_unix_nano
            # Work may go on for a caller who has left, but begins while it is there, or in line.
        else:
            roots += 1
            assert span.status.code in (0, 1, 2)
        for link in span.links:
            before = spans[link.trace_id, link.span_id]
            assert before.end_time_unix_nano == span.start_time_unix_nano
        for event in span.events:
            assert event.name
            assert span.start_time_unix_nano <= event.time_unix_nano
    told = [story for arm in stories["arms"] for story in arm["requests"]]
    assert roots == len(told) == len({trace for trace, _ in spans})
    assert len(spans) == sum(len(story["spans"]) for story in told)
    kinds = collections.Counter(span.kind for span in spans.values())
    return len(spans), kinds


def check(dessim, place, scenario):
    name = pathlib.Path(scenario).stem
    path = {ending: place / f"{name}.{ending}" for ending in ("jsonl", "json", "pftrace")}
    run = [dessim, "run", scenario, "--quiet", "--trace", path["jsonl"]]
    run += ["--trace-chrome", path["json"], "--trace-perfetto", path["pftrace"]]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    wanted, records = recorded(path["jsonl"])
    seen = {"chrome": chrome(path["json"]), "perfetto": perfetto_file(path["pftrace"])}
    for viewer, lanes in seen.items():
        assert lanes.spans == wanted, f"{viewer}: {lanes.spans}, not {wanted}"
        assert all(records[mark] >= n for mark, n in lanes.marks.items()), lanes.marks
        assert lanes.counters and len(set(lanes.counters.values())) >= 1
    assert seen["chrome"].flows == seen["perfetto"].flows > 0
    assert seen["chrome"].marks == seen["perfetto"].marks
    assert sorted(seen["chrome"].counters.values()) == sorted(seen["perfetto"].counters.values())
    told = place / f"{name}.stories.json"
    traces = place / f"{name}.otlp.json"
    choose = [dessim, "trace", scenario, "--quiet", "--slowest", "25"]
    subprocess.run([*choose, "--format", "json", "-o", told], check=True)
    subprocess.run([*choose, "--format", "otlp", "-o", traces], check=True)
    spans, kinds = otlp_file(traces, json.loads(told.read_text(encoding="utf-8")))
    print(
        f"{name}: {sum(wanted.values())} spans, {seen['chrome'].flows} flows, "
        f"{len(seen['chrome'].counters)} counters in both viewers; "
        f"{spans} spans of {len(kinds)} kinds in OTLP"
    )
    for written in (*path.values(), told, traces):
        written.unlink()


def main():
    dessim, place = sys.argv[1], pathlib.Path(sys.argv[2])
    scenarios = sys.argv[3:]
    if not scenarios:
        for name, text in (("hostile", HOSTILE), ("unfinished", UNFINISHED)):
            (place / f"{name}.ron").write_text(text, encoding="utf-8")
            scenarios.append(str(place / f"{name}.ron"))
        scenarios += [path for path in sorted(glob.glob("scenarios/*.ron"))]
    for scenario in scenarios:
        check(dessim, place, scenario)
    print("all files are what their viewers expect")


if __name__ == "__main__":
    main()
