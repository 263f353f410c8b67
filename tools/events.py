"""Made-up events: always the same ones, and as unevenly spread as real ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Final
from uuid import UUID

from polylog.model.event import Entity, Event
from polylog.model.times import SECOND, parse_iso8601

DAY: Final = 86_400 * SECOND
DAYS: Final = 400
START: Final = parse_iso8601("2025-01-01T00:00:00Z")

_THINGS: Final = ("app", "space", "route", "key", "job", "volume", "network", "role")
_VERBS: Final = ("create", "update", "delete", "start", "stop")
TYPES: Final = tuple(f"audit.{thing}.{verb}" for verb in _VERBS for thing in _THINGS)

_ACTORS: Final = 200
_TARGETS: Final = 1000
_PROJECTS: Final = 50

# In half of the bursts all events have one time, a whole second, as in a deployment.
_MOST_IN_BURST: Final = 6
_WORDS: Final = ("memory", "instances", "region", "owner", "image", "reason", "policy", "zone")


class Maker:
    """Makes events from one stream of random numbers.

    `size` is about the number of bytes that an event has as JSON.
    """

    def __init__(self, seed: int, size: int = 0) -> None:
        self._random = Random(seed)
        self._size = size
        self._actors = self._ids(_ACTORS)
        self._targets = self._ids(_TARGETS)
        self._projects = self._ids(_PROJECTS)
        self._type_weights = _zipf(len(TYPES))
        self._actor_weights = _zipf(_ACTORS)
        self._target_weights = _zipf(_TARGETS)

    def spread(self, number: int, days: int = DAYS) -> Iterator[Event]:
        """Yield events over a number of days, in the order of their times; many times are equal."""
        return (self.at(time) for time in self._times(number, days * DAY))

    def at(self, time: int) -> Event:
        """Return an event with this time."""
        (type,) = self._random.choices(TYPES, cum_weights=self._type_weights)
        (actor,) = self._random.choices(self._actors, cum_weights=self._actor_weights)
        target = self._random.choices(range(_TARGETS), cum_weights=self._target_weights)[0]
        event = Event(
            id=self._id(),
            time=time,
            type=type,
            source=f"service-{target % 10}",
            actor=Entity(id=actor, type="user"),
            target=Entity(id=self._targets[target], type=type.split(".")[1]),
            project_id=self._projects[target % _PROJECTS],
            data={"request": self._request(0)},
        )
        missing = self._size - len(event.model_dump_json(exclude_defaults=True))
        return event.model_copy(update={"data": {"request": self._request(missing)}})

    def _times(self, number: int, length: int) -> list[int]:
        times: list[int] = []
        while len(times) < number:
            first = self._random.randrange(length)
            burst = self._random.randint(1, _MOST_IN_BURST)
            if self._random.random() < 0.5:
                times += [first - first % SECOND] * burst
            else:
                times += (first + self._random.randrange(SECOND) for _ in range(burst))
        return sorted(START + time for time in times[:number])

    def _request(self, size: int) -> dict[str, str | int]:
        """Return a made-up request: words, numbers and ids, in about `size` bytes of JSON."""
        request: dict[str, str | int] = {}
        while size > 0:
            word = f"{self._random.choice(_WORDS)}_{len(request)}"
            value = self._random.choice((self._id(), self._random.randrange(10**6), word))
            request[word] = value
            size -= len(word) + len(str(value)) + 5
        return request

    def _ids(self, number: int) -> list[str]:
        return [self._id() for _ in range(number)]

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def _zipf(number: int) -> list[float]:
    """Return the cumulative sums of the weights 1, 1/2, 1/3 and so on."""
    return list(accumulate(1 / rank for rank in range(1, number + 1)))
