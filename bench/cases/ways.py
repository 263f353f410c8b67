"""The ways for events into a log that differ in what they cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bench.cases.handlers import BATCH, IMPORT, IMPORTED, POSTED, TAKEN, WRITTEN_BYTES
from bench.prices import BUS_EVENTS, GETS, PUTS, QUEUE_REQUESTS, TOPIC_MESSAGES
from bench.usage import NOTHING, Usage
from tools.writes import ALONE, BATCHES, SINGLES

# A message is sent, received and deleted. The last two are done for one alone or for ten together.
_ALONE: Final = Usage({QUEUE_REQUESTS: 3})
_TOGETHER: Final = Usage({QUEUE_REQUESTS: 1.2})
# For an object of 100,000 events: itself, its result, and its progress every five seconds.
_OBJECTS: Final = Usage({PUTS: 40 / 100_000, GETS: 40 / 100_000})

SINGLE: Final = f"{SINGLES}, one a second"
_MANY: Final = f"{BATCHES}, one a second"
DENSE: Final = f"{BATCHES}, ten a second"
_SCATTERED: Final = f"scattered over 400 days, {BATCHES}, one a second"


@dataclass(frozen=True, slots=True)
class Way:
    """A way for events into a log.

    `traffic` is how they are stored, `invocation` what one run of the function takes, for `events`
    events. `requests` is what one event takes outside of functions and tables. `body_bytes` is the
    size of the HTTP request that brings the events; 0 if none does.
    """

    name: str
    traffic: str
    invocation: str
    events: int
    requests: Usage = NOTHING
    body_bytes: int = 0


ONE_A_REQUEST: Final = Way("HTTP, one a second", SINGLE, POSTED[1], 1, body_bytes=WRITTEN_BYTES)
MANY_A_REQUEST: Final = Way(
    f"HTTP, {BATCH} per request", _MANY, POSTED[BATCH], BATCH, body_bytes=BATCH * WRITTEN_BYTES
)
BY_QUEUE: Final = Way(f"queue, {BATCH} at a time", _MANY, TAKEN[BATCH], BATCH, _TOGETHER)
BY_BUCKET: Final = Way("bucket, in order of time", DENSE, IMPORT, IMPORTED, _OBJECTS)

WAYS: Final = (
    ONE_A_REQUEST,
    replace(ONE_A_REQUEST, name=f"HTTP, {ALONE}", traffic=f"{SINGLES}, {ALONE}"),
    MANY_A_REQUEST,
    Way("queue, one a second", SINGLE, TAKEN[1], 1, _ALONE),
    BY_QUEUE,
    Way(f"bus, {BATCH} at a time", _MANY, TAKEN[BATCH], BATCH, _TOGETHER + Usage({BUS_EVENTS: 1})),
    Way(
        f"topic, {BATCH} at a time",
        _MANY,
        TAKEN[BATCH],
        BATCH,
        _TOGETHER + Usage({TOPIC_MESSAGES: 1}),
    ),
    BY_BUCKET,
    Way("bucket, in no order", _SCATTERED, IMPORT, IMPORTED, _OBJECTS),
)
