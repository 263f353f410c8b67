"""The oracle: a plain list of what was offered and acknowledged. It judges answers by that list."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, pairwise
from typing import Final

from tools.soak.observed import (
    Arrived,
    Asked,
    Fault,
    Observation,
    Took,
    Total,
    Walk,
    Wanted,
    Written,
)

_NAMED: Final = 3

Place = tuple[int, int]
"""The place of an event in a list: its time and its `seq`."""

_FIRST: Final[Place] = (-(10**18), 0)
_LAST: Final[Place] = (10**18, 0)


class Oracle:
    """Knows every event that was offered, and judges answers."""

    def __init__(self, written: Iterable[Written]) -> None:
        logs = tuple(written)
        self._numbers = list(chain.from_iterable(log.numbers for log in logs))
        self._seqs = list(chain.from_iterable(log.seqs for log in logs))
        self._times = list(chain.from_iterable(log.times for log in logs))
        self._types = list(chain.from_iterable(log.types for log in logs))
        self._actors = list(chain.from_iterable(log.actors for log in logs))
        self._offered = list(chain.from_iterable(log.offered for log in logs))
        self._acked = list(chain.from_iterable(log.acked for log in logs))
        self._by_number = {number: index for index, number in enumerate(self._numbers)}
        self._by_seq = {seq: index for index, seq in enumerate(self._seqs) if seq >= 0}
        self._in_order = cache(self._sort_by_place)
        self._moments = cache(self._sort_by_moment)

    @property
    def acknowledged(self) -> int:
        """The number of events that were acknowledged."""
        return len(self._by_seq)

    @property
    def offered(self) -> int:
        """The number of events that were offered."""
        return len(self._numbers)

    def judge_numbers(self, asked: Asked) -> Iterator[Fault]:
        """Yield a fault if acknowledged events share a `seq`."""
        shared = sum(seq >= 0 for seq in self._seqs) - len(self._by_seq)
        if shared:
            yield Fault(asked, f"{shared} events have the seq of another one")

    def bounds(self, total: Total) -> tuple[int, int]:
        """Return the least and the most that a total may be."""
        wanted, asked = total.wanted, total.asked
        if wanted == wanted.at_any_time:
            acked, offered = self._moments(wanted)
            return bisect_left(acked, asked.began), bisect_right(offered, asked.ended)
        inside = self._between(wanted, *_places(wanted))
        return (
            sum(self._acked[index] < asked.began for index in inside),
            sum(self._offered[index] <= asked.ended for index in inside),
        )

    def judge(self, observation: Observation) -> Iterator[Fault]:
        """Yield the faults of an answer."""
        match observation:
            case Fault():
                yield observation
            case Total():
                yield from self._judge_total(observation)
            case Walk():
                yield from self._judge_walk(observation)
            case Arrived():
                yield from self._judge_arrived(observation)
            case Took():
                return

    def _judge_total(self, total: Total) -> Iterator[Fault]:
        least, most = self.bounds(total)
        if not least <= total.said <= most:
            text = f"the total of {total.wanted} is {total.said}: it must be from {least} to {most}"
            yield Fault(total.asked, text)

    def _judge_walk(self, walk: Walk) -> Iterator[Fault]:
        index_of = self._by_seq if walk.by_seq else self._by_number
        pages = [[index_of.get(number, -1) for number in page] for page in walk.pages]
        shown = [index for page in pages for index in page]
        known = [index for index in shown if index >= 0]
        if len(known) < len(shown):
            yield Fault(walk.asked, f"{len(shown) - len(known)} events that nobody offered")
        if walk.is_exact and len(set(known)) < len(known):
            yield Fault(walk.asked, f"{len(known) - len(set(known))} events shown twice")
        yield from self._judge_rows(walk, known)
        yield from self._judge_order(walk, [shown] if walk.is_exact else pages)
        missing = self._missing(walk, known)
        if missing:
            named = "; ".join(self._described(index, walk.asked) for index in missing[:_NAMED])
            due = f"of {len(set(known)) + len(missing)} events shown or due"
            text = f"{len(missing)} acknowledged events are missing {due}, for {walk.wanted}: "
            yield Fault(walk.asked, text + named)

    def _judge_rows(self, walk: Walk, known: Sequence[int]) -> Iterator[Fault]:
        slack = walk.slack
        wrong = [
            index
            for index in known
            if not walk.wanted.has(
                self._types[index], self._actors[index], self._times[index] + slack
            )
        ]
        if wrong:
            told = self._described(wrong[0], walk.asked)
            yield Fault(walk.asked, f"{len(wrong)} events not asked for: {told}")

    def _judge_order(self, walk: Walk, pages: Sequence[Sequence[int]]) -> Iterator[Fault]:
        for page in pages:
            places = [self._place(index) for index in page if index >= 0 and self._seqs[index] >= 0]
            steps = pairwise(places[::-1] if walk.newest_first else places)
            wrong = sum(one > other for one, other in steps)
            if wrong:
                yield Fault(walk.asked, f"{wrong} events are out of order")
                return

    def _missing(self, walk: Walk, known: Sequence[int]) -> list[int]:
        """Return the events that the walk should have shown, and did not.

        They were acknowledged before it began, and lie in the part of the list that it covers.
        """
        if not known and not walk.to_end:
            return []
        begin = self._place(known[0]) if known else None
        end = self._place(known[-1]) if known else None
        first, last = (end, begin) if walk.newest_first else (begin, end)
        is_first_open, is_last_open = (
            (walk.to_end, walk.from_start) if walk.newest_first else (walk.from_start, walk.to_end)
        )
        low = _FIRST if is_first_open or first is None else first
        high = _LAST if is_last_open or last is None else last
        since, until = _places(walk.wanted)
        seen = set(known)
        return [
            index
            for index in self._between(walk.wanted, max(low, since), min(high, until))
            if self._acked[index] < walk.asked.began
            and index not in seen
            and low != self._place(index) != high
        ]

    def _judge_arrived(self, arrived: Arrived) -> Iterator[Fault]:
        asked = arrived.asked
        if any(one >= other for one, other in pairwise((arrived.after, *arrived.seqs))):
            yield Fault(asked, f"the tail after {arrived.after} is not in the order of seq")
        if arrived.seqs and arrived.seqs[-1] > arrived.complete:
            yield Fault(asked, f"the tail is past its own end {arrived.complete}")
        for number, seq in zip(arrived.numbers, arrived.seqs, strict=True):
            index = self._by_number.get(number, -1)
            if index < 0 or self._seqs[index] not in (seq, -1):
                yield Fault(asked, f"the tail shows event {number} with seq {seq}: that is wrong")
                return

    def judge_tail(self, arrivals: Sequence[Arrived]) -> Iterator[Fault]:
        """Yield a fault if the tail says that it is complete, but did not show all events."""
        seen = set[int](chain.from_iterable(each.numbers for each in arrivals))
        if len(seen) < sum(len(each.numbers) for each in arrivals):
            yield Fault(arrivals[-1].asked, "the tail shows events twice")
        ends = [each.complete for each in arrivals]
        lost = [
            index
            for index, seq in enumerate(self._seqs)
            if 0 <= seq <= ends[-1] and self._numbers[index] not in seen
        ]
        if lost:
            passed = arrivals[bisect_left(ends, self._seqs[lost[0]])].asked
            text = f"the tail passed over {len(lost)} acknowledged events: "
            yield Fault(passed, text + self._described(lost[0], passed))
        late = sum(seq > ends[-1] for seq in self._seqs)
        if late:
            yield Fault(arrivals[-1].asked, f"the tail did not get to the last {late} events")

    def tail_lag(self, arrivals: Sequence[Arrived]) -> int:
        """Return the most acknowledged events that the tail was ever behind."""
        acked, _ = self._moments(Wanted())
        shown, most = 0, 0
        for each in arrivals:
            shown += len(each.numbers)
            most = max(most, bisect_left(acked, each.asked.began) - shown)
        return most

    def _place(self, index: int) -> Place:
        return self._times[index], self._seqs[index]

    def _between(self, wanted: Wanted, low: Place, high: Place) -> Sequence[int]:
        """Return the wanted events from one place up to, but not including, another, in order."""
        indexes, places = self._in_order(wanted.at_any_time)
        return indexes[bisect_left(places, low) : bisect_left(places, high)]

    def _sort_by_place(self, wanted: Wanted) -> tuple[list[int], list[Place]]:
        indexes = sorted(self._matching(wanted), key=self._place)
        return indexes, [self._place(index) for index in indexes]

    def _sort_by_moment(self, wanted: Wanted) -> tuple[array[float], array[float]]:
        indexes = self._matching(wanted)
        acked = array("d", sorted(self._acked[index] for index in indexes))
        return acked, array("d", sorted(self._offered[index] for index in indexes))

    def _matching(self, wanted: Wanted) -> list[int]:
        columns = zip(self._types, self._actors, self._times, strict=True)
        return [index for index, values in enumerate(columns) if wanted.has(*values)]

    def _described(self, index: int, asked: Asked) -> str:
        before = asked.began - self._acked[index]
        age = self._offered[index] - min(self._offered)
        return (
            f"seq {self._seqs[index]} (type {self._types[index]}, time {self._times[index]}, "
            f"offered at {age:.1f} s, acknowledged {before:.2f} s before)"
        )


def _places(wanted: Wanted) -> tuple[Place, Place]:
    """Return the first place that is wanted, and the first one after the wanted ones."""
    since = _FIRST if wanted.since is None else (wanted.since, -1)
    return since, _LAST if wanted.until is None else (wanted.until, -1)
