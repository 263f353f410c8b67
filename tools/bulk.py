"""Loads many events fast: it writes the same rows as `put` and the folder, but in batches."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from polylog.batches import batched
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance.count import Counter
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.seal import LEFT_SECONDS, Sealer
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import Shards, Tables
from polylog.model import times
from polylog.model.event import Event
from polylog.model.store import Status
from tools.clocks import StoppedClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Forty transactions: a head with 40 deltas is quick to read and to fold.
_AT_ONCE: Final = 3800
_WORKERS: Final = 2
_BATCH: Final = 25
"""DynamoDB takes at most 25 items in a batch."""

_LIMITS: Final = Limits(items=1, seconds=1)

_SETTLE_SECONDS: Final = 3600


def load(
    client: DynamoDBClient,
    tables: Tables,
    scope: str,
    events: Iterable[Event],
    shards: int,
    facets: Collection[str] = (),
) -> int:
    """Store events, fold them, seal the log and count facets; return the number of events.

    The ids of the events must be new, and nothing else may write to the scope meanwhile.
    """
    time, number, left = StoppedClock(times.now()), 0, iter(events)
    folder = Folder(client, tables.tally, time.clock)
    with ThreadPoolExecutor(_WORKERS) as pool:
        hasty = _HastyClient(client, pool)
        store = DynamoEventStore(
            # The store calls only the methods that a client has.
            hasty,  # type: ignore[arg-type]
            tables,
            shards=Shards(shards, shards),
            limits=_LIMITS,
            clock=time.clock,
        )
        while some := list(islice(left, _AT_ONCE)):
            outcomes = store.put(scope, some)
            assert all(outcome.status is Status.STORED for outcome in outcomes)
            hasty.wait()
            assert folder.settle(scope, _SETTLE_SECONDS)
            number += len(some)
        sealer = Sealer(client, tables, time.clock, shards=shards)
        sealer.seal_all(scope)
        time.sleep(LEFT_SECONDS)
        sealer.seal_all(scope)
        Counter(client, tables, time.clock, facets).count_all(scope, sealer.sealed(scope))
    return number


class _HastyClient:
    """A client that writes the items of a transaction in batches, and several batches at once.

    It checks no conditions, and the items are certain to be stored only after `wait`.
    """

    def __init__(self, client: DynamoDBClient, pool: ThreadPoolExecutor) -> None:
        self._client = client
        self._pool = pool
        self._pending: list[Future[None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> None:
        """Start to write the items that the actions put."""
        for batch in batched(request["TransactItems"], _BATCH):
            self._pending.append(self._pool.submit(partial(self._write, batch)))

    def wait(self) -> None:
        """Wait until everything is written."""
        for future in self._pending:
            future.result()
        self._pending.clear()

    def _write(self, actions: list[dict[str, Any]]) -> None:
        asked: dict[str, list[Any]] = {}
        for action in actions:
            put = action["Put"]
            asked.setdefault(put["TableName"], []).append({"PutRequest": {"Item": put["Item"]}})
        while asked:
            asked = self._client.batch_write_item(RequestItems=asked)["UnprocessedItems"]
