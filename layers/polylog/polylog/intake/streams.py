"""Reads files that are too long for memory piece by piece: line by line, or event by event.

A piece is the text of one JSON value, at most `MAX_PIECE` bytes long, and knows the place after it.
To continue later, open a stream that begins at that place.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol, Self

from polylog.model.errors import InvalidBody

MAX_PIECE: Final = 1024 * 1024
"""The most bytes of a line or a value; an event has at most a quarter of that."""

_BLOCK: Final = 64 * 1024
_MORE_OF_A_NUMBER: Final = re.compile(r"[\d.eE+-]|\Z")
"""Characters after a number that may belong to it, and the end of what was read so far."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_MARK: Final = BOM_UTF8.decode("latin-1")


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


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stream, the line it begins on (counted from 1), and the place after it.

    `text` is an error if the piece cannot be read.
    """

    line: int
    text: bytes | InvalidBody
    end: Place

    @classmethod
    def last(cls, place: Place, error: InvalidBody) -> Self:
        """Return the piece that says why nothing after a place can be read."""
        return cls(place.lines + 1, error, replace(place, inside=Inside.RUBBISH))


def lines(stream: Stream, start: Place) -> Iterator[Piece]:
    """Yield the lines of a stream that begins at a place; a line that is too long is an error."""
    place = start
    while line := stream.readline(MAX_PIECE):
        size, is_long = len(line), False
        while not line.endswith(b"\n") and (more := stream.readline(MAX_PIECE)):
            line, size, is_long = more, size + len(more), True
        number = place.lines + 1
        text = InvalidBody(f"the line has more than {MAX_PIECE} bytes") if is_long else line
        place = Place(place.offset + size, number)
        yield Piece(number, text, place)


def values(stream: Stream, start: Place, envelope: str | None) -> Iterator[Piece]:
    """Yield the events of a stream of JSON documents that begins at a place.

    Each document is an array of events, a list response with the events in its member `envelope`,
    or a single event. If the stream stops being JSON, the last piece says so.
    """
    scanner = _Scanner(stream, start)
    try:
        yield from _values(scanner, start.inside, envelope)
    except InvalidBody as error:
        yield Piece.last(scanner.place(start.inside), error)


def _values(scanner: _Scanner, inside: Inside, envelope: str | None) -> Iterator[Piece]:
    while (sign := scanner.peek()) or inside is not Inside.NOTHING:
        match inside, sign:
            case Inside.NOTHING, "[":
                scanner.go_on(1)
                inside = Inside.ARRAY
            case Inside.NOTHING, "{" if envelope is not None and scanner.enter(envelope):
                inside = Inside.ENVELOPE
            case Inside.NOTHING, _:
                yield scanner.piece(inside)
            case _, "]":
                scanner.go_on(1)
                if inside is Inside.ENVELOPE and envelope is not None:
                    scanner.leave(envelope)
                inside = Inside.NOTHING
            case _, ",":
                scanner.go_on(1)
            case _:
                yield scanner.piece(inside)


class _Scanner:
    """A window on a stream that finds where JSON values end.

    Bytes are decoded as Latin-1, one character each, because JSON's own characters are ASCII. A
    distance `ahead` counts from the reader's place in the window.
    """

    # Numbers stay text: Python refuses to read integers of more than 4,300 digits.
    _decoder: Final = json.JSONDecoder(parse_int=str, parse_float=str)

    def __init__(self, stream: Stream, start: Place) -> None:
        self._stream = stream
        self._offset = start.offset
        self._lines = start.lines
        self._text = ""
        self._at = 0
        self._is_at_end = False
        while len(self._text) < len(_MARK) and self._fill():
            pass
        if start.offset == 0 and self._text.startswith(_MARK):
            self._at = len(_MARK)

    def peek(self) -> str:
        """Return the next character that is not white space, or `""` at the end."""
        self.go_on(self._space(0))
        while not (sign := self._character(0)) and not self._is_at_end:
            self.go_on(self._space(0))
        return sign

    def place(self, inside: Inside) -> Place:
        """Return the reader's place."""
        lines = self._lines + self._text.count("\n", 0, self._at)
        return Place(self._offset + self._at, lines, inside)

    def go_on(self, ahead: int) -> None:
        """Skip this number of characters."""
        # A method, since `self._at += self._space(0)` would read `_at` before the window moves.
        self._at += ahead

    def piece(self, inside: Inside) -> Piece:
        """Return the value that begins here, and continue after it."""
        line = self.place(inside).lines + 1
        size = self._value(0)
        text = self._text[self._at : self._at + size].encode("latin-1")
        self.go_on(size)
        return Piece(line, text, self.place(inside))

    def enter(self, envelope: str) -> bool:
        """Enter the array in an object's member, and return whether there is one.

        The array must begin within `MAX_PIECE` bytes of the object's beginning.
        """
        ahead = 1
        while ahead <= MAX_PIECE:
            ahead = self._space(ahead)
            if self._character(ahead) != '"':
                return False
            end = self._value(ahead)
            name = json.loads(self._text[self._at + ahead : self._at + end])
            ahead = self._space(end)
            if self._character(ahead) != ":":
                return False
            ahead = self._space(ahead + 1)
            if name == envelope and self._character(ahead) == "[":
                self.go_on(ahead + 1)
                return True
            ahead = self._space(self._value(ahead))
            if self._character(ahead) != ",":
                return False
            ahead += 1
        return False

    def leave(self, envelope: str) -> None:
        """Continue after the object whose member, an array, has just ended.

        Raises `InvalidBody` if the object has that member again: its events would be lost.
        """
        while (sign := self.peek()) != "}":
            if sign in (",", ":"):
                self.go_on(1)
                continue
            size = self._value(0)
            is_again = self._text[self._at : self._at + size] == f'"{envelope}"'
            self.go_on(size)
            if is_again and self.peek() == ":":
                raise InvalidBody(f"from here on not read: a second '{envelope}'")
        self.go_on(1)

    def _character(self, ahead: int) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _space(self, ahead: int) -> int:
        """Return how far ahead the next character is that is not white space.

        White space longer than `MAX_PIECE` ends where the window ends.
        """
        while True:
            space = _SPACE.match(self._text, self._at + ahead)
            ahead = space.end() - self._at if space else ahead
            is_found = self._at + ahead < len(self._text)
            if is_found or ahead > MAX_PIECE or not self._fill():
                return ahead

    def _value(self, ahead: int) -> int:
        """Return how far ahead the value ends that begins at a distance ahead."""
        while True:
            try:
                _, end = self._decoder.raw_decode(self._text, self._at + ahead)
                if self._is_at_end or not _MORE_OF_A_NUMBER.match(self._text, end):
                    return end - self._at
            except (json.JSONDecodeError, RecursionError):
                is_too_long = len(self._text) - self._at - ahead > MAX_PIECE
                if is_too_long or self._is_at_end:
                    break
            self._fill()
        raise InvalidBody(f"from here on not JSON, or a value of more than {MAX_PIECE} bytes")

    def _fill(self) -> bool:
        """Read the next block and drop what is done; return whether there was more."""
        block = self._stream.read(_BLOCK)
        here = self.place(Inside.NOTHING)
        self._offset, self._lines = here.offset, here.lines
        self._text = self._text[self._at :] + block.decode("latin-1")
        self._at = 0
        self._is_at_end = not block
        return not self._is_at_end
