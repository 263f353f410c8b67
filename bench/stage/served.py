"""A log that `polylog run` serves, in processes of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from polylog.model.event import Event
from polylog_cli.client.credentials import Credentials
from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.home import Home
from polylog_cli.local.tables import TABLES, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT
from tools.bulk import load
from tools.events import Maker

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCOPE: Final = "demo"

WORD: Final = "maintenance"
"""What one message in fifty says."""

RARE_WORD: Final = "quarantine"
_RARE: Final = 5000
"""Of so many messages one says the rare word."""

ABSENT_WORD: Final = "xylophone"
"""What no message says."""

_SEED: Final = 2014
_EVENT_BYTES: Final = 500
_START_SECONDS: Final = 60

_REASONS: Final = (
    *("maintenance", "autoscaling", "rollback", "upgrade", "failover", "audit", "cleanup"),
    *("restart", "migration", "backup", "restore", "quota", "timeout", "deployment", "incident"),
    *("rotation", "expiry", "renewal", "onboarding", "offboarding", "drill", "rebalancing"),
    *("throttling", "hardening", "inspection", "approval", "escalation", "handover", "release"),
    *("hotfix", "canary", "experiment", "training", "demo", "inventory", "billing", "compliance"),
    *("request", "schedule", "policy", "alarm", "outage", "drift", "import", "export", "patching"),
    *("resizing", "tagging", "decommissioning", "provisioning"),
)
"""Fifty, each as likely as the others."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the questions are about: values of events that are neither frequent nor rare."""

    type: str
    actor: str
    event: Event


@dataclass(frozen=True, slots=True)
class Served:
    """A running service, the DynamoDB behind it, and what its log holds."""

    credentials: Credentials
    client: DynamoDBClient
    known: Known


@contextmanager
def served(number: int) -> Iterator[Served]:
    """Run the service over so many events, in a DynamoDB in memory, until the block ends."""
    with dynamodb_local(None) as url, TemporaryDirectory() as folder:
        client = connect(url)
        create_tables(client, Template.read(ROOT / "template.yaml"))
        kept = _Kept(_events(number))
        load(client, TABLES, SCOPE, kept, 1)
        with _running(Path(folder), url) as credentials:
            yield Served(credentials, client, kept.known())


class _Kept:
    """Events that are counted while they pass."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = events
        self._seen: list[Event] = []

    def __iter__(self) -> Iterator[Event]:
        for event in self._events:
            self._seen.append(event)
            yield event

    def known(self) -> Known:
        """Return a type and an actor that are neither frequent nor rare, and some event."""
        types = Counter(event.type for event in self._seen)
        actors = Counter(event.actor.id or "" for event in self._seen)
        return Known(_middle(types), _middle(actors), self._seen[len(self._seen) // 2])


def _middle(counts: Counter[str]) -> str:
    """Return the value that half of all is reached at, the most frequent being added up first."""
    values, numbers = zip(*counts.most_common(), strict=True)
    value: str = values[bisect(list(accumulate(numbers)), counts.total() / 2)]
    return value


def _events(number: int) -> Iterator[Event]:
    random = Random(_SEED)
    for event in Maker(_SEED, _EVENT_BYTES).spread(number):
        yield event.model_copy(update={"message": _message(event, random)})


def _message(event: Event, random: Random) -> str:
    """Return a sentence about an event."""
    _, thing, verb = event.type.split(".")
    name = f"{thing}-{(event.target.id or '')[:4]}"
    because = f"{random.choice(_REASONS)} {RARE_WORD * (random.randrange(_RARE) == 0)}".strip()
    person = f"user {(event.actor.id or '')[:8]}"
    return f"{verb.title()} of {name} by {person} in {event.source}, because of {because}"


@contextmanager
def _running(folder: Path, url: str) -> Iterator[Credentials]:
    home = Home(folder / "data")
    options = ("--port", "0", "--no-sample", "--dynamodb", url, "--data", str(home.path))
    command = (str(Path(sys.executable).with_name("polylog")), "run", "--scope", SCOPE, *options)
    log = folder / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output) as process,
    ):
        try:
            deadline = time.monotonic() + _START_SECONDS
            while home.read_running() is None:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield Credentials.read(home.credentials)
        finally:
            process.terminate()
