"""Reads JSON that is too long for memory piece by piece: line by line, or event by event.

A piece is the text of one JSON value, at most `MAX_PIECE` bytes long, and knows the place after it.
To continue later, open a stream that begins at that place.

Values are found without being built: only brackets, commas and quotes matter. So a piece may turn
out not to be JSON when it is read.
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
"""The most bytes of a line or a value; an event has at most a quarter of that."""

_BLOCK: Final = 64 * 1024

_SPACE: Final = rb"[ \t\n\r]*+"
_TEXT: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SIGN: Final = re.compile(rb"[^ \t\n\r]")
_WORD: Final = _TEXT + rb"|-?\d[\d.eE+-]*+|true|false|null"
_SCALAR: Final = re.compile(_WORD, re.DOTALL)


def _without(levels: int) -> bytes:
    """Return what matches no bracket at all, but values that nest so many levels at most."""
    inner = _without(levels - 1) + rb"[\]}]" if levels else rb"(?!)"
    return rb'(?:[^][{}"]++|%b|[\[{]%b)*+' % (_TEXT, inner)


# Most values nest only a few levels: one match passes over them. Deeper ones take one a bracket.
_FEW_LEVELS: Final = _without(4)
_PLAIN: Final = re.compile(
    rb"(?:%b%b%b:%b(?:%b|{%b})%b,)*+" % (_SPACE, _TEXT, _SPACE, _SPACE, _WORD, _FEW_LEVELS, _SPACE),
    re.DOTALL,
)
"""Members of an object, with commas after them, that are no arrays."""

_BRACKETS: Final = re.compile(rb"%b([\[{]++|[\]}]++)" % _FEW_LEVELS, re.DOTALL)
"""What lies before the next bracket, and all brackets there that open, or all that close."""


Envelope = tuple[str, ...]
"""Names of the member of a list response that holds the events; empty if there is none."""


class Stream(Protocol):
    """A file open for reading bytes."""

    def read(self, size: int, /) -> bytes:
        """Return this number of bytes; at the end fewer, or none."""

    def readline(self, size: int, /) -> bytes:
        """Return at most this number of bytes, up to and including the next line break."""


class Inside(StrEnum):
    """What a place lies in: nothing, an array, or the array inside a list response.

    After an error it lies in rubbish, and nothing more can be read.
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

    # A tuple without a place inside: there are millions of pieces, and few are asked for theirs.
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
        """Return the piece that says why nothing after a place can be read."""
        return cls(place.lines + 1, error, place.offset, place.lines, Inside.RUBBISH)


def lines(stream: Stream, start: Place, longest: int = MAX_PIECE) -> Iterator[Piece]:
    """Yield the lines of a stream that begins at a place; one longer than `longest` is an error."""
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
    """Yield the events of a stream of JSON documents that begins at a place.

    Each document is an array of events, a list response with the events in its member `envelope`,
    or a single event. If the stream stops being JSON, or has a value of more than `longest` bytes,
    the last piece says so.
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
    """Enter the array that a document is or holds, and return what the reader is in then."""
    if sign == b"[":
        scanner.expect(sign)
        return Inside.ARRAY
    if sign == b"{" and envelope and scanner.enter(envelope):
        return Inside.ENVELOPE
    return Inside.NOTHING


def _rest(scanner: _Scanner, inside: Inside, envelope: Envelope) -> Iterator[Piece]:
    """Yield what follows an element of an array, and continue after the document."""
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
        """Skip white space, and return the character there, or nothing at the end."""
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
        """Return the value that comes next, and continue after it."""
        self.peek()
        self._count_lines()
        line = self._lines + 1
        text = self._take()
        self._count_lines()
        return Piece(line, text, self._offset + self._at, self._lines, inside)

    def enter(self, envelope: Envelope) -> bool:
        """Enter the array in an object's member, and return whether there is one.

        The array must begin within the longest value from the object's beginning.
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
        """Continue after the object whose member, an array, has just ended.

        Raises `InvalidBody` if the object has that member again: its events would be lost.
        """
        while self.expect(b",", b"}") == b",":
            if self.peek() != b'"':
                raise self._not_json()
            name = self._take()
            self.expect(b":")
            if _is_named(name, envelope):
                raise InvalidBody(f"from here on not read: a second '{' or '.join(envelope)}'")
            self.peek()
            self._take()

    def _take(self) -> bytes:
        """Return the value that begins here, and continue after it."""
        end = self._value(0)
        text = self._text[self._at : self._at + end]
        self._at += end
        return text

    def _look_at_member(self, ahead: int) -> tuple[int, bytes]:
        """Look at the next member; passes over plain ones, of which there are many."""
        plain = _PLAIN.match(self._text, self._at + ahead)
        return self._look(plain.end() - self._at if plain else ahead)

    def _look(self, ahead: int) -> tuple[int, bytes]:
        """Return how far ahead the next character is that is not white space, and which it is."""
        while not (sign := _SIGN.search(self._text, self._at + ahead)):
            self._fill_more(0)
        return sign.start() - self._at, sign[0]

    def _value(self, ahead: int) -> int:
        """Return how far ahead the value ends that begins at a distance ahead."""
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
            # A number may go on after the window.
            if found and (found.end() < len(self._text) or self._is_at_end):
                return found.end() - self._at
            self._fill_more(ahead)

    def _nested(self, ahead: int) -> int:
        """Return how far ahead the bracket is closed that opens at a distance ahead."""
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
        """Read on, because the value at a distance ahead does not end in the window.

        The window then holds twice as much, so that all windows together are little longer than
        the text. Raises `InvalidBody` if there is nothing more, or if the value is too long.
        """
        kept = len(self._text) - self._at
        if self._is_at_end or kept - ahead > self._longest:
            raise self._not_json()
        self._fill(min(kept, self._longest))

    def _fill(self, least: int = 1) -> bool:
        """Drop what is done and read at least this many bytes; return False if there are fewer."""
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
        """Count the line breaks up to here, each once."""
        self._lines += self._text.count(b"\n", self._counted, self._at)
        self._counted = self._at

    def _not_json(self) -> InvalidBody:
        return InvalidBody(f"from here on not JSON, or a value of more than {self._longest} bytes")


def _is_named(text: bytes, names: Envelope) -> bool:
    """Return whether this is the text of one of these names, which may have escapes."""
    try:
        return from_json(text) in names
    except ValueError:
        return False
