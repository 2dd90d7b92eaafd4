"""Retries: each step is the end of a try, and its answer the wait before the next one in
nanoseconds, or None if there is none."""

import random
import time
from fractions import Fraction
from types import SimpleNamespace
from unittest import mock

import botocore.retries.standard as standard
import tenacity as tenacity_
import urllib3 as urllib3_
from botocore.exceptions import ReadTimeoutError
from botocore.retries.quota import RetryQuota
from urllib3.exceptions import MaxRetryError
from urllib3.response import HTTPResponse


class Draw:
    """The number that the next jitter draws, in place of the generator of the module random."""

    unit = 0.0

    def random(self):
        return self.unit

    def uniform(self, low, high):
        return low + (high - low) * self.unit


DRAW = Draw()
random.random = DRAW.random
random.uniform = DRAW.uniform


def nanoseconds(seconds):
    return int(round(seconds * 1e9))


def play(sequence, begin, end):
    """begin(at) returns the state of a call; end(state, step) the wait in seconds, or None."""
    calls, answers = {}, []
    for index, step in enumerate(sequence["steps"]):
        if "call" in step:
            calls[index] = begin(step["call"])
            answers.append(0)
            continue
        step = step["ends"]
        state = calls.pop(step["call"], None)
        DRAW.unit = step["unit"]
        wait = None if state is None else end(state, step)
        if wait is None:
            answers.append(None)
        else:
            calls[step["call"]] = state
            answers.append(nanoseconds(wait))
    return answers


def tenacity(sequence):
    s = sequence["settings"]
    base, cap = s["base_s"], s["cap_s"]
    wait = {
        "fixed": lambda: tenacity_.wait_fixed(base),
        "incrementing": lambda: tenacity_.wait_incrementing(base, s["jitter_s"], cap),
        "exponential": lambda: tenacity_.wait_exponential(base, cap),
        "random_exponential": lambda: tenacity_.wait_random_exponential(base, cap),
        "exponential_jitter": lambda: tenacity_.wait_exponential_jitter(
            multiplier=base, max=cap, jitter=s["jitter_s"]
        ),
    }[s["wait"]]()
    stop = tenacity_.stop_never
    if s["attempts"] is not None:
        stop = tenacity_.stop_after_attempt(s["attempts"])
    if s["stop"] == "before":
        stop = stop | tenacity_.stop_before_delay(s["limit_s"])
    if s["stop"] == "after":
        stop = stop | tenacity_.stop_after_delay(s["limit_s"])
    retrying = tenacity_.Retrying(wait=wait, stop=stop)
    retrying.begin()
    clock = SimpleNamespace(now=0)

    def begin(at):
        clock.now = at
        state = tenacity_.RetryCallState(retrying, None, (), {})
        return state

    def end(state, step):
        clock.now = step["at"]
        if step["outcome"] is None:
            return None
        error = OSError("failure")
        state.set_exception((OSError, error, None))
        try:
            do = retrying.iter(state)
        except tenacity_.RetryError:
            return None
        state.prepare_for_next_attempt()
        return float(do)

    with mock.patch.object(time, "monotonic", lambda: Fraction(clock.now, 10**9)):
        return play(sequence, begin, end)


def urllib3(sequence):
    s = sequence["settings"]

    def begin(_):
        retry = urllib3_.Retry(
            total=s["total"],
            status_forcelist=[503],
            backoff_factor=s["factor_s"],
            backoff_jitter=s["jitter_s"],
            backoff_max=s["cap_s"],
            respect_retry_after_header=s["heeds"],
        )
        return SimpleNamespace(retry=retry)

    def end(state, step):
        if step["outcome"] is None:
            return None
        headers = {}
        if "named" in step:
            headers["Retry-After"] = str(step["named"] // 10**9)
        response = HTTPResponse(status=503, headers=headers)
        assert state.retry.is_retry("GET", 503, bool(headers))
        try:
            state.retry = state.retry.increment("GET", "/", response=response)
        except MaxRetryError:
            return None
        slept = [0.0]
        with mock.patch.object(time, "sleep", slept.append):
            state.retry.sleep(response)
        return slept[-1]

    return play(sequence, begin, end)


def botocore(sequence):
    s = sequence["settings"]
    adapter = standard.RetryEventAdapter()
    detector = standard.ThrottlingErrorDetector(adapter)
    quota = standard.RetryQuotaChecker(
        RetryQuota(s["capacity"]), throttling_detector=detector
    )
    handler = standard.RetryHandler(
        retry_policy=standard.RetryPolicy(
            retry_checker=standard.StandardRetryConditions(max_attempts=s["attempts"]),
            retry_backoff=standard.ExponentialBackoff(
                random=DRAW.random, service_name="s3", throttling_detector=detector
            ),
        ),
        retry_event_adapter=adapter,
        retry_quota=quota,
    )

    def begin(_):
        return SimpleNamespace(attempts=1, context={})

    def end(state, step):
        outcome = step["outcome"]
        if outcome is None:
            quota.release_retry_quota(state.context, SimpleNamespace(status_code=200))
            return None
        response = error = None
        if outcome == "Timeout":
            error = ReadTimeoutError(endpoint_url="http://127.0.0.1")
        else:
            code = {"Error": "InternalError", "Shed": "ThrottlingException"}[outcome]
            status = {"Error": 500, "Shed": 400}[outcome]
            headers = {}
            if "named" in step:
                headers["x-amz-retry-after"] = str(step["named"] // 10**6)
            http = SimpleNamespace(status_code=status, headers=headers)
            response = (http, {"Error": {"Code": code}})
        wait = handler.needs_retry(
            response=response,
            attempts=state.attempts,
            operation=None,
            caught_exception=error,
            request_dict={"context": state.context},
        )
        state.attempts += 1
        return wait

    return play(sequence, begin, end)
