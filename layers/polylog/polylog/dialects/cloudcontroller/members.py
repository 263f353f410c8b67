"""The times in the Cloud Controller's event objects."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from polylog.model.times import parse_time

Time = Annotated[
    int,
    BeforeValidator(lambda value: parse_time(value, "a time like 2015-02-13T22:34:52Z")),
    Field(json_schema_extra={"type": "string", "format": "date-time"}),
]
"""Microseconds since the epoch, UTC; written as `YYYY-MM-DDTHH:MM:SSZ`."""
