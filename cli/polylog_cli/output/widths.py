"""How wide the columns of a table are, so that its lines fit a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from polylog_cli.output.layouts import Column, Shrinks

GAP: Final = 2
"""The characters between two columns."""

_LEAST: Final = 8
"""The narrowest that a column gets, in characters."""


def fitted(columns: Sequence[Column], needed: Sequence[int], room: int) -> list[int]:
    """Return the widths of columns, in characters, so that they fill a room.

    `needed` are the widths that their cells need. In a smaller room, the columns that shrink first
    become narrower, the widest of them first, and then those that shrink last. If all are as narrow
    as they get, they may still be too wide. In a larger room, columns share what is left.
    """
    widths = list(needed)
    left = room - sum(needed) - GAP * (len(columns) - 1)
    for turn in (Shrinks.FIRST, Shrinks.LAST):
        places = [n for n, column in enumerate(columns) if column.shrinks is turn]
        while left < 0 and (wide := [n for n in places if widths[n] > _LEAST]):
            widths[max(wide, key=widths.__getitem__)] -= 1
            left += 1
    return [width + more for width, more in zip(widths, _shares(columns, left), strict=True)]


def _shares(columns: Sequence[Column], left: int) -> list[int]:
    """Return what each column gets of the characters that are left."""
    shares = [column.share for column in columns]
    if left <= 0 or not any(shares):
        return [0] * len(columns)
    return [left * share // sum(shares) for share in shares]
