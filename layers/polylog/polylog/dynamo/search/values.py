"""Values: what events have in some fields, so that they can be counted many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from polylog.dynamo.search.hits import Part
from polylog.dynamo.tally.columns import Column
from polylog.dynamo.tally.kinds import kind_of
from polylog.dynamo.tally.summary import Newest, OfKind
from polylog.model.event import Event
from polylog.model.predicate import text_reader
from polylog.model.times import SECOND

KIND: Final = "kind"
"""A field for origin and type together. Filters do not know it."""

SOURCE: Final = "source"

_MINUTE: Final = 60 * SECOND


class Values(NamedTuple):
    """Some events, the earliest first: their times and numbers, and the asked fields by name.

    An event is at the same place in all of them. A field that it lacks is None, or empty.
    """

    times: Sequence[int]
    seqs: Sequence[int]
    fields: Mapping[str, Column]

    @classmethod
    def of_part(cls, part: Part, fields: Iterable[str]) -> Values:
        """Return the fields of the events of a part, which its columns must know."""
        columns = part.columns
        found = {name: columns[name] for name in ("time", "seq", *fields)}
        times = found["time"].values
        if part.number < columns.number or times != sorted(times):
            rows = sorted(part.rows(), key=times.__getitem__)  # Equal times stay in order.
            found = {name: column.pick(rows) for name, column in found.items()}
        return cls(found["time"].values, found["seq"].values, found)

    @classmethod
    def of_events(cls, events: Iterable[Event], fields: Iterable[str]) -> Values:
        """Return the fields of some events."""
        ordered = sorted(events, key=attrgetter("time", "seq"))
        return cls(
            [event.time for event in ordered],
            [event.seq for event in ordered],
            {name: Column(list(map(_reader(name), ordered))) for name in fields},
        )

    def by_minute(self, field: str) -> Counter[tuple[int, str]]:
        """Return the number of events with each value in each minute, counted from the epoch."""
        minutes = (time // _MINUTE for time in self.times)
        texts = (value or "" for value in self.fields[field].each())
        return Counter(zip(minutes, texts, strict=True))


Counted = dict[str, dict[str, OfKind]]
"""Field -> value -> its events."""


def count_values(parts: Iterable[Values], fields: Sequence[str]) -> Counted:
    """Return the events of all parts by the values of each field; parts must have a `source`."""
    tallies = {field: _Tally(Counter(), {}) for field in fields}
    for part in parts:
        sources = part.fields[SOURCE].each()
        places = list(zip(part.times, part.seqs, sources, strict=True))
        for field, tally in tallies.items():
            tally.add(part.fields[field], places)
    return {field: tally.counted() for field, tally in tallies.items()}


_Place = tuple[int, int, str | None]
"""The time, number and source of an event."""


class _Tally(NamedTuple):
    """The number of events with each value, and the place of the newest.

    A log has many values, and each comes up in many parts: this makes no object for each.
    """

    numbers: Counter[str]
    newest: dict[str, _Place]

    def add(self, column: Column, places: Sequence[_Place]) -> None:
        """Add the events of a column, the earliest first."""
        for value, number, row in column.by_code():
            self.numbers[value or ""] += number
            self._see([(value or "", places[row])])
        if column.codes is None:
            texts = [value or "" for value in column.values]
            self.numbers.update(texts)
            self._see(dict(zip(texts, places, strict=True)).items())

    def _see(self, places: Iterable[tuple[str, _Place]]) -> None:
        for text, place in places:
            if self.newest.get(text, place) <= place:
                self.newest[text] = place

    def counted(self) -> dict[str, OfKind]:
        """Return what was counted."""
        return {
            value: OfKind(number, Newest(*self.newest[value]))
            for value, number in self.numbers.items()
        }


def count_minutes(parts: Iterable[Values], field: str) -> Counter[tuple[int, str]]:
    """Return the events of all parts by minute and by the value of a field."""
    counted = Counter[tuple[int, str]]()
    for part in parts:
        counted.update(part.by_minute(field))
    return counted


def _reader(field: str) -> Callable[[Event], str | None]:
    if field == SOURCE:
        return attrgetter(SOURCE)
    if field == KIND:
        return lambda event: kind_of(event.origin, event.type)
    return text_reader(field)
