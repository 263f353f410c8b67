"""`POST /events`: takes events in, in any of the forms that are known."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from polylog import cloudevents
from polylog.call import Call, Offered
from polylog.dialect import Format
from polylog.dialects import DIALECTS, format_named
from polylog.dialects.native.wire import read_event
from polylog.errors import RequestTooLarge
from polylog.formats import read_document, read_lines
from polylog.http import Response
from polylog.params import Params
from polylog.store import Outcome, Status

MAX_EVENTS: Final = 1000
"""As many events can be handed in with one request."""


class IngestParams(Params):
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
    """Store the events of the body; answer what became of each, in their order."""
    offered = _read(call, params)
    if len(offered) > MAX_EVENTS:
        raise RequestTooLarge(f"{len(offered)} events in one request, more than {MAX_EVENTS}")
    results = [_render_outcome(outcome) for outcome in call.put(offered)]
    return Response.of({"results": results})


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
    read = read_lines if "ndjson" in content_type else read_document
    return read(request.body, format, call.principal.scope)


def _render_outcome(outcome: Outcome) -> dict[str, object]:
    document: dict[str, object] = {
        "id": outcome.id,
        "seq": outcome.seq,
        "status": outcome.status,
    }
    return document if outcome.reason is None else document | {"error": outcome.reason}
