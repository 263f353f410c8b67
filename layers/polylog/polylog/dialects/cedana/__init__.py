"""Cedana's events API: one list of the recent past.

Implements "List events" of Cedana's documentation and OpenAPI document (Cedana API 0.0.0-staging,
docs.cedana.ai, 2026). What these leave open follows Cedana's Go SDK (early 2026), which reads the
answers. "Ours" marks what Polylog decides, because neither does.
"""

from __future__ import annotations

from polylog.api.auth import bearer
from polylog.api.contract import BEARER, Reply
from polylog.api.dialect import Dialect, Endpoint
from polylog.dialects.cedana.errors import Problem, render_error
from polylog.dialects.cedana.listing import TRUNCATED, ListParams, list_events
from polylog.dialects.cedana.wire import CedanaEvent, read_event
from polylog.intake.documents import Format, has_members
from polylog.model.errors import TooBroad

_EVENTS = Reply(
    list[CedanaEvent],
    headers={TRUNCATED[0]: "`true` if the oldest events of the window are missing (ours)."},
)

# The SDK keeps only the scheme and host of the address that you give it, so the root comes first.
DIALECT = Dialect(
    name="cedana",
    mounts=("", "/cedana"),
    scheme=bearer,
    endpoints=(
        Endpoint(
            "GET", "/v2/events", ListParams, list_events, returns=(_EVENTS,), raises=(TooBroad,)
        ),
    ),
    error=render_error,
    format=Format(read_event, is_event=has_members("operation", "resource_type", "timestamp")),
    problem=Problem,
    security=BEARER,
)
