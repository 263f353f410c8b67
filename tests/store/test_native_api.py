"""The native API over real stores: pages add up for every question, however they are cut."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import examples
from support.interception import Intercept
from support.memory import MemoryEventStore, MemoryKeyStore
from support.stores import dynamo_store, settle
from support.strategies import NOON, events, normal_filters

from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request, Response
from polylog.dialects.native import DIALECT
from polylog.dialects.native.wire import render_event
from polylog.dynamo.limits import Limits
from polylog.dynamo.retention import DAY, Retention
from polylog.dynamo.tally import kinds as counted_kinds
from polylog.model import times
from polylog.model.errors import TimedOut
from polylog.model.event import Entity, Event
from polylog.model.predicate import predicate
from polylog.model.query import EventQuery, Page
from polylog.model.store import EventStore, Tail
from polylog.model.times import SECOND
from polylog.model.times import Clock as SystemClock
from polylog_cli.local.tables import connect

_numbers = count(1)
FEW = Limits(items=7, seconds=60)


class Clock:
    """A clock that sleepers and the test move."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += int(seconds * SECOND)


@dataclass
class Api:
    """The API over a store, asked with a key for a scope of its own."""

    store: EventStore
    scope: str
    clock: Callable[[], int]
    sleep: Callable[[float], None]
    most_bytes: int = 10**7

    def __post_init__(self) -> None:
        self.keys = MemoryKeyStore()
        self.token = self.keys.create(self.scope, frozenset({"read"})).token

    @classmethod
    def over(cls, store: EventStore) -> Api:
        return cls.at(store, Clock())

    @classmethod
    def at(cls, store: EventStore, clock: Clock) -> Api:
        return cls(store, f"native-{next(_numbers)}", clock, clock.sleep)

    def send(self, path: str, **query: object) -> Response:
        services = Services(
            self.store,
            self.keys,
            SystemClock(self.clock, lambda: self.clock() / SECOND, self.sleep),
            can_deliver=lambda response: len(response.body) <= self.most_bytes,
        )
        pairs = tuple((name, str(value)) for name, value in query.items())
        headers = {"authorization": f"Bearer {self.token}"}
        return serve(DIALECT, Request("GET", path, pairs, headers), services)

    def get(self, path: str, **query: object) -> Any:
        response = self.send(path, **query)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def pages(self, **query: object) -> Iterator[list[Any]]:
        """Yield the events of a list, page by page."""
        skip, token = query.pop("skip", 0), ""
        while True:
            page = self.get("/v1/events", **query, skip=0 if token else skip, page_token=token)
            yield page["events"]
            token = page.get("next_page_token", "")
            if not token:
                return

    def exported(self, **query: object) -> Iterator[bytes]:
        """Yield the bodies of an export, following its links."""
        while True:
            response = self.send("/v1/events:export", **query)
            assert response.status == 200, response.body
            yield response.body
            link = dict(response.headers).get("Link")
            if link is None:
                return
            target, _, relation = link.partition("; ")
            assert relation == 'rel="next"'
            query = dict(parse_qsl(urlsplit(target.strip("<>")).query, keep_blank_values=True))


questions = st.tuples(
    normal_filters().filter(lambda filter: "seq" not in str(filter)),
    st.sampled_from(("time", "time desc")),
    st.integers(1, 5),
    st.integers(0, 6),
)
logs = st.lists(events(), max_size=25, unique_by=lambda event: event.id)


def check_pages(api: Api, log: list[Event], question: Any) -> None:
    filter, order, size, skip = question
    stored = [event.model_copy(update={"seq": seq}) for event, seq in store_all(api, log)]
    stored.sort(key=lambda event: (event.time, event.seq), reverse=order != "time")
    passes = predicate(filter)
    wanted = [json.loads(json.dumps(render_event(event))) for event in stored if passes(event)]
    query = {"filter": str(filter), "order_by": order, "page_size": size}
    pages = list(api.pages(**query, skip=skip))
    assert [event for page in pages for event in page] == wanted[skip:]
    exported = b"".join(api.exported(**query))
    assert [json.loads(line) for line in exported.splitlines()] == wanted
    assert api.get("/v1/events:count", filter=filter) == {"count": len(wanted)}


