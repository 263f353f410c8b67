"""`GET /events:tail`: events in the order of arrival. It can wait for new ones."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Annotated, Final, NotRequired

from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.dialects.native.explaining import explaining, member
from polylog.dialects.native.listing import Filtered, PageSize, limit_of
from polylog.dialects.native.wire import WireEvent, render_event
from polylog.model.errors import TimedOut, shown
from polylog.model.event import MAX_SEQ
from polylog.model.filter import Filter
from polylog.model.store import Explanation, Tail

_LATEST: Final = "latest"
_NUMBER = re.compile(r"\d{1,16}", re.ASCII)

# A client that waits gets an event at most half a second late.
_POLL_SECONDS: Final = 0.5


def _read_after(text: object) -> int | None:
    if text == _LATEST:
        return None
    if not _NUMBER.fullmatch(str(text)) or int(str(text)) > MAX_SEQ:
        raise ValueError(f"must be the number of an event, or {_LATEST}, but was '{shown(text)}'")
    return int(str(text))


class TailParams(Filtered):
    """Where to start, and how many seconds to wait for an event.

    `after` is None if you want only events that arrive from now on.
    """

    after: Annotated[
        int | None,
        BeforeValidator(_read_after),
        Field(
            description="The number `seq` to start after: 0, the default, starts with the first "
            f"event of the log. `{_LATEST}` returns no events, only the number to go on from.",
            json_schema_extra={
                "type": "string",
                "pattern": rf"^(\d{{1,16}}|{_LATEST})$",
                "default": "0",
            },
        ),
    ] = 0
    page_size: PageSize = 0
    wait: Annotated[
        int,
        Field(
            ge=0,
            le=20,
            description="How many seconds to wait if no event has arrived yet. By default, "
            "the answer comes at once.",
        ),
    ] = 0


class Arrivals(TypedDict):
    """Events in the order of arrival; up to the number `complete`, none is missing.

    Ask again with `after` set to `complete`. `is_held_back` means that there are later events, but
    one with a lower number may still arrive before them.
    """

    events: list[WireEvent]
    complete: int
    is_held_back: bool
    explanation: NotRequired[Explanation]


def tail(call: Call, params: TailParams) -> Response:
    """List events in the order of arrival, and wait for new ones.

    Up to the number `complete`, no event that passes the filter is missing. Ask again with `after`
    set to that number: you lose nothing and get nothing twice, even while others write.

    For example, `GET /v1/events:tail?after=latest` returns where the present is. If that is 3000,
    `GET /v1/events:tail?after=3000&wait=20` returns the next events, or none after 20 seconds.
    """
    with explaining(call, params) as explanation:
        wanted = params.wanted
        found = _latest(call) if params.after is None else _wait(call, params, wanted, params.after)
    rendered = [render_event(event) for event in found.events]

    def response(number: int) -> Response:
        is_whole = number == len(rendered)
        if explanation is not None:
            explanation.items_returned = number
        return Response.of(
            {
                "events": rendered[:number],
                "complete": found.complete if is_whole else found.events[number - 1].seq,
                "is_held_back": found.is_held_back and is_whole,
                **member(explanation),
            }
        )

    return call.fitting(response, len(rendered))


def _latest(call: Call) -> Tail:
    return Tail((), call.latest(), is_held_back=False)


def _wait(call: Call, params: TailParams, wanted: Filter, after: int) -> Tail:
    limit, clock = limit_of(params.page_size), call.services.clock
    waiting = clock.deadline(params.wait)
    found = call.tail(wanted, after, limit)
    # If there is no time for one more look, the last one is the answer.
    with suppress(TimedOut):
        while not (found.events or waiting.is_over):
            clock.sleep(_POLL_SECONDS)
            found = call.tail(wanted, found.complete, limit)
    return found
