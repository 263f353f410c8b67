"""Values that an item holds already take little space in its body, and old items stay readable."""

from __future__ import annotations

import zlib

import pytest
from support import strategies

from polylog.dynamo.events.items import Draft, read_item
from polylog.model.event import Entity, Event

LONG = "Volume data-1 was saved. " * 40
EVENT = Event(
    id="e-1",
    time=strategies.NOON,
    type="volume.snapshot",
    source="storage",
    message=LONG,
    actor=Entity(id="ada", type="user"),
    project_id="p-1",
    data={"size_gb": 40},
)


def test_an_event_stored_by_this_version_is_read_by_all_later_ones() -> None:
    item = {
        "pk": {"S": "demo/e-1"},
        "type": {"S": "volume.snapshot"},
        "actor_id": {"S": "ada"},
        "project_id": {"S": "p-1"},
        "seq": {"N": "7"},
        "time": {"N": "1772366400000000"},
        "body": {
            "B": bytes.fromhex(
                "78bbcd96a6cda39231c0e0290285b40e52988781952b803cad6ba8509e58ac509c58969aa2a7302a"
                "312a312a316c248828ac6af117879955a9f1e9494a562606b53ab0c2110093e6894d"
            )
        },
    }
    assert read_item(item) == EVENT.model_copy(update={"seq": 7})


def test_a_different_dictionary_is_noticed() -> None:
    item = Draft.of(EVENT).item("demo", 7, 1)
    with pytest.raises(zlib.error):
        read_item(item | {"type": {"S": "volume.deletion"}})


def test_values_of_an_items_keys_take_no_space_in_its_body() -> None:
    def size(name: str) -> int:
        event = EVENT.model_copy(update={"id": name, "project_id": name[::-1], "type": name * 2})
        return len(Draft.of(event).item("demo", 7, 1)["body"]["B"])

    assert size("c2b1e0f7-4a55-4d0e-9a3e-0d3b5d1f8a66") <= size("e") + 12
