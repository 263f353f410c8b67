"""Memory: what searches found in segments before.

A segment never changes, so neither does which of its events pass a filter. If the same filter is
asked again, for another page or by another client, a search reads only segments that are new.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING, Final

from polylog.dynamo.search.hits import Found

if TYPE_CHECKING:
    from polylog.dynamo.search.directory import Zone
    from polylog.model.filter import Filter

_MOST_BYTES: Final = 8 * 1024 * 1024
"""About how many bytes of memory all that is remembered may take."""

_MOST_OF_ONE: Final = 2 * 1024 * 1024
"""How many of them may be for one filter."""

_MOST_FILTERS: Final = 500

MOST_IDS: Final = 8
"""A segment with more hits than this is read again for the ids of a page. Other ids are kept."""

# About how many bytes it takes to remember these.
_BYTES_OF_FILTER: Final = 1000
_BYTES_OF_SEGMENT: Final = 100
_BYTES_OF_FOUND: Final = 300
_BYTES_OF_HIT: Final = 16
_BYTES_OF_ID: Final = 90


class Memory:
    """What was found by the filters that were asked last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[tuple[str, Filter], Known] = {}
        """The filter that was asked last is at the end."""

    def known(self, scope: str, filter: Filter) -> Known:
        """Return what a filter has found in a scope."""
        with self._lock:
            known = self._asked.pop((scope, filter), None)
            if known is None:
                known = Known(_BYTES_OF_FILTER + len(str(filter)))
            self._asked[scope, filter] = known
            for key in list(self._surplus()):
                del self._asked[key]
        return known

    def _surplus(self) -> Iterator[tuple[str, Filter]]:
        """Yield what to forget: the filters that were asked longest ago, and what is too large."""
        left = _MOST_BYTES
        for number, (key, known) in enumerate(reversed(self._asked.items())):
            left -= known.size
            if left < 0 or number >= _MOST_FILTERS:
                yield key


class Known:
    """What one filter has found, by segment. `size` is about how many bytes it takes."""

    def __init__(self, size: int = 0) -> None:
        self.size = size
        self._found: dict[int, Found] = {}

    def get(self, zone: Zone) -> Found | None:
        """Return what was found in a segment, None if that is not known."""
        return self._found.get(zone.first)

    def has_room(self, number: int) -> bool:
        """Return whether a segment with this number of hits can be remembered."""
        return self.size + _size(number) <= _MOST_OF_ONE

    def keep(self, zone: Zone, found: Found) -> None:
        """Remember what was found in a segment, if there is room for it."""
        if self.has_room(found.number) and zone.first not in self._found:
            self._found[zone.first] = found
            self.size += _size(found.number)


def _size(number: int) -> int:
    if not number:
        return _BYTES_OF_SEGMENT
    ids = number if number <= MOST_IDS else 0
    return _BYTES_OF_SEGMENT + _BYTES_OF_FOUND + number * _BYTES_OF_HIT + ids * _BYTES_OF_ID
