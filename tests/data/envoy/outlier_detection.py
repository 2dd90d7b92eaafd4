#!/usr/bin/env python3
"""Writes outlier_detection.jsonl: which hosts Envoy's outlier detection leaves, for random results.

Envoy is in no registry, so this follows its source function by function:
source/common/upstream/outlier_detection_impl.cc at commit 00c7146d95ff of envoyproxy/envoy, and for
the panic `isHostSetInPanic` of source/common/upstream/load_balancer_impl.cc. Each function here
names the one there. Times are in nanoseconds. Jitter is 0 and everything is enforced: there both are
random. Hosts are visited in their order, and a sweep comes before what else happens at its instant:
there both are undefined.

    tests/data/envoy/outlier_detection.py > tests/data/envoy/outlier_detection.jsonl
"""
import json
import math
import random

MS = 1_000_000


class Monitor:
    """DetectorHostMonitorImpl, with the success rate accumulator of external errors."""

    def __init__(self):
        self.ejected = False
        self.consecutive_5xx = 0
        self.current = [0, 0]
        self.backup = [0, 0]
        self.last_ejection = None
        self.last_unejection = None
        self.backoff = 0


class Detector:
    """DetectorImpl."""

    def __init__(self, config, hosts):
        self.config = config
        self.hosts = [Monitor() for _ in range(hosts)]
        self.ejections_active = 0
        self.next_sweep = config["interval"]

    def put_result(self, host, success, now):
        """putHttpResponseCode, and onConsecutiveErrorWorker on the main thread at once."""
        monitor = self.hosts[host]
        monitor.current[1] += 1
        if success:
            monitor.current[0] += 1
            monitor.consecutive_5xx = 0
            return
        monitor.consecutive_5xx += 1
        if monitor.consecutive_5xx == self.config["consecutive_5xx"] and not monitor.ejected:
            self.eject_host(monitor, now)
            monitor.consecutive_5xx = 0

    def eject_host(self, monitor, now):
        """ejectHost."""
        percent = 100.0 * (self.ejections_active + 1) / len(self.hosts)
        should_eject = percent <= self.config["max_ejection_percent"]
        if self.config["always_eject_one_host"]:
            should_eject = self.ejections_active == 0 or should_eject
        if not should_eject:
            return
        self.ejections_active += 1
        monitor.ejected = True
        monitor.last_ejection = now
        base, most = self.config["base"], self.config["max"]
        if monitor.backoff * base < most + base:
            monitor.backoff += 1

    def check_host_for_uneject(self, monitor, now):
        """checkHostForUneject and unejectHost."""
        if not monitor.ejected:
            return
        time = min(self.config["base"] * monitor.backoff, self.config["max"])
        if time <= now - monitor.last_ejection:
            self.ejections_active -= 1
            monitor.ejected = False
            monitor.consecutive_5xx = 0
            monitor.last_unejection = now

    def process_success_rate_ejections(self, now):
        """processSuccessRateEjections and successRateEjectionThreshold."""
        config = self.config
        by_rate, by_percentage = [], []
        for monitor in self.hosts:
            success, total = monitor.backup
            if monitor.ejected or total == 0:
                continue
            rate = success * 100.0 / total
            if total >= config["success_rate"]["volume"]:
                by_rate.append((monitor, rate))
            if total >= config["failure_percentage"]["volume"]:
                by_percentage.append((monitor, rate))
        of = config["success_rate"]
        if of["on"] and by_rate and len(by_rate) >= of["hosts"]:
            mean = 0.0
            for _, rate in by_rate:
                mean += rate
            mean /= len(by_rate)
            variance = 0.0
            for _, rate in by_rate:
                variance += (rate - mean) * (rate - mean)
            stdev = math.sqrt(variance / len(by_rate))
            threshold = mean - of["stdev_factor"] / 1000.0 * stdev
            for monitor, rate in by_rate:
                if rate < threshold:
                    self.eject_host(monitor, now)
        of = config["failure_percentage"]
        if of["on"] and by_percentage and len(by_percentage) >= of["hosts"]:
            for monitor, rate in by_percentage:
                if 100.0 - rate >= of["threshold"]:
                    self.eject_host(monitor, now)

    def on_interval_timer(self, now):
        """onIntervalTimer."""
        for monitor in self.hosts:
            self.check_host_for_uneject(monitor, now)
            # updateCurrentSuccessRateBucket
            monitor.backup, monitor.current = monitor.current, [0, 0]
        self.process_success_rate_ejections(now)
        for monitor in self.hosts:
            back = monitor.last_unejection
            if not monitor.ejected and back is not None and now - back >= self.config["interval"]:
                if monitor.backoff != 0:
                    monitor.backoff -= 1

    def advance(self, now):
        while self.next_sweep <= now:
            self.on_interval_timer(self.next_sweep)
            self.next_sweep += self.config["interval"]

    def available(self):
        """The hosts as a mask: isHostSetInPanic, then the healthy ones or all."""
        healthy = [not monitor.ejected for monitor in self.hosts]
        percent = 100.0 * sum(healthy) / len(healthy)
        if percent < self.config["panic"]:
            return (1 << len(healthy)) - 1
        return sum(1 << host for host, is_healthy in enumerate(healthy) if is_healthy)


