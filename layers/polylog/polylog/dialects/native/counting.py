"""Counts, histograms, groups and facets of the events that pass a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from operator import attrgetter
from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.dialects.native.explaining import Document
from polylog.dialects.native.listing import MOST, Filtered, limit_of
from polylog.language.parser import field_named
from polylog.model import store
from polylog.model.errors import InvalidFilter, InvalidParameter, shown
from polylog.model.filter import ATTRIBUTE, DATA, FIELDS
from polylog.model.predicate import text_reader
from polylog.model.query import Order
from polylog.model.store import Explanation, Group, Interval, OfValue
from polylog.model.times import format_rfc3339, format_seconds


class CountParams(Filtered):
    """Which events to count."""


class HistogramParams(Filtered):
    """Which events to count, the length of the bars, and the field that divides them."""

    interval: Annotated[Interval, Field(description="The length of each bar.")] = Interval.DAY
    by: Annotated[
        str | None,
        Field(
            description="The field whose values divide each bar into parts, such as `severity`. It "
            "must be a text field of the event itself, not of its data or attributes. By default, "
            "bars are not divided."
        ),
    ] = None

    @property
    def field(self) -> str | None:
        """The field that divides the bars. Raises `InvalidParameter`."""
        return None if self.by is None else _known_field(self.by)


class GroupsParams(Filtered):
    """Which events to count, and by which field."""

    by: Annotated[
        str,
        Field(
            description="The field to group by: a text field of the event, such as `actor.name`, "
            "`data.region` or `attributes.zone`."
        ),
    ] = "type"


class FacetsParams(Filtered):
    """Which events to count, and by which fields."""

    by: Annotated[
        str,
        Field(
            description="The fields to group by, separated by commas: `severity,actor.name`. They "
            "must be text fields of the event itself, not of its data or attributes."
        ),
    ] = "type"
    page_size: Annotated[
        int,
        Field(
            ge=0,
            description=f"The most groups for each field, up to {MOST}. 0 means the default, 10.",
        ),
    ] = 0

    @property
    def fields(self) -> dict[str, str]:
        """The field of each name. Raises `InvalidParameter`."""
        return {name: _known_field(name) for name in map(str.strip, self.by.split(","))}


class Count(TypedDict):
    """The exact number of events that pass the filter."""

    count: int
    explanation: NotRequired[Explanation]


class PartOfBar(TypedDict):
    """The number of events in a bar with one value. Events without the field have an empty one."""

    value: str
    count: int


class Bar(TypedDict):
    """An interval with events: when it starts, and the number of events.

    `parts` are there if you asked for a field with `by`: the events by its values, the largest part
    first.
    """

    start: str
    count: int
    parts: NotRequired[list[PartOfBar]]


class Histogram(TypedDict):
    """The intervals that have events, the earliest first. Intervals without events are left out."""

    interval: Interval
    bars: list[Bar]
    explanation: NotRequired[Explanation]


class GroupOfValue(TypedDict):
    """The number of events with one value, and the time and source of the newest one.

    Events without the field have an empty value. A log with more than 2,000 kinds of events counts
    the rest together, in a group whose `value` is null and `is_other` true. Only then does each
    group have an `origin`.
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


class Facet(TypedDict):
    """Events by the value of one field, the largest group first.

    `total_size` is the number of all groups, also of those that are not shown.
    """

    by: str
    total_size: int
    groups: list[GroupOfValue]


class Facets(TypedDict):
    """Events by the values of several fields, in the order in which you named them."""

    facets: list[Facet]
    explanation: NotRequired[Explanation]


def count(call: Call, params: CountParams) -> Document:
    """Count the events that pass a filter.

    The number is exact. A question that would take too much reading is refused with 400.

    For example, `GET /v1/events:count?filter=type%3Dapp.crash` returns `{"count": 694}`.
    """
    return {"count": call.count(params.wanted)}


def histogram(call: Call, params: HistogramParams) -> Document:
    """Count the events in each minute, hour, day or month, the earliest first.

    Only intervals with events are in the answer. For example,
    `GET /v1/events:histogram?interval=hour&by=severity` returns a bar for each hour, divided by
    severity.
    """
    bars = call.histogram(params.wanted, params.interval, params.field)
    return {"interval": params.interval, "bars": [_bar(bar, params.by) for bar in bars]}


def _bar(bar: store.Bar, by: str | None) -> Document:
    parts = [{"value": value, "count": count} for value, count in bar.parts.items()]
    document = {"start": format_seconds(bar.start), "count": bar.count}
    return document if by is None else {**document, "parts": parts}


