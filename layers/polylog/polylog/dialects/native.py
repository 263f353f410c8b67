"""Polylog's own API under `/v1`: ours throughout, errors after RFC 9457.

So far it takes events in; what it answers questions with comes with its query language.
"""

from __future__ import annotations

from pydantic_core import to_json

from polylog.auth import bearer
from polylog.call import Call
from polylog.dialect import Dialect, Endpoint
from polylog.dialects import format_named
from polylog.errors import (
    ApiError,
    Forbidden,
    InvalidBody,
    InvalidCredential,
    InvalidParameter,
    RequestTooLarge,
    ResponseTooLarge,
    RouteNotFound,
    Unauthenticated,
    Unavailable,
    nearest,
)
from polylog.formats import read_document, read_lines
from polylog.http import Response
from polylog.params import Params
from polylog.store import Outcome

MAX_EVENTS = 1000
"""As many events can be handed in with one request."""


class IngestParams(Params):
    """In which API's form the events are written."""

    format: str


def ingest(call: Call, params: IngestParams) -> Response:
    """Store the events of the body; answer what became of each, in their order."""
    is_ndjson = "ndjson" in call.request.headers.get("content-type", "")
    read = read_lines if is_ndjson else read_document
    offered = read(call.request.body, format_named(params.format), call.principal.scope)
    if len(offered) > MAX_EVENTS:
        raise RequestTooLarge(f"{len(offered)} events in one request, more than {MAX_EVENTS}")
    results = [_render_outcome(outcome) for outcome in call.put(offered)]
    return Response.of({"results": results})


def _render_outcome(outcome: Outcome) -> dict[str, object]:
    document: dict[str, object] = {
        "id": outcome.id,
        "seq": outcome.seq,
        "status": outcome.status,
    }
    return document if outcome.reason is None else document | {"error": outcome.reason}


def render_error(error: ApiError) -> Response:
    """Render problem details (RFC 9457); `type` names the kind of problem and stays the same."""
    status, title = nearest(error, _PROBLEMS)
    document: dict[str, object] = {
        "type": f"urn:polylog:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
    }
    if str(error):
        document["detail"] = str(error)
    if isinstance(error, InvalidParameter):
        document["parameter"] = error.parameter
    headers = [("Content-Type", "application/problem+json")]
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    if status == 503:
        headers.append(("Retry-After", "1"))
    return Response(status, to_json(document), tuple(headers))


_PROBLEMS: dict[type[ApiError], tuple[int, str]] = {
    InvalidParameter: (400, "Invalid parameter"),
    InvalidBody: (400, "Invalid body"),
    Unauthenticated: (401, "No credential"),
    InvalidCredential: (401, "Invalid credential"),
    Forbidden: (403, "Forbidden"),
    RouteNotFound: (404, "Not found"),
    RequestTooLarge: (413, "Request too large"),
    ResponseTooLarge: (413, "Response too large"),
    Unavailable: (503, "Unavailable"),
    ApiError: (500, "Internal error"),
}

DIALECT = Dialect(
    name="native",
    mounts=("/v1",),
    scheme=bearer,
    endpoints=(Endpoint("POST", "/events", IngestParams, ingest, permission="write"),),
    error=render_error,
)
