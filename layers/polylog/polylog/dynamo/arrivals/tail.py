"""Follows a log in the order of arrival: entries first, then the events of those that may pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from polylog.batches import batches
from polylog.dynamo.arrivals.log import ArrivalLog
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.explanation import note_arrivals
from polylog.dynamo.limits import Limits, is_over
from polylog.dynamo.tally.bucket import Entry
from polylog.dynamo.tally.question import Question
from polylog.model.event import Event
from polylog.model.filter import Filter, predicate
from polylog.model.store import Tail

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Events are read by their keys, so many together.
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class _Step:
    """What passes up to the number `complete`; `examined` arrivals were looked at for it."""

    events: tuple[Event, ...]
    complete: int
    is_held_back: bool
    examined: int


class Tails:
    """Reads what arrived after a number, as far as one answer may."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        arrivals: ArrivalLog,
        clock: Callable[[], int],
        limits: Limits,
    ) -> None:
        self._client = client
        self._table = table
        self._arrivals = arrivals
        self._clock = clock
        self._limits = limits

    def read(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        """Return the events that arrived after a number; see `EventStore.tail`.

        However little may be read, a step is made, so that whoever goes on gets on.
        """
        deadline = self._limits.deadline()
        events: list[Event] = []
        examined, complete, is_held_back = 0, after, False
        for step in self._steps(scope, filter, after, limit):
            events += step.events
            if len(events) > limit:
                return Tail(tuple(events[:limit]), events[limit - 1].seq, False)
            complete, is_held_back = step.complete, step.is_held_back
            examined += step.examined
            if len(events) == limit or examined >= self._limits.items or is_over(deadline):
                break
        return Tail(tuple(events), complete, is_held_back)

    def _steps(self, scope: str, filter: Filter, after: int, limit: int) -> Iterator[_Step]:
        """Yield what passes, in order; reads on only when asked to.

        Where an entry tells whether its event passes, no more events are read than asked for.
        """
        passes, question = predicate(filter), Question.of(filter)
        note_arrivals(filter, is_known=question is not None)
        most = _AT_ONCE if question is None else max(1, min(_AT_ONCE, limit))
        for some in self._arrivals.since(scope, after, self._clock()):
            asked = [each for each in some.entries if question is None or question.asks(each)]
            chunks = list(batches(asked, lambda _: 0, most=most, most_weight=1))
            for chunk in chunks[:-1]:
                yield _Step(self._events(scope, chunk, passes), chunk[-1].seq, False, len(chunk))
            last = chunks[-1] if chunks else []
            events = self._events(scope, last, passes)
            examined = len(some.entries) - len(asked) + len(last)
            yield _Step(events, some.complete, some.is_held_back, examined)

    def _events(
        self, scope: str, entries: Sequence[Entry], passes: Callable[[Event], bool]
    ) -> tuple[Event, ...]:
        """Return the events of entries that pass; an id may be that of a later event by now."""
        read = read_entries(self._client, self._table, scope, entries)
        events = (read[entry.seq] for entry in entries if entry.seq in read)
        return tuple(event for event in events if passes(event))
