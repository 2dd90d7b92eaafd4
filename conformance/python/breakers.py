"""pybreaker, whose clock stands where it was put."""

from datetime import UTC, datetime, timedelta

import pybreaker

START = datetime(2000, 1, 1, tzinfo=UTC)


class Standing(datetime):
    """A clock of microseconds since the start of a sequence."""

    us = 0

    @classmethod
    def now(cls, tz=None):
        return START + timedelta(microseconds=cls.us)


class Failure(Exception):
    pass


class Excluded(Exception):
    pass


def pybreaker_answers(sequence):
    pybreaker.datetime = Standing
    settings = sequence["settings"]
    breaker = pybreaker.CircuitBreaker(
        fail_max=settings["failures"],
        reset_timeout=settings["open_ms"] / 1000,
        success_threshold=settings["good"],
        exclude=[Excluded],
        throw_new_error_on_trip=False,
    )
    answers = []
    under_way = {}
    for index, step in enumerate(sequence["steps"]):
        if "call" in step:
            Standing.us = step["call"] // 1000
            call = breaker.calling()
            try:
                call.__enter__()
                under_way[index] = call
                answers.append(True)
            except pybreaker.CircuitBreakerError:
                answers.append(False)
            continue
        (kind, (at, index)), = step.items()
        Standing.us = at // 1000
        call = under_way.pop(index, None)
        if call is None:
            answers.append(None)
            continue
        error = {"succeeds": None, "fails": Failure(), "ignored": Excluded()}[kind]
        try:
            call.__exit__(type(error) if error else None, error, None)
        except (Failure, Excluded):
            pass
        answers.append(breaker.current_state == pybreaker.STATE_CLOSED)
    return answers
