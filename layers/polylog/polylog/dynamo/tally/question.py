"""The questions that a tally answers: about time, type and origin, and one facet at most."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from polylog.dynamo.queries import TimeRange, choice, is_time_bound, time_range
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.facets import FACETS
from polylog.dynamo.tally.kinds import OTHER, Counts, kind_of
from polylog.model.filter import Compare, Filter, Op, conjunction, conjuncts


@dataclass(frozen=True, slots=True)
class Question:
    """A filter that a tally can count: a time range, types and origins (None: any), and a facet.

    `facet` (`<name>=<value>`) says which tally to ask, None means the scope's own.
    """

    filter: Filter
    time: TimeRange
    types: frozenset[str] | None
    origins: frozenset[str] | None
    facet: str | None = None

    @classmethod
    def of(cls, filter: Filter, facets: Iterable[str] = ()) -> Question | None:
        """Return the question that a simplified filter asks, None when it asks for anything else.

        `facets` names the facets that have tallies.
        """
        fields = {FACETS[name]: name for name in facets}
        chosen: dict[str, frozenset[str]] = {}
        for term in conjuncts(filter):
            if is_time_bound(term):
                continue
            field, values = _choice(term, ("type", "origin", *fields))
            if values is None:
                return None
            chosen[field] = chosen.get(field, values) & values
        types, origins = chosen.pop("type", None), chosen.pop("origin", None)
        time = time_range(filter)
        if not chosen:
            return cls(filter, time, types, origins)
        (field, values), *others = chosen.items()
        if others or len(values) != 1:
            return None
        return cls(filter, time, types, origins, f"{fields[field]}={min(values)}")

    def within(self, time: TimeRange) -> Filter:
        """Return the filter with another time range."""
        kinds = (term for term in conjuncts(self.filter) if not is_time_bound(term))
        bounds = (Compare("time", Op.GE, time.first), Compare("time", Op.LE, time.last))
        return conjunction([*kinds, *bounds])

    def wants(self, kind: str) -> bool:
        """Return whether events of this kind are asked for."""
        origin, _, type = kind.partition(":")
        return (self.types is None or type in self.types) and (
            self.origins is None or origin in self.origins
        )

    def asks(self, entry: Entry) -> bool:
        """Return whether the event of this entry is asked for."""
        return self.time.first <= entry.time <= self.time.last and self.wants(entry.kind)

    def count(self, counts: Counts) -> int:
        """Return how many of these events are asked for."""
        return sum(number for kind, number in counts.items() if self.wants(kind))

    def is_counted_among(self, kinds: Collection[str]) -> bool:
        """Return whether a tally with these kinds counts all wanted events apart."""
        if OTHER not in kinds or (self.types is None and self.origins is None):
            return True
        origins = self.origins or {"system", "custom"}
        wanted = {kind_of(origin, type) for origin in origins for type in self.types or ()}
        return self.types is not None and wanted <= set(kinds)


def _choice(term: Filter, fields: Iterable[str]) -> tuple[str, frozenset[str] | None]:
    """Return the field that a term restricts, and the values that it leaves or None."""
    for field in fields:
        values = choice(term, field)
        if values is not None:
            return field, values
    return "", None
