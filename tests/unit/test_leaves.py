"""Leaves: a filter never rules out an event that passes it."""

from __future__ import annotations

import json
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import events, filters, json_values, texts

from polylog.dynamo.search import leaves
from polylog.dynamo.search.leaves import (
    SHARES,
    WIDTH,
    LeafRow,
    hashes_of,
    in_segment,
    of_block,
    of_segment,
    possible,
    share_of,
    sought,
    wanted,
)
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Not, Op, Or, Text
from polylog.model.literals import path_of
from polylog.model.predicate import predicate


def said(data: Any = None, **values: Any) -> Event:
    return Event(id="e", time=0, type="a", data=data, **values)


def is_possible(filter: Filter, event: Event) -> bool:
    hashes = hashes_of(event)
    return bool(possible(filter, lambda hash: int(hash in hashes)))


def within(value: Any) -> list[tuple[tuple[str, ...], Any]]:
    """Return everything that a path leads to in a document."""
    found = [((), value)]
    if isinstance(value, dict):
        found += [((name, *path), v) for name, each in value.items() for path, v in within(each)]
    return found


@given(event=events(), filter=filters())
def test_it_never_rules_out_an_event_that_passes(event: Event, filter: Filter) -> None:
    assert is_possible(filter, event) >= predicate(filter)(event)


@given(
    data=st.dictionaries(texts(max_size=4) | st.just("a.b"), json_values(), min_size=1),
    choice=st.data(),
)
def test_it_finds_every_value_that_a_path_leads_to(data: Any, choice: st.DataObject) -> None:
    path, value = choice.draw(st.sampled_from(within(data)[1:]))
    field, event = f"data.{path_of(path)}", said(data)
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    assert is_possible(Compare(field, Op.EQ, text), event)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        (5, 5.0),
        (5.0, 5),
        (2**53 + 1, 2**53 + 1),
        (1e300, int(1e300)),
        (-0.0, 0),
        (5, "5"),
        (1e16, "1e+16"),
        (0.1, "0.1"),
        (True, "true"),
        (float("inf"), "Infinity"),
        (float("nan"), "NaN"),
        ("5", "5"),
        ("x" * 100_000, "x" * 100_000),
        ("\ud800", "\ud800"),
        ({"c": 1}, '{"c": 1}'),
        (["a", 1], '["a", 1]'),
    ],
)
def test_it_takes_the_same_values_for_equal_as_the_filter(stored: Any, asked: Any) -> None:
    filter, event = Compare('data."a.b".c', Op.EQ, asked), said({"a.b": {"c": stored}})
    assert predicate(filter)(event)
    assert is_possible(filter, event)


@pytest.mark.parametrize(
    ("filter", "is_there"),
    [
        (Compare("data.a", Op.EQ, "x"), True),
        (Compare("data.a", Op.EQ, "X"), False),
        (Compare("data.b", Op.EQ, "x"), False),
        (Compare("data.n", Op.EQ, 7), True),
        (Compare("data.n", Op.EQ, 8), False),
        (Compare("data.n", Op.EQ, "7"), True),
        (Compare("data.n", Op.EQ, "8"), False),
        (Compare("attributes.k.l", Op.EQ, "v"), True),
        (Compare("attributes.k", Op.EQ, "v"), False),
        (Compare("links", Op.HAS, "https://a"), True),
        (Compare("links", Op.HAS, "https://"), False),
        (And((Compare("data.a", Op.EQ, "x"), Compare("data.n", Op.EQ, 8))), False),
        (Or((Compare("data.a", Op.EQ, "x"), Compare("data.n", Op.EQ, 8))), True),
        (Or((Compare("data.a", Op.EQ, "y"), Compare("data.n", Op.EQ, 8))), False),
        (Or((Compare("data.a", Op.EQ, "y"), Text("x"))), True),
    ],
)
def test_it_rules_out_missing_values(filter: Filter, is_there: bool) -> None:
    event = said({"a": "x", "n": 7}, attributes={"k.l": "v"}, links=("https://a",))
    assert is_possible(filter, event) == is_there


@pytest.mark.parametrize(
    "filter",
    [
        EVERYTHING,
        Compare("data.a", Op.EQ, ""),
        Compare("attributes.a", Op.EQ, ""),
        Compare("data.a", Op.HAS, "x"),
        Compare("data.a", Op.NE, "x"),
        Compare("data.a", Op.GE, 1),
        Not(Compare("data.a", Op.EQ, 1)),
        Compare("message", Op.EQ, "x"),
        Or((Compare("data.a", Op.EQ, "x"), Text("x"))),
    ],
)
def test_it_looks_up_nothing_for_a_filter_that_leaves_cannot_narrow(filter: Filter) -> None:
    assert not wanted(filter)
    assert possible(filter, lambda _: 0) == -1


