"""Columns: entries come back unchanged, and one operation judges them all."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import events, filters, texts

from polylog.batches import batched
from polylog.dynamo.search.hints import Hints
from polylog.dynamo.tally.columns import Columns, groups_of
from polylog.dynamo.tally.entry import MEMBERS, Entry
from polylog.dynamo.tally.marks import judge, rows_of
from polylog.model.event import Entity, Event
from polylog.model.filter import FIELDS, Compare, Filter, Op, Text, fields_of
from polylog.model.predicate import predicate

TOO_LONG = "x" * 2001


def numbered(some: list[Event]) -> list[Event]:
    return [event.model_copy(update={"seq": n}) for n, event in enumerate(some, start=1)]


logs = st.lists(events(), min_size=1, max_size=12).map(numbered)


@given(log=logs)
def test_entries_come_back_from_groups(log: list[Event]) -> None:
    entries = list(map(Entry.of, log))
    packed = Columns.of(entries).pack()
    assert list(Columns.unpack(len(entries), packed).entries()) == entries


@given(log=logs)
def test_entries_come_back_from_one_row(log: list[Event]) -> None:
    entries = list(map(Entry.of, log))
    assert list(Columns.unpack_whole(Columns.of(entries).pack_whole()).entries()) == entries


@given(log=logs)
def test_places_are_known_without_the_other_groups(log: list[Event]) -> None:
    entries = list(map(Entry.of, log))
    packed = Columns.of(entries).pack()
    columns = Columns.unpack(len(entries), packed).only_places()
    assert columns.size == len(packed["places"]) + len(packed["ids"])
    places = [each._replace(source=None, members=None) for each in entries]
    assert list(map(columns.place, range(len(entries)))) == places


def test_nothing_comes_back_as_nothing() -> None:
    assert list(Columns.unpack_whole(Columns.of([]).pack_whole()).entries()) == []


def test_entries_without_members_come_back_without_them() -> None:
    entry = Entry(7, 5, "system:a", "id", "s", None)
    packed = Columns.of([entry, entry._replace(seq=8)]).pack()
    assert list(Columns.unpack(2, packed).entries()) == [entry, entry._replace(seq=8)]


def test_uuids_take_sixteen_bytes_each() -> None:
    ids = [f"{n:08x}-0000-4000-8000-{n:012x}" for n in range(100)]
    entries = [Entry(n, n, "system:a", id, None) for n, id in enumerate(ids, start=1)]
    packed = Columns.of(entries).pack()
    assert len(packed["ids"]) == 1 + 16 * 100
    assert [entry.id for entry in Columns.unpack(100, packed).entries()] == ids


@pytest.mark.parametrize("id", ["00000000-0000-4000-8000-00000000000A", "0" * 32, "x", "\0"])
def test_other_ids_stay_unchanged(id: str) -> None:
    columns = Columns.of([Entry(1, 1, "system:a", id, None)])
    assert [entry.id for entry in Columns.unpack(1, columns.pack()).entries()] == [id]


def test_a_long_text_stays_with_its_event() -> None:
    assert Entry.of(Event(id="a", time=0, type="t", message=TOO_LONG)).members is None
    assert Entry.of(Event(id="a", time=0, type="t", message=TOO_LONG[1:])).members is not None


def test_the_order_of_members_never_changes() -> None:
    """Stored rows depend on it."""
    assert (
        *("message", "severity", "status", "category", "organization_id", "project_id"),
        *("actor.id", "actor.type", "actor.name", "target.id", "target.type", "target.name"),
    ) == MEMBERS


@given(log=logs, filter=filters())
def test_marks_agree_with_the_events(log: list[Event], filter: Filter) -> None:
    columns, passes = Columns.of(list(map(Entry.of, log))), predicate(filter)
    sure, possible = judge(filter, columns)
    expected = {row for row, event in enumerate(log) if passes(event)}
    assert set(rows_of(sure, len(log))) <= expected <= set(rows_of(possible, len(log)))


@given(log=logs, filter=filters().filter(lambda filter: fields_of(filter) <= FIELDS.keys()))
def test_marks_of_members_are_sure(log: list[Event], filter: Filter) -> None:
    sure, possible = judge(filter, Columns.of(list(map(Entry.of, log))))
    assert sure == possible


@pytest.mark.parametrize("field", ["seq", "time"])
def test_a_number_is_searched_as_text(field: str) -> None:
    columns = Columns.of([Entry(n, n, "system:a", "id", None) for n in (10, 23, 31)])
    assert judge(Compare(field, Op.HAS, "3"), columns) == (0b011, 0b011)


@given(
    messages=st.lists(st.none() | st.text("ab\n", max_size=6), min_size=1, max_size=9),
    part=st.text("ab\n", min_size=1, max_size=3),
)
def test_a_text_is_found_only_within_one_value(messages: list[str | None], part: str) -> None:
    log = [Event(id="a", time=0, type="t", message=message) for message in messages]
    columns = Columns.of(list(map(Entry.of, log)))
    expected = [part in (message or "") for message in messages]
    marks = judge(Compare("message", Op.HAS, part), columns)
    assert list(marks.verdicts(len(log))) == expected


@given(filter=filters(), long=st.sampled_from(["message", "actor"]))
def test_an_unknown_value_is_never_sure(filter: Filter, long: str) -> None:
    values = {"message": {"message": TOO_LONG}, "actor": {"actor": Entity(name=TOO_LONG)}}
    event = Event(id="a", time=0, type="t", **values[long])
    sure, possible = judge(filter, Columns.of([Entry.of(event)]))
    assert sure <= predicate(filter)(event) <= possible


@given(
    log=st.lists(logs, min_size=1, max_size=5),
    filter=filters() | texts(max_size=4).map(Text),
)
def test_hints_leave_out_nothing_that_passes(log: list[list[Event]], filter: Filter) -> None:
    hints, passes = Hints(), predicate(filter)
    for place, segment in enumerate(log):
        hints = hints.plus(place, Columns.of(list(map(Entry.of, segment)))) or hints
    possible = hints.possible(filter)
    for place, segment in enumerate(log):
        assert (possible >> place & 1) >= any(map(passes, segment))


FORMS = st.sampled_from(
    ["é", "e\u0301", "ß", "ss", "İ", "\u017f", "Å", "A\u030a", "\u0301", "\u0345", "x"]
)


@given(
    message=st.lists(FORMS, max_size=6).map("".join),
    part=st.lists(FORMS, min_size=1, max_size=4).map("".join),
)
def test_hints_know_every_form_of_a_letter(message: str, part: str) -> None:
    event = Event(id="a", time=0, type="t", message=message)
    hints = Hints().plus(0, Columns.of([Entry.of(event)]))
    assert hints is not None
    for filter in (Text(part), Compare("message", Op.HAS, part), Compare("message", Op.EQ, part)):
        assert (hints.possible(filter) & 1) >= predicate(filter)(event)


def test_a_word_leaves_out_segments_without_it() -> None:
    hints: Hints = Hints()
    for place, message in enumerate(["restarted storefront-1", "deleted shop", "STOREFRONTS"]):
        event = Event(id="a", time=0, type="t", message=message)
        hints = hints.plus(place, Columns.of([Entry.of(event)])) or hints
    assert hints.possible(Text("storefront")) == 0b101
    assert hints.possible(Text("ore")) == 0b101
    assert hints.possible(Text("deleted shop")) == 0b010
    assert hints.possible(Text("absent")) == 0
    assert hints.possible(Text("-1")) == -1


def test_a_value_leaves_out_segments_without_it() -> None:
    hints: Hints = Hints()
    for place, actor in enumerate(["ann", "bob"]):
        event = Event(id="a", time=0, type="t", actor=Entity(id=actor))
        hints = hints.plus(place, Columns.of([Entry.of(event)])) or hints
    assert hints.possible(Compare("actor.id", Op.EQ, "bob")) == 0b10
    assert hints.possible(Compare("actor.id", Op.EQ, "cid")) == 0
    assert hints.possible(Compare("actor.id", Op.EQ, "")) == -1


def test_unpacked_hints_take_little_memory() -> None:
    log = [
        Event(id="a", time=0, type="t", actor=Entity(id=f"user-{n}"), message=spelled(n))
        for n in range(4096)
    ]
    hints: Hints = Hints()
    for place, segment in enumerate(batched(log, 256)):
        hints = hints.plus(place, Columns.of(list(map(Entry.of, segment)))) or hints
    again = Hints(hints.words, hints.values)
    tracemalloc.start()
    try:
        assert again.possible(Text(spelled(300))) == 0b10
        assert again.possible(Compare("actor.id", Op.EQ, "user-300")) == 0b10
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 3 * again.size


def spelled(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:05}")


def test_too_many_words_make_no_hints() -> None:
    message = " ".join(f"{'abcdefghij'[n % 10] * 3}{chr(97 + n // 10)}" for n in range(200))
    entries = [
        Entry.of(Event(id="a", time=0, type="t", message=f"{message} {c * 1000}"))
        for c in "abcdefghijklmnopqrstuvwxyz"
    ]
    assert Hints().plus(0, Columns.of(entries)) is None


def test_groups_are_those_of_the_fields_and_of_places() -> None:
    assert groups_of(["message"]) == {"places", "texts"}
    assert groups_of(["id", "actor.id", "data.x"]) == {"places", "ids", "who"}
