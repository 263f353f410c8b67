"""Times compared by whole seconds, as the server does since 2017, since it shows no fractions."""

from __future__ import annotations

from polylog.model.filter import Compare, Filter, Op, conjunction
from polylog.model.times import SECOND


def compare_time(op: Op, start: int) -> Filter:
    """Compare an event's time with the second that begins at a time; `op` is no `NE` or `HAS`."""
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
