"""The deadline of a request: after it, nothing more is asked of DynamoDB.

A context variable holds the current deadline, so each thread has its own. Hooks of the client look
at it before each attempt, botocore's own repetitions included. An attempt that began in time may
still take as long as the client's time-outs allow. Whoever sets a deadline leaves room for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import SystemRandom
from typing import Any, Final

from botocore.awsrequest import AWSResponse
from botocore.exceptions import BotoCoreError

from polylog.model.times import NEVER, Clock, Deadline

CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 5

LAST_REQUEST_SECONDS: Final = CONNECT_SECONDS + READ_SECONDS + 1
"""How long before its end a request asks DynamoDB for the last time.

That leaves time for one whole attempt, and a second for the answer.
"""

# Functions that start from one snapshot share the state of Python's own generator.
_RANDOM: Final = SystemRandom()

_deadline: ContextVar[Deadline] = ContextVar("deadline", default=NEVER)


class OutOfTime(BotoCoreError):
    """The deadline is over, so there is no further attempt."""

    fmt = "there is no time left to ask"


@contextmanager
def until(deadline: Deadline) -> Iterator[None]:
    """Let requests of this thread end with `OutOfTime` once the deadline is over."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def end_in_time(client: Any) -> None:
    """Let a client keep to the current deadline."""
    client.meta.events.register("before-send", _refuse_late)
    client.meta.events.register_first("needs-retry", _end_retries)


def _refuse_late(**_: object) -> None:
    if _deadline.get().is_over:
        raise OutOfTime


def _end_retries(
    response: tuple[AWSResponse, object] | None, caught_exception: Exception | None, **_: object
) -> None:
    """Let a failed attempt be the last one, instead of a pause before one that is not sent."""
    if not _deadline.get().is_over:
        return
    if caught_exception is not None:
        raise caught_exception
    if response is not None and response[0].status_code >= 500:
        raise OutOfTime


def pause(attempt: int, clock: Clock) -> None:
    """Wait after an attempt (from 0), not beyond the deadline; at random, so callers spread out."""
    clock.sleep(max(0, min(_RANDOM.uniform(0, 0.02 * 2**attempt), _deadline.get().left)))
