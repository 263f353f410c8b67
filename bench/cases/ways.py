"""The ways for events into a log, as far as they differ in what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bench import prices
from bench.cases.handlers import BATCH, IMPORT, IMPORTED, POSTED, TAKEN
from tools.writes import BATCHES, SINGLES

# Of a million messages: sending each, and receiving and deleting one, or ten together.
_ALONE: Final = 3 * prices.QUEUE_REQUESTS
_TOGETHER: Final = 1.2 * prices.QUEUE_REQUESTS
# Of an object of 100,000 events: itself, its result, and its progress every five seconds.
_OBJECTS: Final = (prices.PUTS * 40 + prices.GETS * 40) / 100_000

SINGLE: Final = f"{SINGLES}, one a second"
_MANY: Final = f"{BATCHES}, one a second"
DENSE: Final = f"{BATCHES}, ten a second"
_SCATTERED: Final = f"scattered over 400 days, {BATCHES}, one a second"


@dataclass(frozen=True, slots=True)
class Way:
    """A way for events in: as what traffic they are stored, and what of an invocation each takes.

    `requests` is what a million events cost outside of functions and tables.
    """

    name: str
    traffic: str
    invocation: str
    events: int
    requests: float
    reads: int = 0


WAYS: Final = (
    Way("HTTP, one a request", SINGLE, POSTED[1], 1, prices.API_REQUESTS, 1),
    Way(f"HTTP, {BATCH} a request", _MANY, POSTED[BATCH], BATCH, prices.API_REQUESTS / BATCH, 1),
    Way("queue, one a second", SINGLE, TAKEN[1], 1, _ALONE),
    Way(f"queue, {BATCH} at a time", _MANY, TAKEN[BATCH], BATCH, _TOGETHER),
    Way(f"bus, {BATCH} at a time", _MANY, TAKEN[BATCH], BATCH, _TOGETHER + prices.BUS_EVENTS),
    Way(f"topic, {BATCH} at a time", _MANY, TAKEN[BATCH], BATCH, _TOGETHER + prices.TOPIC_MESSAGES),
    Way("bucket, in order of time", DENSE, IMPORT, IMPORTED, _OBJECTS),
    Way("bucket, in no order", _SCATTERED, IMPORT, IMPORTED, _OBJECTS),
)