def sequence(dice, steps):
    hosts = dice.choice([1, 2, 3, 5, 6, 10])
    interval, base = dice.choice([100, 1_000, 10_000]), dice.choice([100, 700, 3_000, 10_000])
    most = dice.choice([base, 3 * base, 10 * base])
    row, always = dice.choice([None, 1, 2, 5]), dice.random() < 0.5
    percent, panic = dice.choice([10, 29, 34, 50, 100, 100]), dice.choice([0, 50, 50, 90])
    rate = {"on": dice.random() < 0.5, "stdev_factor": dice.choice([1900, 500, 1000]),
            "hosts": dice.choice([1, 3, 5]), "volume": dice.choice([1, 2, 5])}
    percentage = {"on": row is None and not rate["on"] or dice.random() < 0.4,
                  "threshold": dice.choice([85, 50, 29, 100]), "hosts": dice.choice([1, 3, 5]),
                  "volume": dice.choice([1, 2, 5])}
    detector = Detector({
        "interval": interval * MS, "base": base * MS, "max": most * MS, "consecutive_5xx": row,
        "max_ejection_percent": percent, "always_eject_one_host": always, "panic": panic,
        "success_rate": rate, "failure_percentage": percentage}, hosts)
    spec = {"interval": f"{interval}ms", "base_ejection_time": f"{base}ms",
            "max_ejection_time": f"{most}ms", "max_ejected": percent / 100,
            "always_eject_one": always, "panic_threshold": panic / 100}
    if row:
        spec["consecutive_failures"] = row
    if rate["on"]:
        spec["success_rate"] = {"deviations": rate["stdev_factor"] / 1000,
                                "minimum_replicas": rate["hosts"], "minimum_calls": rate["volume"]}
    if percentage["on"]:
        spec["failure_rate"] = {"threshold": percentage["threshold"] / 100,
                                "minimum_replicas": percentage["hosts"],
                                "minimum_calls": percentage["volume"]}
    made, answers, sent, now = [], [], [], 0
    failing = [dice.choice([0, 0, 0.1, 0.5, 1, 1]) for _ in range(hosts)]
    while len(made) < steps:
        if dice.random() < 0.05:
            failing[dice.randrange(hosts)] = dice.choice([0, 0.5, 1])
        period = interval * MS
        ahead = dice.random()
        if ahead < 0.05:
            now += dice.randrange(4 * max(interval, base) * MS)
        elif ahead < 0.1:
            now += period - now % period - dice.choice([0, 0, 1])
        else:
            now += dice.randrange(period // 12)
        detector.advance(now)
        if sent and dice.random() < 0.48:
            # Results mostly at once, sometimes long after.
            index, host = sent.pop(-1 if dice.random() < 0.8 else 0)
            fails = dice.random() < failing[host]
            detector.put_result(host, not fails, now)
            made.append({"fails" if fails else "succeeds": [now, index]})
            answers.append(None)
            continue
        available, host = detector.available(), dice.randrange(hosts)
        if available >> host & 1:
            sent.append((len(made), host))
        made.append({"send": [now, host]})
        answers.append({"available": available})
    return {"mechanism": {"OutlierDetection": spec}, "settings": {"replicas": hosts},
            "steps": made, "answers": answers}


def main():
    dice = random.Random(20261129)
    for _ in range(40):
        print(json.dumps(sequence(dice, 300), separators=(",", ":")))


main()
