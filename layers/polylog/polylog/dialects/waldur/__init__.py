"""Waldur's events API: `/api/events/` and its statistics.

Implements "Events" of the Waldur SDK's API reference (November 2025). What the document leaves
open, or gets wrong (the bodies of count, event_groups and scope_types), follows the server,
waldur-mastermind, and the published client, waldur-api-client, as of 2026. "Ours" marks where
Polylog differs from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polylog.api.call import Call
from polylog.api.contract import Reply
from polylog.api.dialect import Dialect, Endpoint, P
from polylog.api.http import Response
from polylog.api.params import Params
from polylog.dialects.waldur.access import (
    SECURITY,
    add_slash,
    describe,
    headers,
    refuse_method,
    token,
)
from polylog.dialects.waldur.errors import (
    InvalidPage,
    NotAcceptable,
    Problem,
    UnknownObject,
    render_error,
)
from polylog.dialects.waldur.filters import FilterParams
from polylog.dialects.waldur.groups import list_event_groups, list_scope_types
from polylog.dialects.waldur.listing import (
    Count,
    EventParams,
    ListParams,
    count_events,
    get_event,
    list_events,
)
from polylog.dialects.waldur.paging import page_of, reply
from polylog.dialects.waldur.stats import Month, StatsParams, list_months
from polylog.dialects.waldur.wire import WaldurEvent, read_event
from polylog.intake.documents import Format, has_members
from polylog.model.errors import ApiError, EventNotFound, TooBroad

_EVENTS = page_of(list[WaldurEvent])
_LIST_ERRORS = (InvalidPage, UnknownObject, TooBroad)


def _get(
    path: str,
    params: type[P],
    answer: Callable[[Call, P], Response],
    returns: Reply,
    raises: tuple[type[ApiError], ...] = (),
) -> Endpoint[P]:
    """Return the endpoint for GET at a path."""
    raises = (NotAcceptable, *raises)
    return Endpoint("GET", path, params, answer, returns=(returns,), raises=raises)


def _resource(name: str, get: Endpoint[Any]) -> tuple[Endpoint[Any], ...]:
    """Return all endpoints at a path: it answers GET and OPTIONS, and refuses other methods."""
    path = get.path
    return (
        get,
        Endpoint("OPTIONS", path, Params, describe(name), permission=None),
        Endpoint("*", path, Params, refuse_method),
        Endpoint("*", path.removesuffix("/"), Params, add_slash, permission=None),
    )


DIALECT = Dialect(
    name="waldur",
    mounts=("", "/waldur"),
    scheme=token,
    endpoints=(
        _get("/api/events.json", ListParams, list_events, _EVENTS, _LIST_ERRORS),
        Endpoint("OPTIONS", "/api/events.json", Params, describe("Event List"), permission=None),
        Endpoint("*", "/api/events.json", Params, refuse_method),
        *_resource(
            "Event List", _get("/api/events/", ListParams, list_events, _EVENTS, _LIST_ERRORS)
        ),
        *_resource(
            "Count",
            _get(
                "/api/events/count/",
                FilterParams,
                count_events,
                reply(Count),
                (UnknownObject, TooBroad),
            ),
        ),
        *_resource(
            "Event Groups",
            _get(
                "/api/events/event_groups/", Params, list_event_groups, reply(dict[str, list[str]])
            ),
        ),
        *_resource(
            "Scope Types",
            _get("/api/events/scope_types/", Params, list_scope_types, reply(list[str])),
        ),
        *_resource(
            "Event Instance",
            _get(
                "/api/events/{id}/",
                EventParams,
                get_event,
                Reply(WaldurEvent),
                (UnknownObject, EventNotFound),
            ),
        ),
        *_resource(
            "Event Stats List",
            _get(
                "/api/events-stats/",
                StatsParams,
                list_months,
                page_of(list[Month]),
                _LIST_ERRORS,
            ),
        ),
    ),
    error=render_error,
    headers=headers,
    format=Format(read_event, is_event=has_members("uuid", "event_type", "created")),
    problem=Problem,
    security=SECURITY,
)
