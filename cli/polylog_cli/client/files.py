"""Files of events: which there are, how they are opened, and which events they hold.

A file holds events one a line, one after the other, in arrays, or in pages: list responses of an
API. It may be compressed by gzip or zstd. It is read piece by piece, so it may be of any size.
"""

from __future__ import annotations

import glob
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import zstandard
from pydantic import JsonValue
from pydantic_core import to_json

from polylog.dialects import format_named, format_names
from polylog.intake.documents import Format, read_json, unpack
from polylog.intake.streams import Piece, Place, Stream, lines, values
from polylog.model.errors import InvalidBody

AUTO: Final = "auto"
"""Not a format: it means that each file is looked at."""

STANDARD_INPUT: Final = "-"

_HEAD: Final = 1024 * 1024
"""How much of a file is looked at to recognize it, in bytes."""

_SAMPLE: Final = 20
"""How many events are looked at to recognize a format."""

_LONGEST: Final = 64 * 1024 * 1024
"""The most bytes of an event, or of a page that is no list response of its own."""

_SUFFIXES: Final = {".json", ".jsonl", ".log", ".ndjson"}
_PACKED: Final = {".gz", ".zst"}
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_MARK: Final = b"\xef\xbb\xbf"

_DAMAGED: Final = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)

# Digests of AWS CloudTrail lie beside the log files, and hold no events.
_NO_EVENTS: Final = "CloudTrail-Digest"


