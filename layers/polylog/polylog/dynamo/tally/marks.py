"""Marks say which events of some columns pass a filter.

They are bits, one for each event, so `AND` and `OR` are one operation for all events. Columns
do not have all members of the events. So there are two sets of marks: events that surely pass, and
events that possibly do. Those in between must be read to find out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, assert_never

from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.entry import MEMBERS
from polylog.model.filter import FIELDS, SEARCHED, And, Compare, Filter, Not, Op, Or, Pattern, Text
from polylog.model.predicate import condition
from polylog.model.text import folded


class Marks(NamedTuple):
    """The events that surely pass, and those that possibly do. The first event is the highest bit.

    An event that surely passes possibly does, too.
    """

    sure: int
    possible: int

    @classmethod
    def of_all(cls, columns: Columns) -> Marks:
        """Return the marks of all events."""
        every = (1 << columns.number) - 1
        return cls(every, every)

    def verdicts(self, number: int) -> Iterator[bool | None]:
        """Yield whether each of `number` events passes; None if that is not sure."""
        for place in reversed(range(number)):
            bit = 1 << place
            yield True if self.sure & bit else None if self.possible & bit else False

    def __and__(self, other: Marks) -> Marks:
        return Marks(self.sure & other.sure, self.possible & other.possible)

    def __or__(self, other: Marks) -> Marks:
        return Marks(self.sure | other.sure, self.possible | other.possible)


def judge(filter: Filter, columns: Columns) -> Marks:
    """Return which events pass a filter, as far as their columns tell."""
    every = (1 << columns.number) - 1
    match filter:
        case Compare() | Pattern():
            return _compared(filter, columns)
        case Text(text):
            return judge(Or(tuple(Compare(field, Op.HAS, text) for field in SEARCHED)), columns)
        case Not(term):
            sure, possible = judge(term, columns)
            return Marks(every & ~possible, every & ~sure)
        case And(terms):
            return _all_of(terms, columns)
        case Or(terms):
            return reduce(or_, (judge(term, columns) for term in terms), Marks(0, 0))
        case _:
            assert_never(filter)


def _all_of(terms: Iterable[Filter], columns: Columns) -> Marks:
    marks = Marks.of_all(columns)
    for term in terms:
        if not marks.possible:
            break
        marks &= judge(term, columns)
    return marks


def _compared(part: Compare | Pattern, columns: Columns) -> Marks:
    if part.field not in FIELDS:
        return Marks.of_all(columns)._replace(sure=0)
    column = columns[part.field]
    marks = column.marks(_passing(part, column.values))
    if part.field not in MEMBERS:
        return Marks(marks, marks)
    return Marks(marks & ~columns.unknown, marks | columns.unknown)


def _passing(part: Compare | Pattern, values: Sequence[Any]) -> list[bool]:
    """Return which values pass a comparison."""
    is_text = part.field not in ("seq", "time")
    if is_text and isinstance(part, Compare) and part.op is Op.HAS:
        joined = "\n".join([value or "" for value in values] if None in values else values)
        if joined.isascii() and joined.count("\n") == len(values) - 1:
            # Case-folding all texts at once, and looking only where the sought text occurs, takes a
            # tenth of the time.
            return _lines_with(folded(str(part.value)), folded(joined), len(values))
    passes = condition(part)
    return [passes(value) for value in values]


def _lines_with(sought: str, text: str, number: int) -> list[bool]:
    """Return which of the `number` lines of a text contain another text."""
    found, line, at = [False] * number, 0, 0
    if "\n" in sought:
        return found
    while (place := text.find(sought, at)) >= 0:
        line += text.count("\n", at, place)
        found[line] = True
        end = text.find("\n", place)
        if end < 0:
            break
        line, at = line + 1, end + 1
    return found


def rows_of(marks: int, number: int) -> Iterator[int]:
    """Yield the places of the marked events among `number` events. Places begin at 0."""
    while marks:
        highest = marks.bit_length()
        yield number - highest
        marks ^= 1 << (highest - 1)