def store_all(api: Api, log: list[Event]) -> Iterator[tuple[Event, int]]:
    for event, outcome in zip(log, api.store.put(api.scope, log), strict=True):
        assert outcome.seq is not None
        yield event, outcome.seq


@given(logs, questions)
def test_pages_add_up_in_memory(log: list[Event], question: Any) -> None:
    check_pages(Api.over(MemoryEventStore()), log, question)


@pytest.mark.engine
@pytest.mark.parametrize("shards", [1, 3])
@settings(max_examples=examples(20))
@given(log=logs, question=questions)
def test_pages_add_up_in_dynamodb(
    engine: DynamoDBClient, shards: int, log: list[Event], question: Any
) -> None:
    check_pages(Api.over(dynamo_store(engine, shards)), log, question)


def small(number: int, **values: Any) -> list[Event]:
    defaults: dict[str, Any] = {"type": "t"}
    return [
        Event(id=f"e{n:02}", time=NOON - n * SECOND, **defaults | values) for n in range(number)
    ]


class TestLists:
    @pytest.mark.engine
    def test_a_budget_ends_a_page_but_not_the_list(self, engine: DynamoDBClient) -> None:
        api = Api.over(dynamo_store(engine, limits=FEW))
        api.store.put(api.scope, [*small(20), *small_rare()])
        pages = list(api.pages(filter='data.kind = "rare"', page_size=5))
        assert [event["id"] for page in pages for event in page] == ["r0", "r1"]
        assert len(pages) > 2

    @pytest.mark.engine
    def test_a_total_beyond_the_budget_is_left_out(self, engine: DynamoDBClient) -> None:
        api = Api.over(dynamo_store(engine, limits=FEW))
        api.store.put(api.scope, small(20))
        page = api.get("/v1/events", filter="data.n = 1", total_size="true")
        assert "total_size" not in page

    def test_events_that_do_not_fit_come_on_the_next_page(self) -> None:
        api = Api.over(MemoryEventStore())
        api.store.put(api.scope, small(20, message="x" * 100))
        api.most_bytes = 1000
        pages = list(api.pages())
        assert [event["id"] for page in pages for event in page] == [f"e{n:02}" for n in range(20)]
        assert len(b"".join(api.exported()).splitlines()) == 20

    def test_a_token_continues_only_its_own_list(self) -> None:
        api = Api.over(MemoryEventStore())
        api.store.put(api.scope, small(3))
        token = api.get("/v1/events", page_size=1)["next_page_token"]
        for other in ({"filter": "type = t"}, {"order_by": "time"}):
            response = api.send("/v1/events", page_token=token, **other)
            assert response.status == 400
            assert json.loads(response.body)["parameter"] == "page_token"

    def test_a_token_works_with_another_page_size(self) -> None:
        api = Api.over(MemoryEventStore())
        api.store.put(api.scope, small(6))
        token = api.get("/v1/events", page_size=1)["next_page_token"]
        page = api.get("/v1/events", page_size=2, page_token=token, skip=2)
        assert [event["id"] for event in page["events"]] == ["e03", "e04"]

    @pytest.mark.engine
    def test_a_token_expires_with_the_events_at_its_place(self, engine: DynamoDBClient) -> None:
        clock = Clock()
        store = dynamo_store(engine, clock=clock, retention=Retention(1))
        api = Api.at(store, clock)
        api.store.put(api.scope, small(3))
        token = api.get("/v1/events", page_size=1)["next_page_token"]
        clock.now += 3 * DAY
        response = api.send("/v1/events", page_token=token)
        assert response.status == 400
        assert json.loads(response.body)["type"] == "urn:polylog:problem:page-token-expired"


def small_rare() -> list[Event]:
    return [
        Event(id=f"r{n}", time=NOON - (5 + 10 * n) * SECOND, type="t", data={"kind": "rare"})
        for n in range(2)
    ]


