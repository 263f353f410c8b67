"""Reads JSON that is too long for memory in pieces: line by line, or event by event.

A piece is the text of one JSON value, at most `MAX_PIECE` bytes long, and knows the place after it.
To continue later, open a stream that begins at that place.

>>> import io
>>> [piece.text for piece in values(io.BytesIO(b'[{"id": 1}, 2]'), Place(), ())]
[b'{"id": 1}', b'2']

The reader finds values without building them: it only looks at brackets, commas and quotes. So a
piece may turn out not to be JSON later.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, Self

from pydantic_core import from_json

from polylog.model.errors import InvalidBody

MAX_PIECE: Final = 1024 * 1024
"""The most bytes of a line or a value. An event has at most a quarter of that."""

_BLOCK: Final = 64 * 1024

_SPACE: Final = rb"[ \t\n\r]*+"
_TEXT: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SIGN: Final = re.compile(rb"[^ \t\n\r]")
_WORD: Final = _TEXT + rb"|-?\d[\d.eE+-]*+|true|false|null"
_SCALAR: Final = re.compile(_WORD, re.DOTALL)


def _without(levels: int) -> bytes:
    """Return the pattern of a text without brackets, except those of values with few levels.

    A value may nest `levels` deep at most.
    """
    inner = _without(levels - 1) + rb"[\]}]" if levels else rb"(?!)"
    return rb'(?:[^][{}"]++|%b|[\[{]%b)*+' % (_TEXT, inner)


# Most values nest only a few levels: one match passes over them. Deeper ones take one match for
# each bracket.
_FEW_LEVELS: Final = _without(4)
_PLAIN: Final = re.compile(
    rb"(?:%b%b%b:%b(?:%b|{%b})%b,)*+" % (_SPACE, _TEXT, _SPACE, _SPACE, _WORD, _FEW_LEVELS, _SPACE),
    re.DOTALL,
)
"""Members of an object that are not arrays, each with the comma after it."""

_BRACKETS: Final = re.compile(rb"%b([\[{]++|[\]}]++)" % _FEW_LEVELS, re.DOTALL)
"""The text before the next bracket, and then a row of opening or of closing brackets."""


Envelope = tuple[str, ...]
"""The names that a list response's member with the events may have; empty if it has none."""


class Stream(Protocol):
    """A file open for reading bytes."""

    def read(self, size: int, /) -> bytes:
        """Return this number of bytes; fewer or none at the end."""

    def readline(self, size: int, /) -> bytes:
        """Return at most this number of bytes, up to and including the next line break."""


class Inside(StrEnum):
    """What a place is inside of: nothing, an array, or the array in a list response.

    After an error it is inside rubbish, and nothing more can be read.
    """

    NOTHING = "nothing"
    ARRAY = "array"
    ENVELOPE = "envelope"
    RUBBISH = "rubbish"


@dataclass(frozen=True, slots=True)
class Place:
    """How far a stream was read, in bytes and in line breaks."""

    offset: int = 0
    lines: int = 0
    inside: Inside = Inside.NOTHING


class Piece(NamedTuple):
    """A part of a stream, the line it begins on (counted from 1), and where it ends.

    `text` is an error if the piece cannot be read.
    """

    # A flat tuple is cheap: there are millions of pieces, and few are asked for their place.
    line: int
    text: bytes | InvalidBody
    offset: int
    lines: int
    inside: Inside = Inside.NOTHING

    @property
    def end(self) -> Place:
        """The place after it."""
        return Place(self.offset, self.lines, self.inside)

    @classmethod
    def last(cls, place: Place, error: InvalidBody) -> Self:
        """Return the piece with the error that ends a stream at a place."""
        return cls(place.lines + 1, error, place.offset, place.lines, Inside.RUBBISH)


def lines(stream: Stream, start: Place, longest: int = MAX_PIECE) -> Iterator[Piece]:
    """Yield the lines of a stream, which begins at `start`.

    A line longer than `longest` becomes an error.
    """
    offset, number = start.offset, start.lines
    while line := stream.readline(longest):
        size, is_long = len(line), False
        while not line.endswith(b"\n") and (more := stream.readline(longest)):
            line, size, is_long = more, size + len(more), True
        offset, number = offset + size, number + 1
        text = InvalidBody(f"the line has more than {longest} bytes") if is_long else line
        yield Piece(number, text, offset, number)


