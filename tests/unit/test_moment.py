"""Moments: what a head and its deltas say, without a database."""

from __future__ import annotations

from dataclasses import replace

from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import Head
from polylog.dynamo.tally.moment import moment_of
from polylog.dynamo.tally.ranges import Ranges
from polylog.model.times import EARLIEST, LATEST, SECOND


def large(number: int) -> Delta:
    """Return a delta of events an hour apart, whose entries are in the arrival log."""
    entries = [Entry(n, n * 3600 * SECOND, "system:t", f"e{n}", None) for n in range(1, number + 1)]
    return replace(Delta.of(1, number, entries), entries=None, is_inline=False)


def test_a_partly_settled_delta_is_gone_when_its_row_has_expired() -> None:
    head = Head(settled=Ranges(((1, 4),)), deltas=(large(9),))
    moment = moment_of(head, lambda firsts: {})
    assert list(moment.young_within(EARLIEST, LATEST + 1)) == []
    assert [moment.entries_of(delta) for delta in moment.young] == [()]
    assert moment.knows(9)
