"""Follows a log in the order of arrival: reads entries, then the events that may pass a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from polylog.batches import batched
from polylog.dynamo.arrivals.log import ArrivalLog
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.explanation import note_arrivals
from polylog.dynamo.limits import Limits
from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.marks import judge
from polylog.model.errors import TimedOut
from polylog.model.event import Event
from polylog.model.filter import FIELDS, Filter, fields_of
from polylog.model.predicate import predicate
from polylog.model.store import Tail
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# How many events are read by their keys at once.
_AT_ONCE: Final = 100


class Tails:
    """Reads what arrived after a number, within the limits of one answer."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        arrivals: ArrivalLog,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._client = client
        self._table = table
        self._arrivals = arrivals
        self._clock = clock
        self._limits = limits

    def read(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        """Return the events that arrived after a number; see `EventStore.tail`.

        It always takes at least one step, so that a caller who continues makes progress. Raises
        `TimedOut` only if there is no time for a single step.
        """
        allowance = self._limits.allow(self._clock)
        events: list[Event] = []
        examined, complete, is_held_back = 0, after, False
        try:
            for step, number in self._steps(scope, filter, after, limit):
                events += step.events
                if len(events) > limit:
                    return Tail(tuple(events[:limit]), events[limit - 1].seq, False)
                complete, is_held_back = step.complete, step.is_held_back
                examined += number
                if len(events) == limit or examined >= self._limits.items or allowance.is_over:
                    break
        except TimedOut:
            if complete == after:
                raise
        return Tail(tuple(events), complete, is_held_back)

    def _steps(
        self, scope: str, filter: Filter, after: int, limit: int
    ) -> Iterator[tuple[Tail, int]]:
        """Yield what passes, in order, and how many arrivals were looked at; reads on when asked.

        If the entries tell whether their events pass, it reads no more events than asked for.
        """
        passes, is_known = predicate(filter), fields_of(filter) <= FIELDS.keys()
        note_arrivals(filter, is_known=is_known)
        most = max(1, min(_AT_ONCE, limit)) if is_known else _AT_ONCE
        for some in self._arrivals.since(scope, after):
            asked = _possible(filter, some.entries)
            chunks = list(batched(asked, most))
            for chunk in chunks[:-1]:
                yield Tail(self._events(scope, chunk, passes), chunk[-1].seq, False), len(chunk)
            last = chunks[-1] if chunks else []
            events = self._events(scope, last, passes)
            examined = len(some.entries) - len(asked) + len(last)
            yield Tail(events, some.complete, some.is_held_back), examined

    def _events(
        self, scope: str, entries: Sequence[Entry], passes: Callable[[Event], bool]
    ) -> tuple[Event, ...]:
        """Return the events of entries that pass.

        It finds them by number: once an event has expired, another one may have its id.
        """
        read = read_entries(self._client, self._table, scope, entries, self._clock)
        events = (read[entry.seq] for entry in entries if entry.seq in read)
        return tuple(event for event in events if passes(event))


def _possible(filter: Filter, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries of events that may pass, as far as the entries tell."""
    if not entries:
        return []
    verdicts = judge(filter, Columns.of(entries)).verdicts(len(entries))
    return [entry for entry, passes in zip(entries, verdicts, strict=True) if passes is not False]
