"""One question while it is answered: by the tally if it can tell, otherwise by the events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.explanation import note, note_counts
from polylog.dynamo.limits import Allowance
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.totals import View, Views
from polylog.model.event import Event
from polylog.model.filter import Compare, Filter, Op, conjunction, simplified
from polylog.model.times import EARLIEST

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
    ) -> Asked:
        """Return the question that a filter asks of a scope."""
        return cls(scope, simplified(since(filter, floor)), floor, facets, views, reader)

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
        """Return how many events pass, from an index."""
        return self.reader.count(self.scope, self.kept(moment), moment)

    def all(self) -> Iterator[Event]:
        """Return every event that passes, the earliest first."""
        moment = self.moment()
        return self.reader.all(self.scope, self.kept(moment), moment)

    def moment(self) -> Moment:
        """Return the scope as it is now."""
        return self.views.moment(self.scope)

    def kept(self, moment: Moment) -> Filter:
        """Return the filter for what the tally still keeps."""
        return since(self.filter, moment.head.floor)


def since(filter: Filter, floor: int) -> Filter:
    """Return the filter for nothing before a time."""
    if floor == EARLIEST:
        return filter
    return conjunction([filter, Compare("time", Op.GE, floor)])
