"""Events as items: nothing is lost, and equal content has equal digests."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies

from polylog.dynamo.events.items import Draft, partition_key, read_item, read_position, shard_of
from polylog.model.event import Entity, Event
from polylog.model.query import Position

SMALL = Event(id="1", time=strategies.NOON, type="t")
DATA = {"a": 1, "b": {"c": [1, 2], "d": None}}
FULL = Event(
    id="1",
    time=strategies.NOON,
    type="t",
    source="s",
    message="m",
    severity="info",
    status="ok",
    category="c",
    actor=Entity(id="a", type="user", name="Ada"),
    target=Entity(id="x", type="app", name="shop"),
    organization_id="o",
    project_id="p",
    links=("one", "two"),
    data=DATA,
    attributes={"colour": "red", "size": "44"},
)


def stored(event: Event) -> Event:
    return read_item(Draft.of(event).item("demo", seq=7, shards=1))


def digest(event: Event) -> bytes:
    return Draft.of(event).digest


def exactly(event: Event) -> str:
    """Return the event as text, since Python takes 1, 1.0 and True for equal."""
    return json.dumps(event.model_dump(mode="json"), sort_keys=True)


@given(strategies.events(), st.integers(1, 2**53))
def test_an_item_keeps_the_whole_event(event: Event, seq: int) -> None:
    item = Draft.of(event).item("demo", seq, 1)
    assert exactly(read_item(item)) == exactly(event.model_copy(update={"seq": seq}))


@pytest.mark.parametrize(
    "data",
    [
        2**53 + 1,
        -(10**30),
        0.1,
        1.0,
        -0.0,
        1e300,
        5e-324,
        True,
        None,
        {},
        [],
        "",
        "\x00\u2028💩",
        {"": {"": []}},
        [[[[[[[[[[1]]]]]]]]]],
    ],
)
def test_data_survives_exactly(data: object) -> None:
    kept = stored(SMALL.model_copy(update={"data": data})).data
    assert json.dumps(kept) == json.dumps(data)


def test_a_small_body_is_readable_text() -> None:
    body = Draft.of(SMALL).item("demo", 7, 1)["body"]
    assert json.loads(body["S"])["seq"] == 7


def test_a_large_body_is_compressed() -> None:
    large = SMALL.model_copy(update={"message": "long " * 1000})
    item = Draft.of(large).item("demo", 7, 1)
    assert len(item["body"]["B"]) < 200
    assert read_item(item).message == large.message


@pytest.mark.parametrize("length", range(590, 680, 10))
def test_an_event_just_large_enough_to_compress_is_kept(length: int) -> None:
    assert stored(SMALL.model_copy(update={"message": "x" * length})).message == "x" * length


def test_an_item_carries_the_keys_of_every_index() -> None:
    keys = Draft.of(FULL).item("demo", 7, 1)
    del keys["body"], keys["digest"]
    assert keys == {
        "pk": {"S": "demo/1"},
        "scope": {"S": "demo"},
        "seq": {"N": "7"},
        "time": {"N": str(strategies.NOON)},
        "shard": {"N": "0"},
        "type": {"S": "t"},
        "actor_id": {"S": "a"},
        "target_id": {"S": "x"},
        "project_id": {"S": "p"},
        "organization_id": {"S": "o"},
    }


def test_an_absent_key_keeps_an_event_out_of_its_index() -> None:
    assert Draft.of(SMALL).item("demo", 7, 1).keys() == {
        *("pk", "scope", "seq", "time", "shard", "type", "digest", "body")
    }


def test_a_position_is_read_without_the_body() -> None:
    item = Draft.of(SMALL).item("demo", 7, 1)
    del item["body"]
    assert read_position(item) == Position(strategies.NOON, 7)


def test_the_digest_does_not_depend_on_seq() -> None:
    assert digest(FULL.model_copy(update={"seq": 9})) == digest(FULL)


def test_the_digest_does_not_depend_on_the_order_of_members() -> None:
    turned = {
        "data": {"b": {"d": None, "c": [1, 2]}, "a": 1},
        "attributes": {"size": "44", "colour": "red"},
    }
    assert digest(FULL.model_copy(update=turned)) == digest(FULL)


def test_the_digest_stays_the_same_in_all_later_versions() -> None:
    """It recognizes an event that is delivered again, no matter how numbers are written then."""
    data: JsonValue = {"b": 1e-7, "a": [1e16, 1.0, 3, 2**60, True, None, "\u00e4\u2028"]}
    event = Event(
        id="e-1",
        time=1_772_366_400_000_000,
        type="volume.snapshot",
        actor=Entity(id="ada", type="user"),
        links=("https://example.org/1",),
        data=data,
    )
    assert digest(event).hex() == "6d7fae29b4cb665118f3ee7d280c2d32"


@given(strategies.events(), st.integers(1, 9))
def test_the_digest_of_a_stored_event_is_that_of_the_offered_one(event: Event, seq: int) -> None:
    assert digest(read_item(Draft.of(event).item("demo", seq, 1))) == digest(event)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "2"},
        {"time": strategies.NOON + 1},
        {"type": "T"},
        {"origin": "custom"},
        {"source": None},
        {"source": ""},
        {"message": "n"},
        {"severity": "Info"},
        {"status": "s"},
        {"category": "d"},
        {"actor": Entity(id="b", type="user", name="Ada")},
        {"actor": Entity(id="a", type=None, name="Ada")},
        {"actor": Entity(id="a", type="user", name="")},
        {"target": Entity(id="a", type="user", name="Ada")},
        {"organization_id": "p"},
        {"project_id": None},
        {"links": ("two", "one")},
        {"links": ("one",)},
        {"attributes": {"colour": "red"}},
        {"attributes": {"colour": "red", "size": None}},
        {"attributes": {"colour": "44", "size": "red"}},
        {"data": None},
        {"data": {}},
        {"data": DATA | {"a": True}},
        {"data": DATA | {"a": "1"}},
        {"data": DATA | {"a": None}},
        {"data": DATA | {"e": None}},
        {"data": DATA | {"b": {"c": [2, 1], "d": None}}},
        {"data": DATA | {"b": {"c": [1, 2]}}},
    ],
)
def test_the_digest_depends_on_everything_else(change: Mapping[str, object]) -> None:
    assert digest(FULL.model_copy(update=change)) != digest(FULL)


@given(strategies.events(), strategies.events())
def test_digests_are_equal_when_contents_are(one: Event, other: Event) -> None:
    assert (digest(one) == digest(other)) == (exactly(one) == exactly(other))


@pytest.mark.parametrize(
    ("event_id", "shards", "expected"),
    [("123456789", 1, 0), ("123456789", 10, 2), ("123456789", 16, 6), ("🎉", 10, 9)],
)
def test_the_shard_of_an_id_never_changes(event_id: str, shards: int, expected: int) -> None:
    """CRC-32, with the check value cbf43926. Stored items hold it: no release may change it."""
    assert shard_of(event_id, shards) == expected


@given(strategies.texts(min_size=1), st.integers(1, 50))
def test_a_shard_is_one_of_those_that_exist(event_id: str, shards: int) -> None:
    assert shard_of(event_id, shards) in range(shards)


def test_every_shard_is_used() -> None:
    assert {shard_of(f"event-{number}", 8) for number in range(200)} == set(range(8))


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a", "b/c"), ("a", "b")), (("a", "b"), ("ab", "")), (("a", "b"), ("b", "a"))],
)
def test_different_events_have_different_keys(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert partition_key(*one) != partition_key(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"message": None}, {"message": ""}),
        ({"actor": {"id": "a"}}, {"actor": {"id": "a", "name": "", "type": ""}}),
        ({}, {"target": {"name": ""}, "source": "", "severity": ""}),
        ({"data": {"a": 1, "b": [{"c": 2, "d": 3}]}}, {"data": {"b": [{"d": 3, "c": 2}], "a": 1}}),
        ({"data": [1, 100, 0]}, {"data": [1.0, 1e2, -0.0]}),
        ({"data": {"n": 10**16}}, {"data": {"n": 1e16}}),
    ],
)
def test_events_that_say_the_same_are_equal(
    one: dict[str, object], other: dict[str, object]
) -> None:
    known = {"id": "e", "time": 0, "type": "t"}
    assert digest(Event.model_validate(known | one)) == digest(Event.model_validate(known | other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"data": ""}, {"data": None}),
        ({"data": {}}, {"data": None}),
        ({"data": {"a": ""}}, {"data": {}}),
        ({"data": 1}, {"data": "1"}),
        ({"data": "1.0"}, {"data": "1"}),
        ({"data": 1}, {"data": True}),
        ({"data": 0.1}, {"data": 0.10000000000000002}),
        ({"data": [1, 2]}, {"data": [2, 1]}),
        ({"message": "a"}, {"message": "A"}),
        ({"attributes": {"a": ""}}, {"attributes": {}}),
    ],
)
def test_events_that_say_different_things_are_not(
    one: dict[str, object], other: dict[str, object]
) -> None:
    known = {"id": "e", "time": 0, "type": "t"}
    assert digest(Event.model_validate(known | one)) != digest(Event.model_validate(known | other))
