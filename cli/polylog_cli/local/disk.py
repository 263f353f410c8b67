"""The free space for the data folder: events are stored only while there is enough.

When a disk is full, DynamoDB Local loses events that it has acknowledged.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from threading import Lock
from typing import Final

from polylog.model.errors import Unavailable
from polylog.model.times import SYSTEM_CLOCK, Clock
from polylog_cli.output.console import notice

MEGABYTE: Final = 1_000_000
NEEDED_BYTES: Final = 200 * MEGABYTE
"""How much must be free. One request may add 6 MB, and folding goes on while events are refused."""

_LOOK_SECONDS: Final = 1.0


class NoRoom(Unavailable):
    """There is too little free space; the message says where, and how much is needed."""


def free_bytes(folder: Path) -> int:
    """Return how many bytes this user can still write to the disk of a folder."""
    return shutil.disk_usage(folder).free


@dataclass(slots=True)
class Disk:
    """The disk of a folder, at which it looks at most once a second."""

    folder: Path
    free: Callable[[Path], int] = free_bytes
    clock: Clock = SYSTEM_CLOCK
    _lock: Lock = field(default_factory=Lock)
    _looked_at: float = -inf
    _free: int = NEEDED_BYTES

    def require_room_to_start(self) -> None:
        """Raise `NoRoom` if there is too little room."""
        free = self.free(self.folder)
        if free < NEEDED_BYTES:
            raise NoRoom(self._described(free))

    def require_room(self) -> None:
        """Raise `NoRoom` if there is too little room; print a line when that changes."""
        with self._lock:
            if self.clock.monotonic() - self._looked_at >= _LOOK_SECONDS:
                self._look()
            if self._free < NEEDED_BYTES:
                raise NoRoom(self._described(self._free))

    def _look(self) -> None:
        before, self._free = self._free, self.free(self.folder)
        self._looked_at = self.clock.monotonic()
        if (self._free < NEEDED_BYTES) != (before < NEEDED_BYTES):
            is_full = self._free < NEEDED_BYTES
            becomes = "refused until there is more room" if is_full else "stored again"
            notice(f"Events are {becomes}: {self._described(self._free)}")

    def _described(self, free: int) -> str:
        needed = NEEDED_BYTES // MEGABYTE
        return f"{free // MEGABYTE} MB are free for {self.folder}, {needed} MB are needed"


def log_no_refusals() -> None:
    """Keep the functions from logging each request that is refused because the disk is full."""
    logging.getLogger("polylog").addFilter(_is_worth_logging)


def _is_worth_logging(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], NoRoom))
