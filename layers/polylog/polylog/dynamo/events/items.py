"""How the events table holds an event: as one item, written from an event and read back.

The body of an item is the event's whole JSON. A large body is compressed with a dictionary that
holds what the item's keys already say, and common names of members. So an event that names five
things takes 150 bytes less, in the table and in each index.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue
from pydantic_core import to_json

from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tally.entry import Entry
from polylog.model.event import Event
from polylog.model.query import Position
from polylog.model.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from polylog.dynamo.tables import Item

# The value of each member that says nothing.
_EMPTY: Final = {
    name: field.get_default(call_default_factory=True) for name, field in Event.model_fields.items()
} | {"actor": {}, "target": {}}


# Keys take about 300 bytes, so an item with a smaller body fits into one write unit (1 KB) anyway.
_COMPRESS_ABOVE_BYTES: Final = 700

# Never change this text: without it, stored events cannot be read. The most common parts come last,
# since zlib refers to the end most cheaply.
_COMMON: Final = (
    '"value":""name":"","description":"","reason":"","region":"","state":"","version":"",'
    '"created_at":"2026-","updated_at":"2025-"status":"succeeded","failed"],"error":null,'
    '"count":0,"enabled":true,false},"attributes":{"","links":["https://"],"data":{"'
    'message":"","severity":"info","category":"","status":"success","origin":"custom","source":"'
)


def partition_key(scope: str, event_id: str) -> str:
    """Return the key of an event's item; no scope contains a slash."""
    return f"{scope}/{event_id}"


def shard_of(event_id: str, shards: int) -> int:
    """Return the shard of an event: the part of every index that has it, from 0."""
    return zlib.crc32(event_id.encode()) % shards


@dataclass(frozen=True, slots=True)
class Draft:
    """An event as it was offered: its content in JSON, without the `seq` it may get."""

    event: Event
    content: bytes
    digest: bytes

    @classmethod
    def of(cls, event: Event) -> Draft:
        """Return the draft of an event. Two events are equal if their digests are."""
        content = _content(event)
        digest = hashlib.blake2b(_canonical(content).encode(), digest_size=16).digest()
        return cls(event, to_json(content), digest)

    def entry(self, seq: int) -> Entry:
        """Return what the tally keeps of the event, stored under this `seq`."""
        return Entry.of(self.event)._replace(seq=seq)

    def item(self, scope: str, seq: int, shards: int, retention: Retention = FOR_EVER) -> Item:
        """Return the item that stores the event under this `seq`."""
        event = self.event
        keys = {
            "pk": partition_key(scope, event.id),
            "scope": scope,
            "type": event.type,
            "actor_id": event.actor.id,
            "target_id": event.target.id,
            "project_id": event.project_id,
            "organization_id": event.organization_id,
        }
        numbers = {
            "seq": seq,
            "time": event.time,
            "shard": shard_of(event.id, shards),
            "expires_at": retention.expires_at(event.time),
        }
        item: Item = {
            **{name: {"S": value} for name, value in keys.items() if value is not None},
            **{name: {"N": str(value)} for name, value in numbers.items() if value is not None},
            "digest": {"B": self.digest},
        }
        return item | {"body": pack_body(b'%b,"seq":%d}' % (self.content[:-1], seq), item)}


def _content(event: Event) -> dict[str, JsonValue]:
    """Return the members of an event that say something, without its `seq`, in their order."""
    members = vars(event) | {"actor": event.actor.known(), "target": event.target.known()}
    del members["seq"]
    return {name: value for name, value in members.items() if value != _EMPTY[name]}


def _canonical(content: Mapping[str, JsonValue]) -> str:
    """Return one text for all contents that mean the same.

    Members come in one order. Equal numbers have one form: `1`, `1.0` and `1e0` are equal. An empty
    text counts as no text, except in `data` and `attributes`.
    """
    said = {name: _stated(name, value) for name, value in content.items()}
    text = _sorted({name: value for name, value in said.items() if value is not None})
    return _sorted(json.loads(text, parse_float=_number)) if _WHOLE.search(text) else text


def _stated(name: str, value: JsonValue) -> JsonValue:
    """Return what a member says, None if it says nothing."""
    match name, value:
        case (("data" | "attributes"), _):
            return value
        case (("actor" | "target"), dict()):
            return {key: text for key, text in value.items() if text != ""} or None
    return None if value == "" else value


def _sorted(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


_WHOLE: Final = re.compile(r"\.0|e\+")
"""What Python writes in every float that is a whole number."""


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


READ: Final = (
    *("body", "pk", "time", "seq", "type"),
    *("actor_id", "target_id", "project_id", "organization_id"),
)
"""The attributes from which an event and its position are read."""


def read_item(item: Item) -> Event:
    """Return the event that an item stores."""
    return read_body(unpack_body(item))


def read_body(body: bytes | str) -> Event:
    """Return the event with this JSON."""
    return Event.model_validate_json(body)


def expires_at(item: Item) -> float:
    """Return when an item expires, in microseconds since the epoch."""
    return int(item["expires_at"]["N"]) * SECOND if "expires_at" in item else inf


def read_position(item: Item) -> Position:
    """Return the position of an item, without reading its body."""
    return Position(int(item["time"]["N"]), int(item["seq"]["N"]))


def read_seq(item: Item) -> int:
    """Return an item's number of arrival."""
    return int(item["seq"]["N"])


def pack_body(body: bytes, item: Item) -> AttributeValueTypeDef:
    """Return the body attribute for an item that already has all others."""
    if len(body) <= _COMPRESS_ABOVE_BYTES:
        return {"S": body.decode()}
    packer = zlib.compressobj(zdict=_dictionary(item))
    return {"B": packer.compress(body) + packer.flush()}


def unpack_body(item: Item) -> bytes | str:
    """Return the JSON that an item holds."""
    body = item["body"]
    if "S" in body:
        return body["S"]
    return zlib.decompressobj(zdict=_dictionary(item)).decompress(body["B"])


def _dictionary(item: Item) -> bytes:
    """Return the dictionary for an item's body: what its keys say, written as in the body."""
    event_id = item["pk"]["S"].partition("/")[2]
    time, seq = int(item["time"]["N"]), int(item["seq"]["N"])
    return (
        f'{_COMMON}","name":"","organization_id":"{_text(item, "organization_id")}'
        f'","project_id":"{_text(item, "project_id")}","data":{{"seq":{seq}}}'
        f'"target":{{"id":"{_text(item, "target_id")}","type":"","actor":{{"id":"'
        f'{_text(item, "actor_id")}","type":"user"{{"id":"{event_id}","time":{time}'
        f',"type":"{_text(item, "type")}","source":"'
    ).encode()


def _text(item: Item, name: str) -> str:
    return item[name]["S"] if name in item else ""