def test_it_looks_up_all_leaves_of_a_choice() -> None:
    terms = tuple(Compare("data.a", Op.EQ, value) for value in "xyz")
    assert len(wanted(And((Or(terms), Text("x"))))) == 3


class TestRow:
    @given(
        share=st.none() | st.integers(0, SHARES - 1),
        pairs=st.lists(
            st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 16 * WIDTH + 15)), unique=True
        ),
        unknown=st.integers(0, 2**16 - 1),
    )
    def test_it_reads_back_as_it_was_written(
        self, share: int | None, pairs: list[tuple[int, int]], unknown: int
    ) -> None:
        pairs = sorted(((share or 0) * 2**16 + hash, place) for hash, place in pairs)
        hashes, places = (
            array("L", (each for each, _ in pairs)),
            array("H", (at for _, at in pairs)),
        )
        row = LeafRow(7, share, hashes, places, unknown)
        assert LeafRow.read(row.item("s", None)) == row

    @given(batches=st.lists(st.lists(events(), max_size=4), max_size=4))
    def test_every_leaf_is_where_its_event_is(self, batches: list[list[Event]]) -> None:
        rows = rows_of(batches)
        for segment, batch in enumerate(batches):
            own = row_of(segment, batch)
            for place, event in enumerate(batch):
                for hash in hashes_of(event):
                    there = in_segment(rows[share_of(hash)].where(hash), segment)
                    assert there >> place & 1
                    assert in_segment(own.where(hash), 0) >> place & 1

    def test_a_leaf_that_few_events_have_is_in_their_places(self) -> None:
        batches = [[said({"n": n}) for n in range(50)], [said({"n": 7})]]
        (hash,) = hashes_of(said({"n": 7}))
        where = rows_of(batches)[share_of(hash)].where(hash)
        assert where == 1 << 7 | 1 << WIDTH

    def test_a_leaf_that_many_events_have_is_in_whole_segments(self) -> None:
        batches = [[said({"n": 1})] * 100, [], [said({"n": 1})]]
        (hash,) = hashes_of(said({"n": 1}))
        where = rows_of(batches)[share_of(hash)].where(hash)
        assert [in_segment(where, n).bit_count() for n in range(4)] == [WIDTH, 0, WIDTH, 0]

    def test_a_segment_with_too_many_leaves_rules_out_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(leaves, "_MOST_LEAVES", 10)
        rows = rows_of([[said({"n": 1})], [said({str(n): n for n in range(11)})], None])
        everywhere = [in_segment(rows[0].where(0), n).bit_count() for n in range(4)]
        assert everywhere == [0, WIDTH, WIDTH, 0]

    def test_a_long_row_of_a_segment_says_which_leaves_it_has_and_not_where(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        events = [said({str(n): n + m for m in range(20)}) for n in range(100)]
        exact = of_segment(1, enumerate(events))
        monkeypatch.setattr(leaves, "_MOST_EXACT", 100)
        brief = LeafRow.read(exact.item("s", None))
        assert (exact.is_exact, brief.is_exact) == (True, False)
        for event in events:
            assert all(
                in_segment(brief.where(hash), 0).bit_count() == WIDTH for hash in hashes_of(event)
            )
        assert brief.where(0) == 0
        sizes = [len(row.item("s", None)["low"]["B"]) for row in (exact, brief)]
        assert sizes[1] < 50

    def test_a_row_that_would_be_too_large_rules_out_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        large = [said({str(n): n for n in range(200)}) for _ in range(10)]
        segment = of_segment(1, enumerate(large))
        monkeypatch.setattr(leaves, "_MOST_BYTES", 60)
        rows = [LeafRow.read(row.item("s", None)) for row in of_block([segment])]
        assert in_segment(rows[0].where(0), 15).bit_count() == WIDTH
        assert in_segment(row_of(1, large).where(0), 0).bit_count() == WIDTH
        rows = rows_of([[said({"n": 1})], large])
        assert [in_segment(rows[0].where(0), n).bit_count() for n in range(3)] == [0, WIDTH, 0]


def row_of(number: int, batch: list[Event] | None) -> LeafRow:
    row = of_segment(number, None if batch is None else enumerate(batch))
    return LeafRow.read(row.item("s", None))


def rows_of(batches: list[list[Event]] | Any) -> list[LeafRow]:
    segments = [row_of(number, batch) for number, batch in enumerate(batches or [[]])]
    return [LeafRow.read(row.item("s", None)) for row in of_block(segments)]


def test_stored_hashes_never_change() -> None:
    event = said({"a": {"b": "x"}, "n": 1.5, "t": True}, attributes={"k": "v"}, links=("l",))
    assert sorted(hashes_of(event)) == [639100201, 1219155362, 1464054656, 2205763929, 3298441501]
    assert sought(Compare("data.a.b", Op.EQ, "x")) <= hashes_of(event)
