"""A complete dialect, made up for this test: adding one takes no change of the library."""

from __future__ import annotations

import json
from typing import Annotated

import pytest
from hypothesis import given
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from support import strategies
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.auth import Credential
from polylog.api.call import Call, Services
from polylog.api.dialect import Dialect, Endpoint, serve
from polylog.api.http import Pairs, Request, Response
from polylog.api.params import Params, Where
from polylog.intake.documents import Format, read_document
from polylog.model.errors import ApiError, InvalidParameter, Unauthenticated, nearest, validated
from polylog.model.event import Entity, Event, Key
from polylog.model.filter import Op
from polylog.model.query import Order, Window
from polylog.model.times import SECOND, Clock

# The dialect: a ship's log, which you ask by watch and hand.


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    line: Key
    bell: Annotated[int, Field(ge=0, le=10**9)]
    watch: Key
    hand: str | None


def read_entry(wire: JsonValue) -> Event:
    entry = validated(Entry, wire)
    time, hand = entry.bell * SECOND, Entity(name=entry.hand)
    return Event(id=entry.line, time=time, type=entry.watch, actor=hand)


def render_entry(event: Event) -> dict[str, JsonValue]:
    bell, hand = event.time // SECOND, event.actor.name
    return {"line": event.id, "bell": bell, "watch": event.type, "hand": hand}


class LogParams(Params):
    watch: Annotated[str | None, Where("type", Op.EQ)] = None
    hand: Annotated[str | None, Where("actor.name", Op.HAS)] = None
    most: Annotated[int, Field(ge=1, le=50, alias="at-most")] = 10


def list_entries(call: Call, params: LogParams) -> Response:
    page = call.find(params.filter, Order.DESCENDING, Window(params.most), with_total=True)
    return Response.of({"of": page.total, "log": [render_entry(event) for event in page.events]})


def render_error(error: ApiError) -> Response:
    status = nearest(error, {Unauthenticated: 401, InvalidParameter: 400, ApiError: 500})
    return Response.of({"avast": str(error) or type(error).__name__}, status=status)


SHIP = Dialect(
    name="ship",
    mounts=("/ship",),
    scheme=lambda request: Credential.parse(request.headers.get("x-password", "")),
    endpoints=(Endpoint("GET", "/log", LogParams, list_entries),),
    error=render_error,
    format=Format(read_entry, envelope=("log",)),
)

# What it does.

ENTRIES: list[dict[str, JsonValue]] = [
    {"line": "c", "bell": 8, "watch": "dog", "hand": "Bligh"},
    {"line": "b", "bell": 4, "watch": "morning", "hand": None},
    {"line": "a", "bell": 4, "watch": "dog", "hand": "Ada"},
]


def ask(query: Pairs = (), password: str | None = None) -> Response:
    """Ask a log that holds the events of the dialect's own list response."""
    store, keys = MemoryEventStore(), MemoryKeyStore()
    dump = json.dumps({"of": 3, "log": ENTRIES[::-1]}).encode()
    assert SHIP.format is not None
    events = [
        event for event in read_document(dump, SHIP.format, "navy") if isinstance(event, Event)
    ]
    store.put("navy", events)
    good = keys.create("navy", frozenset({"read"})).token
    headers = {"x-password": good if password is None else password}
    services = Services(store, keys, clock=Clock(lambda: 0))
    return serve(SHIP, Request("GET", "/ship/log", query, headers), services)


@pytest.mark.parametrize(
    ("query", "total", "expected"),
    [
        ((), 3, ENTRIES),
        ((("watch", "dog"),), 2, [ENTRIES[0], ENTRIES[2]]),
        ((("watch", "dog"), ("hand", "ADA")), 1, [ENTRIES[2]]),
        ((("at-most", "1"),), 3, ENTRIES[:1]),
    ],
)
def test_it_lists_what_it_was_given(
    query: Pairs, total: int, expected: list[dict[str, JsonValue]]
) -> None:
    response = ask(query)
    assert json.loads(response.body) == {"of": total, "log": expected}


@pytest.mark.parametrize(
    ("query", "password", "status", "said"),
    [
        ((), "rum", 401, "UnknownKey"),
        ((("at-most", "51"),), None, 400, "at-most must be <= 50"),
    ],
)
def test_it_says_what_is_wrong_in_its_own_form(
    query: Pairs, password: str | None, status: int, said: str
) -> None:
    response = ask(query, password)
    assert (response.status, json.loads(response.body)) == (status, {"avast": said})


def test_it_names_what_it_does_not_accept() -> None:
    with pytest.raises(InvalidParameter, match="bell must be an integer"):
        read_entry(ENTRIES[0] | {"bell": "eight"})


@given(strategies.stored_events())
def test_it_shows_the_events_of_every_other_dialect(event: Event) -> None:
    assert json.loads(Response.of(render_entry(event)).body)["line"] == event.id
