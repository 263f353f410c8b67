"""What answers are made of: the tally where it can tell, else the indexes and what is young."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.explanation import note, note_counts
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.bucket import Entry
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.view import View
from polylog.dynamo.tally.views import Tally
from polylog.model.event import Event
from polylog.model.filter import Compare, Filter, Op, conjunction
from polylog.model.times import EARLIEST

T = TypeVar("T")


class Sources:
    """The tally and the events table; `floor` returns the first time that is still kept.

    `facets` names those that events are tallied by beside their scope.
    """

    def __init__(
        self, tally: Tally, reader: Reader, facets: Iterable[str], floor: Callable[[], int]
    ) -> None:
        self.tally = tally
        self.reader = reader
        self.floor = floor
        self._facets = frozenset(facets)

    def until(self, deadline: float) -> Sources:
        """Return the same sources, for an answer that has to end by then."""
        return Sources(self.tally, self.reader.until(deadline), self._facets, self.floor)

    def ask(self, scope: str, filter: Filter, answer: Callable[[View], T]) -> T | None:
        """Return an answer from a tally, None where none can give an exact one."""
        question = Question.of(self.kept(filter), self._facets)
        if question is None:
            note("no tally can tell: the filter asks for more than time, type and origin")
            return None

        def read(time: TimeRange) -> Sequence[Entry]:
            return self.reader.entries(scope, question.within(time))

        def exact(view: View) -> T | None:
            if not view.is_exact(self._facets):
                note("no tally can tell: it does not count all of these events apart")
                return None
            note_counts(question.filter)
            return answer(view)

        return self.tally.ask(scope, question, read, exact)

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter, by an index and what is young."""
        young, kept = self.young(scope, filter)
        if not young:
            return self.reader.count(scope, kept)
        settled = self.reader.seqs(scope, kept) - {entry.seq for entry in young}
        return len(settled) + len(self.reader.young_seqs(scope, kept, young))

    def all(self, scope: str, filter: Filter) -> Iterator[Event]:
        """Return every event that passes, the earliest first."""
        young, kept = self.young(scope, filter)
        return self.reader.all(scope, kept, young)

    def young(self, scope: str, filter: Filter) -> tuple[tuple[Entry, ...], Filter]:
        """Return what is young, and the filter for nothing but what the tally holds kept."""
        head = self.tally.head(scope)
        return tuple(head.young()), _since(self.kept(filter), head.floor)

    def kept(self, filter: Filter) -> Filter:
        """Return the filter for nothing but what is kept."""
        return _since(filter, self.floor())


def _since(filter: Filter, floor: int) -> Filter:
    if floor == EARLIEST:
        return filter
    return conjunction([filter, Compare("time", Op.GE, floor)])
