"""Shows where the time of a function goes: to DynamoDB, or to which part of our own work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from statistics import median
from typing import Any, Final, ParamSpec, TypeVar
from unittest.mock import patch

from botocore.client import BaseClient

from polylog.dynamo.events import scan as reading
from polylog.dynamo.events import selection as sieve
from polylog.model.filter import Filter
from polylog.model.predicate import predicate

P = ParamSpec("P")
T = TypeVar("T")

_DYNAMODB: Final = "DynamoDB"
_FUNCTIONS: Final = {
    "unpack_body": "decode",
    "read_body": "decode",
    "contains": "filter",
    "render_event": "render",
    "to_json": "encode",
}
"""The functions of each part; they are timed in every module that imported them."""

_PARTS: Final = (_DYNAMODB, "decode", "filter", "render", "encode")


class Clock:
    """Adds up milliseconds by part; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.ms = dict.fromkeys(_PARTS, 0.0)
        self._clock = clock

    def timed(self, part: str, function: Callable[P, T]) -> Callable[P, T]:
        """Return the same function; its time is added to a part."""

        @wraps(function)
        def run(*arguments: P.args, **named: P.kwargs) -> T:
            start = self._clock()
            try:
                return function(*arguments, **named)
            finally:
                self.ms[part] += (self._clock() - start) * 1000

        return run

    @contextmanager
    def dynamodb(self) -> Iterator[None]:
        """Time the DynamoDB client, including the parsing of its answers."""
        call = self.timed(_DYNAMODB, vars(BaseClient)["_make_api_call"])
        with patch.object(BaseClient, "_make_api_call", call):
            yield

    @contextmanager
    def parts(self) -> Iterator[None]:
        """Time every part. That itself takes one or two microseconds an event."""
        with ExitStack() as patches:
            patches.enter_context(self.dynamodb())
            for module, name in _places():
                function = self.timed(_FUNCTIONS[name], getattr(module, name))
                patches.enter_context(patch.object(module, name, function))
            for module in (reading, sieve):
                patches.enter_context(patch.object(module, "predicate", self._judging))
            yield

    def _judging(self, filter: Filter) -> Callable[[Any], bool]:
        return self.timed("filter", predicate(filter))


def _places() -> Iterator[tuple[Any, str]]:
    for path, module in list(sys.modules.items()):
        for name in _FUNCTIONS:
            if path.startswith("polylog.") and hasattr(module, name):
                yield module, name


def split(ask: Callable[[], object], runs: int) -> dict[str, float]:
    """Return the milliseconds of each part and of the rest, as medians of several runs."""
    found = [_split(ask) for _ in range(runs)]
    return {part: round(median(one[part] for one in found), 3) for part in found[0]}


def own_cpu_ms(ask: Callable[[], object], runs: int) -> list[float]:
    """Return the processor time, in milliseconds, of several runs without the DynamoDB client."""
    return [_own(ask) for _ in range(runs)]


def _split(ask: Callable[[], object]) -> dict[str, float]:
    clock = Clock(time.perf_counter)
    with clock.parts():
        start = time.perf_counter()
        ask()
        whole = (time.perf_counter() - start) * 1000
    return clock.ms | {"rest": whole - sum(clock.ms.values())}


def _own(ask: Callable[[], object]) -> float:
    clock = Clock(time.thread_time)
    with clock.dynamodb():
        start = time.thread_time()
        ask()
        return (time.thread_time() - start) * 1000 - clock.ms[_DYNAMODB]
