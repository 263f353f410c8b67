"""`/api/events-stats/`: the number of events in each month."""

from __future__ import annotations

from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.dialects.waldur.filters import ScopeParams, chosen
from polylog.dialects.waldur.paging import PageParams, Shown, paged
from polylog.model.store import Bar, Interval
from polylog.model.times import format_rfc3339


class Month(TypedDict):
    """The number of events in a month, in UTC; January is month 1."""

    year: int
    month: int
    count: int


class StatsParams(ScopeParams, PageParams):
    """The parameters of the statistics."""


def list_months(call: Call, params: StatsParams) -> Response:
    """List the months that have events, with their numbers of events, the newest first.

    For example, `[{"year": 2026, "month": 11, "count": 3000}]`.
    """
    months = call.histogram(chosen(call, params), Interval.MONTH)[::-1]
    number = params.pages(len(months)) if params.is_last else params.number
    start = (number - 1) * params.limit
    items = tuple(map(_render, months[start : start + params.limit]))
    return paged(call, params, number, Shown(items, len(months)))


def _render(month: Bar) -> dict[str, object]:
    year, number = format_rfc3339(month.start).split("-")[:2]
    return {"year": int(year), "month": int(number), "count": month.count}
