"""Counts, histograms and groups of the events that pass a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.dialects.native.explaining import Document
from polylog.dialects.native.listing import Filtered
from polylog.language.parser import field_named
from polylog.model.errors import InvalidFilter, InvalidParameter
from polylog.model.filter import text_reader
from polylog.model.query import Order
from polylog.model.store import Explanation, Group, Interval
from polylog.model.times import format_rfc3339, format_seconds


class CountParams(Filtered):
    """Which events to count."""


class HistogramParams(Filtered):
    """Which events to count, and the length of the bars."""

    interval: Annotated[Interval, Field(description="The length of the bars.")] = Interval.DAY


class GroupsParams(Filtered):
    """Which events to count, and by which field."""

    by: Annotated[str, Field(description="The field to group by, which must hold text.")] = "type"


class Count(TypedDict):
    """The number of events that pass."""

    count: int
    explanation: NotRequired[Explanation]


class Bar(TypedDict):
    """An interval with events: the time it starts at, and the number of events."""

    start: str
    count: int


class Histogram(TypedDict):
    """The intervals that have events, the earliest first."""

    interval: Interval
    bars: list[Bar]
    explanation: NotRequired[Explanation]


class GroupOfValue(TypedDict):
    """The number of events with a value, and the newest one's time and source.

    A log with very many types counts the rarer ones together, in a group whose value is null and
    `is_other` true. Only then does each group have an `origin`.
    """

    value: str | None
    count: int
    time: str
    source: NotRequired[str]
    origin: NotRequired[Literal["system", "custom"]]
    is_other: NotRequired[bool]


class Groups(TypedDict):
    """Events by the value of a field, the largest group first."""

    by: str
    groups: list[GroupOfValue]
    explanation: NotRequired[Explanation]


def count(call: Call, params: CountParams) -> Document:
    """Count the events that pass."""
    return {"count": call.count(params.wanted)}


def histogram(call: Call, params: HistogramParams) -> Document:
    """Count the events in each interval that has any, the earliest first."""
    bars = call.histogram(params.wanted, params.interval)
    rendered = [{"start": format_seconds(bar.start), "count": bar.count} for bar in bars]
    return {"interval": params.interval, "bars": rendered}


def groups(call: Call, params: GroupsParams) -> Document:
    """Count the events by the value of a field, the largest group first."""
    found = call.groups(params.wanted) if params.by in _COUNTED else ()
    if params.by not in _COUNTED or (params.by != "type" and any(map(_is_other, found))):
        grouped = _by_field(call, params)
    else:
        grouped = _merged(_COUNTED[params.by], found)
    ordered = sorted(grouped, key=lambda each: (each.value is None, -each.count, each.value))
    return {"by": params.by, "groups": [group.render() for group in ordered]}


@dataclass(frozen=True, slots=True)
class _Group:
    """Events with one value, or None for the values that the log counts together.

    With an `origin`, events of the other origin form another group.
    """

    value: str | None
    count: int
    time: int
    source: str | None
    origin: str | None = None

    def __add__(self, other: _Group) -> _Group:
        newest = max(self, other, key=lambda group: group.time)
        return replace(newest, count=self.count + other.count)

    def render(self) -> Document:
        document: dict[str, object] = {
            "value": self.value,
            "count": self.count,
            "time": format_rfc3339(self.time),
        }
        told = {"source": self.source, "origin": self.origin}
        document |= {name: value for name, value in told.items() if value is not None}
        return document | ({"is_other": True} if self.value is None else {})


_NO_TEXTS: Final = ("time", "seq", "links")

# The fields that the store itself groups by.
_COUNTED: Final[dict[str, Callable[[Group], str | None]]] = {
    "type": attrgetter("type"),
    "origin": attrgetter("origin"),
}


def _is_other(group: Group) -> bool:
    return group.type is None


def _merged(value: Callable[[Group], str | None], groups: Sequence[Group]) -> Iterable[_Group]:
    """Merge the groups of the same value.

    If the log counts some types together, the groups stay apart by origin: the same type with its
    other origin may be among those.
    """
    merged = [_Group(value(each), each.count, each.time, each.source) for each in groups]
    if not any(map(_is_other, groups)):
        return _summed(merged)
    return [replace(group, origin=each.origin) for group, each in zip(merged, groups, strict=True)]


def _by_field(call: Call, params: GroupsParams) -> Iterable[_Group]:
    """Read the events and group them; raises `TooBroad` if there are too many."""
    value = text_reader(_text_field(params.by))
    newest_first = call.scan(params.wanted, Order.DESCENDING, first_page=1000)
    return _summed(_Group(value(event), 1, event.time, event.source) for event in newest_first)


def _text_field(name: str) -> str:
    """Return the field of a name; raises `InvalidParameter` unless it holds text."""
    try:
        field = field_named(name)
    except InvalidFilter as error:
        raise InvalidParameter("by", f"must be a text field: {error.problem}") from error
    if field in _NO_TEXTS:
        raise InvalidParameter("by", f"must be a text field but was '{field}'")
    return field


def _summed(groups: Iterable[_Group]) -> Iterable[_Group]:
    """Merge the groups of the same value."""
    sums: dict[str | None, _Group] = {}
    for group in groups:
        there = sums.get(group.value)
        sums[group.value] = group if there is None else there + group
    return sums.values()
