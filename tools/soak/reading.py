"""Readers: each asks one API, and notes the answers."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from tools.soak.apis.family import Count, Family, Listing, Page
from tools.soak.client import Answer, Client, RefusedError
from tools.soak.events import ACTORS, RARE, SECOND, TYPES, number_of
from tools.soak.observed import ALL, Arrived, Asked, Fault, Observation, Took, Total, Walk, Wanted

IsOn = Callable[[], bool]

_TAIL_PAGE: Final = 1000
_RETRY_SECONDS: Final = 0.3
_WINDOWS: Final = (5, 30, 300, 3600)
"""The windows to ask Cedana's API for, in seconds back from now."""


@dataclass(slots=True)
class Reader:
    """Asks one API while `is_on` says so, and notes all answers; it pauses before each request."""

    family: Family
    client: Client
    is_on: IsOn
    random: Random
    noted: list[Observation] = field(default_factory=list)
    pause_seconds: float = 0.0
    totals: dict[str, int] = field(default_factory=dict)
    """The last total that each list gave."""

    def walk_all(self, *, narrow: float = 0.3) -> None:
        """Walk each list once in each of its orders."""
        for listing in self.family.listings:
            for newest_first in listing.orders:
                self.walk(listing, self.wanted(listing, narrow), newest_first)

    def ask_all(self) -> None:
        """Ask for a page of each list, and for each count."""
        for listing in self.family.listings:
            newest_first = self.random.choice(listing.orders)
            self.walk(listing, self.wanted(listing, narrow=0.5), newest_first, pages=1)
        for count in self.family.counts:
            self.count(count, self.wanted(count, narrow=0.5))

    def wanted(self, question: Listing | Count, narrow: float) -> Wanted:
        """Return what to ask for: all events, or with a chance of `narrow` only some of them."""
        narrowing = question.narrowing
        if narrowing.always is not None or self.random.random() >= narrow:
            return Wanted(type=narrowing.always)
        choices = [
            *([self._some_type()] if narrowing.by_type else []),
            *([Wanted(actor=self.random.randrange(len(ACTORS)))] if narrowing.by_actor else []),
            *([self._some_time(), self._some_time(self._some_type())] if narrowing.by_time else []),
        ]
        return self.random.choice(choices) if choices else ALL

    def _some_type(self) -> Wanted:
        return Wanted(type=self.random.choice((0, 1, 2, RARE, self.random.randrange(len(TYPES)))))

    def _some_time(self, wanted: Wanted = ALL) -> Wanted:
        """Narrow a question down to whole seconds; they begin a short or long time ago."""
        now = int(time.time())
        since = now - self.random.choice((1, 2, 10, 3600, 86_400 * 30))
        until = self.random.choice((None, None, since + 1 + (now - since) // 2))
        return replace(
            wanted, since=since * SECOND, until=None if until is None else until * SECOND
        )

    def count(self, count: Count, wanted: Wanted) -> None:
        """Ask for a number, or for numbers that add up to one."""
        answer, asked = self._get(count.name, count.path(wanted))
        if answer is None:
            return
        for part, number in count.read(answer):
            type = wanted.type if part.type is None else part.type
            self.noted.append(Total(asked, replace(wanted, type=type), number))
        self.noted.append(Took(asked, count.units(answer)))

    def walk(self, listing: Listing, wanted: Wanted, newest_first: bool, pages: int = 0) -> None:
        """Read a list page by page: `pages` of them, or to its end if that is 0.

        A list with the oldest events first grows at its end while others write. A walk of it reads
        as many pages as the list had when the walk began.
        """
        if self.family.name == "cedana":
            self._look_back(listing, wanted)
            return
        start = self._start(listing, wanted) if pages == 1 else 0
        path: str | None = listing.first(wanted, newest_first, start)
        what = f"{listing.name}, {'newest' if newest_first else 'oldest'} first"
        began = time.monotonic()
        found: list[array[int]] = []
        while path is not None and (not found or (self.is_on() and len(found) != pages)):
            page = self._page(listing, what, wanted, path, is_first=start == 0 and not found)
            if page is None:
                return
            if not (found or newest_first or pages):
                pages = _pages(page)
            found.append(page.numbers)
            path = page.next
        asked = Asked(self.family.name, what, began, time.monotonic())
        pages_read = tuple(found)
        ends = (start == 0, path is None)
        self.noted.append(
            Walk(asked, wanted, pages_read, newest_first, *ends, is_exact=listing.size is None)
        )

    def _start(self, listing: Listing, wanted: Wanted) -> int:
        """Return the number of the page to begin with: often the last one, which is not full."""
        if listing.size is None or wanted != ALL:
            return 0
        last = max(0, self.totals.get(listing.name, 0) - 1) // listing.size
        return self.random.choice((0, last, last, self.random.randint(0, last)))

    def _page(
        self, listing: Listing, what: str, wanted: Wanted, path: str, *, is_first: bool
    ) -> Page | None:
        answer, asked = self._get(f"{what}, a page", path)
        if answer is None:
            return None
        page = listing.read(path, answer)
        self.noted.append(Took(asked, page.units))
        if page.total is not None:
            self.noted.append(Total(asked, wanted, page.total))
            if wanted == ALL:
                self.totals[listing.name] = page.total
        self.noted += (Fault(asked, f"{path}: {text}") for text in disagreements(page, is_first))
        return page

    def _look_back(self, listing: Listing, wanted: Wanted) -> None:
        """Ask for a window of time that ends now, by the service's clock."""
        seconds = self.random.choice(_WINDOWS)
        path = f"{listing.first(wanted, True, 0)}&time={seconds}"
        began = int(time.time())
        answer, asked = self._get(listing.name, path)
        if answer is None:
            return
        page, ended = listing.read(path, answer), int(time.time())
        self.noted.append(Took(asked))
        self.noted.append(
            Walk(
                asked,
                replace(wanted, since=(ended - seconds) * SECOND, until=None),
                (page.numbers,),
                newest_first=True,
                from_start=True,
                to_end=page.next is None,
                is_exact=True,
                by_seq=True,
                slack=(ended - began) * SECOND,
            )
        )

    def _get(self, what: str, path: str) -> tuple[Answer | None, Asked]:
        time.sleep(self.pause_seconds)
        began = time.monotonic()
        try:
            answer = self.client.get(path)
        except RefusedError as error:
            asked = Asked(self.family.name, what, began, time.monotonic())
            self.noted.append(Fault(asked, str(error)))
            return None, asked
        return answer, Asked(self.family.name, what, began, time.monotonic())


def _pages(first: Page) -> int:
    """Return how many pages a list has, as its first page tells; 0 if it does not tell."""
    return -(-(first.total or 0) // max(1, len(first.numbers)))


def disagreements(page: Page, is_first: bool) -> Iterator[str]:
    """Yield what contradicts itself within one answer."""
    if len(set(page.numbers)) < len(page.numbers):
        yield "an event is on the page twice"
    if page.total is None:
        return
    if page.offset is None:
        if is_first and page.next is None and page.total != len(page.numbers):
            yield f"the only page has {len(page.numbers)} events, but the total is {page.total}"
        return
    due = max(0, min(page.limit, page.total - page.offset))
    if len(page.numbers) != due:
        yield f"the page has {len(page.numbers)} events, but its total {page.total} promises {due}"
    if (page.next is not None) != (page.total > page.offset + page.limit):
        said = "no page follows" if page.next is None else "a page follows"
        yield f"{said} this one, but the total is {page.total}"


def follow(client: Client, is_on: IsOn, after: int = 0) -> Iterator[Took | Arrived | Fault]:
    """Read in the order of arrival; when there is nothing more, wait a second for more."""
    while is_on():
        path = f"/v1/events:tail?after={after}&page_size={_TAIL_PAGE}&wait=1"
        began = time.monotonic()
        try:
            said = client.get(path).document
        except RefusedError as error:
            yield Fault(Asked("native", "tail", began, time.monotonic()), str(error))
            time.sleep(_RETRY_SECONDS)
            continue
        asked = Asked("native", "tail", began, time.monotonic())
        numbers = array("q", (number_of(event["id"]) for event in said["events"]))
        seqs = array("q", (event["seq"] for event in said["events"]))
        yield Took(asked)
        yield Arrived(asked, numbers, seqs, after, said["complete"])
        after = said["complete"]
