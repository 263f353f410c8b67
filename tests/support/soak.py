"""Writers, folders and readers of one scope, for threads and for processes.

A reader notes how many events were acknowledged before it asked, and how many were offered by the
time of the answer: the answer must lie between the two.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, MutableSequence, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawArray
from multiprocessing.synchronize import Barrier
from random import Random
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient

from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.tally.head import read_head
from polylog.model.event import Entity, Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op
from polylog.model.predicate import predicate
from polylog.model.query import EventQuery, Order, Page, Window
from polylog.model.store import EventStore, Interval, Status
from polylog.model.times import SECOND, Clock
from polylog_cli.local.tables import connect
from support.stores import dynamo_store

SPAWN = get_context("spawn")
START_SECONDS = 120
FOLLOW_SECONDS = 90
SHARDS = 2
WRITERS = 3
Role = tuple[str, int]
ROLES: tuple[Role, ...] = (
    *(("write", writer) for writer in range(WRITERS)),
    *(("fold", 0), ("fold", 1), ("follow", 0)),
    *(("total", 0), ("total", 1)),
    *(("page", 0), ("walk", 0), ("groups", 0), ("histogram", 0)),
)

HOUR = 3600 * SECOND
DAY = 24 * HOUR
NOON = 1_772_366_400_000_000
# Most events lie in the minutes at which these bounds cut.
FIRST, END = NOON + 10 * DAY + 30 * SECOND, NOON + 300 * DAY + 30 * SECOND
WITHIN = (Compare("time", Op.GE, FIRST), Compare("time", Op.LT, END))

# Different ways to the same events: the scope's tally, that of a facet, and neither.
FACETS = ("project",)
QUESTIONS: tuple[Filter, ...] = (
    EVERYTHING,
    Compare("type", Op.EQ, "a"),
    And(WITHIN),
    And((*WITHIN, Compare("type", Op.EQ, "b"))),
    Compare("project_id", Op.EQ, "p"),
    And((*WITHIN, Compare("project_id", Op.EQ, "p"))),
    Compare("target.id", Op.EQ, "rare"),
)
_PASSES = tuple(map(predicate, QUESTIONS))


def slow(url: str, waits: set[str]) -> DynamoDBClient:
    """Return a client that waits before and after each call, and reads a head in many calls.

    It notes in `waits` whether it waited before calls and after them.
    """
    client, random = connect(url), Random()

    def wait(event_name: str, **_: object) -> None:
        waits.add(event_name.partition(".")[0])
        time.sleep(random.uniform(0, 0.1 if random.random() < 0.02 else 0.006))

    def cut(params: dict[str, Any], **_: object) -> dict[str, Any]:
        return {"Limit": 40} | params if params["TableName"] == "TallyTable" else params

    client.meta.events.register("before-call.dynamodb", wait)
    client.meta.events.register("after-call.dynamodb", wait)
    client.meta.events.register("provide-client-params.dynamodb.Query", cut)
    return client


@dataclass(frozen=True)
class Read:
    """What was asked, the least and most that it may say, what it said, and how long it took."""

    what: str
    question: int
    least: int
    said: int
    most: int
    seconds: float = 0

    def is_true(self) -> bool:
        return self.least <= self.said <= self.most


def _counters() -> MutableSequence[int]:
    return RawArray(ctypes.c_int64, WRITERS * len(QUESTIONS))


@dataclass(frozen=True)
class Soak:
    """One scope, and what happens to it for some seconds once all actors are ready.

    Each writer has its own counters, one for each question. Every process sees them.
    """

    url: str
    scope: str
    seconds: float
    start: Barrier = field(default_factory=lambda: SPAWN.Barrier(len(ROLES)))
    offered: MutableSequence[int] = field(default_factory=_counters)
    acknowledged: MutableSequence[int] = field(default_factory=_counters)

    def in_all(self, question: int = 0) -> int:
        """Return how many of the offered events answer a question."""
        return _sum(self.offered, question)


class Stage:
    """What the actors of one process share, such as the rows that they have cached."""

    def __init__(self, soak: Soak) -> None:
        self.soak = soak
        self.waits: set[str] = set()
        self.client = slow(soak.url, self.waits)
        self.store = dynamo_store(self.client, SHARDS, facets=FACETS)

    def begin(self) -> None:
        self.soak.start.wait(START_SECONDS)
        self.end = time.monotonic() + self.soak.seconds

    def is_on(self, longer: float = 0) -> bool:
        return time.monotonic() < self.end + longer

    def write(self, writer: int) -> list[Read]:
        random, soak = Random(writer), self.soak
        sent: list[list[Event]] = []
        while self.is_on():
            if sent and random.random() < 0.2:
                again = random.choice(sent)
                assert _statuses(self.store.put(soak.scope, again)) == {Status.DUPLICATE}
            batch = _batch(random, f"{writer}-{len(sent)}")
            sent.append(batch)
            _add(soak.offered, writer, batch)
            assert _statuses(self.store.put(soak.scope, batch)) == {Status.STORED}
            _add(soak.acknowledged, writer, batch)
            time.sleep(random.uniform(0, 0.3))
        return []

    def fold(self, number: int) -> list[Read]:
        """Fold until the time is up and at least one fold has happened."""
        folder = Folder(self.client, "TallyTable", Clock())
        while self.is_on() or (not self._has_folded() and self.is_on(FOLLOW_SECONDS)):
            folder.fold(self.soak.scope)
        return []

    def _has_folded(self) -> bool:
        return read_head(self.client, "TallyTable", self.soak.scope).bucket.version > 0

    def follow(self, number: int) -> list[Read]:
        """Read in the order of arrival, until every acknowledged event has arrived."""
        seqs, complete, soak = [], 0, self.soak
        while self.is_on() or (len(seqs) < _sum(soak.acknowledged) and self.is_on(FOLLOW_SECONDS)):
            tail = self.store.tail(soak.scope, EVERYTHING, complete, 100)
            seqs += [event.seq for event in tail.events]
            complete = tail.complete
            time.sleep(0.1)
        return [
            Read("arrivals", 0, _sum(soak.acknowledged), len(seqs), _sum(soak.offered)),
            Read("arrival", 0, 1, int(seqs == sorted(set(seqs))), 1),
        ]

    def read(self, role: str, number: int) -> list[Read]:
        random, reads = Random(number), []
        while self.is_on():
            question = random.randrange(len(QUESTIONS))
            least, start = _sum(self.soak.acknowledged, question), time.monotonic()
            said, inside = ASK[role](self.store, self.soak.scope, question, random)
            most = _sum(self.soak.offered, question)
            seconds = time.monotonic() - start
            reads += [Read(role, question, least, said, most, seconds), *inside]
        return [*reads, Read("waits", 0, 2, len(self.waits), 2)]


def _batch(random: Random, name: str) -> list[Event]:
    days = random.choice((10, 300, random.randrange(0, 400, 10)))
    hour = NOON + days * DAY + random.randrange(3) * HOUR
    return [
        Event(
            id=f"{name}-{n}",
            time=hour + random.randrange(90) * SECOND,
            type=random.choice("ab"),
            project_id=random.choice(("p", "q", None)),
            target=Entity(id="rare" if random.random() < 0.1 else "common"),
        )
        for n in range(random.choice((1, 5, 30)))
    ]


def _statuses(outcomes: Sequence[Any]) -> set[Status]:
    return {outcome.status for outcome in outcomes}


def _add(counters: MutableSequence[int], writer: int, events: list[Event]) -> None:
    for question, passes in enumerate(_PASSES):
        counters[writer * len(QUESTIONS) + question] += sum(map(passes, events))


def _sum(counters: MutableSequence[int], question: int = 0) -> int:
    return sum(counters[writer * len(QUESTIONS) + question] for writer in range(WRITERS))


Answer = tuple[int, list[Read]]
"""How many events, and other things that must be true."""


def _total(store: EventStore, scope: str, question: int, random: Random) -> Answer:
    return store.count(scope, QUESTIONS[question]), []


def _groups(store: EventStore, scope: str, question: int, random: Random) -> Answer:
    return sum(group.count for group in store.groups(scope, QUESTIONS[question])), []


def _histogram(store: EventStore, scope: str, question: int, random: Random) -> Answer:
    interval = random.choice(list(Interval))
    return sum(bar.count for bar in store.histogram(scope, QUESTIONS[question], interval)), []


def _page(store: EventStore, scope: str, question: int, random: Random) -> Answer:
    """Read a page anywhere: it must be in order, and at least as long as its total says."""
    order, limit = random.choice(list(Order)), random.choice((5, 100))
    offset = random.choice((0, 0, random.randrange(500), random.randrange(5000)))
    query = EventQuery(scope, QUESTIONS[question], order, Window(limit, offset), with_total=True)
    page = store.find(query)
    total = page.total or 0
    least, most = (min(limit, total - offset), limit) if offset < total else (0, 0)
    return total, [
        Read("length", question, least, len(page.events), most),
        _in_order(question, order, page),
    ]


def _walk(store: EventStore, scope: str, question: int, random: Random) -> Answer:
    """Follow the pages from one end to the other."""
    order, after, seen, inside = random.choice(list(Order)), None, 0, []
    while True:
        window = Window(1000, after=after)
        page = store.find(EventQuery(scope, QUESTIONS[question], order, window))
        inside.append(_in_order(question, order, page))
        seen, after = seen + len(page.events), page.next
        if after is None:
            return seen, inside


def _in_order(question: int, order: Order, page: Page) -> Read:
    """Note how many events of a page are in order and answer the question."""
    places = [(event.time, event.seq) for event in page.events if _PASSES[question](event)]
    ordered = sorted(set(places), reverse=order is Order.DESCENDING)
    number = len(page.events)
    return Read("order", question, number, number if places == ordered else 0, len(places))


ASK: dict[str, Callable[[EventStore, str, int, Random], Answer]] = {
    "total": _total,
    "page": _page,
    "walk": _walk,
    "groups": _groups,
    "histogram": _histogram,
}

_stages: list[Stage] = []


def enter(soak: Soak) -> None:
    """Let this process's actors work on a soak."""
    _stages.append(Stage(soak))


def act(cast: Sequence[Role]) -> list[Read]:
    """Play roles in the soak that was entered last, each role in its own thread."""
    with ThreadPoolExecutor(len(cast)) as pool:
        played = pool.map(_play, cast)
        return [read for reads in played for read in reads]


def _play(role: Role) -> list[Read]:
    stage, (name, number) = _stages[-1], role
    stage.begin()
    return stage.read(name, number) if name in ASK else getattr(stage, name)(number)
