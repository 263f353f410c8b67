"""Estimates, for an explanation, how many read units each way to the answer would take.

It reads nothing itself. It knows what the planner knows: the counts of the head, and the directory
of segments if the planner has read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.scan import items_asked
from polylog.dynamo.explanation import (
    COUNTS,
    SEGMENTS,
    is_asked,
    note_alternative,
    units_so_far,
)
from polylog.dynamo.limits import UNITS_BY_KEY, UNITS_PER_ITEM
from polylog.dynamo.queries import QueryPlan, TimeRange, by_types
from polylog.model.filter import FIELDS, fields_of
from polylog.model.times import EARLIEST, LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from polylog.dynamo.events.reader import Reader
    from polylog.dynamo.search.finder import Finder
    from polylog.dynamo.tally.moment import Moment
    from polylog.model.filter import Filter

_UNITS_OF_END: Final = 2.5
"""About how many read units an end of a range of time takes: one row of each level."""

_UNITS_OF_REQUEST: Final = 0.5
"""The fewest read units that a request to an index takes."""


@dataclass(frozen=True)
class Weighing:
    """The ways to answer a filter at a moment.

    `page` is how many events the answer shows or skips, None if it needs all of them. `finder` has
    the directory of segments, if it was read. `spent` is how many units the answer took so far.
    """

    reader: Reader
    filter: Filter
    moment: Moment
    page: int | None = None
    finder: Finder | None = None
    spent: float = field(default_factory=units_so_far)

    def note_instead_of_counts(self, total: Callable[[], int]) -> None:
        """Note the ways that counts make unnecessary; `total` returns how many events pass."""
        if is_asked():
            self._note_indexes("counts take less", total())
            note_alternative(SEGMENTS, None, "counts take less")

    def note_instead_of_index(self) -> None:
        """Note the other ways when the best index is read without a look at segments."""
        if is_asked():
            best = self._note_indexes("it is the best index")
            is_exact, told = (
                f"{best.index} shows just these events",
                "they do not tell which events pass",
            )
            note_alternative(SEGMENTS, None, is_exact if best.is_settled else told)

    def note_instead_of_segments(self, units: float) -> None:
        """Note the other ways when segments may be searched, for about this many units."""
        if is_asked():
            best = self._note_indexes("it also shows events that do not pass")
            note_alternative(SEGMENTS, self.spent + units, f"{best.index} takes less")

    def _note_indexes(self, why_not: str, total: int | None = None) -> QueryPlan:
        """Note the indexes and return the plan for the best; `why_not` says why it is not taken."""
        for plan in self._missing():
            note_alternative(plan.index, None, "the log has no such index")
        best, *others = (p.since(self.moment.head.floor) for p in self.reader.plans(self.filter))
        if (refined := by_types(best, self.moment.types, self.reader.most_values)) != best:
            best, others = refined, [best, *others]
        self._note(best, why_not if best.values else "no event can pass the filter", total)
        for plan in others if best.values else ():
            is_whole = plan.attribute is None
            fewer = f"{best.index} shows fewer events"
            self._note(plan, "it shows all events of the time" if is_whole else fewer, total)
        return best

    def _note(self, plan: QueryPlan, reason: str, total: int | None) -> None:
        number = self._number(plan) if total is None or not plan.is_settled else total
        units = self._units(plan, number)
        note_alternative(plan.index, None if units is None else self.spent + units, reason)

    def _missing(self) -> list[QueryPlan]:
        there = self.reader.indexes.fields
        every = self.reader.plans(self.filter, of_all=True)
        return [plan for plan in every if plan.field and plan.field not in there]

    def _units(self, plan: QueryPlan, number: float | None) -> float | None:
        """Return about how many units it takes to read this many events from the index of a plan.

        Returns None if that is not known.
        """
        streams = len(plan.values) * self.reader.shards
        if self.page is not None and plan.is_settled:
            asked = streams * items_asked(self.page, streams, is_exact=True)
            number = asked if number is None else min(number, asked)
        if number is None:
            return None
        return max(number * UNITS_PER_ITEM, streams * _UNITS_OF_REQUEST) + self._units_of_young

    def _number(self, plan: QueryPlan) -> float | None:
        """Return about how many events the index of a plan shows, None if that is not known."""
        share = self._share(plan.time)
        if not plan.values:
            return 0
        if share is None or plan.is_optional or self._types is None:
            return None
        wanted = self._types if plan.attribute is None else plan.values
        return share * sum(self._types.get(type, 0) for type in wanted)

    def _share(self, time: TimeRange) -> float | None:
        """Return about which share of the events lies in a range of time, None if not known."""
        if time.covers(self.moment.head.floor, LATEST):
            return 1
        if self.finder is None or not self._types:
            return None
        return min(1, self.finder.events_within() / sum(self._types.values()))

    @cached_property
    def _units_of_young(self) -> float:
        """How many units it takes to read the young events, if entries do not tell which pass."""
        is_told = fields_of(self.filter) <= FIELDS.keys()
        return 0 if is_told else self.moment.head.young_events * UNITS_BY_KEY

    @cached_property
    def _types(self) -> Mapping[str, int] | None:
        return self.moment.types()


def note_units_of_counts(time: TimeRange) -> None:
    """Note about how many units counting a range of time takes, once the head is read."""
    ends = (time.first != EARLIEST) + (time.last != LATEST)
    note_alternative(COUNTS, units_so_far() + ends * _UNITS_OF_END, "")
