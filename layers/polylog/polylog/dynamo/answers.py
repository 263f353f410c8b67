"""One question while it is answered: by the tally if it can tell, otherwise by the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.explanation import note, note_counts, note_search, tentatively
from polylog.dynamo.limits import UNITS_PER_ITEM, Allowance
from polylog.dynamo.queries import TimeRange, is_narrow, is_searchable
from polylog.dynamo.search.finder import Finder, Searcher
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.facet_view import FacetView
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.summary import OfKind, count_kinds
from polylog.dynamo.tally.totals import View, Views
from polylog.model.errors import TooBroad
from polylog.model.filter import (
    FIELDS,
    Compare,
    Filter,
    Op,
    conjunction,
    fields_of,
    simplified,
)
from polylog.model.times import EARLIEST, SECOND

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a scope, and where the answer comes from.

    `filter` is simplified, and asks for nothing before `floor`, the first time that the log keeps.
    `facets` names those that are counted too.
    """

    scope: str
    filter: Filter
    floor: int
    facets: frozenset[str]
    views: Views
    reader: Reader
    searcher: Searcher
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
        return cls(scope, simplified(since(filter, floor)), floor, facets, views, reader, searcher)

    def within(self, allowance: Allowance) -> Asked:
        """Return the same question, for an answer that may take this time."""
        return replace(self, reader=self.reader.within(allowance), allowance=allowance)

    def by_tally(self, answer: Callable[[View | FacetView], T | None]) -> T | None:
        """Return an answer from a tally, None where no tally can give an exact one."""
        question = Question.of(self.filter, self.facets)
        if question is None:
            note("no tally can tell: the filter asks for more than time, type and origin")
            return None
        if question.facet is not None:
            return self._by_facet(question, question.facet, answer)

        def read(time: TimeRange) -> Sequence[Entry]:
            return self.reader.entries(self.scope, question.within(time))

        def exact(view: View) -> T | None:
            if not view.is_exact:
                note("no tally can tell: it does not count all of these events apart")
                return None
            note_counts(question.filter)
            return answer(view)

        return self.views.ask(self.scope, question, read, exact, self.allowance)

    def _by_facet(
        self, question: Question, facet: str, answer: Callable[[FacetView], T | None]
    ) -> T | None:
        """Return an answer from the counts of a facet, None if they cannot give an exact one."""
        moment, months = self.views.facet(self.scope, facet, question.time, self.allowance)
        counted = moment.head.counted.get(facet.partition("=")[0], 0)

        def read_later(time: TimeRange) -> Iterator[Entry]:
            filter = question.within(time)
            finder = self.searcher.later(self.scope, filter, moment, self.allowance, counted)
            return finder.entries()

        def read(time: TimeRange) -> Iterable[Entry]:
            return self.narrowed(question.within(time)).entries(moment)

        view = FacetView(moment, question, months, counted, read_later, read)
        if not view.is_exact:
            note("the counts of the facet cannot tell")
            return None
        note_counts(question.filter)
        return answer(view)

    def narrowed(self, filter: Filter) -> Asked:
        """Return the question with another filter, that passes fewer events."""
        return replace(self, filter=simplified(filter))

    def entries(self, moment: Moment) -> Iterable[Entry]:
        """Return the entries of the events that pass, without a tally."""
        filter = self.kept(moment)
        return self.read(
            moment,
            lambda reader: [Entry.of(event) for event in reader.all(self.scope, filter, moment)],
            lambda finder: list(finder.entries()),
        )

    def count(self, moment: Moment) -> int:
        """Return how many events pass, without a tally."""
        filter = self.kept(moment)
        return self.read(
            moment,
            lambda reader: reader.count(self.scope, filter, moment),
            lambda finder: finder.count(),
        )

    def groups(self) -> dict[str, OfKind]:
        """Return the events that pass by kind, without a tally."""
        return count_kinds(self.entries(self.moment()))

    def times(self) -> Counter[int]:
        """Return how many of the events that pass lie in each minute, without a tally.

        Minutes are counted from the epoch.
        """
        moment = self.moment()
        filter = self.kept(moment)
        return self.read(
            moment,
            lambda reader: _minutes(e.time for e in reader.all(self.scope, filter, moment)),
            lambda finder: _minutes(finder.times()),
        )

    def read(
        self,
        moment: Moment,
        by_index: Callable[[Reader], T],
        by_search: Callable[[Finder], T],
        at_least: int = 0,
    ) -> T:
        """Return an answer from an index or from the arrival log, whichever reads less.

        Nothing tells how many events have a value of a field. So its index is tried first, until
        that has read as much as a search would. Nothing tells either how many events a search has
        to read by their keys, so a search ends once an index would have read less. An index reads
        `at_least` so many events.
        """
        if not is_searchable(self.filter):
            return by_index(self.reader)
        finder = self.searcher.finder(self.scope, self.kept(moment), moment, self.allowance)
        units = finder.units()
        if is_narrow(self.filter) and at_least * UNITS_PER_ITEM <= units:
            with suppress(TooBroad), tentatively():
                return by_index(self.reader.at_most(int(units / UNITS_PER_ITEM)))
        elif not fields_of(self.filter) <= FIELDS.keys():
            with suppress(TooBroad), tentatively():
                note_search(self.filter, units)
                return by_search(finder.at_most(finder.events_within() * UNITS_PER_ITEM))
            return by_index(self.reader)
        note_search(self.filter, units)
        return by_search(finder)

    def moment(self) -> Moment:
        """Return the scope as it is now."""
        return self.views.moment(self.scope)

    def kept(self, moment: Moment) -> Filter:
        """Return the filter for what the tally still keeps."""
        return since(self.filter, moment.head.floor)


def _minutes(times: Iterable[int]) -> Counter[int]:
    return Counter(time // (60 * SECOND) for time in times)


def since(filter: Filter, floor: int) -> Filter:
    """Return the filter for nothing before a time."""
    if floor == EARLIEST:
        return filter
    return conjunction([filter, Compare("time", Op.GE, floor)])