class TestGroups:
    """Where there are more kinds than are counted one by one."""

    @pytest.fixture
    def api(self, engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Api:
        monkeypatch.setattr(counted_kinds, "MAX_KINDS", 2)
        clock = Clock()
        api = Api.at(dynamo_store(engine, clock=clock), clock)
        kinds = [("a", "system"), ("b", "system"), ("a", "custom"), ("c", "custom")]
        for number, (type, origin) in enumerate(kinds, start=1):
            events = small(number, type=type, origin=origin)
            renamed = [event.model_copy(update={"id": f"{number}-{event.id}"}) for event in events]
            api.store.put(api.scope, renamed)
            settle(engine, api.scope)
        return api

    @pytest.mark.engine
    def test_kinds_that_are_counted_one_by_one_are_grouped_by_origin(self, api: Api) -> None:
        groups = api.get("/v1/events:groups")["groups"]
        told = [(group["value"], group.get("origin"), group["count"]) for group in groups]
        assert told == [("b", "system", 2), ("a", "system", 1), (None, None, 7)]
        for value, origin, number in told[:2]:
            filter = f'type = "{value}" AND origin = {origin}'
            assert api.get("/v1/events:count", filter=filter) == {"count": number}

    @pytest.mark.engine
    @pytest.mark.parametrize(
        ("by", "parts"),
        [("type", [("a", 4), ("b", 2), ("c", 4)]), ("origin", [("custom", 7), ("system", 3)])],
    )
    def test_bars_are_divided_by_reading(
        self, api: Api, by: str, parts: list[tuple[str, int]]
    ) -> None:
        (bar,) = api.get("/v1/events:histogram", interval="month", by=by)["bars"]
        assert sorted((part["value"], part["count"]) for part in bar["parts"]) == parts

    @pytest.mark.engine
    def test_origins_are_read(self, api: Api) -> None:
        groups = api.get("/v1/events:groups", by="origin")["groups"]
        told = [(group["value"], group["count"]) for group in groups]
        assert told == [("custom", 7), ("system", 3)]


class TestFacets:
    """Over ten events of two actors."""

    @pytest.fixture
    def api(self) -> Api:
        api = Api.at(MemoryEventStore(), Clock())
        ann = [Event(id=f"a{n}", time=n, type="t", actor=Entity(id="ann")) for n in range(7)]
        bob = [Event(id=f"b{n}", time=9, type="u", actor=Entity(id="bob")) for n in range(3)]
        api.store.put(api.scope, [*ann, *bob])
        return api

    def test_each_field_has_its_largest_groups(self, api: Api) -> None:
        facets = api.get("/v1/events:facets", by="actor.id, severity", page_size=1)["facets"]
        told = [(f["by"], f["total_size"], f["groups"][0]["value"]) for f in facets]
        assert told == [("actor.id", 2, "ann"), ("severity", 1, "")]
        assert [[group["count"] for group in facet["groups"]] for facet in facets] == [[7], [10]]

    def test_they_count_what_passes_the_filter(self, api: Api) -> None:
        (facet,) = api.get("/v1/events:facets", filter="actor.id = bob")["facets"]
        assert [(each["value"], each["count"]) for each in facet["groups"]] == [("u", 3)]

    @pytest.mark.parametrize("by", ["data.a", "links", "time", "nothing", "", "type,"])
    @pytest.mark.parametrize("path", ["facets", "histogram"])
    def test_a_field_without_a_column_is_refused_by_name(
        self, api: Api, path: str, by: str
    ) -> None:
        answer = api.send(f"/v1/events:{path}", by=by)
        assert (answer.status, json.loads(answer.body)["parameter"]) == (400, "by")


def test_a_page_without_time_to_count_has_no_total() -> None:
    class Slow(MemoryEventStore):
        def find(self, query: EventQuery) -> Page:
            return replace(super().find(query), total=None)

    api = Api.over(Slow())
    api.store.put(api.scope, small(3))
    answer = api.get("/v1/events", total_size="true")
    assert len(answer["events"]) == 3
    assert answer.keys() == {"events"}


class TestTail:
    def test_it_waits_for_an_event(self) -> None:
        class Late(Clock):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                api.store.put(api.scope, small(len(self.slept)))

        clock = Late()
        api = Api.at(MemoryEventStore(), clock)
        answer = api.get("/v1/events:tail", wait=20)
        assert [event["id"] for event in answer["events"]] == ["e00"]
        assert len(clock.slept) == 1

    def test_it_waits_as_long_as_the_caller_wants(self) -> None:
        clock = Clock()
        api = Api.at(MemoryEventStore(), clock)
        api.store.put(api.scope, small(3))
        answer = api.get("/v1/events:tail", wait=2, filter="type = other")
        assert answer == {"events": [], "complete": 3, "is_held_back": False}
        assert sum(clock.slept) == 2

    def test_it_sleeps_between_its_looks_however_much_arrives(self) -> None:
        """The events that arrive are not the ones it waits for."""

        class Busy(Clock):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                api.store.put(api.scope, small(len(self.slept)))

        clock = Busy()
        api = Api.at(MemoryEventStore(), clock)
        answer = api.get("/v1/events:tail", wait=20, filter="type = other")
        assert answer["complete"] == len(clock.slept) == 40

    def test_without_time_for_another_look_it_answers_with_the_last(self) -> None:
        class Slow(MemoryEventStore):
            looks = 0

            def tail(self, *asked: Any) -> Tail:
                self.looks += 1
                if self.looks == 3:
                    raise TimedOut
                return super().tail(*asked)

        api = Api.at(Slow(), Clock())
        api.store.put(api.scope, small(3))
        answer = api.get("/v1/events:tail", wait=20, filter="type = other")
        assert answer == {"events": [], "complete": 3, "is_held_back": False}

    def test_from_the_latest_on_it_misses_nothing(self) -> None:
        api = Api.over(MemoryEventStore())
        api.store.put(api.scope, small(3))
        complete = api.get("/v1/events:tail", after="latest")["complete"]
        api.store.put(api.scope, small(5))
        answer = api.get("/v1/events:tail", after=complete)
        assert [event["id"] for event in answer["events"]] == ["e03", "e04"]

    def test_events_that_do_not_fit_come_later(self) -> None:
        api = Api.over(MemoryEventStore())
        api.store.put(api.scope, small(20, message="x" * 100))
        api.most_bytes = 1000
        ids, after = [], 0
        while after < 20:
            answer = api.get("/v1/events:tail", after=after)
            ids += [event["id"] for event in answer["events"]]
            after = answer["complete"]
        assert ids == [f"e{n:02}" for n in range(20)]


@pytest.mark.engine
def test_following_many_writers_loses_and_repeats_nothing(
    engine: DynamoDBClient, intercept: Intercept
) -> None:
    """Their transactions end in a different order from the one in which they took their numbers."""
    writers, batches, scope = 8, 12, f"native-{next(_numbers)}"
    client, random = connect(engine.meta.endpoint_url), Random(7)
    intercept(
        client,
        "before-call.dynamodb.TransactWriteItems",
        lambda **_: time.sleep(random.choice([0, 0, 0.02, 0.3])),
    )

    def write(writer: int) -> set[str]:
        ids = set()
        for batch in range(batches):
            events = [
                Event(id=f"{writer}-{batch}-{n}", time=NOON, type="t") for n in range(1 + batch % 4)
            ]
            dynamo_store(client).put(scope, events)
            ids |= {event.id for event in events}
        return ids

    def follow(api: Api, done: Callable[[], bool]) -> list[Any]:
        events, after, is_last = [], 0, False
        while not is_last:
            is_last = done()
            answer = api.get("/v1/events:tail", after=after, wait=1, page_size=7)
            while answer["complete"] > after:
                events += answer["events"]
                after = answer["complete"]
                answer = api.get("/v1/events:tail", after=after, page_size=7)
        return events

    with ThreadPoolExecutor(writers + 2) as pool:
        written = [pool.submit(write, writer) for writer in range(writers)]

        def done() -> bool:
            return all(each.done() for each in written)

        apis = [Api(dynamo_store(engine), scope, times.now, time.sleep) for _ in range(2)]
        followed = [pool.submit(follow, api, done) for api in apis]
        expected = set().union(*(each.result() for each in written))
        for each in followed:
            events = each.result()
            assert Counter(event["id"] for event in events) == Counter(expected)
            seqs = [event["seq"] for event in events]
            assert seqs == sorted(seqs)
