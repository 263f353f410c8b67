"""The events in files, and the formats that they are in.

A file holds events one a line, one after the other, in arrays, or in pages: list responses of an
API. It is read piece by piece, so it may be of any size.
"""

from __future__ import annotations

import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from pydantic import JsonValue
from pydantic_core import to_json

from polylog.dialects import format_named, format_names
from polylog.dialects.native.wire import WireEvent
from polylog.intake.documents import Format, read_json, unpack
from polylog.intake.streams import Piece, Place, Stream, lines, values
from polylog.model.errors import InvalidBody
from polylog_cli.client.files import DAMAGED, FileError, Reading, opened

AUTO: Final = "auto"
"""Not a format: the content of each file decides."""

MOVE: Final = "put such members into data or attributes"
"""What to do about members that the format native does not know."""

_HEAD: Final = 1024 * 1024
"""How much of a file to look at to recognize its format, in bytes."""

_SMALL: Final = 4096
"""In a file of more bytes than this, do not look whether it has any event."""

_SAMPLE: Final = 20
"""How many events to look at to recognize a format."""

_LONGEST: Final = 64 * 1024 * 1024
"""The most bytes of an event, or of a line with a page."""

_CLEAR: Final = 0.5
"""More than this part of the first events must be in a format for it to be clear."""

_UTF_16: Final = (BOM_UTF16_LE, BOM_UTF16_BE)

_ONLY_JSON: Final = (
    "load reads only JSON events, so write each event as a JSON object on its own line"
)


@dataclass(frozen=True, slots=True)
class Item:
    """An event as a line of JSON, in a format, with the file and the line where it begins.

    `number` counts the events that begin on this line. `text` is an error if it cannot be read.
    """

    file: str
    line: int
    format: str
    text: bytes | InvalidBody
    number: int = 1

    @property
    def place(self) -> str:
        """Where it is, for people."""
        line = f"{self.file}, line {self.line}"
        return line if self.number == 1 else f"{line}, event {self.number}"


def items(
    files: Sequence[str], format: str, reading: Reading, recognized: Callable[[str, str], None]
) -> Iterator[Item]:
    """Yield the events of files, in order.

    With the format `auto`, it calls `recognized` with each file and its format. If a file cannot be
    read, it yields an item with the error and goes on. If that is the only file, it raises
    `FileError`.
    """
    for file in files:
        try:
            with opened(file, reading) as stream:
                yield from _items(file, format, stream, recognized)
        except FileError as error:
            if len(files) == 1:
                raise
            yield Item(file, 1, format, InvalidBody(error.reason))


def _items(
    file: str, format: str, stream: io.BufferedIOBase, recognized: Callable[[str, str], None]
) -> Iterator[Item]:
    head, damage = _head(stream)
    if head.startswith(_UTF_16):
        raise FileError(file, "it is in UTF-16: save it as UTF-8")
    if damage is None and not _has_any(head, format_names() if format == AUTO else [format]):
        return
    name = format
    if format == AUTO:
        name = recognize(file, head, damage)
        recognized(file, name)
    known = format_named(name)
    line = number = 0
    try:
        pieces = _pieces(_Continued(head, stream), known, has_lines=_has_lines(head, known))
        for piece in pieces:
            for text in _events(piece, known):
                number = number + 1 if piece.line == line else 1
                line = piece.line
                yield Item(file, line, name, text, number)
        if damage is not None:  # Where only a part of gzip's header is left, it fails just once.
            raise damage
    except DAMAGED as error:
        reason = f"from here on not readable: {_told(error)}"
        yield Item(file, line + 1, name, InvalidBody(reason))


def _head(stream: io.BufferedIOBase) -> tuple[bytes, Exception | None]:
    """Return the beginning of a file, as far as it can be read, and why it ends if damaged."""
    head, damage = b"", None
    try:
        while len(head) < _HEAD and (block := stream.read1(_HEAD - len(head))):
            head += block
    except DAMAGED as error:
        damage = error
    return head.removeprefix(BOM_UTF8), damage


def _told(damage: Exception) -> str:
    return f"the compressed file is damaged or cut off: {damage}"


def _has_any(head: bytes, names: Iterable[str]) -> bool:
    """Return whether there is more than white space, an empty array or an empty page."""
    return len(head) > _SMALL or all(any(True for _ in _texts(head, name)) for name in names)


