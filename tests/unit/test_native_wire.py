"""An event as the native API writes and reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from pydantic import JsonValue
from pydantic_core import from_json, to_json
from support import strategies

from polylog.dialects.native.wire import read_event, render_event
from polylog.model.errors import InvalidParameter
from polylog.model.event import Event
from polylog.model.times import SECOND

NOW = 1_772_366_400 * SECOND


@given(strategies.events())
def test_a_rendered_event_reads_back_unchanged(event: Event) -> None:
    assert read_event(from_json(to_json(render_event(event)))) == event


def test_members_that_an_event_lacks_are_left_out() -> None:
    event = Event(id="e", seq=7, time=1, type="t")
    assert render_event(event) == {
        "id": "e",
        "seq": 7,
        "time": "1970-01-01T00:00:00.000001Z",
        "type": "t",
        "origin": "system",
    }


def test_one_with_neither_id_nor_time_gets_both() -> None:
    event = read_event({"type": "t"}, NOW)
    assert (event.time, event.id[:13]) == (NOW, "019ca945-0a00")


def test_one_with_only_a_time_gets_an_id_that_begins_with_it() -> None:
    event = read_event({"type": "t", "time": "2026-03-01T12:00:00Z"}, NOW)
    assert event.id.startswith("019ca945-0a00-7")


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ([], "event must be an object"),
        ({}, "time is required"),
        ({"type": "t", "id": "e"}, "time is required with an id"),
        ({"type": "t", "time": "2026-03-01"}, "id is required"),
        ({"type": "t", "time": 5}, "time must be a text like"),
        ({"type": "t", "time": "yesterday"}, "time must be a time like .* but was 'yesterday'"),
        ({"id": "e", "time": "2026-03-01"}, "type is required"),
        ({"id": "e", "time": "2026-03-01", "type": ""}, "type must not be empty"),
        ({"id": "e", "time": "2026-03-01", "type": "t", "typo": 1}, "typo is not known"),
        (
            {"id": "e", "time": "2026-03-01", "type": "t", "actor": {"nom": "x"}},
            "actor.nom is not known",
        ),
        (
            {"id": "e", "time": "2026-03-01", "type": "t", "origin": "x"},
            "origin must be 'system' or 'custom'",
        ),
    ],
)
def test_the_refusal_of_a_bad_event_names_the_member(wire: JsonValue, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read_event(wire)
