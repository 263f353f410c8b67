"""The questions that the tally answers: about time, type and origin alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from polylog.dynamo.buckets import OTHER, Counts, Entry, kind_of
from polylog.dynamo.plan import TimeRange, choice, is_time_bound, time_range
from polylog.filter import Compare, Filter, Op, conjunction, conjuncts


@dataclass(frozen=True, slots=True)
class Question:
    """A filter that the tally can count: a time range, and types and origins (None: any)."""

    filter: Filter
    time: TimeRange
    types: frozenset[str] | None
    origins: frozenset[str] | None

    @classmethod
    def of(cls, filter: Filter) -> Question | None:
        """Return the question that a filter asks, None when it asks for anything else."""
        chosen: dict[str, frozenset[str] | None] = {"type": None, "origin": None}
        for term in conjuncts(filter):
            if is_time_bound(term):
                continue
            field, values = _kind_term(term)
            if values is None:
                return None
            there = chosen[field]
            chosen[field] = values if there is None else there & values
        return cls(filter, time_range(filter), chosen["type"], chosen["origin"])

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
        """Return how many of these are asked for."""
        return sum(number for kind, number in counts.items() if self.wants(kind))

    def is_counted_among(self, kinds: Collection[str]) -> bool:
        """Return whether, of these kinds, `OTHER` cannot hide an event that is asked for."""
        if OTHER not in kinds or (self.types is None and self.origins is None):
            return True
        origins = self.origins or {"system", "custom"}
        wanted = {kind_of(origin, type) for origin in origins for type in self.types or ()}
        return self.types is not None and wanted <= set(kinds)


def _kind_term(term: Filter) -> tuple[str, frozenset[str] | None]:
    for name in ("type", "origin"):
        values = choice(term, name)
        if values is not None:
            return name, values
    return "", None
