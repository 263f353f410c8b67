"""A question to a log, and all the ways in which the native API answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

import httpx

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
from polylog_cli.client.http import Parameters, ServiceError, send, understood
from polylog_cli.client.intervals import Interval, weeks

LATEST = "latest"

_PAGE = 1000
_WAIT_SECONDS = 20

Asked = TypeVar("Asked", bound=Answer)

OnExplanation = Callable[[str, Explanation], None]
"""Takes the name of a request and the explanation that came with its answer."""


class Order(StrEnum):
    """The order of time in which events are listed."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True)
class Question:
    """Which events you mean, and whether the answers explain themselves.

    `since` and `until` are times in RFC 3339; `until` is excluded.
    """

    text: str
    since: str | None = None
    until: str | None = None
    explain: bool = False

    @property
    def filter(self) -> str:
        """The text and the two times as one filter; a text with a mistake stays as it is.

        Otherwise parentheses around it could hide the mistake, and columns would be off.
        """
        bounds = ((">=", self.since), ("<", self.until))
        times = [f'time {operator} "{time}"' for operator, time in bounds if time is not None]
        if not times or not self.text.strip():
            return " AND ".join(times) or self.text
        return " AND ".join([f"({self.text})", *times]) if _is_filter(self.text) else self.text


def _is_filter(text: str) -> bool:
    # It takes long to import, and only this and a few other questions need it.
    from polylog.language.parser import parse
    from polylog.model.errors import InvalidFilter

    try:
        parse(text)
    except InvalidFilter:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks one question of a log; every method raises `ServiceError`."""

    client: httpx.Client
    question: Question
    on_explanation: OnExplanation

    def pages(self, order: Order, limit: int, *, with_total: bool = False) -> Iterator[Listing]:
        """Yield up to `limit` events (0: all), a page at a time; there is always a first page.

        With `with_total`, the first page has the total, unless counting takes too much reading.
        """
        token, left = "", limit
        while True:
            size = min(left, _PAGE) if limit else _PAGE
            place = {"order_by": f"time {order}", "page_token": token}
            asked: Parameters = {**place, "page_size": size, "total_size": with_total}
            page = self._ask(Listing, "/v1/events", asked)
            yield page
            token, left, with_total = page.next_page_token or "", left - len(page.events), False
            if not token or left == 0:
                return

    def arrivals(self, after: int | str) -> Iterator[Arrivals]:
        """Yield the events that arrive after a seq, or from now on; it never ends."""
        while True:
            asked = {"after": after, "page_size": _PAGE, "wait": _WAIT_SECONDS}
            arrived = self._ask(Arrivals, "/v1/events:tail", asked)
            yield arrived
            after = arrived.complete

    def follow(self, limit: int) -> Iterator[list[JsonObject]]:
        """Yield the newest `limit` events (0: all), oldest first, then events as they arrive.

        An event that arrives while the list is being read may be in the list or not. It is yielded
        exactly once: arrivals are read from a point before the list, and leave out what was listed.
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
            return (page.events for page in self.pages(Order.ASC, 0))
        newest = [event for page in self.pages(Order.DESC, limit) for event in page.events]
        return [newest[::-1]]

    def total(self) -> int | None:
        """Return the number of events; None if the service would have to read much to tell."""
        asked = {"filter": self.question.filter, "page_size": 1}
        response = send(self.client, "GET", "/v1/events", params=asked)
        return understood(Listing, response.content).total_size

    def exported(self) -> Iterator[bytes]:
        """Yield all events as NDJSON, the earliest first, a page at a time."""
        response = self._send("/v1/events:export", {})
        while True:
            if explanation := response.headers.get("Polylog-Explanation"):
                self.on_explanation("events:export", understood(Explanation, explanation))
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if media_type != "application/x-ndjson":
                raise ServiceError(
                    f"the service at {self.client.base_url} is not a Polylog service"
                )
            yield response.content
            target = self._next_target(response)
            if target is None:
                return
            response = send(self.client, "GET", target)

    def count(self) -> int:
        """Return the number of events."""
        return self._ask(Counted, "/v1/events:count", {}).count

    def groups(self, by: str) -> list[JsonObject]:
        """Return the number of events for each value of a field."""
        return self._ask(Grouped, "/v1/events:groups", {"by": by}).groups

    def types(self) -> list[JsonObject]:
        """Return the number of events of each type, among all that the key may read."""
        return replace(self, question=Question("")).groups("type")

    def histogram(self, interval: Interval) -> list[Bar]:
        """Return the number of events in each interval that has any, the earliest first."""
        asked = Interval.DAY if interval is Interval.WEEK else interval
        bars = self._ask(Histogram, "/v1/events:histogram", {"interval": asked}).bars
        return weeks(bars) if interval is Interval.WEEK else bars

    def _ask(self, answer: type[Asked], path: str, parameters: Parameters) -> Asked:
        answered = understood(answer, self._send(path, parameters).content)
        if answered.explanation is not None:
            self.on_explanation(path.rpartition("/")[2], answered.explanation)
        return answered

    def _send(self, path: str, parameters: Parameters) -> httpx.Response:
        asked: dict[str, str | int | bool] = {"filter": self.question.filter, **parameters}
        if self.question.explain:
            asked["explain"] = True
        return send(self.client, "GET", path, params=asked)

    def _next_target(self, response: httpx.Response) -> str | None:
        """Return the path and query of the next page below the service's address.

        It leaves out the host, since a proxy may have another one.
        """
        link = response.links.get("next")
        if link is None:
            return None
        try:
            target = httpx.URL(link["url"]).raw_path
        except httpx.InvalidURL as error:
            raise ServiceError(f"the link to the next page is malformed ({error})") from error
        return "/" + target.removeprefix(self.client.base_url.raw_path).decode().lstrip("/")


def _seq(event: JsonObject) -> int:
    seq = event.get("seq")
    return seq if isinstance(seq, int) else 0
