"""What one fold takes: all events of its numbers and no others, as many as fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from polylog.dynamo.maintenance.portion import Portion, portion_of
from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import Head, Recent
from polylog.dynamo.tally.levels import path_to
from polylog.dynamo.tally.moment import moment_of
from polylog.dynamo.tally.ranges import Ranges
from polylog.dynamo.tally.stretch import Stretch
from polylog.dynamo.tally.summary import summary_of
from polylog.model.times import SECOND

HOUR = 3600 * SECOND
MOST_ACTIONS = 100

Batch = tuple[list[int], int, bool]
"""The hours of some events, how many free numbers come before them, and whether they are few."""

times = st.lists(st.sampled_from((*range(3), *range(100, 4000, 100))), min_size=1, max_size=20)
batches = st.lists(st.tuples(times, st.integers(0, 3), st.booleans()), max_size=8)


class Log:
    """A head and its deltas, some with entries in the arrival log and some ripe."""

    def __init__(self, batches: Sequence[Batch], *, most_rows: int) -> None:
        self.rows: dict[int, Stretch] = {}
        self.entries: list[Entry] = []
        self.most_rows = most_rows
        self.head = Head(deltas=tuple(self._deltas(batches)))

    def _deltas(self, batches: Sequence[Batch]) -> Iterator[Delta]:
        seq = 0
        for hours, gap, is_inline in batches:
            for number in range(seq + 1, seq + gap + 1):
                yield Delta.fence(number, 0)
            entries = [self._entry(seq + gap + n, hour) for n, hour in enumerate(hours, start=1)]
            seq += gap + len(hours)
            delta = Delta.of(entries[0].seq, seq, entries)
            self.entries += entries
            if not is_inline:
                self.rows[delta.first] = Stretch.of(tuple(entries))
            yield delta if is_inline else replace(delta, entries=None, is_inline=False)

    def _entry(self, seq: int, hour: int) -> Entry:
        return Entry(seq, hour * HOUR, "system:t", f"e{seq}", None)

    def portion(self) -> Portion:
        return portion_of(moment_of(self.head, self._load), self.is_ripe, self.most_rows)

    def is_ripe(self, delta: Delta) -> bool:
        return delta.last % 2 == 0

    def _load(self, firsts: Sequence[int]) -> dict[int, Stretch]:
        return {first: self.rows[first] for first in firsts if first in self.rows}

    def portions(self) -> Iterator[tuple[Portion, list[Entry]]]:
        """Fold until nothing is young; yield each portion and the events that it must count."""
        while self.head.young:
            portion, settled = self.portion(), self.head.settled
            left = [each for each in self.entries if each.seq not in settled]
            yield portion, [entry for entry in left if entry.seq in portion.numbers]
            self.head = replace(
                self.head,
                settled=settled | portion.numbers,
                fenced=self.head.fenced | portion.fences,
            )


logs = st.builds(Log, batches, most_rows=st.sampled_from((95, 40, 15, 6)))


@given(logs)
def test_it_counts_the_events_of_its_numbers_and_no_others(log: Log) -> None:
    for portion, entries in log.portions():
        assert portion.pieces
        assert portion.summary == summary_of(entries)


@given(logs)
def test_portions_settle_every_number_with_an_event_and_fence_every_other(log: Log) -> None:
    portions = [portion for portion, _ in log.portions()]
    numbers = Ranges.of_numbers(entry.seq for entry in log.entries)
    assert log.head.settled == numbers
    assert not log.head.fenced - (Ranges(((1, numbers.last),)) - numbers)
    assert sum(portion.completed for portion in portions) == len(log.head.deltas)


@given(logs)
def test_it_fits_into_a_transaction(log: Log) -> None:
    for portion, entries in log.portions():
        rows = {name for minute in portion.summary for name in path_to(minute)}
        actions = len(rows) + len(portion.stretches)
        assert actions <= log.most_rows or len(entries) == 1
        assert actions <= MOST_ACTIONS


@given(logs)
def test_only_a_single_first_delta_is_cut(log: Log) -> None:
    for portion, _ in log.portions():
        assert portion.completed in (len(portion.pieces), 0)
        assert len(portion.pieces) - portion.completed <= 1


@given(logs)
def test_entries_of_small_deltas_get_their_own_rows_in_the_arrival_log(log: Log) -> None:
    large = Ranges.of_numbers(e.seq for row in log.rows.values() for e in row.entries)
    for portion, entries in log.portions():
        added = [entry for stretch in portion.stretches for entry in stretch.entries]
        assert added == [entry for entry in entries if entry.seq not in large]


@given(logs)
def test_it_names_the_row_of_every_event_that_an_index_may_not_show(log: Log) -> None:
    unripe = Ranges.of((d.first, d.last) for d in log.head.deltas if not log.is_ripe(d))
    for portion, entries in log.portions():
        rows = [*portion.stretches, *log.rows.values()]
        row_of = {entry.seq: row.first for row in rows for entry in row.entries}
        named = {each.first: each for each in portion.recent()}
        for entry in entries:
            assert entry.seq not in unripe or lies_in(named[row_of[entry.seq]], entry)


def lies_in(recent: Recent, entry: Entry) -> bool:
    return any(span.earliest <= entry.time <= span.latest for span in recent.spans)


def test_a_delta_whose_row_has_expired_is_settled_without_events_if_it_does_not_fit() -> None:
    """It cannot be cut: its events have expired as well, and nothing knows them any more."""
    log = Log([([*range(0, 2000, 100)], 0, False)], most_rows=15)
    log.rows.clear()
    portion = log.portion()
    assert (portion.numbers, portion.summary) == (Ranges(((1, 20),)), {})
    assert portion.completed == 1
