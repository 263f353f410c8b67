"""Polylog's own API under `/v1`: filters, counts, groups, the order of arrival, and keys.

It has what the other APIs lack. It follows AIP-132, AIP-158 and AIP-160 for lists, pages and
filters, RFC 9457 for problems, and RFC 8288 for links. Polylog decides what these leave open.

Send the token of an access key with each request, as `Authorization: Bearer <key id>.<secret>`. A
parameter that is unknown, or given twice, is refused with 400. Times are RFC 3339, in UTC.
"""

from __future__ import annotations

from pydantic import JsonValue

from polylog.api.auth import bearer
from polylog.api.contract import BEARER, Body, Reply
from polylog.api.dialect import Dialect, Endpoint
from polylog.dialects.native import counting, keys
from polylog.dialects.native.document import DOCUMENT
from polylog.dialects.native.errors import Problem, render_error
from polylog.dialects.native.explaining import HEADER, with_member
from polylog.dialects.native.export import NDJSON, ExportParams, export
from polylog.dialects.native.ingest import IngestParams, Results, ingest
from polylog.dialects.native.listing import (
    EventList,
    EventParams,
    ListParams,
    get_event,
    list_events,
)
from polylog.dialects.native.strict import StrictParams
from polylog.dialects.native.tail import Arrivals, TailParams, tail
from polylog.dialects.native.wire import WireEvent, is_event, read_event
from polylog.intake.documents import Format
from polylog.model.errors import (
    EventConflict,
    EventNotFound,
    EventRefused,
    KeyNotFound,
    PositionExpired,
    TooBroad,
)

_EXPLANATION = {HEADER: "How the answer was found, as JSON, if you asked for it with `explain`."}
_LINK = {"Link": "The address of the next page (RFC 8288), missing on the last page."}
_TAKEN = Body(
    JsonValue,
    (
        *("application/json", "application/x-ndjson"),
        *("application/cloudevents+json", "application/cloudevents-batch+json"),
    ),
)

DIALECT = Dialect(
    name="native",
    mounts=("/v1",),
    scheme=bearer,
    endpoints=(
        Endpoint(
            "GET",
            "/events",
            ListParams,
            list_events,
            returns=(Reply(EventList),),
            raises=(TooBroad, PositionExpired),
        ),
        Endpoint(
            "POST",
            "/events",
            IngestParams,
            ingest,
            permission="write",
            takes=_TAKEN,
            returns=(Reply(Results),),
            raises=(EventRefused, EventConflict),
        ),
        Endpoint(
            "GET",
            "/events:count",
            counting.CountParams,
            with_member(counting.count),
            returns=(Reply(counting.Count),),
            raises=(TooBroad,),
        ),
        Endpoint(
            "GET",
            "/events:histogram",
            counting.HistogramParams,
            with_member(counting.histogram),
            returns=(Reply(counting.Histogram),),
            raises=(TooBroad,),
        ),
        Endpoint(
            "GET",
            "/events:groups",
            counting.GroupsParams,
            with_member(counting.groups),
            returns=(Reply(counting.Groups),),
            raises=(TooBroad,),
        ),
        Endpoint(
            "GET",
            "/events:facets",
            counting.FacetsParams,
            with_member(counting.facets),
            returns=(Reply(counting.Facets),),
            raises=(TooBroad,),
        ),
        Endpoint("GET", "/events:tail", TailParams, tail, returns=(Reply(Arrivals),)),
        Endpoint(
            "GET",
            "/events:export",
            ExportParams,
            export,
            returns=(Reply(WireEvent, media_type=NDJSON, headers=_LINK | _EXPLANATION),),
            raises=(TooBroad, PositionExpired),
        ),
        Endpoint(
            "GET",
            "/events/{id+}",
            EventParams,
            get_event,
            returns=(Reply(WireEvent, headers=_EXPLANATION),),
            raises=(EventNotFound,),
        ),
        Endpoint("GET", "/me", StrictParams, keys.me, permission="any", returns=(Reply(keys.Own),)),
        Endpoint(
            "GET",
            "/keys",
            StrictParams,
            keys.list_keys,
            permission="admin",
            returns=(Reply(keys.Keys),),
        ),
        Endpoint(
            "POST",
            "/keys",
            StrictParams,
            keys.create_key,
            permission="admin",
            takes=Body(keys.NewKey),
            returns=(Reply(keys.CreatedKey, status=201),),
        ),
        Endpoint(
            "DELETE",
            "/keys/{key_id}",
            keys.KeyParams,
            keys.revoke_key,
            permission="admin",
            returns=(Reply(status=204),),
            raises=(KeyNotFound,),
        ),
        DOCUMENT,
    ),
    error=render_error,
    format=Format(read_event, envelope=("events",), is_event=is_event),
    problem=Problem,
    security=BEARER,
)