def values(
    stream: Stream, start: Place, envelope: Envelope, longest: int = MAX_PIECE
) -> Iterator[Piece]:
    """Yield the events of a stream of JSON documents, which begins at `start`.

    Each document is an array of events, a list response with the events in its member `envelope`,
    or a single event. If the stream stops being JSON, or has a value of more than `longest` bytes,
    the last piece is an error.
    """
    scanner = _Scanner(stream, start, longest)
    try:
        yield from _values(scanner, start.inside, envelope)
    except InvalidBody as error:
        yield Piece.last(scanner.place, error)


def _values(scanner: _Scanner, inside: Inside, envelope: Envelope) -> Iterator[Piece]:
    if inside is not Inside.NOTHING:
        yield from _rest(scanner, inside, envelope)
    while sign := scanner.peek():
        inside = _enter(scanner, sign, envelope)
        if inside is Inside.NOTHING or scanner.peek() != b"]":
            yield scanner.piece(inside)
        if inside is not Inside.NOTHING:
            yield from _rest(scanner, inside, envelope)


def _enter(scanner: _Scanner, sign: bytes, envelope: Envelope) -> Inside:
    """Enter a document if it is an array or a list response; return what the reader is then in."""
    if sign == b"[":
        scanner.expect(sign)
        return Inside.ARRAY
    if sign == b"{" and envelope and scanner.enter(envelope):
        return Inside.ENVELOPE
    return Inside.NOTHING


def _rest(scanner: _Scanner, inside: Inside, envelope: Envelope) -> Iterator[Piece]:
    """Yield the remaining elements of an array, and continue after the document."""
    while scanner.expect(b",", b"]") == b",":
        yield scanner.piece(inside)
    if inside is Inside.ENVELOPE and envelope:
        scanner.leave(envelope)


