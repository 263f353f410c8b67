"""The events that writers offer. The id of each holds its number, so it can be recognised."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random
from typing import Any, Final

SECOND: Final = 1_000_000

TYPES: Final = tuple(f"soakKind{number:02}" for number in range(12))
"""The types of events; one event in 200 has the last one."""

RARE: Final = len(TYPES) - 1
ACTORS: Final = tuple(f"{0xACC0 + number:032x}" for number in range(50))

BATCH: Final = 95

_WRITER_BITS: Final = 40
_LATE: Final = 0.1
_SHORTEST_DELAY, _LONGEST_DELAY = 60.0, 3 * 365 * 86_400.0
_FILLER: Final = "The instance was moved to another host because of maintenance. " * 2


@dataclass(frozen=True, slots=True)
class Offer:
    """An event before it is sent; `time` is in microseconds since the epoch, UTC."""

    number: int
    time: int
    type: int
    actor: int

    def wire(self) -> dict[str, Any]:
        """Return the event in the form of Polylog's own API."""
        return {
            "id": id_of(self.number),
            "time": _rfc3339(self.time),
            "type": TYPES[self.type],
            "origin": origin_of(self.type),
            "source": "soak.Writer",
            "message": f"{_FILLER}{self.number}",
            "severity": "info",
            "status": "success",
            "actor": {"id": ACTORS[self.actor], "type": "user", "name": f"user-{self.actor}"},
            "target": {"id": f"t-{self.number % 1000}", "type": "instance", "name": "web"},
            "project_id": f"{0x9500 + self.number % 20:032x}",
            "data": {"attempt": 1},
        }


def make(writer: int, first: int, count: int, random: Random, *, may_be_late: bool) -> list[Offer]:
    """Return new events of a writer, numbered from `first` on."""
    now = time.time_ns() // 1000
    return [
        Offer(
            number=(writer << _WRITER_BITS) + number,
            time=now - (_delay(random) if may_be_late else 0),
            type=RARE if random.random() < 1 / 200 else random.randrange(RARE),
            actor=random.randrange(len(ACTORS)),
        )
        for number in range(first, first + count)
    ]


def id_of(number: int) -> str:
    """Return the id of an event: 32 hex digits, so that Waldur's API shows it as it is."""
    return f"{number:032x}"


def number_of(id: str) -> int:
    """Return the number of the event with an id; -1 if no writer makes such an id."""
    try:
        return int(id, 16) if len(id) == 32 else -1
    except ValueError:
        return -1


def origin_of(type: int) -> str:
    """Return the origin of the events of a type."""
    return "custom" if type % 2 else "system"


def _delay(random: Random) -> int:
    """Return how late an event is, in microseconds; most are not late."""
    if random.random() >= _LATE:
        return 0
    spread = random.random()
    return int(_SHORTEST_DELAY * (_LONGEST_DELAY / _SHORTEST_DELAY) ** spread) * SECOND


def _rfc3339(time_us: int) -> str:
    seconds, fraction = divmod(time_us, SECOND)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{fraction:06}Z"