def _texts(head: bytes, name: str) -> Iterator[bytes | InvalidBody]:
    """Yield the first events of a file, if it is in this format."""
    format = format_named(name)
    pieces = _pieces(io.BytesIO(head), format, has_lines=_has_lines(head, format))
    return (event for piece in pieces for event in _events(piece, format))


def _pieces(stream: Stream, format: Format, *, has_lines: bool) -> Iterator[Piece]:
    if has_lines:
        return lines(stream, Place(), _LONGEST)
    return values(stream, Place(), format.envelope, _LONGEST)


def _has_lines(head: bytes, format: Format) -> bool:
    """Return whether to read each line by itself, so that a bad line does not affect the others.

    That is so if the first line is JSON, or if the file does not begin as JSON at all.
    """
    if _begins_with_a_line(head):
        return True
    piece = next(values(io.BytesIO(head), Place(), format.envelope, _LONGEST), None)
    return len(head) < _HEAD and piece is not None and isinstance(piece.text, InvalidBody)


@lru_cache(maxsize=1)  # It does not depend on the format, and all formats are tried on one head.
def _begins_with_a_line(head: bytes) -> bool:
    """Return whether the first line is JSON."""
    first, end, _ = head.lstrip().partition(b"\n")
    try:
        read_json(first)
    except InvalidBody:
        return False
    return bool(end) or len(head) < _HEAD


def _events(piece: Piece, format: Format) -> Iterator[bytes | InvalidBody]:
    """Yield the events of a piece, each as a line of JSON."""
    if isinstance(piece.text, InvalidBody):
        yield piece.text
        return
    try:
        yield from _unpack(piece.text.strip(), format)
    except InvalidBody as error:
        yield error


def _unpack(text: bytes, format: Format) -> Iterator[bytes]:
    document = read_json(text) if text else []
    wires = unpack(document, format)
    if len(wires) == 1 and wires[0] is document:
        # Unchanged, so that numbers keep their form. No text in JSON has a raw line break.
        yield text.translate(_IN_ONE_LINE)
        return
    for wire in wires:
        # JSON has no inf. The service must see it to refuse it; null would hide it.
        yield to_json(wire, inf_nan_mode="constants")


_IN_ONE_LINE: Final = bytes.maketrans(b"\r\n", b"  ")


def recognize(file: str, head: bytes, damage: Exception | None = None) -> str:
    """Return the format of a file, by its beginning; raises `FileError` if it is not clear.

    `damage` says why the file cannot be read after this beginning.

    It is the format of most of the first events. Events in other formats are refused one by one.
    """
    shares = {name: _share(head, name) for name in format_names()}
    most = max(shares.values())
    best = [name for name, share in shares.items() if share == most]
    if most > _CLEAR and len(best) == 1:
        return best[0]
    if most > 0:
        likely = " or ".join(best)
        raise FileError(file, f"the format may be {likely}: give it with --format")
    raise FileError(file, _unclear(head) if damage is None else _told(damage))


def _share(head: bytes, name: str) -> float:
    """Return the part of the first events that are clearly in a format, from 0 to 1."""
    some, is_event = _sample(head, name), format_named(name).is_event
    return sum(map(is_event, some)) / len(some) if is_event and some else 0


def _sample(head: bytes, name: str) -> list[JsonValue]:
    """Return the first events of a file in a format, as far as they can be read."""
    first = islice(_texts(head, name), _SAMPLE)
    return [read_json(event) for event in first if not isinstance(event, InvalidBody)]


def _unclear(head: bytes) -> str:
    """Say why no format fits the first value of a file, and what to do."""
    match _sample(head, "native"):
        case []:
            return f"the file is not JSON: {_ONLY_JSON}"
        case [dict() as wire, *_] if {"time", "type"} <= wire.keys():
            unknown = ", ".join(
                [name for name in wire if name not in WireEvent.__annotations__][:10]
            )
            return f"the first event looks like native, which does not know {unknown}: {MOVE}"
        case [dict() as wire, *_]:
            members = f"the members {', '.join(list(wire)[:10])}" if wire else "no members"
            known = ", ".join(format_names())
            return f"no format has events with {members}; give --format, one of {known}"
        case _:
            return f"the first value is not an object: {_ONLY_JSON}"


class _Continued:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: io.BufferedIOBase) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        return self._head.read(size) or self._rest.read1(size)

    def readline(self, size: int, /) -> bytes:
        line = self._head.readline(size)
        if line.endswith(b"\n") or len(line) == size:
            return line
        return line + self._rest.readline(size - len(line))