def groups(call: Call, params: GroupsParams) -> Document:
    """Count the events by the value of a field, the largest group first.

    Each group has the time and the source of its newest event. For example,
    `GET /v1/events:groups?by=target.name` returns the number of events for each target.
    """
    found = call.groups(params.wanted) if params.by in _COUNTED else ()
    if params.by not in _COUNTED or (params.by != "type" and any(map(_is_other, found))):
        grouped = _by_field(call, params)
    else:
        grouped = _merged(_COUNTED[params.by], found)
    return {"by": params.by, "groups": _in_order(grouped)}


def facets(call: Call, params: FacetsParams) -> Document:
    """Count the events by the values of several fields at once, the largest groups first.

    For example, `GET /v1/events:facets?by=severity,actor.name&page_size=5` returns the five largest
    groups of each field.
    """
    fields = params.fields
    found = call.values(params.wanted, tuple(dict.fromkeys(fields.values())))
    most = limit_of(params.page_size, _MOST_SHOWN)
    return {
        "facets": [
            {
                "by": name,
                "total_size": len(found[field]),
                "groups": _in_order(map(_Group.of, found[field]), most),
            }
            for name, field in fields.items()
        ]
    }


_MOST_SHOWN: Final = 10


def _in_order(groups: Iterable[_Group], most: int | None = None) -> list[Document]:
    """Return documents of the first `most` groups, the largest first; None means all.

    What the log counts together comes last.
    """
    ordered = sorted(groups, key=lambda each: (each.value is None, -each.count, each.value))
    return [group.render() for group in ordered[:most]]


@dataclass(frozen=True, slots=True)
class _Group:
    """The events with one value, or with None the values that the log counts together.

    If it has an `origin`, events of the other origin form another group.
    """

    value: str | None
    count: int
    time: int
    source: str | None
    origin: str | None = None

    @classmethod
    def of(cls, counted: OfValue) -> _Group:
        """Return the group of a value that the store has counted."""
        return cls(counted.value, counted.count, counted.time, counted.source)

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


_OWN: Final = tuple(name for name in FIELDS if name not in ("time", "seq"))
"""The text fields of the event itself, not of its data or attributes."""

# The fields that the tally counts, so that the store groups by them.
_COUNTED: Final[dict[str, Callable[[Group], str | None]]] = {
    "type": attrgetter("type"),
    "origin": attrgetter("origin"),
}


def _is_other(group: Group) -> bool:
    return group.type is None


def _merged(value: Callable[[Group], str | None], groups: Sequence[Group]) -> Iterable[_Group]:
    """Merge the groups of the same value.

    If the log counts some types together, the groups stay apart by origin, because the same type of
    the other origin may be among those types.
    """
    merged = [_Group(value(each), each.count, each.time, each.source) for each in groups]
    if not any(map(_is_other, groups)):
        return _summed(merged)
    return [replace(group, origin=each.origin) for group, each in zip(merged, groups, strict=True)]


def _by_field(call: Call, params: GroupsParams) -> Iterable[_Group]:
    """Group the events by a field that the tally does not count.

    The columns of the arrival log answer for the event's own fields. For all others this reads the
    events, and raises `TooBroad` if there are too many.
    """
    field = _text_field(params.by)
    if field in FIELDS:
        return map(_Group.of, call.values(params.wanted, (field,))[field])
    value = text_reader(field)
    newest_first = call.scan(params.wanted, Order.DESCENDING, first_page=1000)
    return _summed(_Group(value(event), 1, event.time, event.source) for event in newest_first)


def _known_field(name: str) -> str:
    """Return the field of a name. Raises `InvalidParameter` unless it is one of `_OWN`."""
    if name in _OWN:
        return name
    if name.startswith((ATTRIBUTE, DATA)):
        where = "takes no field of attributes or data (events:groups does)"
        raise InvalidParameter("by", f"{where}; it takes {', '.join(_OWN)}")
    raise _not_one_of(_OWN, name)


def _text_field(name: str) -> str:
    """Return the field of a name. Raises `InvalidParameter` unless it holds text."""
    if name in _OWN:
        return name
    if not name.startswith((ATTRIBUTE, DATA)):
        raise _not_one_of((*_OWN, "attributes.<name>", "data.<path>"), name)
    try:
        return field_named(name)
    except InvalidFilter as error:
        raise InvalidParameter("by", f"must be a text field: {error.problem}") from error


def _not_one_of(fields: Sequence[str], name: str) -> InvalidParameter:
    """Return the error for a name that is not one of these fields.

    Its message suggests the nearest field, or lists them all.
    """
    nearest = () if name in FIELDS else get_close_matches(name.lower(), fields, n=1)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"choose from {', '.join(fields)}"
    return InvalidParameter("by", f"must be a text field but was '{shown(name)}'; {hint}")


def _summed(groups: Iterable[_Group]) -> Iterable[_Group]:
    """Merge the groups of the same value."""
    sums: dict[str | None, _Group] = {}
    for group in groups:
        there = sums.get(group.value)
        sums[group.value] = group if there is None else there + group
    return sums.values()
