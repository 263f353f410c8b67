"""The questions that are measured, each with the naive way to the same answer beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.events import DAY, START, TYPES
from polylog.dynamo.plan import TimeRange
from polylog.dynamo.reader import Reader
from polylog.dynamo.schema import TIME_INDEX, Tables, entry_of
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.view import count_kinds
from polylog.event import Event
from polylog.filter import EVERYTHING, And, Compare, Filter, Op
from polylog.query import EventQuery, Order, Window
from polylog.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE: Final = 100

FIRST: Final = "first page of 100, with total"
MIDDLE: Final = "middle page of 100, with total"
LAST: Final = "last page of 100, with total"

# Their bounds lie within minutes, which no row of the tally cuts.
_ODD: Final = 5 * 3600 * SECOND + 17 * 60 * SECOND + 23_456_789
_RANGE: Final = TimeRange(START + 33 * DAY + _ODD, START + 333 * DAY + 2 * _ODD)
_MONTH: Final = TimeRange(START + 200 * DAY + _ODD, START + 230 * DAY + _ODD - 1)

Step = Callable[[Reader], object]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a store; a reader's steps, which give the parts of the same answer.

    `plain` asks for the events of a page alone, with nothing of ours around it.
    """

    name: str
    ask: Callable[[DynamoEventStore], Sequence[object]]
    naive: Sequence[Step]
    plain: Callable[[], object] | None = None


def questions(
    client: DynamoDBClient, tables: Tables, store: DynamoEventStore, scope: str, number: int
) -> list[Question]:
    """Return the questions to a scope with so many events."""

    def count(reader: Reader) -> int:
        return reader.count(scope, EVERYTHING)

    def page(name: str, offset: int, read: Step) -> Question:
        query = _query(scope, Order.ASCENDING, offset)

        def ask(store: DynamoEventStore) -> Sequence[object]:
            page = store.find(query)
            return [page.total, page.events]

        request = _plain(tables, scope, store.find(query).events)
        return Question(name, ask, [count, read], lambda: client.query(**request))

    return [
        page(FIRST, 0, lambda reader: _read(reader, scope, 0)),
        page(MIDDLE, middle := _middle(number), lambda reader: _read(reader, scope, middle)),
        page(LAST, number - PAGE, lambda reader: _read_last(reader, scope)),
        Question("total of everything", lambda s: [s.count(scope, EVERYTHING)], [count]),
        _total("total of one type", scope, Compare("type", Op.EQ, TYPES[3])),
        _total("total of 300 days, cut within minutes", scope, _within(_RANGE)),
        _groups("groups of 30 days, cut within minutes", scope, _within(_MONTH)),
        _groups("groups of everything", scope, EVERYTHING),
    ]


def _total(name: str, scope: str, filter: Filter) -> Question:
    return Question(
        name,
        lambda store: [store.count(scope, filter)],
        [lambda reader: reader.count(scope, filter)],
    )


def _groups(name: str, scope: str, filter: Filter) -> Question:
    def ask(store: DynamoEventStore) -> Sequence[object]:
        groups = store.groups(scope, filter)
        return [{f"{g.origin}:{g.type}": (g.count, g.time, g.source) for g in groups}]

    def read(reader: Reader) -> object:
        kinds = count_kinds(map(entry_of, reader.all(scope, filter, young=())))
        return {
            kind: (number, newest.time, newest.source) for kind, (number, newest) in kinds.items()
        }

    return Question(name, ask, [read])


def _within(time: TimeRange) -> Filter:
    return And((Compare("time", Op.GE, time.first), Compare("time", Op.LE, time.last)))


def _middle(number: int) -> int:
    return number // 2 // PAGE * PAGE


def _query(scope: str, order: Order, offset: int) -> EventQuery:
    return EventQuery(scope, EVERYTHING, order, Window(PAGE, offset), with_total=True)


def _read(reader: Reader, scope: str, offset: int) -> tuple[Event, ...]:
    return reader.find(_query(scope, Order.ASCENDING, offset), young=()).events


def _read_last(reader: Reader, scope: str) -> tuple[Event, ...]:
    return reader.find(_query(scope, Order.DESCENDING, 0), young=()).events[::-1]


def _plain(tables: Tables, scope: str, events: Sequence[Event]) -> Any:
    """Return the request for as many rows at the same place."""
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
