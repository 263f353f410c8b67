"""Facets: what else a scope's events can be tallied by, in tallies of their own.

A facet is written `<name>=<value>`, like `project=p-1`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from polylog.model.event import Event
from polylog.model.filter import FIELDS

FACETS: Final = {
    "organization": "organization_id",
    "project": "project_id",
    "actor": "actor.id",
    "target": "target.id",
}
"""The name of a facet -> the event's field with its value."""


def facets_of(event: Event, names: Iterable[str]) -> tuple[str, ...]:
    """Return the facets of these names that an event has."""
    values = ((name, FIELDS[FACETS[name]](event)) for name in names)
    return tuple(f"{name}={value}" for name, value in values if value is not None)


def partition_of(scope: str, facet: str | None) -> str:
    """Return the partition with a tally's rows; no scope contains a bar."""
    return scope if facet is None else f"{scope}|{facet}"
