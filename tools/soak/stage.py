"""The processes of a soak: writers and readers that start together."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawArray
from multiprocessing.synchronize import Barrier
from random import Random
from typing import Final

from tools.soak.apis import families
from tools.soak.apis.family import Family
from tools.soak.client import Client
from tools.soak.events import BATCH
from tools.soak.observed import Arrived, Fault, Observation, Took, Written
from tools.soak.reading import Reader, follow
from tools.soak.service import Service
from tools.soak.writing import Writer

_PAUSE_SECONDS: Final = {"walk": 1.0, "ask": 2.0}
"""How long readers pause before each request, so that writers get most of the machine."""

_SPAWN: Final = get_context("spawn")
_START_SECONDS: Final = 120
SETTLE_SECONDS: Final = 90
"""How long the tail may go on after writing has ended. Writers try again for a third of that."""

MODES: Final[dict[str, tuple[int, ...]]] = {
    "singles": (1, 1, 1, 1),
    "batches": (BATCH, BATCH),
    "mixed": (1, 1, BATCH),
}
"""For each kind of log, the number of events that each writer sends in a request."""

FAMILIES: Final = ("cloudfoundry", "waldur", "dws", "ces", "cedana", "native")
_READERS: Final = tuple((name, way) for name in FAMILIES for way in _PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a soak: the service, how to write to it, and for how many seconds."""

    service: Service
    mode: str
    seconds: float

    @property
    def writers(self) -> tuple[int, ...]:
        """The number of events that each writer sends in a request."""
        return MODES[self.mode]

    @property
    def actors(self) -> int:
        """The number of processes that take part: writers, readers, and the tail."""
        return len(self.writers) + len(_READERS) + 1


@dataclass(frozen=True, slots=True)
class Stage:
    """What the processes share: the plan, a common start, and the progress of each writer.

    The progress is the number of its events that were acknowledged, and 1 once it has ended.
    """

    plan: Plan
    start: Barrier
    acknowledged: ctypes.Array[ctypes.c_int64]
    ended: ctypes.Array[ctypes.c_int64]

    @classmethod
    def of(cls, plan: Plan) -> Stage:
        """Return the stage for a plan. The caller counts as one of the processes that start."""
        counters = (RawArray(ctypes.c_int64, len(plan.writers)) for _ in range(2))
        return cls(plan, _SPAWN.Barrier(plan.actors + 1), *counters)

    def begin(self) -> float:
        """Wait until all processes are ready; return the moment when the writers will stop."""
        self.start.wait(_START_SECONDS)
        return time.monotonic() + self.plan.seconds


@dataclass(slots=True)
class Played:
    """The moment when the writers began, and the notes of all processes."""

    began: float
    written: list[Written] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    tail: list[Took | Arrived | Fault] = field(default_factory=list)


def play(plan: Plan, watch: Callable[[float, int], None], every: float) -> Played:
    """Let all processes write and read.

    `watch` is called again and again with the seconds and the acknowledged events so far.
    """
    stage = Stage.of(plan)
    with ProcessPoolExecutor(plan.actors, _SPAWN, _enter, (stage,)) as pool:
        writers = [pool.submit(_write, number) for number in range(len(plan.writers))]
        readers = [pool.submit(_read, name, way) for name, way in _READERS]
        tail = pool.submit(_follow)
        began = stage.begin() - plan.seconds
        while not tail.done():
            watch(time.monotonic() - began, sum(stage.acknowledged))
            _sleep_until(began, every, tail.done)
        observations = [each for reader in readers for each in reader.result()]
        return Played(began, [writer.result() for writer in writers], observations, tail.result())


def _sleep_until(began: float, every: float, is_over: Callable[[], bool]) -> None:
    due = began + every * ((time.monotonic() - began) // every + 1)
    while time.monotonic() < due and not is_over():
        time.sleep(0.2)


def reader_of(service: Service, name: str, is_on: Callable[[], bool], seed: int) -> Reader:
    """Return a reader of one API."""
    family = families(service.scope)[name]
    return Reader(family, client_of(service, family), is_on, Random(seed))


def client_of(service: Service, family: Family) -> Client:
    """Return a client that sends the credential in the form of the API."""
    return Client(service.address, family.header, f"{family.credential} {service.token}".strip())


_stage: Stage


def _enter(stage: Stage) -> None:
    global _stage
    _stage = stage
    gc.freeze()


def _write(number: int) -> Written:
    stage, plan = _stage, _stage.plan
    end = stage.begin()

    def acknowledge(events: int) -> None:
        stage.acknowledged[number] += events

    client = Client(plan.service.address, "Authorization", f"Bearer {plan.service.token}")
    is_mixed, size = plan.mode == "mixed", plan.writers[number]
    may_try = before(end + SETTLE_SECONDS / 3)
    written = Writer(number, size, is_mixed, client, acknowledge, may_try).write(before(end))
    stage.ended[number] = 1
    return written


def _read(name: str, way: str) -> list[Observation]:
    end = _stage.begin()
    reader = reader_of(_stage.plan.service, name, before(end), seed=len(way))
    reader.pause_seconds = _PAUSE_SECONDS[way]
    while reader.is_on():
        reader.walk_all() if way == "walk" else reader.ask_all()
    return reader.noted


def _follow() -> list[Took | Arrived | Fault]:
    stage, service = _stage, _stage.plan.service
    end = stage.begin()
    client = Client(service.address, "Authorization", f"Bearer {service.token}")
    shown = 0

    def is_on() -> bool:
        is_due = sum(stage.ended) < len(stage.ended) or shown < sum(stage.acknowledged)
        return is_due and time.monotonic() < end + SETTLE_SECONDS

    noted: list[Took | Arrived | Fault] = []
    for observation in follow(client, is_on):
        shown += len(observation.numbers) if isinstance(observation, Arrived) else 0
        noted.append(observation)
    return noted


def before(end: float) -> Callable[[], bool]:
    """Return a function that says whether a moment is still to come."""
    return lambda: time.monotonic() < end
