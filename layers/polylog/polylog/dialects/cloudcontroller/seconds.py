"""Compares times by whole seconds, as the server has done since 2017.

It shows no fractions: an event of 10:00:00.7 is shown as, and is equal to, 10:00:00.
"""

from __future__ import annotations

from polylog.model.filter import Compare, Filter, Op, conjunction
from polylog.model.times import SECOND


def compare_time(op: Op, start: int) -> Filter:
    """Return the filter that compares an event's time with the second that begins at `start`.

    "After 10:00:00" means at 10:00:01 or later. `start` is in microseconds since the epoch, and
    `op` is not `NE` or `HAS`.
    """
    end = start + SECOND
    match op:
        case Op.GT:
            return Compare("time", Op.GE, end)
        case Op.GE:
            return Compare("time", Op.GE, start)
        case Op.LT:
            return Compare("time", Op.LT, start)
        case Op.LE:
            return Compare("time", Op.LT, end)
        case _:
            return conjunction([Compare("time", Op.GE, start), Compare("time", Op.LT, end)])
