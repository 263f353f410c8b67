"""Answers one question: from the tally if it has the counts, otherwise from the events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, TypeVar

from polylog.batches import batched
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.explanation import (
    COUNTS,
    is_asked,
    note_alternative,
    note_counts,
    note_no_counts,
    note_search,
    tentatively,
    units_so_far,
)
from polylog.dynamo.limits import UNITS_PER_ITEM, Allowance
from polylog.dynamo.queries import QueryPlan, TimeRange
from polylog.dynamo.search.finder import Finder, Searcher
from polylog.dynamo.search.leaves import wanted
from polylog.dynamo.search.values import Values
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.facet_view import FacetView
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.totals import View, Views
from polylog.dynamo.weighing import Weighing, note_units_of_counts
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import Event
from polylog.model.filter import (
    FIELDS,
    Compare,
    Filter,
    Op,
    conjunction,
    fields_of,
    simplified,
)
from polylog.model.query import EventQuery
from polylog.model.times import EARLIEST

T = TypeVar("T")
V = TypeVar("V", View, FacetView)

_LEAST_UNITS: Final = 15.0
"""How many read units one way may always take before another way is tried."""

_AT_ONCE: Final = 1000
"""How many events of an index are counted at once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a scope, and what can answer it.

    `filter` is simplified. It leaves out all events before `floor`, the first time that the log
    keeps, in microseconds. `facets` names the facets that the log counts. `plan` says how an index
    would answer.
    """

    scope: str
    filter: Filter
    floor: int
    facets: frozenset[str]
    views: Views
    reader: Reader
    searcher: Searcher
    plan: QueryPlan
    allowance: Allowance = field(default_factory=Allowance)

    @classmethod
    def of(
        cls,
        scope: str,
        filter: Filter,
        floor: int,
        facets: frozenset[str],
        views: Views,
        reader: Reader,
        searcher: Searcher,
    ) -> Asked:
        """Return the question that a filter asks of a scope."""
        filter = simplified(since(filter, floor))
        plan = reader.plan(filter)
        return cls(scope, filter, floor, facets, views, reader, searcher, plan)

    def within(self, allowance: Allowance) -> Asked:
        """Return the same question, for an answer within this allowance."""
        return replace(self, reader=self.reader.within(allowance), allowance=allowance)

    def by_tally(
        self,
        answer: Callable[[View | FacetView], T | None],
        page: int | None = None,
        *,
        is_free: bool = False,
    ) -> T | None:
        """Return an answer from the tally, or None if the tally has no exact one.

        `page` is how many events the answer shows or skips, None if it needs all of them. With
        `is_free`, it does not use the counts of a facet: they lack the latest events, so it would
        have to read those.
        """
        question = Question.of(self.filter, self.facets)
        if question is None:
            note_no_counts("the filter asks for more than time, type and origin")
            return None
        if question.facet is not None and is_free:
            note_no_counts("no total is asked for, and this one would take reading")
            return None
        if question.facet is not None:
            return self._by_facet(question, question.facet, answer, page)

        def read(time: TimeRange) -> Sequence[Entry]:
            return self.reader.entries(self.scope, self.plan.within(time))

        def exact(view: View) -> T | None:
            if not view.is_exact:
                note_no_counts("they count some of these types together")
                return None
            note_units_of_counts(question.time)
            return self._counted(view, answer, page)

        return self.views.ask(self.scope, question, read, exact, self.allowance)

    def _by_facet(
        self,
        question: Question,
        facet: str,
        answer: Callable[[FacetView], T | None],
        page: int | None,
    ) -> T | None:
        """Return an answer from the counts of a facet, None if they cannot give an exact one."""
        moment, months = self.views.facet(self.scope, facet, question.time, self.allowance)
        counted = moment.head.counted.get(facet.partition("=")[0], 0)

        @cache
        def later() -> Finder:
            allowance = self.allowance.half()
            return self.searcher.finder(
                self.scope, self.plan.filter, moment, self.reader, allowance, counted
            )

        def read(time: TimeRange) -> Iterable[Entry]:
            return self.narrowed(time).entries(moment)

        view = FacetView(moment, question, months, counted, lambda: later().entries(), read)
        if not view.is_exact:
            note_no_counts("the facet is not counted finely enough for this, or not yet")
            return None
        if is_asked():
            note_alternative(COUNTS, units_so_far() + later().units(), "")
        try:
            with tentatively():
                return self._counted(view, answer, page)
        except (TooBroad, TimedOut):
            if self.allowance.is_over:
                raise
        note_no_counts("it takes too much to read what the facet does not count yet")
        return None

    def _counted(self, view: V, answer: Callable[[V], T], page: int | None) -> T:
        """Return the answer of a view, and note what the other ways would have taken."""
        note_counts(view.question.filter)
        weighing = self.weigh(view.moment, page=page)
        found = answer(view)
        weighing.note_instead_of_counts(view.total)
        return found

    def narrowed(self, time: TimeRange) -> Asked:
        """Return the same question for these times only."""
        plan = self.plan.within(time)
        return replace(self, filter=simplified(plan.filter), plan=plan)

    def entries(self, moment: Moment) -> Iterable[Entry]:
        """Return the entries of the events that pass, without a tally."""
        return self.read(
            moment,
            lambda reader: [Entry.of(event) for event in self._all(reader, moment)],
            lambda finder: list(finder.entries()),
        )

    def count(self, moment: Moment) -> int:
        """Return how many events pass, without a tally."""
        return self.read(
            moment,
            lambda reader: reader.count(self.scope, self.kept(moment), moment),
            lambda finder: finder.count(),
        )

    def values(
        self,
        fields: Sequence[str],
        counted: Callable[[Iterable[Values]], T],
        as_of: Moment | None = None,
    ) -> T:
        """Return what `counted` makes of these fields of all events that pass, without a tally.

        The events are those of now, or as of another moment.
        """
        moment = as_of or self.moment()

        def by_index(reader: Reader) -> T:
            some = batched(self._all(reader, moment), _AT_ONCE)
            return counted(Values.of_events(events, fields) for events in some)

        return self.read(moment, by_index, lambda finder: counted(finder.values(fields)))

    def read(
        self,
        moment: Moment,
        by_index: Callable[[Reader], T],
        by_search: Callable[[Finder], T],
        query: EventQuery | None = None,
    ) -> T:
        """Return an answer from an index or from the arrival log: from the one that reads less.

        It is not known in advance how many events have a value of a field. So the field's index is
        tried first, until it has read as much as a search would, or has taken half of the time. It
        is not known either how many events a search must read by their keys. So a search ends once
        an index would have read less.

        `query` is the question for a page. An index reads at least the events that the page shows
        or skips. Without a query, all events are needed.

        Leaves tell which events may have a value deep in `data`. They are looked up once an index
        has read as much as the look-up takes.
        """
        page = _page_of(query)
        if not (self.plan.is_searchable or wanted(self.filter)):
            self.weigh(moment, page=page).note_instead_of_index()
            return by_index(self.reader)
        if self.plan.time.is_instant:  # The directory of segments is larger than these few events.
            items = int(_LEAST_UNITS / UNITS_PER_ITEM)
            with suppress(TooBroad), tentatively():
                return by_index(self.reader.at_most(items, gives_up=True))
        kept = since(self.filter, moment.head.floor)
        finder = self.searcher.finder(self.scope, kept, moment, self.reader, self.allowance)
        of_leaves = finder.units_of_leaves()
        if of_leaves:
            with suppress(TooBroad), tentatively():
                items = int(of_leaves / UNITS_PER_ITEM)
                return by_index(self.reader.at_most(items, gives_up=True))
            with suppress(TooBroad):
                finder = finder.with_leaves()
        elif of_leaves is None and not self.plan.is_searchable:
            self.weigh(moment, page=page).note_instead_of_index()
            return by_index(self.reader)
        units = finder.units(query.window.limit if query else 0)
        self.weigh(moment, page=page, finder=finder).note_instead_of_segments(units)
        most = max(units, _LEAST_UNITS)
        if self.plan.is_narrow and self._items_of_index(finder, page) * UNITS_PER_ITEM <= most:
            with suppress(TooBroad, TimedOut), tentatively():
                items, gives_up = int(most / UNITS_PER_ITEM), of_leaves is not None
                reader = self.reader.within(self.allowance.half())
                return by_index(reader.at_most(items, gives_up=gives_up))
        elif not fields_of(self.filter) <= FIELDS.keys():
            allowed = max(finder.events_within() * UNITS_PER_ITEM, _LEAST_UNITS)
            with suppress(TooBroad), tentatively():
                note_search(self.filter, units)
                return by_search(finder.at_most(allowed if units < allowed else 0))
            return by_index(self.reader)
        note_search(self.filter, units)
        return by_search(finder)

    def _items_of_index(self, finder: Finder, page: int | None) -> float:
        """Return the least number of events that the index reads.

        If it is the index by time and all its events pass, the directory says about how many.
        """
        if page is None and self.plan.is_settled and self.plan.attribute is None:
            return finder.events_within()
        return page or 0

    def weigh(
        self, moment: Moment, *, page: int | None = None, finder: Finder | None = None
    ) -> Weighing:
        """Return what estimates the cost of each way to the answer."""
        return Weighing(self.reader, self.filter, moment, page, finder)

    def moment(self) -> Moment:
        """Return the scope as it is now."""
        return self.views.moment(self.scope)

    def kept(self, moment: Moment) -> QueryPlan:
        """Return the plan without the events that the tally no longer keeps."""
        return self.plan.since(moment.head.floor)

    def _all(self, reader: Reader, moment: Moment) -> Iterator[Event]:
        return reader.all(self.scope, self.kept(moment), moment)


def _page_of(query: EventQuery | None) -> int | None:
    """Return how many events a page shows or skips, None if all events are needed."""
    if query is None or query.with_total:
        return None
    return query.window.offset + query.window.limit


def since(filter: Filter, floor: int) -> Filter:
    """Return the filter without the events before a time."""
    if floor == EARLIEST:
        return filter
    return conjunction([filter, Compare("time", Op.GE, floor)])
