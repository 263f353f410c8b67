"""Events of a file, and how they are sent to the service and stored once each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import BaseModel
from pydantic_core import to_json

from polylog.batches import batched_by_weight
from polylog.intake.documents import Format, read_json, unpack
from polylog.model.errors import InvalidBody
from polylog.model.event import MAX_EVENT_BYTES
from polylog.model.store import Status
from polylog_cli.client.http import ServiceError, send, understood

# What one request carries: well below Lambda's 6 MB in base64, and the API's 1,000 events.
_BATCH_EVENTS = 475
_BATCH_BYTES = 2_000_000
_PROBLEMS_SHOWN = 20

_IN_THE_LOG: frozenset[str] = frozenset(status for status in Status if status.is_in_log)

_AGAIN = "You can run the same command again: nothing is stored twice."


class _Outcomes(BaseModel):
    results: list[dict[str, object]]


class LoadError(Exception):
    """The file cannot be read, or the service does not accept it; the message says why."""


@dataclass(slots=True)
class Summary:
    """What happened to the events: how many have each status, and the first few problems.

    `ids` has the id, seq and status of each event, in the order of the file.
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    ids: list[dict[str, object]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every event is in the log."""
        return not self.counts.keys() - _IN_THE_LOG

    def add(self, result: dict[str, object]) -> None:
        """Add what the service answers for the next event."""
        self.counts[str(result["status"])] += 1
        # A refused event has no id or seq: the id of a conflict belongs to another event.
        is_there = result["status"] in _IN_THE_LOG
        named = {name: result[name] if is_there else None for name in ("id", "seq")}
        self.ids.append({**named, "status": result["status"]})
        if result.get("error") and len(self.problems) < _PROBLEMS_SHOWN:
            name = f" ({result['id']})" if result["id"] else ""
            place = f"event {self.counts.total()}{name}"
            self.problems.append(f"{place}: {result['status']}: {result['error']}")

    def write_ids(self, path: Path) -> None:
        """Write `ids` as a JSON array, one event a line; raises `LoadError`."""
        lines = ",\n".join(map(json.dumps, self.ids))
        try:
            path.write_text(f"[{lines}]\n", "utf-8")
        except OSError as error:
            raise LoadError(f"{path}: {error.strerror}. {_AGAIN}") from error


def read_events(path: Path, format: Format) -> list[bytes]:
    """Return the events of a file as lines of JSON, in the order of the file.

    The file is a JSON array, a list response of the API or one event, or has one of these on each
    line. A line that is not JSON stays as it is, for the service to refuse. Raises `LoadError` if
    the file cannot be read.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path}: {error.strerror}") from error
    try:
        return _unpack(text, format)
    except InvalidBody as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) == 1:
            raise LoadError(f"{path}: {error}") from error
        return [event for line in lines for event in _unpack_line(line, format)]


def _unpack(text: bytes, format: Format) -> list[bytes]:
    # JSON has no inf: the service must see and refuse it, and null would hide it.
    return [to_json(wire, inf_nan_mode="constants") for wire in unpack(read_json(text), format)]


def _unpack_line(line: bytes, format: Format) -> list[bytes]:
    try:
        return _unpack(line, format)
    except InvalidBody:
        return [line]


def load(
    client: httpx.Client, lines: list[bytes], format: str, advance: Callable[[int], None]
) -> Summary:
    """Send events in their order; raises `LoadError`.

    `advance` is called with the number of events in each batch that was sent.
    """
    summary = Summary()
    for batch in batched_by_weight(lines, len, most=_BATCH_EVENTS, most_weight=_BATCH_BYTES):
        for result in _send(client, batch, format):
            summary.add(result)
        advance(len(batch))
    return summary


def _send(client: httpx.Client, batch: list[bytes], format: str) -> list[dict[str, object]]:
    if len(batch[0]) > _BATCH_BYTES:
        error = f"the event has {len(batch[0])} bytes, more than {MAX_EVENT_BYTES}"
        return [{"id": None, "status": "invalid", "error": error}]
    try:
        response = send(
            client,
            "POST",
            "/v1/events",
            params={"format": format},
            content=b"\n".join(batch),
            headers={"Content-Type": "application/x-ndjson"},
        )
        results = understood(_Outcomes, response.content).results
        if len(results) != len(batch):
            raise ServiceError(f"{len(results)} answers for {len(batch)} events")
        return results
    except ServiceError as error:
        raise LoadError(f"{error}. {_AGAIN}") from error
