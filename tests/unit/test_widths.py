"""How wide the columns of a table are, and which columns it shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polylog_cli.output.layouts import EVENTS, GROUPS, Column, Shrinks
from polylog_cli.output.printer import Form, Printer
from polylog_cli.output.widths import GAP, fitted

TIME, SEQ, TYPE, ACTOR, TARGET, MESSAGE = EVENTS.table
widths = st.integers(min_value=1, max_value=300)


def taken(found: list[int]) -> int:
    return sum(found) + GAP * (len(found) - 1)


@pytest.mark.parametrize(
    ("needed", "room", "expected"),
    [
        ([20, 4, 10, 10, 10, 10], 74, [20, 4, 10, 10, 10, 10]),
        # The message and the type give up what does not fit, the wider one first.
        ([20, 4, 10, 10, 10, 60], 80, [20, 4, 10, 10, 10, 16]),
        ([20, 4, 30, 12, 12, 60], 80, [20, 4, 11, 12, 12, 11]),
        ([20, 4, 30, 30, 12, 60], 80, [20, 4, 8, 18, 12, 8]),
        # The room is too small for any.
        ([20, 4, 30, 30, 30, 60], 60, [20, 4, 8, 8, 8, 8]),
        # The room is larger, and the message gets most of it.
        ([20, 4, 10, 10, 10, 10], 85, [20, 4, 13, 12, 12, 14]),
    ],
)
def test_columns_fill_a_room(needed: list[int], room: int, expected: list[int]) -> None:
    assert fitted(EVENTS.table, needed, room) == expected


@given(st.lists(widths, min_size=6, max_size=6), st.integers(min_value=80, max_value=400))
def test_columns_fit_wherever_times_and_numbers_leave_room(needed: list[int], room: int) -> None:
    needed[:2] = [20, min(needed[1], 8)]
    assert taken(fitted(EVENTS.table, needed, room)) <= room


@given(st.lists(widths, min_size=6, max_size=6), st.integers(min_value=20, max_value=400))
def test_actor_and_target_are_cut_last(needed: list[int], room: int) -> None:
    found = fitted(EVENTS.table, needed, room)
    is_cut = [width < wanted for width, wanted in zip(found, needed, strict=True)]
    assert not any(is_cut[:2])
    assert not (is_cut[3] or is_cut[4]) or max(found[2], found[5]) <= 8


def test_groups_keep_their_values_longer_than_their_sources() -> None:
    assert fitted(GROUPS.table, [40, 5, 20, 40], 81) == [40, 5, 20, 10]


def test_a_table_without_shares_is_not_wider_than_needed() -> None:
    column = Column("id", lambda result: "", Shrinks.NEVER)
    assert fitted([column], [10], 80) == [10]


def event(number: int, **members: object) -> dict[str, object]:
    return {"seq": number, "time": "2026-03-01T12:00:00Z", "type": "door.open", **members}


class TestColumns:
    """Columns without a value are left out; it prints to a file here."""

    def printed(self, capsys: pytest.CaptureFixture[str], *batches: list[object]) -> list[str]:
        printer = Printer(EVENTS, Form.TABLE)
        for batch in batches:
            printer.print(batch)
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    def test_that_are_empty_vanish(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.printed(capsys, [event(1), event(2, message="hi")]) == [
            "time seq type message",
            "2026-03-01T12:00:00Z 1 door.open",
            "2026-03-01T12:00:00Z 2 door.open hi",
        ]

    def test_come_back_under_a_new_header(self, capsys: pytest.CaptureFixture[str]) -> None:
        batches = ([event(1)], [event(2)], [event(3, actor={"id": "ada"})], [event(4)])
        assert self.printed(capsys, *batches) == [
            "time seq type",
            "2026-03-01T12:00:00Z 1 door.open",
            "2026-03-01T12:00:00Z 2 door.open",
            "time seq type actor",
            "2026-03-01T12:00:00Z 3 door.open ada",
            "2026-03-01T12:00:00Z 4 door.open",
        ]

    def test_are_all_there_before_the_first_event(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.printed(capsys, [], [], [event(1)]) == [
            "time seq type actor target message",
            "2026-03-01T12:00:00Z 1 door.open",
        ]
