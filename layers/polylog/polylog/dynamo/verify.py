"""Recounts a scope from its events, and compares every row of its tally."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from polylog.dynamo.buckets import OTHER, ROOT, Bucket, child_of, kind_of, minute_of, path_to
from polylog.dynamo.head import Head, read_buckets, read_head
from polylog.dynamo.reader import Reader
from polylog.dynamo.reading import Limits
from polylog.dynamo.schema import Tables
from polylog.errors import Unavailable
from polylog.event import Event
from polylog.filter import EVERYTHING
from polylog.query import EventQuery, Order, Position, Window

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_UNLIMITED: Final = Limits(items=10**12, seconds=10**9)
_PAGE: Final = 1000
_ATTEMPTS: Final = 5

Tree = dict[str, dict[str, Counter[str]]]
"""Bucket -> child -> kind -> number of events."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A count that is wrong: what the events come to, and what the row says."""

    child: str
    kind: str
    events: int
    row: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a recount found: settled and young events, rows read, and what does not agree."""

    settled: int
    young: int
    rows: int
    drifts: tuple[Drift, ...]


class Verifier:
    """Recounts the scopes of a log; reads all of its events."""

    def __init__(self, client: DynamoDBClient, tables: Tables, shards: int) -> None:
        self._client = client
        self._table = tables.tally
        self._reader = Reader(client, tables.events, shards, _UNLIMITED)

    def verify(self, scope: str) -> Report:
        """Return how the rows compare with the events.

        Raises `Unavailable` when the scope is folded again and again meanwhile.
        """
        for _ in range(_ATTEMPTS):
            before = read_head(self._client, self._table, scope)
            events = list(self._events(scope))
            rows = self._rows(scope, before.bucket)
            head = read_head(self._client, self._table, scope)
            if head.bucket.version == before.bucket.version:
                return _report(head, events, rows)
        raise Unavailable("the tally went on changing")

    def _events(self, scope: str) -> Iterator[tuple[int, str, str]]:
        """Yield seq, minute and kind of every event that the index by time shows."""
        after: Position | None = None
        while True:
            window = Window(_PAGE, after=after)
            query = EventQuery(scope, EVERYTHING, Order.ASCENDING, window)
            page = self._reader.find(query, young=())
            yield from map(_place, page.events)
            after = page.next
            if after is None:
                return

    def _rows(self, scope: str, root: Bucket) -> dict[str, Bucket]:
        """Return every row of the tree; those of a wrong version are left out."""
        rows, level = {ROOT: root}, [(name, version) for name, version in root.versions.items()]
        while level:
            found = read_buckets(self._client, self._table, scope, [name for name, _ in level])
            good = {
                name: found[name] for name, v in level if name in found and found[name].version == v
            }
            rows |= good
            level = [each for bucket in good.values() for each in bucket.versions.items()]
        return rows


def _place(event: Event) -> tuple[int, str, str]:
    return event.seq, minute_of(event.time), kind_of(event.origin, event.type)


def _report(head: Head, events: Sequence[tuple[int, str, str]], rows: dict[str, Bucket]) -> Report:
    young = {entry.seq for entry in head.young()}
    settled = [(minute, kind) for seq, minute, kind in events if seq not in young]
    drifts = tuple(_drifts(_count(settled, head.bucket), _read(rows)))
    return Report(len(settled), len(young), len(rows), drifts)


def _count(settled: Sequence[tuple[str, str]], root: Bucket) -> Tree:
    tree: Tree = defaultdict(lambda: defaultdict(Counter))
    kinds = root.kinds()
    for minute, kind in settled:
        for name in path_to(minute):
            tree[name][child_of(name, minute)][kind if kind in kinds else OTHER] += 1
    return tree


def _read(rows: dict[str, Bucket]) -> Tree:
    return {
        name: {child: Counter(counts) for child, counts in bucket.children.items()}
        for name, bucket in rows.items()
    }


def _drifts(counted: Tree, read: Tree) -> Iterator[Drift]:
    for name in sorted(counted.keys() | read.keys()):
        events, row = counted.get(name, {}), read.get(name, {})
        for child in sorted(events.keys() | row.keys()):
            there, said = events.get(child, Counter()), row.get(child, Counter())
            for kind in sorted(there.keys() | said.keys()):
                if there[kind] != said[kind]:
                    yield Drift(child, kind, there[kind], said[kind])
