"""`POST /events`: takes events in, in any of the forms that are known."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from polylog import cloudevents
from polylog.call import Call, Offered
from polylog.dialect import Format
from polylog.dialects import DIALECTS, format_named
from polylog.dialects.native.strict import StrictParams
from polylog.dialects.native.wire import read_event
from polylog.errors import EventConflict, EventRefused, RequestTooLarge
from polylog.formats import read_document, read_lines
from polylog.http import Request, Response
from polylog.store import Outcome, Status

MAX_EVENTS: Final = 1000
"""As many events can be handed in with one request."""

# What may stand before JSON: a mark of UTF-8 and white space.
_BLANKS: Final = BOM_UTF8 + b" \t\r\n"


class IngestParams(StrictParams):
    """In which form the events are written; left out, the content type tells."""

    format: Annotated[
        str | None,
        Field(
            description="The form of the events: an API's, or cloudevents.",
            json_schema_extra={"type": "string", "enum": [cloudevents.NAME, *DIALECTS]},
        ),
    ] = None


class Result(TypedDict):
    """What became of an event: `seq` is its number in the order of arrival."""

    id: str | None
    seq: int | None
    status: Status
    error: NotRequired[str]


class Results(TypedDict):
    """What became of each event, in their order."""

    results: list[Result]


def ingest(call: Call, params: IngestParams) -> Response:
    """Store the events of the body; answer what became of each, in their order.

    When it is a single event that is not there afterwards, that is an error.
    """
    offered = _read(call, params)
    if len(offered) > MAX_EVENTS:
        raise RequestTooLarge(f"{len(offered)} events in one request, more than {MAX_EVENTS}")
    outcomes = call.put(offered)
    if _is_single(call.request, len(offered)):
        _require_stored(outcomes[0])
    return Response.of({"results": [_render_outcome(outcome) for outcome in outcomes]})


def _is_single(request: Request, number: int) -> bool:
    """Return whether an event was handed in by itself: not in an array, and not as a line."""
    is_binary = cloudevents.is_binary(request.headers)
    is_object = not _has_lines(request) and request.body.lstrip(_BLANKS)[:1] == b"{"
    return number == 1 and (is_binary or is_object)


def _require_stored(outcome: Outcome) -> None:
    """Raise `EventRefused` unless the event is in the log now."""
    if outcome.status is Status.CONFLICT:
        raise EventConflict(outcome.reason)
    if outcome.status not in (Status.STORED, Status.DUPLICATE):
        raise EventRefused(outcome.reason)


def _read(call: Call, params: IngestParams) -> Sequence[Offered]:
    request = call.request
    if params.format in (None, cloudevents.NAME) and cloudevents.is_binary(request.headers):
        return [cloudevents.read_binary(request.headers, request.body, call.principal.scope)]
    content_type = request.headers.get("content-type", "").lower()
    if params.format is not None:
        format = format_named(params.format)
    elif content_type.startswith(cloudevents.MEDIA_TYPE):
        format = cloudevents.FORMAT
    else:
        format = Format(partial(read_event, now=call.services.clock()), envelope="events")
    read = read_lines if _has_lines(request) else read_document
    return read(request.body, format, call.principal.scope)


def _has_lines(request: Request) -> bool:
    return "ndjson" in request.headers.get("content-type", "").lower()


def _render_outcome(outcome: Outcome) -> dict[str, object]:
    document: dict[str, object] = {
        "id": outcome.id,
        "seq": outcome.seq,
        "status": outcome.status,
    }
    return document if outcome.reason is None else document | {"error": outcome.reason}
