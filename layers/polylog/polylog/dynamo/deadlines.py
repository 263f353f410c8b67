"""The deadline of a request: after it, no request goes to DynamoDB any more.

A context variable holds the current deadline, so each thread has its own. Hooks of the client check
it before each attempt, including botocore's own retries. An attempt that began in time may still
take as long as the client's time-outs allow, so set a deadline early enough for that.
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
"""How many seconds before its own end a request must stop asking DynamoDB.

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
    """Make requests of this thread fail with `OutOfTime` once the deadline is over."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def end_in_time(client: Any) -> None:
    """Make a client keep to the current deadline."""
    client.meta.events.register("before-send", _refuse_late)
    client.meta.events.register_first("needs-retry", _end_retries)


def _refuse_late(**_: object) -> None:
    if _deadline.get().is_over:
        raise OutOfTime


def _end_retries(
    response: tuple[AWSResponse, object] | None, caught_exception: Exception | None, **_: object
) -> None:
    """Stop after a failed attempt if the deadline is over, without a pause for the next one."""
    if not _deadline.get().is_over:
        return
    if caught_exception is not None:
        raise caught_exception
    if response is not None and response[0].status_code >= 500:
        raise OutOfTime


def pause(attempt: int, clock: Clock) -> None:
    """Wait after a failed attempt, counted from 0, but not beyond the deadline.

    The time is random, so that callers spread out.
    """
    clock.sleep(max(0, min(_RANDOM.uniform(0, 0.02 * 2**attempt), _deadline.get().left)))
