"""The questions that are asked once all writers have stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Final

from tools.soak.apis import families
from tools.soak.observed import Arrived, Fault, Observation, Took, Walk
from tools.soak.reading import follow
from tools.soak.service import Service
from tools.soak.stage import FAMILIES, SETTLE_SECONDS, before, client_of, reader_of

_ROUNDS: Final = 8
_MOST_SECONDS: Final = 900
"""The longest that readers may ask: a faulty list that runs in a circle would never end."""


def ask_at_rest(service: Service) -> list[Observation]:
    """Ask every API everything, one question at a time; every walk must be exact now."""
    end = time.monotonic() + _MOST_SECONDS
    readers = [reader_of(service, name, before(end), seed=7) for name in FAMILIES]
    for reader in readers:
        for _ in range(_ROUNDS):
            reader.ask_all()
        reader.client.close()  # The service would close the idle connection meanwhile.
    for reader in readers:
        reader.walk_all(narrow=0)
        reader.client.close()
    noted = [each for reader in readers for each in reader.noted]
    return [replace(each, is_exact=True) if isinstance(each, Walk) else each for each in noted]


def tail_at_rest(service: Service, acknowledged: int) -> Iterator[Took | Arrived | Fault]:
    """Read all events once more in the order of arrival, from the first one."""
    native, end = families(service.scope)["native"], time.monotonic() + SETTLE_SECONDS
    shown = 0

    def is_on() -> bool:
        return shown < acknowledged and time.monotonic() < end

    with closing(client_of(service, native)) as client:
        for observation in follow(client, is_on):
            shown += len(observation.numbers) if isinstance(observation, Arrived) else 0
            yield observation
