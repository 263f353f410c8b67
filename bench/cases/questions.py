"""The questions that are measured, each with a naive way to the same answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bench.cases.naive import Naive, within
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import TIME_INDEX, Tables
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Window
from polylog.model.times import SECOND
from tools.events import DAY, START, TYPES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE: Final = 100

FIRST: Final = "first page of 100, with total"
MIDDLE: Final = "middle page of 100, with total"
LAST: Final = "last page of 100, with total"

# The bounds of these ranges lie within minutes, and the tally counts whole minutes.
_ODD: Final = 5 * 3600 * SECOND + 17 * 60 * SECOND + 23_456_789
_RANGE: Final = TimeRange(START + 33 * DAY + _ODD, START + 333 * DAY + 2 * _ODD)
_MONTH: Final = TimeRange(START + 200 * DAY + _ODD, START + 230 * DAY + _ODD - 1)

Step = Callable[[Naive], object]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a store; the steps of the naive way give the parts of the same answer.

    `plain` asks DynamoDB only for the events of a page, without our code.
    """

    name: str
    ask: Callable[[DynamoEventStore], Sequence[object]]
    naive: Sequence[Step]
    plain: Callable[[], object] | None = None


def questions(
    client: DynamoDBClient, tables: Tables, store: DynamoEventStore, scope: str, number: int
) -> list[Question]:
    """Return the questions to a scope with this number of events."""

    def page(name: str, offset: int, read: Step) -> Question:
        query = EventQuery(scope, EVERYTHING, Order.ASCENDING, Window(PAGE, offset), True)
        request = _plain(tables, scope, store.find(query).events)
        steps = [Naive.count, read]
        return Question(name, partial(_find, query), steps, lambda: client.query(**request))

    middle = number // 2 // PAGE * PAGE
    a_type = Compare("type", Op.EQ, TYPES[3])
    return [
        page(FIRST, 0, lambda naive: naive.page(0, PAGE)),
        page(MIDDLE, middle, lambda naive: naive.page(middle, PAGE)),
        page(LAST, number - PAGE, lambda naive: naive.last_page(PAGE)),
        _total("total of everything", scope, EVERYTHING, Naive.count),
        _total("total of one type", scope, a_type, lambda naive: naive.count_type(TYPES[3])),
        _total(
            "total of 300 days, cut within minutes",
            scope,
            within(_RANGE),
            lambda naive: naive.count(_RANGE),
        ),
        _groups(
            "groups of 30 days, cut within minutes",
            scope,
            within(_MONTH),
            lambda naive: naive.groups(_MONTH),
        ),
        _groups("groups of everything", scope, EVERYTHING, Naive.groups),
    ]


def _find(query: EventQuery, store: DynamoEventStore) -> Sequence[object]:
    page = store.find(query)
    return [page.total, page.events]


def _total(name: str, scope: str, filter: Filter, step: Step) -> Question:
    return Question(name, lambda store: [store.count(scope, filter)], [step])


def _groups(name: str, scope: str, filter: Filter, step: Callable[[Naive], Any]) -> Question:
    def ask(store: DynamoEventStore) -> Sequence[object]:
        groups = store.groups(scope, filter)
        return [{f"{g.origin}:{g.type}": (g.count, g.time, g.source) for g in groups}]

    def read(naive: Naive) -> object:
        return {
            kind: (number, newest.time, newest.source)
            for kind, (number, newest) in step(naive).items()
        }

    return Question(name, ask, [read])


def _plain(tables: Tables, scope: str, events: Sequence[Event]) -> Any:
    """Return the request for the same number of rows at the same place."""
    return {
        "TableName": tables.events,
        "IndexName": TIME_INDEX,
        "KeyConditionExpression": "#scope = :scope AND #shard = :shard AND #time >= :first",
        "ExpressionAttributeNames": {"#scope": "scope", "#shard": "shard", "#time": "time"},
        "ExpressionAttributeValues": {
            ":scope": {"S": scope},
            ":shard": {"N": "0"},
            ":first": {"N": str(events[0].time)},
        },
        "Limit": len(events),
    }