class FileError(Exception):
    """A file cannot be read, or its format cannot be told; `reason` says why."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Item:
    """An event as a line of JSON, in a format, with the file and the line where it begins.

    `text` is an error if it cannot be read.
    """

    file: str
    line: int
    format: str
    text: bytes | InvalidBody


@dataclass(slots=True)
class Reading:
    """How far the files are read: bytes as they are stored, and the place of the last event.

    `total` is None if there is no telling.
    """

    total: int | None
    last: Item | None = None
    _done: int = 0
    _open: BinaryIO | None = field(default=None, repr=False)

    @property
    def done(self) -> int:
        """How many bytes are read."""
        return self._done + (self._open.tell() if self._open and self.total is not None else 0)

    @contextmanager
    def of(self, raw: BinaryIO) -> Iterator[None]:
        """Count what is read of a file until the block ends."""
        self._open = raw
        try:
            yield
        finally:
            self._done, self._open = self.done, None


def files_named(names: Sequence[str]) -> list[str]:
    """Return the files that these names mean: files, folders, patterns, `-` for standard input.

    Of a folder, it takes all that are named like files of JSON. Raises `FileError` for a name that
    means nothing.
    """
    return [file for name in names for file in _files_of(name)]


def _files_of(name: str) -> list[str]:
    path = Path(name)
    if name == STANDARD_INPUT or path.is_file():
        return [name]
    if path.is_dir():
        found = sorted(str(each) for each in path.rglob("*") if _may_hold_events(each, path))
    else:
        named = glob.glob(name, recursive=True)  # noqa: PTH207 - a pattern may be absolute
        found = sorted(each for each in named if Path(each).is_file())
    if not found:
        why = "no file in it ends in .json, .ndjson, .jsonl or .log, perhaps with .gz or .zst"
        raise FileError(name, why if path.is_dir() else "No such file or directory")
    return found


def _may_hold_events(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    suffix = Path(file.stem).suffix if file.suffix in _PACKED else file.suffix
    is_hidden = any(part.startswith(".") for part in parts)
    return suffix in _SUFFIXES and not is_hidden and _NO_EVENTS not in parts and file.is_file()


def begin(files: Sequence[str]) -> Reading:
    """Return what tells how far files are read; raises `FileError`."""
    if STANDARD_INPUT in files:
        return Reading(None)
    try:
        return Reading(sum(Path(file).stat().st_size for file in files))
    except OSError as error:
        raise FileError(str(error.filename), error.strerror or "") from error


def items(
    files: Sequence[str], format: str, reading: Reading, recognized: Callable[[str, str], None]
) -> Iterator[Item]:
    """Yield the events of files, in order.

    With the format `auto`, `recognized` is told what each file was taken for. A file that cannot be
    read spoils no other; if it is the only one, it raises `FileError`.
    """
    for file in files:
        try:
            with _opened(file, reading) as stream:
                for item in _items(file, format, stream, recognized):
                    reading.last = item
                    yield item
        except FileError as error:
            if len(files) == 1:
                raise
            yield Item(file, 1, format, InvalidBody(error.reason))


@contextmanager
def _opened(file: str, reading: Reading) -> Iterator[Stream]:
    """Open a file, and unpack what is compressed."""
    try:
        with _raw(file) as raw, reading.of(raw):
            yield _unpacked(raw)
    except _DAMAGED as error:
        raise FileError(file, f"the compressed file is damaged: {error}") from error
    except OSError as error:
        raise FileError(file, error.strerror or "") from error


@contextmanager
def _raw(file: str) -> Iterator[io.BufferedReader]:
    if file == STANDARD_INPUT:
        with open(sys.stdin.fileno(), "rb", closefd=False) as opened:
            yield opened
        return
    with Path(file).open("rb") as opened:
        yield opened


def _unpacked(raw: io.BufferedReader) -> Stream:
    begins = raw.peek(len(_ZSTD))
    if begins.startswith(_GZIP):
        return gzip.GzipFile(fileobj=raw)
    if begins.startswith(_ZSTD):
        unpacked = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        return io.BufferedReader(unpacked)
    return raw


def _items(
    file: str, format: str, stream: Stream, recognized: Callable[[str, str], None]
) -> Iterator[Item]:
    head = stream.read(_HEAD).removeprefix(_MARK)
    if not head.strip():
        head += stream.read(_HEAD)
    if not head.strip():
        return
    name = format
    if format == AUTO:
        name = recognize(file, head)
        recognized(file, name)
    known = format_named(name)
    for piece in _pieces(_Continued(head, stream), known, has_lines=_has_lines(head, known)):
        for text in _events(piece, known):
            yield Item(file, piece.line, name, text)


def _pieces(stream: Stream, format: Format, *, has_lines: bool) -> Iterator[Piece]:
    if has_lines:
        return lines(stream, Place(), _LONGEST)
    return values(stream, Place(), format.envelope, _LONGEST)


def _has_lines(head: bytes, format: Format) -> bool:
    """Return whether each line is to be read by itself, so that a bad one spoils no other.

    That is so if the first line is JSON, or if the file does not even begin as JSON.
    """
    first, end, _ = head.lstrip().partition(b"\n")
    if (end or len(head) < _HEAD) and _is_json(first):
        return True
    piece = next(values(io.BytesIO(head), Place(), format.envelope, _LONGEST), None)
    return len(head) < _HEAD and piece is not None and isinstance(piece.text, InvalidBody)


def _is_json(text: bytes) -> bool:
    try:
        read_json(text)
    except InvalidBody:
        return False
    return True


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
        # As it came: numbers keep their form. In JSON, a line break is never part of a text.
        yield text.translate(_IN_ONE_LINE)
        return
    for wire in wires:
        # JSON has no inf: the service must see and refuse it, and null would hide it.
        yield to_json(wire, inf_nan_mode="constants")


_IN_ONE_LINE: Final = bytes.maketrans(b"\r\n", b"  ")


def recognize(file: str, head: bytes) -> str:
    """Return the format of the file that begins so; raises `FileError` if that is not clear."""
    fitting = [name for name in format_names() if _fits(head, format_named(name))]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise FileError(file, f"the format may be {' or '.join(fitting)}: give it with --format")
    known = ", ".join(format_names())
    raise FileError(file, f"{_shown(head)}; give --format, one of {known}")


def _fits(head: bytes, format: Format) -> bool:
    """Return whether the first events are all in a format."""
    if format.is_event is None:
        return False
    some = _sample(head, format)
    return bool(some) and all(map(format.is_event, some))


def _sample(head: bytes, format: Format) -> list[JsonValue]:
    """Return the first events of a file, as far as they can be read."""
    pieces = _pieces(io.BytesIO(head), format, has_lines=_has_lines(head, format))
    events = (event for piece in islice(pieces, _SAMPLE) for event in _events(piece, format))
    readable = (event for event in events if not isinstance(event, InvalidBody))
    return [read_json(event) for event in islice(readable, _SAMPLE)]


def _shown(head: bytes) -> str:
    """Say what the first value of a file is."""
    match next(iter(_sample(head, Format(format_named("native").read))), None):
        case None:
            return "the file is not JSON"
        case dict() as wire:
            return f"no format has events with the members {', '.join(list(wire)[:10])}"
        case _:
            return "the first value is no object"


class _Continued:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: Stream) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        return self._head.read(size) or self._rest.read(size)

    def readline(self, size: int, /) -> bytes:
        line = self._head.readline(size)
        if line.endswith(b"\n") or len(line) == size:
            return line
        return line + self._rest.readline(size - len(line))
