"""Polylog's own API under `/v1`: a query language, and what the other APIs lack.

Ours throughout, after AIP-132, AIP-158 and AIP-160; problems after RFC 9457, links after RFC 8288.
"""

from __future__ import annotations

from polylog.auth import bearer
from polylog.dialect import Dialect, Endpoint, Format
from polylog.dialects.native.counting import (
    CountParams,
    GroupsParams,
    HistogramParams,
    count,
    groups,
    histogram,
)
from polylog.dialects.native.errors import render_error
from polylog.dialects.native.explaining import with_member
from polylog.dialects.native.export import ExportParams, export
from polylog.dialects.native.ingest import IngestParams, ingest
from polylog.dialects.native.keys import KeyParams, create_key, list_keys, me, revoke_key
from polylog.dialects.native.listing import EventParams, ListParams, get_event, list_events
from polylog.dialects.native.tail import TailParams, tail
from polylog.dialects.native.wire import read_event
from polylog.params import Params

DIALECT = Dialect(
    name="native",
    mounts=("/v1",),
    scheme=bearer,
    endpoints=(
        Endpoint("GET", "/events", ListParams, list_events),
        Endpoint("POST", "/events", IngestParams, ingest, permission="write"),
        Endpoint("GET", "/events:count", CountParams, with_member(count)),
        Endpoint("GET", "/events:histogram", HistogramParams, with_member(histogram)),
        Endpoint("GET", "/events:groups", GroupsParams, with_member(groups)),
        Endpoint("GET", "/events:tail", TailParams, tail),
        Endpoint("GET", "/events:export", ExportParams, export),
        Endpoint("GET", "/events/{id+}", EventParams, get_event),
        Endpoint("GET", "/me", Params, me),
        Endpoint("GET", "/keys", Params, list_keys, permission="admin"),
        Endpoint("POST", "/keys", Params, create_key, permission="admin"),
        Endpoint("DELETE", "/keys/{key_id}", KeyParams, revoke_key, permission="admin"),
    ),
    error=render_error,
    format=Format(read_event, envelope="events"),
)
