"""The store of events on this machine's disk: it loses no event that it has acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from polylog.aws.http import ApiHandler, Handler
from polylog.model.errors import Unavailable
from polylog.model.event import Event
from polylog.model.store import EventStore, Outcome, Status
from polylog_cli.local.disk import Disk


class SafeStore:
    """A store in DynamoDB Local that keeps what it says is stored, even if DynamoDB Local dies.

    DynamoDB Local answers a transaction some milliseconds before it commits it. When it was killed
    right after the answer, 9 of 12 were lost. Reads wait for the commit, so this store reads before
    it answers.
    """

    def __init__(self, store: EventStore, disk: Disk) -> None:
        self._store, self._disk = store, disk
        self.get, self.get_by_seq = store.get, store.get_by_seq
        self.find, self.tail, self.latest = store.find, store.tail, store.latest
        self.count, self.groups, self.values = store.count, store.groups, store.values
        self.histogram = store.histogram
        self.explaining = store.explaining

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        """Store events; raises `NoRoom` if the disk is full, and what `EventStore.put` raises."""
        self._disk.require_room()
        outcomes = self._store.put(scope, events, is_repeat=is_repeat)
        stored = [each.id for each in outcomes if each.status is Status.STORED and each.id]
        # Transactions are committed in their order, so the last event stands for all of them.
        if stored and self.get(scope, stored[-1]) is None:
            raise Unavailable("DynamoDB Local died before it had written the events")
        return outcomes


def with_safe_store(handler: Handler, disk: Disk) -> Handler:
    """Return the handler of an API, with a store that is safe on a disk."""
    assert isinstance(handler, ApiHandler)
    store = SafeStore(handler.services.store, disk)
    return replace(handler, services=replace(handler.services, store=store))
