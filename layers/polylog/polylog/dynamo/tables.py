"""The tables by name, and the indexes of the events table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the tables that hold events and their bookkeeping."""

    events: str
    tally: str


@dataclass(frozen=True, slots=True)
class Shards:
    """How many shards every index has: how many are read, and how many are written.

    A shard is a part of an index that takes a share of the events. You can read more shards than
    you write, so that the number can grow while functions are replaced.
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

OPTIONAL_INDEXES: Final = {
    "target": "target.id",
    "actor": "actor.id",
    "project": "project_id",
    "organization": "organization_id",
}
"""Optional index, as the template's parameter names it -> the event's field.

Every log also has indexes by time and by type.
"""
