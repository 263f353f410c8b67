"""Notes of readers and writers: when they asked, and what the answer was. The oracle judges them.

All moments come from `time.monotonic`, which the processes of one machine share.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace

from tools.soak.events import ACTORS, TYPES


@dataclass(frozen=True, slots=True)
class Wanted:
    """The events that a question asks for: by type, by actor, and by time.

    Times are in microseconds; `since` is included and `until` is not.
    """

    type: int | None = None
    actor: int | None = None
    since: int | None = None
    until: int | None = None

    def has(self, type: int, actor: int, time: int) -> bool:
        """Return whether the question asks for an event."""
        return (
            (self.type is None or type == self.type)
            and (self.actor is None or actor == self.actor)
            and (self.since is None or time >= self.since)
            and (self.until is None or time < self.until)
        )

    def __str__(self) -> str:
        """Return the question in words, such as `type soakKind03`."""
        named = {
            "type": None if self.type is None else TYPES[self.type],
            "actor": None if self.actor is None else ACTORS[self.actor],
            "since": self.since,
            "until": self.until,
        }
        return (
            ", ".join(f"{name} {value}" for name, value in named.items() if value) or "all events"
        )

    @property
    def at_any_time(self) -> Wanted:
        """The same question, for all times."""
        return replace(self, since=None, until=None)


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the moments when the request began and ended."""

    family: str
    what: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Took:
    """A request, and the read units that it took, as its answer says."""

    asked: Asked
    units: float | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """The number of events that an answer gives."""

    asked: Asked
    wanted: Wanted
    said: int


@dataclass(frozen=True, slots=True)
class Walk:
    """Pages that follow each other; each holds the numbers of its events in their order.

    With `by_seq`, the numbers are those of `seq`. `from_start` and `to_end` say whether the walk
    reached the ends of the list. An exact walk must not show an event twice. Events may be up to
    `slack` microseconds older than the question asks for.
    """

    asked: Asked
    wanted: Wanted
    pages: tuple[array[int], ...]
    newest_first: bool
    from_start: bool
    to_end: bool
    is_exact: bool
    by_seq: bool = False
    slack: int = 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """An answer of the tail: the events, their `seq`, and the `seq` up to which it is complete."""

    asked: Asked
    numbers: array[int]
    seqs: array[int]
    after: int
    complete: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in an answer."""

    asked: Asked
    text: str


Observation = Took | Total | Walk | Arrived | Fault


@dataclass(slots=True)
class Written:
    """What one writer offered, as columns; `acked` is infinite for an event without an answer."""

    numbers: array[int] = field(default_factory=lambda: array("q"))
    seqs: array[int] = field(default_factory=lambda: array("q"))
    times: array[int] = field(default_factory=lambda: array("q"))
    types: array[int] = field(default_factory=lambda: array("b"))
    actors: array[int] = field(default_factory=lambda: array("h"))
    offered: array[float] = field(default_factory=lambda: array("d"))
    acked: array[float] = field(default_factory=lambda: array("d"))
    faults: list[Fault] = field(default_factory=list)
