"""Sends events to the service, so that each is stored once, and sums up what happened to them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final, TypeGuard

import httpx
from pydantic import BaseModel

from polylog.batches import batched_by_weight
from polylog.model.errors import InvalidBody
from polylog.model.event import MAX_EVENT_BYTES
from polylog.model.store import Status
from polylog_cli.client.http import ServiceError, send, understood
from polylog_cli.client.items import MOVE, Item

# What one request carries: well below Lambda's 6 MB in base64, and the API's 1,000 events.
_BATCH_EVENTS: Final = 475
_BATCH_BYTES: Final = 2_000_000

READABLE: Final = "readable"
"""The status of an event that was read, but not sent."""

_IN_THE_LOG: frozenset[str] = frozenset(status for status in Status if status.is_in_log)

AGAIN: Final = "you can run the same command again: nothing is stored twice"


class _Outcomes(BaseModel):
    results: list[dict[str, object]]


class LoadError(Exception):
    """A file cannot be written; the message says why."""


@dataclass(slots=True)
class Problem:
    """Why events are not in the log: where the first one is, and how many are like it."""

    place: str
    reason: str
    number: int = 0

    def __str__(self) -> str:
        more = f" (and {self.number - 1:,} more like it)" if self.number > 1 else ""
        return f"{self.place}: {self.reason}{more}"


@dataclass(slots=True)
class Summary:
    """What happened to the events: how many have each status, and what is wrong with some.

    `ids` has the id, seq and status of each event, in the order of the files, if they are kept.
    `last` is the last event that was answered.
    """

    keeps_ids: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    ids: list[dict[str, object]] = field(default_factory=list)
    last: Item | None = None
    _problems: dict[str, Problem] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every event is in the log, or could be."""
        return not self.counts.keys() - _IN_THE_LOG - {READABLE}

    @property
    def problems(self) -> Sequence[Problem]:
        """Why events are not in the log, each reason once."""
        return list(self._problems.values())

    def add(self, item: Item, result: dict[str, object]) -> None:
        """Add what the service answers for an event."""
        self.last = item
        status = str(result["status"])
        self.counts[status] += 1
        if self.keeps_ids:
            # A refused event has no id or seq: the id of a conflict belongs to another event.
            is_there = status in _IN_THE_LOG
            named = {name: result[name] if is_there else None for name in ("id", "seq")}
            self.ids.append({**named, "status": status})
        if result.get("error"):
            reason = f"{status}: {result['error']}"
            if item.format == "native" and reason.endswith(" is not known"):
                reason = f"{reason}: {MOVE}"
            name = f" ({result['id']})" if result["id"] else ""
            place = f"{item.place}{name}"
            self._problems.setdefault(reason, Problem(place, reason)).number += 1

    def write_ids(self, path: Path) -> None:
        """Write `ids` as a JSON array, one event a line; raises `LoadError`."""
        lines = ",\n".join(map(json.dumps, self.ids))
        try:
            path.write_text(f"[{lines}]\n", "utf-8")
        except OSError as error:
            raise LoadError(f"{path}: {error.strerror}; {AGAIN}") from error


def load(
    client: httpx.Client,
    items: Iterable[Item],
    summary: Summary,
    advance: Callable[[int], None],
) -> None:
    """Send events in their order, and add to the summary what happens to them.

    It calls `advance` with the number of events in each batch. Raises `ServiceError`.
    """
    for format, alike in groupby(items, lambda item: item.format):
        batches = batched_by_weight(alike, _weigh, most=_BATCH_EVENTS, most_weight=_BATCH_BYTES)
        for batch in batches:
            _send_batch(client, batch, format, summary)
            advance(len(batch))


def _weigh(item: Item) -> int:
    return 0 if isinstance(item.text, InvalidBody) else len(item.text)


def _send_batch(client: httpx.Client, batch: Sequence[Item], format: str, summary: Summary) -> None:
    texts = [item.text for item in batch if _is_sent(item.text)]
    results = iter(_send(client, texts, format) if texts else ())
    for item in batch:
        summary.add(item, next(results) if _is_sent(item.text) else _refusal(item.text))


def _is_sent(text: bytes | InvalidBody) -> TypeGuard[bytes]:
    return isinstance(text, bytes) and len(text) <= _BATCH_BYTES


def _refusal(text: bytes | InvalidBody) -> dict[str, object]:
    """Return why an event is refused before it is sent."""
    if isinstance(text, bytes):
        text = InvalidBody(f"the event has {len(text)} bytes, more than {MAX_EVENT_BYTES}")
    return {"id": None, "status": Status.INVALID, "error": str(text)}


def _send(client: httpx.Client, texts: Sequence[bytes], format: str) -> list[dict[str, object]]:
    response = send(
        client,
        "POST",
        "/v1/events",
        params={"format": format},
        content=b"\n".join(texts),
        headers={"Content-Type": "application/x-ndjson"},
    )
    results = understood(_Outcomes, response.content).results
    if len(results) != len(texts):
        raise ServiceError(f"{len(results)} answers for {len(texts)} events")
    return results
