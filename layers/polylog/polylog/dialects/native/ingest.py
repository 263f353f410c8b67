"""`POST /events`: stores events, in the format of this API, of another one, or as CloudEvents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Request, Response
from polylog.dialects import DIALECTS, format_named
from polylog.dialects.native.strict import StrictParams
from polylog.dialects.native.wire import read_event
from polylog.intake.documents import Format, read_json, read_lines, read_one, unpack
from polylog.intake.formats import FORMATS, cloudevents, kubernetes
from polylog.intake.offers import Offered
from polylog.model.errors import EventConflict, EventRefused
from polylog.model.store import Outcome, Status

MAX_EVENTS: Final = 1000
"""The most events that one request may carry."""


class IngestParams(StrictParams):
    """The format of the events; by default the content type decides.

    An API server of Kubernetes cannot name a format. Its events are recognised by the body.
    """

    format: Annotated[
        str | None,
        Field(
            description="The format of the events, such as `cloudtrail`. By default they are "
            "events of this API, or CloudEvents if the content type or the headers say so. Lists "
            "of Kubernetes are recognised. With `native`, each event must have an id and a time.",
            json_schema_extra={"type": "string", "enum": sorted({*FORMATS, *DIALECTS})},
        ),
    ] = None
    timeout: Annotated[
        str | None,
        Field(description="Has no effect. API servers of Kubernetes send it."),
    ] = None


class Result(TypedDict):
    """What happened to one event; `seq` is its number in the order of arrival.

    `error` says why the event was not stored. After a `conflict`, `seq` is the number of the other
    event, which keeps the id.
    """

    id: str | None
    seq: int | None
    status: Status
    error: NotRequired[str]


class Results(TypedDict):
    """What happened to each event, in the order in which you sent them."""

    results: list[Result]


def ingest(call: Call, params: IngestParams) -> Response:
    """Store the events of the body, and return what happened to each.

    The body is an event, an array of them, an object with a member `events`, or one event a line
    (`Content-Type: application/x-ndjson`). It has at most 1,000 events. Only `type` is required, as
    in `[{"type": "door.open", "actor": {"id": "ada"}, "data": {"floor": 3}}]`.

    An event with an `id` needs a `time`. It is stored once, however often you send it. An event
    without an `id` gets a new one each time that you send it.

    If you send several events, check the `status` of each: the answer is 200 even if none was
    stored. A single event that cannot be stored is an error, 400, or 409 if another event has its
    id.
    """
    offered, is_single = _read(call, params)
    outcomes = call.put(offered)
    if is_single:
        _require_stored(outcomes[0])
    return Response.of({"results": [_render_outcome(outcome) for outcome in outcomes]})


def _require_stored(outcome: Outcome) -> None:
    """Raise `EventConflict` or `EventRefused` unless the event is in the log now."""
    if outcome.status is Status.CONFLICT:
        raise EventConflict(outcome.reason)
    if not outcome.status.is_in_log:
        raise EventRefused(outcome.reason)


def _read(call: Call, params: IngestParams) -> tuple[Sequence[Offered], bool]:
    """Return the events, and whether the body is a single event and not a list or lines.

    Raises `RequestTooLarge` for too many events, before it reads any of them.
    """
    request, scope = call.request, call.principal.scope
    if params.format in (None, cloudevents.NAME) and cloudevents.is_binary(request.headers):
        return [cloudevents.read_binary(request.headers, request.body, scope)], True
    format = _format(call, params)
    if _has_lines(request):
        return read_lines(request.body, format, scope, MAX_EVENTS), False
    document = read_json(request.body, format.envelope, MAX_EVENTS)
    if params.format is None and kubernetes.is_list(document):
        format = kubernetes.FORMAT
    wires = unpack(document, format, MAX_EVENTS)
    is_single = len(wires) == 1 and wires[0] is document
    return [read_one(wire, format, scope) for wire in wires], is_single


def _format(call: Call, params: IngestParams) -> Format:
    if params.format is not None:
        return format_named(params.format)
    content_type = call.request.headers.get("content-type", "").lower()
    if content_type.startswith(cloudevents.MEDIA_TYPE):
        return cloudevents.FORMAT
    return Format(partial(read_event, now=call.services.clock.now()), envelope=("events",))


def _has_lines(request: Request) -> bool:
    return "ndjson" in request.headers.get("content-type", "").lower()


def _render_outcome(outcome: Outcome) -> dict[str, object]:
    document: dict[str, object] = {
        "id": outcome.id,
        "seq": outcome.seq,
        "status": outcome.status,
    }
    return document if outcome.reason is None else document | {"error": outcome.reason}
