"""`polylog load`: hands the events of a file to a running service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic_core import to_json
from rich.console import Console
from rich.progress import Progress

from polylog.dialect import Format
from polylog.errors import InvalidBody
from polylog.formats import read_json, unpack

# One request's share: well below Lambda's 6 MB in base64, and below the API's 1,000 events.
_BATCH_EVENTS = 475
_BATCH_BYTES = 2_000_000
_PROBLEMS_SHOWN = 20


class LoadError(Exception):
    """The file cannot be read, or the service does not take it; the message says which and why."""


@dataclass(slots=True)
class Summary:
    """How many events ended in each status, and what was wrong with the first few of the rest."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every event is in the log now."""
        return not self.counts.keys() - {"stored", "duplicate"}

    def add(self, result: dict[str, object]) -> None:
        """Take in what the service says of the next event."""
        self.counts[str(result["status"])] += 1
        if result.get("error") and len(self.problems) < _PROBLEMS_SHOWN:
            place = f"event {self.counts.total()} ({result['id'] or 'unreadable'})"
            self.problems.append(f"{place}: {result['status']}: {result['error']}")

    def print(self, console: Console) -> None:
        """Say what became of the events."""
        said = ", ".join(f"{count} {status}" for status, count in sorted(self.counts.items()))
        console.print(said or "no events", highlight=False)
        for problem in self.problems:
            console.print(f"  {problem}", style="red", markup=False, highlight=False)


def read_lines(path: Path, format: Format) -> list[bytes]:
    """Return the events of a file, each as a line of JSON, in the file's order.

    The file is a JSON array, a list response of the API, one event, or NDJSON of any of these.
    Raises `LoadError` when it cannot be read.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path}: {error.strerror}") from error
    try:
        # inf, which JSON does not have, is for the service to refuse; null would hide it.
        return [to_json(wire, inf_nan_mode="constants") for wire in unpack(read_json(text), format)]
    except InvalidBody as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise LoadError(f"{path}: {error}") from error
        return lines


def load(client: httpx.Client, lines: list[bytes], format: str, console: Console) -> Summary:
    """Send events in their order, and show how far it is; raises `LoadError`."""
    summary = Summary()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Loading events", total=len(lines))
        for batch in _batches(lines):
            for result in _send(client, batch, format):
                summary.add(result)
            progress.advance(task, len(batch))
    return summary


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == _BATCH_EVENTS or size + len(line) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch


def _send(client: httpx.Client, batch: list[bytes], format: str) -> list[dict[str, object]]:
    try:
        response = client.post(
            "/v1/events",
            params={"format": format},
            content=b"\n".join(batch),
            headers={"Content-Type": "application/x-ndjson"},
        )
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise LoadError(f"the service refused: {_detail(error.response)}") from error
    except httpx.HTTPError as error:
        again = "Run the same command again: nothing is stored twice."
        raise LoadError(f"the service at {client.base_url} failed ({error}). {again}") from error
    results: list[dict[str, object]] = response.json()["results"]
    return results


def _detail(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        return f"{response.status_code} {response.reason_phrase}"
    return f"{response.status_code} {problem.get('detail') or problem.get('title') or problem}"
