"""A question is a filter that a tally can answer: about time, type, origin and one facet at most.

So `type = app.crash AND project_id = "p-1"` is a question if projects are counted. With a condition
on `message`, it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from polylog.dynamo.queries import TimeRange, choice, is_time_bound, judge_kinds, time_range
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.facets import FACETS
from polylog.dynamo.tally.kinds import OTHER, Counts, kind_of
from polylog.model.filter import (
    EVERYTHING,
    Filter,
    conjunction,
    conjuncts,
    fields_of,
)

_KIND: Final = frozenset(("type", "origin"))


@dataclass(frozen=True, slots=True)
class Question:
    """A filter that a tally can count: a time range, types and origins (None: any), and a facet.

    `facet` (`<name>=<value>`) says whose counts to ask; None means those of the scope. `kinds` has
    the other conditions on type and origin, such as a pattern.
    """

    filter: Filter
    time: TimeRange
    types: frozenset[str] | None
    origins: frozenset[str] | None
    facet: str | None = None
    kinds: Filter = EVERYTHING
    _passes: Callable[[str], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_passes", _judge(self.kinds))

    @classmethod
    def of(cls, filter: Filter, facets: Iterable[str] = ()) -> Question | None:
        """Return the question that a simplified filter asks, or None if the tally cannot answer it.

        `facets` has the names of the facets that are counted.
        """
        fields = {FACETS[name]: name for name in facets}
        chosen: dict[str, frozenset[str]] = {}
        others: list[Filter] = []
        for term in conjuncts(filter):
            name, values = _choice(term, ("type", "origin", *fields))
            if values is not None:
                chosen[name] = chosen.get(name, values) & values
            elif fields_of(term) <= _KIND:
                others.append(term)
            elif not is_time_bound(term):
                return None
        types, origins = chosen.pop("type", None), chosen.pop("origin", None)
        time = time_range(filter)
        if len(chosen) > 1 or any(len(values) != 1 for values in chosen.values()):
            return None
        facet = next((f"{fields[name]}={min(values)}" for name, values in chosen.items()), None)
        return cls(filter, time, types, origins, facet, conjunction(others))

    def wants(self, kind: str) -> bool:
        """Return whether the question asks for events of this kind."""
        origin, _, type = kind.partition(":")
        return (
            (self.types is None or type in self.types)
            and (self.origins is None or origin in self.origins)
            and self._passes(kind)
        )

    def asks(self, entry: Entry) -> bool:
        """Return whether the question asks for the event of this entry; facets are not checked."""
        return self.time.first <= entry.time <= self.time.last and self.wants(entry.kind)

    def count(self, counts: Counts) -> int:
        """Return how many of these events the question asks for."""
        return sum(number for kind, number in counts.items() if self.wants(kind))

    def is_counted_among(self, kinds: Collection[str]) -> bool:
        """Return whether a tally with these kinds counts all wanted events apart."""
        asks_all = self.types is None and self.origins is None and self.kinds == EVERYTHING
        if OTHER not in kinds or asks_all:
            return True
        origins = self.origins or {"system", "custom"}
        wanted = {kind_of(origin, type) for origin in origins for type in self.types or ()}
        return self.types is not None and wanted <= set(kinds)


def _judge(filter: Filter) -> Callable[[str], bool]:
    """Return a function that says whether events of a kind pass, and remembers its answers."""
    if filter == EVERYTHING:
        return lambda _: True
    passes = judge_kinds(filter)

    @cache
    def passes_kind(kind: str) -> bool:
        origin, _, type = kind.partition(":")
        return passes(type, origin)

    return passes_kind


def _choice(term: Filter, fields: Iterable[str]) -> tuple[str, frozenset[str] | None]:
    """Return the field that a term restricts and the values that it allows, or `""` and None."""
    for name in fields:
        values = choice(term, name)
        if values is not None:
            return name, values
    return "", None
