"""The answers of the native API, with the members that the command reads."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue

JsonObject = dict[str, JsonValue]


class Alternative(BaseModel):
    """A way to find an answer; `units` is None if its cost is not known."""

    model_config = ConfigDict(frozen=True)

    name: str
    units: float | None
    is_chosen: bool
    reason: str


class Explanation(BaseModel):
    """How the service found an answer, and what it read."""

    model_config = ConfigDict(frozen=True)

    index: str | None
    shards: int
    conditions: tuple[str, ...]
    residual: str
    items_read: int
    items_returned: int
    requests: int
    read_units: float
    tally_reads: int
    reason: str
    alternatives: tuple[Alternative, ...] = ()


class Answer(BaseModel):
    """An answer, with its explanation if you asked for one."""

    model_config = ConfigDict(frozen=True)

    explanation: Explanation | None = None


class Listing(Answer):
    """A page of a list; the last page has no token."""

    events: list[JsonObject]
    next_page_token: str | None = None
    total_size: int | None = None


class Arrivals(Answer):
    """Events in the order of arrival; up to the seq `complete`, none is missing."""

    events: list[JsonObject]
    complete: int


class Counted(Answer):
    """The number of events that match."""

    count: int


class Grouped(Answer):
    """The number of events that match for each value of a field, the largest group first."""

    groups: list[JsonObject]


class Bar(BaseModel):
    """The number of events that match in the interval that starts at a time."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    count: int


class Histogram(Answer):
    """The number of events that match in each interval that has any, the earliest first."""

    bars: list[Bar]
