"""The columns in which a table or CSV shows each kind of result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Literal

from pydantic import JsonValue
from pydantic_core import to_json

from polylog_cli.client.answers import JsonObject

Show = Callable[[JsonObject], str]


class Shrinks(IntEnum):
    """When a column gets narrower than its cells, because the terminal is too narrow."""

    FIRST = 1
    LAST = 2
    NEVER = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `share` weighs how much it gets of the width that no cell needs."""

    name: str
    show: Show
    shrinks: Shrinks = Shrinks.NEVER
    share: int = 0
    justify: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table, and the members that CSV shows."""

    table: tuple[Column, ...]
    csv: tuple[str, ...]


def _member(result: JsonObject, name: str) -> JsonValue:
    """Return a member by its name or path, like `actor.id`; None if there is none."""
    value: JsonValue = result
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(value: JsonValue) -> str:
    """Return a string as it is, an absent value as nothing, and any other value as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else to_json(value).decode()


def verbatim(result: JsonObject, name: str) -> str:
    """Return a member for CSV; `data` is always JSON, even if it is a string or null."""
    value = _member(result, name)
    return to_json(value).decode() if name == "data" and name in result else _text(value)


def _shown(name: str) -> Show:
    return lambda result: _text(_member(result, name))


def _shown_time(result: JsonObject) -> str:
    """Return a time to the second: people read tables."""
    time = _text(_member(result, "time"))
    return f"{time[:19]}Z" if time else ""


def _shown_local_time(result: JsonObject) -> str:
    """Return a time to the second in this machine's zone, or in UTC if that has no such year."""
    time = _text(_member(result, "time"))
    try:
        return datetime.fromisoformat(time).astimezone().isoformat(timespec="seconds")
    except (OverflowError, ValueError):
        return _shown_time(result)


def _shown_entity(entity: str) -> Show:
    by_name, by_id = _shown(f"{entity}.name"), _shown(f"{entity}.id")
    return lambda event: by_name(event) or by_id(event)


def _shown_value(group: JsonObject) -> str:
    if group.get("is_other"):
        return "(all others)"
    value = _text(_member(group, "value"))
    return f"{value} ({group['origin']})" if "origin" in group else value


EVENTS = Layout(
    table=(
        Column("time", _shown_time),
        Column("seq", _shown("seq"), justify="right"),
        Column("type", _shown("type"), Shrinks.FIRST, share=3),
        Column("actor", _shown_entity("actor"), Shrinks.LAST, share=2),
        Column("target", _shown_entity("target"), Shrinks.LAST, share=2),
        Column("message", _shown("message"), Shrinks.FIRST, share=4),
    ),
    csv=(
        *("id", "seq", "time", "type", "origin", "source", "message"),
        *("severity", "status", "category"),
        *("actor.id", "actor.type", "actor.name", "target.id", "target.type", "target.name"),
        *("organization_id", "project_id", "links", "data", "attributes"),
    ),
)

GROUPS = Layout(
    table=(
        Column("value", _shown_value, Shrinks.LAST, share=2),
        Column("count", _shown("count"), justify="right"),
        Column("newest", _shown_time),
        Column("source", _shown("source"), Shrinks.FIRST, share=1),
    ),
    csv=("value", "count", "time", "source", "origin", "is_other"),
)

BARS = Layout(table=(), csv=("start", "count"))
"""Bars have no table: they are drawn."""


def in_zone(layout: Layout, *, local: bool) -> Layout:
    """Return a layout whose table shows times in the zone of this machine, or in UTC."""
    if not local:
        return layout
    columns = (
        replace(each, show=_shown_local_time) if each.show is _shown_time else each
        for each in layout.table
    )
    return replace(layout, table=tuple(columns))
