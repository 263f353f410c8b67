"""Waldur's `/api/events/`.

Implements "Events" of the Waldur SDK's API reference (November 2025). What the document leaves
open, or gives wrong (the bodies of count, event_groups and scope_types), follows the server,
waldur-mastermind, and the published client, waldur-api-client, as of 2026; what is marked "ours"
deviates from them, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polylog.call import Call
from polylog.dialect import Dialect, Endpoint, Format, P
from polylog.dialects.waldur.access import (
    add_slash,
    describe,
    headers,
    refuse_method,
    token,
)
from polylog.dialects.waldur.errors import render_error
from polylog.dialects.waldur.filters import FilterParams
from polylog.dialects.waldur.groups import list_event_groups, list_scope_types
from polylog.dialects.waldur.listing import (
    EventParams,
    ListParams,
    count_events,
    get_event,
    list_events,
)
from polylog.dialects.waldur.stats import StatsParams, list_months
from polylog.dialects.waldur.wire import read_event
from polylog.http import Response
from polylog.params import Params


def _resource(
    name: str, path: str, params: type[P], answer: Callable[[Call, P], Response]
) -> tuple[Endpoint[Any], ...]:
    """Return all that a path answers: it can be read, and nothing else."""
    return (
        Endpoint("GET", f"{path}/", params, answer),
        Endpoint("OPTIONS", f"{path}/", Params, describe(name), permission=None),
        Endpoint("*", f"{path}/", Params, refuse_method),
        Endpoint("*", path, Params, add_slash, permission=None),
    )


DIALECT = Dialect(
    name="waldur",
    mounts=("", "/waldur"),
    scheme=token,
    endpoints=(
        Endpoint("GET", "/api/events.json", ListParams, list_events),
        Endpoint("OPTIONS", "/api/events.json", Params, describe("Event List"), permission=None),
        Endpoint("*", "/api/events.json", Params, refuse_method),
        *_resource("Event List", "/api/events", ListParams, list_events),
        *_resource("Count", "/api/events/count", FilterParams, count_events),
        *_resource("Event Groups", "/api/events/event_groups", Params, list_event_groups),
        *_resource("Scope Types", "/api/events/scope_types", Params, list_scope_types),
        *_resource("Event Instance", "/api/events/{id}", EventParams, get_event),
        *_resource("Event Stats List", "/api/events-stats", StatsParams, list_months),
    ),
    error=render_error,
    headers=headers,
    format=Format(read_event),
)