class _Scanner:
    """A window on a stream that finds where JSON values end.

    A distance `ahead` counts from the reader's place in the window.
    """

    def __init__(self, stream: Stream, start: Place, longest: int) -> None:
        self._stream = stream
        self._longest = longest
        self._offset = start.offset
        self._lines = start.lines
        self._text = b""
        self._at = 0
        self._counted = 0
        self._is_at_end = False
        self._fill(len(BOM_UTF8))
        if start.offset == 0 and self._text.startswith(BOM_UTF8):
            self._at = len(BOM_UTF8)

    @property
    def place(self) -> Place:
        """The reader's place."""
        self._count_lines()
        return Place(self._offset + self._at, self._lines)

    def peek(self) -> bytes:
        """Skip white space; return the next character, or an empty text at the end."""
        while not (sign := _SIGN.search(self._text, self._at)):
            self._at = len(self._text)
            if not self._fill():
                return b""
        self._at = sign.start()
        return sign[0]

    def expect(self, *signs: bytes) -> bytes:
        """Skip the next character, which must be one of these; raises `InvalidBody`."""
        sign = self.peek()
        if sign not in signs:
            raise self._not_json()
        self._at += 1
        return sign

    def piece(self, inside: Inside) -> Piece:
        """Return the next value, and continue after it."""
        self.peek()
        self._count_lines()
        line = self._lines + 1
        text = self._take()
        self._count_lines()
        return Piece(line, text, self._offset + self._at, self._lines, inside)

    def enter(self, envelope: Envelope) -> bool:
        """Enter the array in an object's member `envelope`, and return whether there is one.

        The array must begin near the object's beginning: not further away than the longest value.
        """
        ahead, sign = self._look_at_member(1)
        while sign == b'"':
            end = self._value(ahead)
            name = self._text[self._at + ahead : self._at + end]
            ahead, sign = self._look(end)
            if sign != b":":
                return False
            ahead, sign = self._look(ahead + 1)
            if sign == b"[" and _is_named(name, envelope):
                self._at += ahead + 1
                return True
            ahead, sign = self._look(self._value(ahead))
            if sign != b",":
                return False
            ahead, sign = self._look_at_member(ahead + 1)
        return False

    def leave(self, envelope: Envelope) -> None:
        """Continue after the object whose array of events has just ended.

        Raises `InvalidBody` if the object has a second such array, whose events would be lost.
        """
        while self.expect(b",", b"}") == b",":
            if self.peek() != b'"':
                raise self._not_json()
            name = self._take()
            self.expect(b":")
            if _is_named(name, envelope):
                raise InvalidBody(f"the rest was not read: a second '{' or '.join(envelope)}'")
            self.peek()
            self._take()

    def _take(self) -> bytes:
        """Return the value that begins at the reader's place, and continue after it."""
        end = self._value(0)
        text = self._text[self._at : self._at + end]
        self._at += end
        return text

    def _look_at_member(self, ahead: int) -> tuple[int, bytes]:
        """Look for the next member that may be an array; skip the others, which are most."""
        plain = _PLAIN.match(self._text, self._at + ahead)
        return self._look(plain.end() - self._at if plain else ahead)

    def _look(self, ahead: int) -> tuple[int, bytes]:
        """Return the next character that is not white space, and how far ahead it is."""
        while not (sign := _SIGN.search(self._text, self._at + ahead)):
            self._fill_more(0)
        return sign.start() - self._at, sign[0]

    def _value(self, ahead: int) -> int:
        """Return how far ahead the value ends that begins at the distance `ahead`."""
        begin = self._at + ahead
        is_nested = self._text[begin : begin + 1] in (b"[", b"{")
        end = self._nested(ahead) if is_nested else self._scalar(ahead)
        if end - ahead > self._longest:
            raise self._not_json()
        return end

    def _scalar(self, ahead: int) -> int:
        """Return how far ahead a text, a number or a word ends."""
        while True:
            found = _SCALAR.match(self._text, self._at + ahead)
            # A number may continue after the window.
            if found and (found.end() < len(self._text) or self._is_at_end):
                return found.end() - self._at
            self._fill_more(ahead)

    def _nested(self, ahead: int) -> int:
        """Return how far ahead the closing bracket of the one at the distance `ahead` ends."""
        depth, end = 1, ahead + 1
        while True:
            found = _BRACKETS.match(self._text, self._at + end)
            if not found:
                self._fill_more(ahead)
                continue
            start, end = (each - self._at for each in found.span(1))
            if found[1][:1] in (b"[", b"{"):
                depth += end - start
            elif depth > end - start:
                depth -= end - start
            else:
                return start + depth

    def _fill_more(self, ahead: int) -> None:
        """Read more, because the value at the distance `ahead` does not end in the window.

        This doubles the window, so that all windows together are not much longer than the text.
        Raises `InvalidBody` if there is nothing more to read, or if the value is too long.
        """
        kept = len(self._text) - self._at
        if self._is_at_end or kept - ahead > self._longest:
            raise self._not_json()
        self._fill(min(kept, self._longest))

    def _fill(self, least: int = 1) -> bool:
        """Drop the part that is done, and read this many bytes or more.

        Returns False if the stream has fewer.
        """
        self._count_lines()
        blocks = [self._text[self._at :]]
        while least > 0 and (block := self._stream.read(_BLOCK)):
            blocks.append(block)
            least -= len(block)
        self._offset += self._at
        self._text = b"".join(blocks)
        self._at = self._counted = 0
        self._is_at_end = least > 0
        return not self._is_at_end

    def _count_lines(self) -> None:
        """Count the line breaks between the last count and the reader's place."""
        self._lines += self._text.count(b"\n", self._counted, self._at)
        self._counted = self._at

    def _not_json(self) -> InvalidBody:
        return InvalidBody(
            f"the rest is not JSON, or has a value of more than {self._longest} bytes"
        )


def _is_named(text: bytes, names: Envelope) -> bool:
    """Return whether a text in quotes is one of these names; it may have escapes."""
    try:
        return from_json(text) in names
    except ValueError:
        return False
