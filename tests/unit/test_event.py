"""The canonical event: its limits, and how its id is made."""

from __future__ import annotations

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError
from support import strategies

from polylog.model.event import MAX_KEY_LENGTH, Entity, Event, is_key, new_id
from polylog.model.times import EARLIEST, LATEST

LEAST: dict[str, object] = {"id": "1", "time": 0, "type": "t"}


@pytest.mark.parametrize(
    "parts",
    [
        {"id": "x" * MAX_KEY_LENGTH},
        {"id": "🎉" * MAX_KEY_LENGTH},
        {"type": "x" * MAX_KEY_LENGTH},
        {"actor": {"id": "x" * MAX_KEY_LENGTH}},
        {"project_id": "x" * MAX_KEY_LENGTH},
        {"time": EARLIEST},
        {"time": LATEST},
        {"actor": {"name": ""}},
        {"message": "x" * 100_000},
        {"links": ("one", "one")},
    ],
)
def test_everything_within_the_limits_is_an_event(parts: dict[str, object]) -> None:
    kept = Event.model_validate(LEAST | parts).model_dump(exclude_unset=True)
    assert kept == LEAST | parts


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"id": ""}, ("id",)),
        ({"id": None}, ("id",)),
        ({"id": "x" * (MAX_KEY_LENGTH + 1)}, ("id",)),
        ({"type": ""}, ("type",)),
        ({"type": "x" * (MAX_KEY_LENGTH + 1)}, ("type",)),
        ({"source": "x" * (MAX_KEY_LENGTH + 1)}, ("source",)),
        ({"time": EARLIEST - 1}, ("time",)),
        ({"time": LATEST + 1}, ("time",)),
        ({"time": 0.5}, ("time",)),
        ({"origin": "elsewhere"}, ("origin",)),
        ({"actor": {"id": ""}}, ("actor", "id")),
        ({"target": {"id": "x" * (MAX_KEY_LENGTH + 1)}}, ("target", "id")),
        ({"organization_id": ""}, ("organization_id",)),
        ({"project_id": "x" * (MAX_KEY_LENGTH + 1)}, ("project_id",)),
        ({"attributes": {"size": 44}}, ("attributes", "size")),
        ({"colour": "red"}, ("colour",)),
        ({"actor": {"colour": "red"}}, ("actor", "colour")),
    ],
)
def test_a_value_beyond_a_limit_is_refused(
    parts: dict[str, object], place: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as raised:
        Event.model_validate(LEAST | parts)
    assert [error["loc"] for error in raised.value.errors()] == [place]


@pytest.mark.parametrize("name", ["id", "time", "type"])
def test_an_event_has_an_id_a_time_and_a_type(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Event.model_validate({key: value for key, value in LEAST.items() if key != name})


def test_an_event_cannot_be_changed() -> None:
    event = Event.model_validate(LEAST)
    with pytest.raises(ValidationError, match="frozen"):
        event.type = "u"  # type: ignore[misc] # what is tested


def test_an_entity_cannot_be_changed() -> None:
    entity = Entity(id="a")
    with pytest.raises(ValidationError, match="frozen"):
        entity.id = "b"  # type: ignore[misc] # what is tested


def test_an_event_has_no_place_in_the_log_before_it_is_stored() -> None:
    assert Event.model_validate(LEAST).seq == 0


@given(strategies.json_values())
def test_data_is_kept_unchanged(data: object) -> None:
    assert Event.model_validate({**LEAST, "data": data}).data is data


milliseconds = st.integers(0, LATEST // 1000)


@given(milliseconds)
def test_a_new_id_is_a_uuid_of_version_7(millisecond: int) -> None:
    made = UUID(new_id(millisecond * 1000))
    assert (made.variant, made.version) == (RFC_4122, 7)


@given(milliseconds, st.integers(0, 999))
def test_a_new_id_begins_with_its_millisecond(millisecond: int, microseconds: int) -> None:
    made = UUID(new_id(millisecond * 1000 + microseconds))
    assert made.int >> 80 == millisecond


@given(st.lists(milliseconds, unique=True))
def test_new_ids_sort_by_time(times: list[int]) -> None:
    ids = [new_id(millisecond * 1000) for millisecond in times]
    assert sorted(ids) == [made for _, made in sorted(zip(times, ids, strict=True))]


def test_new_ids_of_one_time_differ() -> None:
    assert len({new_id(0) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("data", "expected"),
    [(None, {}), ({}, {}), ({"data": 1}, {"data": 1}), ([1], {"data": [1]}), (0, {"data": 0})],
)
def test_data_that_is_not_an_object_becomes_one(data: JsonValue, expected: JsonValue) -> None:
    assert Event(id="1", time=0, type="t", data=data).data_object == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", True),
        ("a" * MAX_KEY_LENGTH, True),
        ("a" * (MAX_KEY_LENGTH + 1), False),
        ("", False),
        (5, False),
    ],
)
def test_a_key_is_a_text_that_an_index_can_hold(value: JsonValue, expected: bool) -> None:
    assert is_key(value) is expected
