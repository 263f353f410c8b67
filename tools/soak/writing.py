"""Writers: each sends events as fast as they are acknowledged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf
from random import Random
from typing import Any, Final

from tools.soak.client import Client, RefusedError
from tools.soak.events import Offer, make
from tools.soak.observed import Asked, Fault, Written

_RESENT: Final = 0.05
"""The chance that a writer of the mixed log sends an earlier request again."""

_REMEMBERED: Final = 50
_PAUSE_SECONDS: Final = 0.5


@dataclass(slots=True)
class Writer:
    """Sends requests of `size` events; with `is_mixed`, some are late and some are sent twice.

    It calls `acknowledge` with the number of events that were acknowledged. It sends a request
    again that got an error or no answer, until `may_try` says no.
    """

    number: int
    size: int
    is_mixed: bool
    client: Client
    acknowledge: Callable[[int], None]
    may_try: Callable[[], bool]
    written: Written = field(default_factory=Written)
    _sent: list[tuple[list[Offer], list[int]]] = field(default_factory=list)

    def write(self, is_on: Callable[[], bool]) -> Written:
        """Write while `is_on` says so."""
        random = Random(self.number)
        for first in count(step=self.size):
            if not is_on():
                return self.written
            offers = make(self.number, first, self.size, random, may_be_late=self.is_mixed)
            self._write(offers)
            if self.is_mixed and self._sent and random.random() < _RESENT:
                self._write_again(*random.choice(self._sent))
        raise AssertionError

    def _write(self, offers: list[Offer]) -> None:
        offered = time.monotonic()
        results = self._send(offers)
        acked = inf if results is None else time.monotonic()
        seqs = [-1] * len(offers) if results is None else [each["seq"] for each in results]
        self._note(offers, seqs, offered, acked)
        if results is None:
            return
        for offer, result in zip(offers, results, strict=True):
            if result["status"] not in ("stored", "duplicate"):
                self._fault(offered, f"event {offer.number}: {result}")
        self.acknowledge(len(offers))
        self._sent = [*self._sent[-_REMEMBERED:], (offers, seqs)]

    def _write_again(self, offers: list[Offer], seqs: list[int]) -> None:
        began = time.monotonic()
        results = self._send(offers)
        for offer, seq, result in zip(offers, seqs, results or (), strict=results is not None):
            if (result["status"], result["seq"]) != ("duplicate", seq):
                self._fault(began, f"event {offer.number} with seq {seq}, sent again: {result}")

    def _send(self, offers: Sequence[Offer]) -> list[dict[str, Any]] | None:
        wires = [offer.wire() for offer in offers]
        document = wires if len(wires) > 1 else wires[0]
        while self.may_try():
            began = time.monotonic()
            try:
                results: list[dict[str, Any]] = self.client.post("/v1/events", document).document[
                    "results"
                ]
            except RefusedError as error:
                self._fault(began, str(error))
                time.sleep(_PAUSE_SECONDS)
                continue
            return results
        return None

    def _note(self, offers: list[Offer], seqs: list[int], offered: float, acked: float) -> None:
        written = self.written
        for offer, seq in zip(offers, seqs, strict=True):
            written.numbers.append(offer.number)
            written.seqs.append(seq)
            written.times.append(offer.time)
            written.types.append(offer.type)
            written.actors.append(offer.actor)
            written.offered.append(offered)
            written.acked.append(acked)

    def _fault(self, began: float, text: str) -> None:
        asked = Asked("native", "write", began, time.monotonic())
        self.written.faults.append(Fault(asked, text))
