"""Values: what events have in some fields, so that they can be counted many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from polylog.dynamo.search.hits import Part
from polylog.dynamo.tally.kinds import kind_of
from polylog.dynamo.tally.summary import Newest, OfKind, together
from polylog.model.event import Event
from polylog.model.filter import text_reader
from polylog.model.times import SECOND

KIND: Final = "kind"
"""A field for origin and type together. Filters do not know it."""

SOURCE: Final = "source"

_MINUTE: Final = 60 * SECOND


class Values(NamedTuple):
    """Some events, the earliest first: their times and numbers, and the asked fields by name.

    An event is at the same place in all lists. A field that it lacks is None, or empty.
    """

    times: Sequence[int]
    seqs: Sequence[int]
    fields: Mapping[str, Sequence[str | None]]

    @classmethod
    def of_part(cls, part: Part, fields: Iterable[str]) -> Values:
        """Return the fields of the events of a part, which its columns must know."""
        times = part.columns["time"].values
        rows = sorted(part.rows(), key=times.__getitem__)  # Equal times stay in order.

        def column(name: str) -> list[str | None]:
            return list(map(part.columns[name].each().__getitem__, rows))

        return cls(
            [times[row] for row in rows],
            list(map(part.columns["seq"].values.__getitem__, rows)),
            {name: column(name) for name in fields},
        )

    @classmethod
    def of_events(cls, events: Iterable[Event], fields: Iterable[str]) -> Values:
        """Return the fields of some events."""
        ordered = sorted(events, key=attrgetter("time", "seq"))
        return cls(
            [event.time for event in ordered],
            [event.seq for event in ordered],
            {name: list(map(_reader(name), ordered)) for name in fields},
        )

    def counted(self, field: str) -> dict[str, OfKind]:
        """Return the number of events with each value of a field, and the newest of them.

        The field `source` must be there too.
        """
        values = self._texts(field)
        places = zip(self.times, self.seqs, self.fields[SOURCE], strict=True)
        newest, numbers = dict(zip(values, places, strict=True)), Counter(values)
        return {value: OfKind(numbers[value], Newest(*last)) for value, last in newest.items()}

    def by_minute(self, field: str) -> Counter[tuple[int, str]]:
        """Return the number of events with each value in each minute, counted from the epoch."""
        minutes = (time // _MINUTE for time in self.times)
        return Counter(zip(minutes, self._texts(field), strict=True))

    def _texts(self, field: str) -> list[str]:
        return [value or "" for value in self.fields[field]]


Counted = dict[str, dict[str, OfKind]]
"""Field -> value -> its events."""


def count_values(parts: Iterable[Values], fields: Sequence[str]) -> Counted:
    """Return the events of all parts by the values of each field; parts must have a `source`."""
    counted: Counted = {field: {} for field in fields}
    for part in parts:
        for field, there in counted.items():
            for value, some in part.counted(field).items():
                there[value] = together(there[value], some) if value in there else some
    return counted


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
