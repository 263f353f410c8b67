"""How events lie in the events table: item <-> `Event`, and the names of its indexes."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue
from pydantic_core import to_json

from polylog.dynamo.events.body import pack, unpack
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tally.bucket import Entry, kind_of
from polylog.model.event import Event
from polylog.model.filter import FIELDS
from polylog.model.query import Position
from polylog.model.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the tables that events and their bookkeeping lie in."""

    events: str
    tally: str


@dataclass(frozen=True, slots=True)
class Shards:
    """In how many parts every index is read and written.

    More may be read than are written, so that the number can grow while functions are replaced.
    """

    read: int
    written: int


TIME_INDEX: Final = "by_time"
FIELD_INDEXES: Final = {
    "target.id": ("by_target", "target_id"),
    "actor.id": ("by_actor", "actor_id"),
    "project_id": ("by_project", "project_id"),
    "organization_id": ("by_organization", "organization_id"),
    "type": ("by_type", "type"),
}
"""Field of the event -> its index and the attribute that keys it; the most selective first."""

FACETS: Final = {
    "organization": "organization_id",
    "project": "project_id",
    "actor": "actor.id",
    "target": "target.id",
}
"""What events can be tallied by as well: its name -> the field of the event."""

# What members say nothing by.
_EMPTY: Final = {
    name: field.get_default(call_default_factory=True) for name, field in Event.model_fields.items()
} | {"actor": {}, "target": {}}


def partition_key(scope: str, event_id: str) -> str:
    """Return the key of an event's item; no scope contains a slash."""
    return f"{scope}/{event_id}"


def shard_of(event_id: str, shards: int) -> int:
    """Return the part of every index that an event lies in."""
    return zlib.crc32(event_id.encode()) % shards


@dataclass(frozen=True, slots=True)
class Draft:
    """An event as it was offered: its content in JSON, without the `seq` it may get."""

    event: Event
    content: bytes
    digest: bytes

    @classmethod
    def of(cls, event: Event) -> Draft:
        """Return the draft of an event; the digest does not depend on the order of members."""
        content = _content(event)
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.blake2b(canonical.encode(), digest_size=16).digest()
        return cls(event, to_json(content), digest)

    def entry(self, seq: int, facets: Iterable[str] = ()) -> Entry:
        """Return what the tally keeps of the event, stored under this `seq`."""
        return entry_of(self.event, facets)._replace(seq=seq)

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
        return item | {"body": pack(b'%b,"seq":%d}' % (self.content[:-1], seq), item)}


def entry_of(event: Event, facets: Iterable[str] = ()) -> Entry:
    """Return what the tally keeps of an event when events are tallied by these facets."""
    values = ((name, FIELDS[FACETS[name]](event)) for name in facets)
    return Entry(
        event.seq,
        event.time,
        kind_of(event.origin, event.type),
        event.id,
        event.source,
        tuple(f"{name}={value}" for name, value in values if value is not None),
    )


def _content(event: Event) -> dict[str, JsonValue]:
    """Return the members of an event that say anything, less its `seq`; in their order."""
    members = vars(event) | {"actor": event.actor.known(), "target": event.target.known()}
    del members["seq"]
    return {name: value for name, value in members.items() if value != _EMPTY[name]}


READ: Final = (
    *("body", "pk", "time", "seq", "type"),
    *("actor_id", "target_id", "project_id", "organization_id"),
)
"""The attributes that an item's event and its place are read from."""


def read_item(item: Item) -> Event:
    """Return the event that an item stores."""
    return read_body(unpack(item))


def read_body(body: bytes | str) -> Event:
    """Return the event that the JSON of a body is."""
    return Event.model_validate_json(body)


def expires_at(item: Item) -> float:
    """Return when an item expires, in microseconds since the epoch."""
    return int(item["expires_at"]["N"]) * SECOND if "expires_at" in item else inf


def read_position(item: Item) -> Position:
    """Return the place of an item in the order, without reading its body."""
    return Position(int(item["time"]["N"]), int(item["seq"]["N"]))
