"""One question while it is answered: by the tally if it can tell, otherwise by the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.explanation import note, note_counts, note_search, tentatively
from polylog.dynamo.limits import UNITS_PER_ITEM, Allowance
from polylog.dynamo.queries import TimeRange, is_narrow, is_searchable
from polylog.dynamo.search.finder import Finder, Searcher
from polylog.dynamo.search.leaves import wanted
from polylog.dynamo.tally.entry import Entry
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
    `facets` names the facets that events are also tallied by.
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

    def by_tally(self, answer: Callable[[View], T]) -> T | None:
        """Return an answer from a tally, None where no tally can give an exact one."""
        question = Question.of(self.filter, self.facets)
        if question is None:
            note("no tally can tell: the filter asks for more than time, type and origin")
            return None

        def read(time: TimeRange) -> Sequence[Entry]:
            return self.reader.entries(self.scope, question.within(time))

        def exact(view: View) -> T | None:
            if not view.is_exact(self.facets):
                note("no tally can tell: it does not count all of these events apart")
                return None
            note_counts(question.filter)
            return answer(view)

        return self.views.ask(self.scope, question, read, exact, self.allowance)

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
        moment = self.moment()
        filter = self.kept(moment)
        return self.read(
            moment,
            lambda reader: count_kinds(map(Entry.of, reader.all(self.scope, filter, moment))),
            lambda finder: finder.groups(),
        )

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
    ) -> T:
        """Return an answer from an index or from the arrival log, whichever reads less.

        Nothing tells how many events have a value of a field. So its index is tried first, until
        that has read as much as a search would. Nothing tells either how many events a search has
        to read by their keys, so a search ends once an index would have read less.

        Leaves tell which events may have a value deep in `data`. They are looked up once an index
        has read as much as that takes.
        """
        if not (is_searchable(self.filter) or wanted(self.filter)):
            return by_index(self.reader)
        finder = self.searcher.finder(
            self.scope, self.kept(moment), moment, self.reader, self.allowance
        )
        if units := finder.units_of_leaves():
            with suppress(TooBroad), tentatively():
                return by_index(self.reader.at_most(int(units / UNITS_PER_ITEM), gives_up=True))
            with suppress(TooBroad):
                finder = finder.with_leaves()
        elif not is_searchable(self.filter):
            return by_index(self.reader)
        units = finder.units()
        if is_narrow(self.filter):
            with suppress(TooBroad), tentatively():
                most = int(units / UNITS_PER_ITEM)
                return by_index(self.reader.at_most(most, gives_up=bool(finder.leaves)))
        elif not fields_of(self.filter) <= FIELDS.keys():
            allowed = finder.events_within() * UNITS_PER_ITEM
            with suppress(TooBroad), tentatively():
                note_search(self.filter, units)
                return by_search(finder.at_most(allowed if units < allowed else 0))
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
