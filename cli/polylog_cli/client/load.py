"""`polylog load`: hands the events of a file to a running service."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import BaseModel
from pydantic_core import to_json
from rich.console import Console
from rich.progress import Progress

from polylog.batches import batches
from polylog.intake.documents import Format, read_json, unpack
from polylog.model.errors import InvalidBody
from polylog.model.event import MAX_EVENT_BYTES
from polylog.model.store import Status
from polylog_cli.client.http import ServiceError, send, understood

# One request's share: well below Lambda's 6 MB in base64, and below the API's 1,000 events.
_BATCH_EVENTS = 475
_BATCH_BYTES = 2_000_000
_PROBLEMS_SHOWN = 20

_IN_THE_LOG: frozenset[str] = frozenset(status for status in Status if status.is_in_log)

_AGAIN = "The same command can be run again: nothing is stored twice."


class _Outcomes(BaseModel):
    results: list[dict[str, object]]


class LoadError(Exception):
    """The file cannot be read, or the service does not take it; the message says which and why."""


@dataclass(slots=True)
class Summary:
    """How many events ended in each status, and what was wrong with the first few of the rest.

    `ids` says of each event, in their order, what it is called in the log and how it ended.
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    ids: list[dict[str, object]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every event is in the log now."""
        return not self.counts.keys() - _IN_THE_LOG

    def add(self, result: dict[str, object]) -> None:
        """Take in what the service says of the next event."""
        self.counts[str(result["status"])] += 1
        # A refused event has neither: the id of a conflict is that of another event.
        is_there = result["status"] in _IN_THE_LOG
        named = {name: result[name] if is_there else None for name in ("id", "seq")}
        self.ids.append({**named, "status": result["status"]})
        if result.get("error") and len(self.problems) < _PROBLEMS_SHOWN:
            name = f" ({result['id']})" if result["id"] else ""
            place = f"event {self.counts.total()}{name}"
            self.problems.append(f"{place}: {result['status']}: {result['error']}")

    def write_ids(self, path: Path) -> None:
        """Write `ids` as a JSON array, an event a line; raises `LoadError`."""
        lines = ",\n".join(map(json.dumps, self.ids))
        try:
            path.write_text(f"[{lines}]\n", "utf-8")
        except OSError as error:
            raise LoadError(f"{path}: {error.strerror}. {_AGAIN}") from error

    def print(self, console: Console) -> None:
        """Say what became of the events."""
        said = ", ".join(f"{count} {status}" for status, count in sorted(self.counts.items()))
        console.print(said or "no events", highlight=False)
        for problem in self.problems:
            console.print(f"  {problem}", style="red", markup=False, highlight=False)


def read_events(path: Path, format: Format) -> list[bytes]:
    """Return the events of a file, each as a line of JSON, in the file's order.

    The file is a JSON array, a list response of the API, one event, or a line for each of these.
    Lines that are not JSON are returned as they are, for the service to refuse.
    Raises `LoadError` when the file cannot be read.
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
    # inf, which JSON does not have, is for the service to refuse; null would hide it.
    return [to_json(wire, inf_nan_mode="constants") for wire in unpack(read_json(text), format)]


def _unpack_line(line: bytes, format: Format) -> list[bytes]:
    try:
        return _unpack(line, format)
    except InvalidBody:
        return [line]


def load(client: httpx.Client, lines: list[bytes], format: str, console: Console) -> Summary:
    """Send events in their order, and show how far it is; raises `LoadError`."""
    summary = Summary()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Loading events", total=len(lines))
        for batch in batches(lines, len, most=_BATCH_EVENTS, most_weight=_BATCH_BYTES):
            for result in _send(client, batch, format):
                summary.add(result)
            progress.advance(task, len(batch))
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
