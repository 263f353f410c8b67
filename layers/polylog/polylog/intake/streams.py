"""Files too long to be held in memory, read piece by piece: lines, or the events of a document.

A piece is the text of one JSON value, of at most `MAX_PIECE` bytes. Whoever read up to a piece can
go on behind it later, in a stream that begins there.
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
"""Bytes of a line, or of a value in a document: events have a quarter of that at most."""

_BLOCK: Final = 64 * 1024
_MORE_OF_A_NUMBER: Final = re.compile(r"[\d.eE+-]|\Z")
"""What, behind a number, may turn out to be part of it as more is read."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_MARK: Final = BOM_UTF8.decode("latin-1")


class Stream(Protocol):
    """Bytes to be read one after the other."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes; fewer, or none, at the end."""

    def readline(self, size: int, /) -> bytes:
        """Return the bytes of a line, with its break; at most so many."""


class Inside(StrEnum):
    """What a place lies in: nothing, an array, or the array that a list response holds.

    Or in what cannot be told apart any more, so that nothing follows.
    """

    NOTHING = "nothing"
    ARRAY = "array"
    ENVELOPE = "envelope"
    RUBBISH = "rubbish"


@dataclass(frozen=True, slots=True)
class Place:
    """How far a stream was read: bytes, and line breaks among them."""

    offset: int = 0
    lines: int = 0
    inside: Inside = Inside.NOTHING


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stream, the number (from 1) of the line it begins on, and the place behind it.

    `text` is an error where the piece cannot be read.
    """

    line: int
    text: bytes | InvalidBody
    end: Place

    @classmethod
    def last(cls, place: Place, error: InvalidBody) -> Self:
        """Return the piece that says why nothing can be read from a place on."""
        return cls(place.lines + 1, error, replace(place, inside=Inside.RUBBISH))


def lines(stream: Stream, start: Place) -> Iterator[Piece]:
    """Yield the lines of a stream that begins at a place; one that is too long spoils no other."""
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

    Each document is an array of events, a list response that holds them in the member `envelope`,
    or one event. Where the stream stops being JSON the last piece says so.
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
    """A window on a stream, in which values are found but not yet read.

    Bytes stand for the characters of the same numbers (Latin-1): JSON's signs are the same in that.
    What is `ahead` counts from where the window's reader is.
    """

    # Numbers are left as they are: Python reads no integer of more than 4,300 digits.
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
        """Return the next character that is no white space, empty at the end."""
        self.go_on(self._space(0))
        while not (sign := self._character(0)) and not self._is_at_end:
            self.go_on(self._space(0))
        return sign

    def place(self, inside: Inside) -> Place:
        """Return where the reader is."""
        lines = self._lines + self._text.count("\n", 0, self._at)
        return Place(self._offset + self._at, lines, inside)

    def go_on(self, ahead: int) -> None:
        """Go on behind so many characters."""
        # In no `+=`: finding out how many moves the window.
        self._at += ahead

    def piece(self, inside: Inside) -> Piece:
        """Return the value that begins here, and go on behind it."""
        line = self.place(inside).lines + 1
        size = self._value(0)
        text = self._text[self._at : self._at + size].encode("latin-1")
        self.go_on(size)
        return Piece(line, text, self.place(inside))

    def enter(self, envelope: str) -> bool:
        """Go on behind the bracket of the array that an object holds in a member, if it does.

        It begins no further behind the object's own than a value may be long.
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
        """Go on behind the object that holds in a member an array which has just ended.

        Raises `InvalidBody` where it has that member once more, whose events would be lost.
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
        """Return how far ahead the next character is that is no white space.

        Where white space is longer than a value may be, where the part of it ends that was read.
        """
        while True:
            space = _SPACE.match(self._text, self._at + ahead)
            ahead = space.end() - self._at if space else ahead
            is_found = self._at + ahead < len(self._text)
            if is_found or ahead > MAX_PIECE or not self._fill():
                return ahead

    def _value(self, ahead: int) -> int:
        """Return how far ahead the value ends that begins there."""
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
        """Read on, and forget what lies behind; return whether there was more."""
        block = self._stream.read(_BLOCK)
        here = self.place(Inside.NOTHING)
        self._offset, self._lines = here.offset, here.lines
        self._text = self._text[self._at :] + block.decode("latin-1")
        self._at = 0
        self._is_at_end = not block
        return not self._is_at_end
