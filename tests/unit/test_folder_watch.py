"""A folder's watch over a scope: how old things are by the folder's own clock."""

from __future__ import annotations

from dataclasses import replace

from polylog.dynamo.maintenance.watch import FENCING_SECONDS, SETTLING_SECONDS, Watch
from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import Head, Recent
from polylog.dynamo.tally.ranges import Ranges
from polylog.model.times import SECOND
from tools.clocks import StoppedClock

DELTA = Delta.of(1, 1, [Entry(1, 0, "system:t", "e", None)])
RECENT = Recent(7, ())
HEAD = Head(deltas=(DELTA,), recent=(RECENT,), fenced=Ranges(((4, 5),)))


class World:
    """A watch, and a clock that the test moves."""

    def __init__(self) -> None:
        self.time = StoppedClock(10**15)
        self.watch = Watch(self.time.clock)


def test_everything_is_new_when_it_is_first_seen() -> None:
    world = World()
    world.time.sleep(3600)
    world.watch.see(HEAD)
    assert not world.watch.is_ripe(DELTA)
    assert world.watch.unripe(HEAD) == [RECENT]
    assert world.watch.old_holes(HEAD) == []


def test_a_delta_that_was_never_seen_has_no_age() -> None:
    world = World()
    world.time.sleep(3600)
    assert not world.watch.is_ripe(DELTA)


def test_events_seen_for_long_enough_are_in_the_indexes() -> None:
    world = World()
    world.watch.see(HEAD)
    world.time.now += SETTLING_SECONDS * SECOND - 1
    assert (world.watch.is_ripe(DELTA), world.watch.unripe(HEAD)) == (False, [RECENT])
    world.time.now += 1
    assert (world.watch.is_ripe(DELTA), world.watch.unripe(HEAD)) == (True, [])


def test_a_number_that_is_missing_for_too_long_is_an_old_hole() -> None:
    world = World()
    world.watch.see(HEAD)
    world.time.now += FENCING_SECONDS * SECOND - 1
    assert world.watch.old_holes(HEAD) == []
    world.time.now += 1
    assert world.watch.old_holes(HEAD) == [(2, 3)]


def test_a_delta_that_was_missing_at_a_look_is_new_again() -> None:
    world = World()
    world.watch.see(HEAD)
    world.watch.see(Head())
    world.time.sleep(SETTLING_SECONDS)
    world.watch.see(HEAD)
    assert not world.watch.is_ripe(DELTA)


def test_a_hole_that_shrinks_is_new() -> None:
    """A writer may have just stored events under some of its numbers."""
    world = World()
    world.watch.see(HEAD)
    world.time.sleep(FENCING_SECONDS)
    smaller = replace(HEAD, fenced=Ranges(((3, 5),)))
    world.watch.see(smaller)
    assert world.watch.old_holes(smaller) == []
