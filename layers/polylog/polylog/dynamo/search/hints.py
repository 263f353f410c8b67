"""Hints: which words and values each segment has, so that a search skips segments without them.

A word is a run of three letters or more. A segment can have a text that a filter looks for only if
each such run in the text lies within one of its words. For example, only segments that have a word
with `disk` and a word with `ful` can have the text `disk ful`.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property, reduce
from operator import and_, or_
from typing import Final, TypeVar
from zlib import crc32

from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.entry import MEMBERS
from polylog.model.filter import SEARCHED, And, Compare, Filter, Op, Or, Pattern, Text
from polylog.model.text import folded

WORDY: Final = SEARCHED
"""The fields whose words are known."""

VALUED: Final = ("type", "source", *(name for name in MEMBERS if name != "message"))
"""The fields whose whole values are known."""

_WORD: Final = re.compile(r"[^\W\d_]{3,}")

_MOST_CHARACTERS: Final = 20_000
_MOST_VALUES: Final = 4_000

_NO_WORDS: Final = pack(["", []])
_NO_VALUES: Final = pack([[], []])

T = TypeVar("T", str, int)


def words_of(columns: Columns) -> frozenset[str] | None:
    """Return the words of some events, folded for search; None if they are too many to help."""
    texts = {value for name in WORDY for value in columns[name].values if value}
    words = frozenset(word for text in texts for word in _WORD.findall(folded(text)))
    return words if sum(map(len, words)) <= _MOST_CHARACTERS else None


def values_of(columns: Columns) -> frozenset[int] | None:
    """Return hashes of 16 bits of the values of some events; None if they are too many."""
    values = {
        _value(name, each) for name in VALUED for each in columns[name].values if each is not None
    }
    return frozenset(values) if len(values) <= _MOST_VALUES else None


def _value(field: str, value: str) -> int:
    return crc32(f"{field}={value}".encode("utf-8", "surrogatepass")) & 0xFFFF


class Hints:
    """The words and values of a block's segments.

    Each word and each value comes with bits: the n-th bit, counted from 0, says whether the n-th
    segment has it. `words` and `values` hold both, packed. They are unpacked into arrays of 16 bits
    each: a list would take ten times as much memory, and the hints of a whole log are remembered.
    """

    def __init__(self, words: bytes = _NO_WORDS, values: bytes = _NO_VALUES) -> None:
        self.words = words
        self.values = values

    @cached_property
    def _words(self) -> tuple[str, array[int]]:
        text, marks = unpack(self.words)
        return text, array("H", marks)

    @cached_property
    def _values(self) -> tuple[array[int], array[int]]:
        values, marks = unpack(self.values)
        return array("H", values), array("H", marks)

    @property
    def size(self) -> int:
        """How many bytes they take, packed."""
        return len(self.words) + len(self.values)

    def plus(self, place: int, columns: Columns) -> Hints | None:
        """Return the hints with one more segment; None if it has too many words or values."""
        words, values = words_of(columns), values_of(columns)
        if words is None or values is None:
            return None
        text, of_words = self._words
        all_words, marks = _joined(text.split(), of_words, words, 1 << place)
        return Hints(
            pack([" ".join(all_words), marks]), pack(_joined(*self._values, values, 1 << place))
        )

    def possible(self, filter: Filter) -> int:
        """Return the segments that may have an event which passes, as bits; -1 means all."""
        match filter:
            case And(terms):
                return reduce(and_, map(self.possible, terms), -1)
            case Or(terms):
                return reduce(or_, map(self.possible, terms), 0)
            case Text(text):
                return self._with_text(text)
            case Compare(field, Op.EQ, str(value)) if field in VALUED and value:
                return self._with_value(_value(field, value))
            case Compare(field, Op.HAS | Op.EQ, str(text)) if field in WORDY:
                return self._with_text(text)
            case Pattern(field, pieces) if field in WORDY:
                # A combining mark may follow the last letter and change it, but no other letter.
                plain = (piece[:-1] for piece in pieces if piece.isascii())
                return reduce(and_, map(self._with_text, plain), -1)
            case _:
                return -1

    def _with_value(self, value: int) -> int:
        values, marks = self._values
        place = bisect_left(values, value)
        return marks[place] if place < len(values) and values[place] == value else 0

    def _with_text(self, text: str) -> int:
        return reduce(and_, map(self._with_part, _WORD.findall(folded(text))), -1)

    def _with_part(self, part: str) -> int:
        """Return the segments with a word that this is a part of."""
        text, marks = self._words
        found, at = 0, text.find(part)
        while at >= 0:
            found |= marks[text.count(" ", 0, at)]
            after = text.find(" ", at)
            at = text.find(part, after) if after >= 0 else -1
        return found


def _joined(
    keys: Iterable[T], marks: Iterable[int], more: Iterable[T], bit: int
) -> tuple[list[T], list[int]]:
    """Return sorted keys and their marks, with the bit for those of one more segment."""
    there = dict(zip(keys, marks, strict=True))
    for key in more:
        there[key] = there.get(key, 0) | bit
    ordered = sorted(there)
    return ordered, [there[key] for key in ordered]
