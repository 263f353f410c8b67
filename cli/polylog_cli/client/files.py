"""Files: how to find those that may hold events, and how to open them.

A file may be compressed by gzip or zstd.
"""

from __future__ import annotations

import glob
import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import zstandard

STANDARD_INPUT: Final = "-"

_BLOCK: Final = 64 * 1024

_SUFFIXES: Final = {".json", ".jsonl", ".log", ".ndjson"}
_PACKED: Final = {".gz", ".zst"}
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"

DAMAGED: Final = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)
"""What reading raises where a compressed file is damaged or cut off."""

# AWS CloudTrail writes digests next to its log files. They hold no events.
_NO_EVENTS: Final = "CloudTrail-Digest"


class FileError(Exception):
    """A file cannot be read, or its format is not clear; `reason` says why."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.reason = reason


@dataclass(slots=True)
class Reading:
    """How far the files are read, in bytes as they are stored.

    `total` is None if it is not known, as for standard input.
    """

    total: int | None
    _done: int = 0
    _open: BinaryIO | None = field(default=None, repr=False)

    @property
    def done(self) -> int:
        """How many bytes are read."""
        return self._done + (self._open.tell() if self._open and self.total is not None else 0)

    @contextmanager
    def of(self, raw: BinaryIO) -> Iterator[None]:
        """Count the bytes that are read from a file until the block ends."""
        self._open = raw
        try:
            yield
        finally:
            self._done, self._open = self.done, None


def files_named(names: Sequence[str]) -> list[str]:
    """Return the files that names stand for: files, folders, patterns, `-` for standard input.

    From a folder it takes the files that are named like JSON, at any depth. Raises `FileError` for
    a name that matches no file.
    """
    return [file for name in names for file in _files_of(name)]


def _files_of(name: str) -> list[str]:
    if name == STANDARD_INPUT or Path(name).exists():
        return _files_at(name)
    named = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - a pattern may be absolute
    if not named:
        raise FileError(name, "No such file or directory")
    return list(dict.fromkeys(file for each in named for file in _files_at(each)))


def _files_at(name: str) -> list[str]:
    """Return the file of this name, or the files in the folder."""
    folder = Path(name)
    if name == STANDARD_INPUT or not folder.is_dir():
        return [name]
    found = sorted(str(each) for each in folder.rglob("*") if _may_hold_events(each, folder))
    if not found:
        why = "no file in it ends in .json, .ndjson, .jsonl or .log, perhaps with .gz or .zst"
        raise FileError(name, why)
    return found


def _may_hold_events(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    suffix = Path(file.stem).suffix if file.suffix in _PACKED else file.suffix
    is_hidden = any(part.startswith(".") for part in parts)
    return suffix in _SUFFIXES and not is_hidden and _NO_EVENTS not in parts and file.is_file()


def begin(files: Sequence[str]) -> Reading:
    """Return the progress of reading these files, at its start; raises `FileError`."""
    try:
        if not all(Path(file).is_file() for file in files):  # Standard input, or a pipe.
            return Reading(None)
        return Reading(sum(Path(file).stat().st_size for file in files))
    except OSError as error:
        raise FileError(str(error.filename), error.strerror or "") from error


@contextmanager
def opened(file: str, reading: Reading) -> Iterator[io.BufferedIOBase]:
    """Open a file, and unpack it if it is compressed; raises `FileError`."""
    try:
        with _raw(file) as raw, reading.of(raw):
            yield _unpacked(raw)
    except OSError as error:
        raise FileError(file, error.strerror or "") from error


@contextmanager
def _raw(file: str) -> Iterator[io.BufferedReader]:
    if file == STANDARD_INPUT:
        with open(sys.stdin.fileno(), "rb", closefd=False) as raw:
            yield raw
        return
    with Path(file).open("rb") as raw:
        yield raw


def _unpacked(raw: io.BufferedReader) -> io.BufferedIOBase:
    begins = raw.peek(len(_ZSTD))
    if begins.startswith(_GZIP):
        return gzip.GzipFile(fileobj=raw)
    if begins.startswith(_ZSTD):
        return io.BufferedReader(_Unpacked(raw))
    return raw


class _Unpacked(io.RawIOBase):
    """The contents of a file in zstd. If its last frame is cut off, reading raises `EOFError`."""

    def __init__(self, packed: io.BufferedReader) -> None:
        self._packed = packed
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._ready = b""

    def readable(self) -> bool:
        return True

    # Any: what fits a buffer has no type before Python 3.12.
    def readinto(self, buffer: Any) -> int:
        while not self._ready and (block := self._packed.read1(_BLOCK)):
            self._unpack(block)
        if not self._ready and self._frame is not None:
            raise EOFError("it ends too soon")
        part = self._ready[: len(buffer)]
        buffer[: len(part)] = part
        self._ready = self._ready[len(part) :]
        return len(part)

    def _unpack(self, block: bytes) -> None:
        while block:
            frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._ready += frame.decompress(block)
            block = frame.unused_data if frame.eof else b""
            self._frame = None if frame.eof else frame
