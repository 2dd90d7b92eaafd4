"""The send rate of botocore's adaptive mode, under a clock that is moved.

A call that waits for a token is a thread that waits on the condition of the library's bucket; here
one greenlet sends, and the wait for the condition gives way to the driver. Calls wait in the order of their
arrival: the next asks for a token when the one before has got its own.
"""

import math
from types import SimpleNamespace

import botocore.retries.adaptive as adaptive
import botocore.retries.bucket as bucket
import botocore.retries.standard as standard
import botocore.retries.throttling as throttling
import greenlet

RESPONSES = {
    "succeeds": (200, {}),
    "fails": (500, {"Error": {"Code": "InternalError"}}),
    "ignored": (400, {"Error": {"Code": "ThrottlingException"}}),
}


class Clock:
    """Nanoseconds since the start of a sequence."""

    now = 0

    def current_time(self):
        return self.now / 1e9


class Condition:
    """The condition of a bucket, on which no more than one call waits."""

    def __init__(self, clock, driver):
        self.clock, self.driver, self.due = clock, driver, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def notify(self):
        if self.due is not None:
            self.due = self.clock.now

    def wait(self, seconds):
        self.due = self.clock.now + max(1, math.ceil(seconds * 1e9))
        self.driver.switch()
        self.due = None


def botocore_adaptive(sequence):
    clock = Clock()
    condition = Condition(clock, greenlet.getcurrent())
    tokens = bucket.TokenBucket(max_rate=1, clock=clock)
    tokens._new_fill_rate_condition = condition
    limiter = adaptive.ClientRateLimiter(
        rate_adjustor=throttling.CubicCalculator(
            starting_max_rate=0, start_time=clock.current_time()
        ),
        rate_clocker=adaptive.RateClocker(clock),
        token_bucket=tokens,
        throttling_detector=standard.ThrottlingErrorDetector(standard.RetryEventAdapter()),
        clock=clock,
    )
    steps = sequence["steps"]
    line, inside, answers = [], set(), []
    sender = None

    def send():
        while line:
            index = line[0]
            limiter.on_sending_request(request=None)
            line.pop(0)
            inside.add(index)
            answers[-1]["starts"].append([index, clock.now - steps[index]["call"]])

    def go_on():
        nonlocal sender
        if sender is None or sender.dead:
            sender = greenlet.greenlet(send)
        sender.switch()

    for index, step in enumerate(steps):
        answers.append({"starts": [], "refused": []})
        at = step["call"] if "call" in step else next(iter(step.values()))[0]
        while condition.due is not None and condition.due <= at:
            clock.now = condition.due
            go_on()
        clock.now = at
        if "call" in step:
            line.append(index)
            if condition.due is None:
                go_on()
            continue
        (kind, (_, call)), = step.items()
        if call not in inside:
            continue
        inside.remove(call)
        status, parsed = RESPONSES[kind]
        limiter.on_receiving_response(
            response=(SimpleNamespace(status_code=status, headers={}), parsed),
            attempts=1,
            operation=None,
            caught_exception=None,
            request_dict={"context": {}},
        )
        if condition.due is not None and condition.due <= clock.now:
            go_on()
    return answers
