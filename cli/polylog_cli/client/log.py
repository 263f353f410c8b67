"""What can be asked of a log: one question, in all the ways that the native API answers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import httpx

from polylog.language.parser import parse
from polylog.model.errors import InvalidFilter
from polylog_cli.client.answers import (
    Answer,
    Arrivals,
    Bar,
    Counted,
    Explanation,
    Grouped,
    Histogram,
    JsonObject,
    Listing,
)
from polylog_cli.client.http import Access, Parameters, ServiceError, connected, send, understood
from polylog_cli.commands.options import console
from polylog_cli.output.explanations import Explanations

LATEST = "latest"

_PAGE = 1000
_WAIT_SECONDS = 20

Asked = TypeVar("Asked", bound=Answer)


class Order(StrEnum):
    """In which order of time events are listed."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True)
class Question:
    """Which events are meant, and whether the answers are to explain themselves.

    `since` and `until` are times in RFC 3339, the second one excluded.
    """

    text: str
    since: str | None = None
    until: str | None = None
    explain: bool = False

    @property
    def filter(self) -> str:
        """The filter and the two times, as one filter; one that is wrong stays as it is."""
        bounds = ((">=", self.since), ("<", self.until))
        times = [f'time {operator} "{time}"' for operator, time in bounds if time is not None]
        if not times or not self.text.strip():
            return " AND ".join(times) or self.text
        try:
            parse(self.text)
        except InvalidFilter:
            return self.text
        return " AND ".join([f"({self.text})", *times])


@dataclass(frozen=True, slots=True)
class Reader:
    """The log as one question sees it; every method raises `ServiceError`."""

    client: httpx.Client
    question: Question
    explanations: Explanations = field(default_factory=Explanations)

    def pages(self, order: Order, limit: int) -> Iterator[list[JsonObject]]:
        """Yield the events, a page at a time and at least one: so many at most, all for 0."""
        token, left = "", limit
        while True:
            size = min(left, _PAGE) if limit else _PAGE
            place = {"order_by": f"time {order}", "page_token": token}
            asked: Parameters = {**place, "page_size": size, "total_size": False}
            page = self._ask(Listing, "/v1/events", asked)
            yield page.events
            token, left = page.next_page_token or "", left - len(page.events)
            if not token or left == 0:
                return

    def arrivals(self, after: int | str) -> Iterator[Arrivals]:
        """Yield what arrives after a number, or from now on, for ever."""
        while True:
            asked = {"after": after, "page_size": _PAGE, "wait": _WAIT_SECONDS}
            arrived = self._ask(Arrivals, "/v1/events:tail", asked)
            yield arrived
            after = arrived.complete

    def follow(self, limit: int) -> Iterator[list[JsonObject]]:
        """Yield the newest events, so many or all (0), the oldest first; then what arrives.

        What arrives while the list is being read is in the list, too, or is not: it is yielded
        once either way, since the order of arrival is read on from before the list.
        """
        arrivals = self.arrivals(LATEST)
        start = next(arrivals).complete
        listed: set[object] = set()
        for events in self._listed(limit):
            listed.update(seq for seq in map(_seq, events) if seq > start)
            yield events
        for arrived in arrivals:
            yield [event for event in arrived.events if _seq(event) not in listed]

    def _listed(self, limit: int) -> Iterable[list[JsonObject]]:
        if not limit:
            return self.pages(Order.ASC, 0)
        newest = [event for page in self.pages(Order.DESC, limit) for event in page]
        return [newest[::-1]]

    def total(self) -> int | None:
        """Return how many events there are, None where that cannot be told without much reading."""
        asked = {"filter": self.question.filter, "page_size": 1}
        response = send(self.client, "GET", "/v1/events", params=asked)
        return understood(Listing, response.content).total_size

    def exported(self) -> Iterator[bytes]:
        """Yield all events as NDJSON, the earliest first, page by page."""
        response = self._send("/v1/events:export", {})
        while True:
            if explanation := response.headers.get("Polylog-Explanation"):
                self.explanations.add("events:export", understood(Explanation, explanation))
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if media_type != "application/x-ndjson":
                raise ServiceError(f"what answers at {self.client.base_url} is no Polylog")
            yield response.content
            following = response.links.get("next")
            if following is None:
                return
            # The path alone: a link leads to no other host, whoever wrote it.
            target = httpx.URL(following["url"]).raw_path.decode()
            response = send(self.client, "GET", target)

    def count(self) -> int:
        """Return how many events there are."""
        return self._ask(Counted, "/v1/events:count", {}).count

    def groups(self, by: str) -> list[JsonObject]:
        """Return how many events there are by the value of a field."""
        return self._ask(Grouped, "/v1/events:groups", {"by": by}).groups

    def histogram(self, interval: str) -> list[Bar]:
        """Return how many events there are in each interval that has any."""
        return self._ask(Histogram, "/v1/events:histogram", {"interval": interval}).bars

    def _ask(self, answer: type[Asked], path: str, parameters: Parameters) -> Asked:
        answered = understood(answer, self._send(path, parameters).content)
        if answered.explanation is not None:
            self.explanations.add(path.rpartition("/")[2], answered.explanation)
        return answered

    def _send(self, path: str, parameters: Parameters) -> httpx.Response:
        asked: dict[str, str | int | bool] = {"filter": self.question.filter, **parameters}
        if self.question.explain:
            asked["explain"] = True
        return send(self.client, "GET", path, params=asked)


@contextmanager
def reading(access: Access, question: Question) -> Iterator[Reader]:
    """Open the log for a question; in the end, print the explanations that were asked for."""
    with connected(access) as client:
        reader = Reader(client, question)
        try:
            yield reader
        finally:
            reader.explanations.print(console)


def _seq(event: JsonObject) -> int:
    seq = event.get("seq")
    return seq if isinstance(seq, int) else 0
