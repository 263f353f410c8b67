"""The store of a local run: when it accepts events, and when it acknowledges them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.memory import MemoryEventStore

from polylog.model.errors import Unavailable
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING
from polylog.model.store import Outcome, Status
from polylog_cli.local.disk import NEEDED_BYTES, Disk, NoRoom
from polylog_cli.local.store import SafeStore

EVENTS = [Event(id=f"e{number}", time=0, type="door.open") for number in range(3)]


def disk(free: int = NEEDED_BYTES) -> Disk:
    return Disk(Path("the-folder"), lambda folder: free)


class Forgetful(MemoryEventStore):
    """A store that loses the last event of a call, and counts the reads by id after that."""

    lost: str | None = None
    reads = 0

    def put(self, scope: str, events: Sequence[Event], **options: Any) -> tuple[Outcome, ...]:
        outcomes = super().put(scope, events, **options)
        self.lost, self.reads = outcomes[-1].id, 0
        return outcomes

    def get(self, scope: str, event_id: str) -> Event | None:
        self.reads += 1
        return None if event_id == self.lost else super().get(scope, event_id)


def test_it_says_what_happened_to_each_event() -> None:
    store = SafeStore(MemoryEventStore(), disk())
    store.put("s", EVENTS[:1])
    statuses = [outcome.status for outcome in store.put("s", EVENTS)]
    assert statuses == [Status.DUPLICATE, Status.STORED, Status.STORED]


def test_it_does_not_acknowledge_missing_events() -> None:
    with pytest.raises(Unavailable, match="died before it had written"):
        SafeStore(Forgetful(), disk()).put("s", EVENTS)


def test_it_reads_nothing_if_nothing_was_stored() -> None:
    forgetful = Forgetful()
    forgetful.put("s", EVENTS[:2])
    outcomes = SafeStore(forgetful, disk()).put("s", EVENTS[:1])
    assert [outcome.status for outcome in outcomes] == [Status.DUPLICATE]
    assert forgetful.reads == 0


def test_without_space_it_answers_questions_but_stores_nothing() -> None:
    memory = MemoryEventStore()
    SafeStore(memory, disk()).put("s", EVENTS[:1])
    store = SafeStore(memory, disk(NEEDED_BYTES - 1))
    with pytest.raises(NoRoom):
        store.put("s", EVENTS[1:])
    assert store.count("s", EVERYTHING) == 1
    assert store.get("s", "e0") == EVENTS[0].model_copy(update={"seq": 1})
