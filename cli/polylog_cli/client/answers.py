"""What the native API answers, as far as the command reads it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue

JsonObject = dict[str, JsonValue]


class Explanation(BaseModel):
    """How an answer was found and what it took."""

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


class Answer(BaseModel):
    """An answer, and its explanation if that was asked for."""

    model_config = ConfigDict(frozen=True)

    explanation: Explanation | None = None


class Listing(Answer):
    """A page of a list; without a token it is the last one."""

    events: list[JsonObject]
    next_page_token: str | None = None
    total_size: int | None = None


class Arrivals(Answer):
    """Events in the order of arrival, none missing up to the number `complete`."""

    events: list[JsonObject]
    complete: int


class Counted(Answer):
    """How many events pass."""

    count: int


class Grouped(Answer):
    """How many events pass by the value of a field, the largest group first."""

    groups: list[JsonObject]


class Bar(BaseModel):
    """How many events pass from a time on, to the end of its interval."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    count: int


class Histogram(Answer):
    """How many events pass in each interval that has any, the earliest first."""

    bars: list[Bar]
