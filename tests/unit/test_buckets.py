"""The rows of the tally: their names, and what is packed into them."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import texts

from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.kinds import kind_of
from polylog.dynamo.tally.levels import (
    child_of,
    minute_of,
    minute_start,
    parent_of,
    path_to,
    row_of,
)
from polylog.dynamo.tally.summary import Newest, from_json, merged, summary_of, to_json
from polylog.model.times import EARLIEST, LATEST, SECOND

MINUTE = "2026-11-20T13:05"


def test_a_minute_is_counted_in_a_row_of_every_level() -> None:
    rows = [row_of(name) for name in path_to(MINUTE)]
    assert rows == [
        "head/all",
        "year/2026",
        "month/2026-11",
        "day/2026-11-20",
        "hour/2026-11-20T13",
    ]


def test_a_child_lies_one_level_below_its_parent() -> None:
    for name in path_to(MINUTE):
        assert parent_of(child_of(name, MINUTE)) == name


@pytest.mark.parametrize(
    ("time", "minute"),
    [
        (EARLIEST, "0001-01-01T00:00"),
        (-1, "1969-12-31T23:59"),
        (0, "1970-01-01T00:00"),
        (60 * SECOND - 1, "1970-01-01T00:00"),
        (60 * SECOND, "1970-01-01T00:01"),
        (LATEST, "9999-12-31T23:59"),
    ],
)
def test_a_time_lies_in_its_minute(time: int, minute: str) -> None:
    assert minute_of(time) == minute
    assert minute_start(minute) <= time < minute_start(minute) + 60 * SECOND


def newest_of(entry: Entry) -> Newest:
    return Newest(entry.time, entry.seq, entry.source)


entries = st.lists(
    st.builds(
        lambda seq, time, type: Entry(
            seq, time, kind_of("system", type), f"e{seq}", f"s{seq}" if seq % 2 else None
        ),
        st.integers(1, 2**53),
        st.integers(EARLIEST, LATEST),
        texts(min_size=1, max_size=5),
    ),
    max_size=8,
)


@given(first=entries, second=entries)
def test_a_bucket_comes_back_as_it_was_packed(first: list[Entry], second: list[Entry]) -> None:
    bucket = Bucket().with_summary("", summary_of(first)).with_summary("", summary_of(second))
    assert Bucket.unpack(bucket.version, bucket.pack()) == bucket


@given(first=entries, second=entries)
def test_a_bucket_counts_all_it_was_given(first: list[Entry], second: list[Entry]) -> None:
    bucket = Bucket().with_summary("", summary_of(first)).with_summary("", summary_of(second))
    given = [entry.kind for entry in first + second]
    assert bucket.totals() == {kind: given.count(kind) for kind in given}
    assert bucket.version == 2


@given(given=entries)
def test_a_bucket_knows_the_newest_of_each_kind(given: list[Entry]) -> None:
    newest = {entry.kind: newest_of(entry) for entry in sorted(given, key=lambda e: newest_of(e))}
    assert Bucket().with_summary("", summary_of(given)).latest() == newest


@given(given=entries)
def test_an_hour_knows_the_newest_of_each_of_its_minutes(given: list[Entry]) -> None:
    hour = Bucket().with_summary("2026-11-20T13", summary_of(given))
    newest = {(e.minute, e.kind): newest_of(e) for e in sorted(given, key=lambda e: newest_of(e))}
    assert {(m, k): event for m, n in hour.newest.items() for k, event in n.items()} == newest


@given(given=entries)
def test_a_summary_comes_back_as_it_was_written(given: list[Entry]) -> None:
    summary = summary_of(given)
    assert from_json(unpack(pack(to_json(summary)))) == summary


@given(first=entries, second=entries)
def test_summaries_add_up(first: list[Entry], second: list[Entry]) -> None:
    assert merged([summary_of(first), summary_of(second)]) == summary_of(first + second)


def test_an_hour_of_very_many_sources_still_fits_into_an_item() -> None:
    random = Random(1)
    many = [
        Entry(n, n * 1_500_000, f"system:t{n % 40}", "id", random.randbytes(128).hex())
        for n in range(2400)
    ]
    hour = Bucket().with_summary("1970-01-01T00", summary_of(many))
    packed = hour.pack()
    assert len(packed) < 400_000
    reduced = Bucket.unpack(hour.version, packed)
    assert reduced.children == hour.children
    newest = {kind: event[:2] for kind, event in hour.latest().items()}
    assert {kind: event[:2] for kind, event in reduced.latest().items()} == newest
    late = Entry(2400, 2400 * 1_500_000 - 1, "system:t0", "id", None)
    after = reduced.with_summary("1970-01-01T00", summary_of([late]))
    assert set(after.newest) == {"1970-01-01T00"}
    assert after.latest()["system:t0"] == newest_of(late)
