"""The memory of the service: what answers took goes back to the system, if the C library is glibc.

By default each thread may get a heap of its own, and each heap keeps room for the largest answers
that it ever made. So the memory of the service grew for as long as the log did.
"""

from __future__ import annotations

import ctypes
import time
from contextlib import suppress
from typing import Any, Final

# The numbers of these parameters in glibc's `malloc.h`.
_M_ARENA_MAX: Final = -8
_M_MMAP_THRESHOLD: Final = -3

_ARENAS: Final = 2
_LARGE_BYTES: Final = 256 * 1024

_EVERY_SECONDS: Final = 10


class Memory:
    """Lets all threads share two heaps, gives large pieces to none, and returns what is free.

    Other C libraries lack these functions; nothing happens there.
    """

    def __init__(self) -> None:
        self._library: Any = None
        self._due = 0.0
        with suppress(OSError, AttributeError):
            self._library = ctypes.CDLL(None)
            self._library.mallopt(_M_ARENA_MAX, _ARENAS)
            self._library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)

    def look(self) -> None:
        """Return what is free within the heaps, if the last time is ten seconds ago."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _EVERY_SECONDS
        with suppress(AttributeError):
            self._library.malloc_trim(0)
