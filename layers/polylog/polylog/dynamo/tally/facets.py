"""A facet is the events with one value of a field, such as those of one project.

It is written `<name>=<value>`, like `project=p-1`. It has counts of its own, by month, day and kind
(`months`). They count all events up to the number that the head states (`Head.counted`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from polylog.dynamo.tally.entry import MEMBERS, Members
from polylog.model.event import Event
from polylog.model.filter import FIELDS

if TYPE_CHECKING:
    from polylog.dynamo.tables import Item

FACETS: Final = {
    "organization": "organization_id",
    "project": "project_id",
    "actor": "actor.id",
    "target": "target.id",
}
"""The name of a facet -> the event's field with its value."""

COUNTED_ROW: Final = "head/facets"
"""The sort key of the row with `Head.counted`."""

_PLACES: Final = {name: MEMBERS.index(field) for name, field in FACETS.items()}


def facets_of(event: Event, names: Iterable[str]) -> tuple[str, ...]:
    """Return the facets of these names that an event has, such as `("project=p-1",)`."""
    return _written((name, FIELDS[FACETS[name]](event)) for name in names)


def facets_in(members: Members, names: Iterable[str]) -> tuple[str, ...]:
    """Return the facets of these names that an event with these members has."""
    return _written((name, members[_PLACES[name]]) for name in names)


def partition_of(scope: str, facet: str) -> str:
    """Return the partition with the rows of a facet, `<scope>|<facet>`; no scope contains a bar."""
    return f"{scope}|{facet}"


def read_counted(item: Item) -> dict[str, int]:
    """Return up to which number the facets of each name are counted, from the row's item."""
    return {name: int(item[name]["N"]) for name in FACETS if name in item}


def _written(values: Iterable[tuple[str, object]]) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in values if value is not None)
